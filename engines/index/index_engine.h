// The engine of shelves: an index over documents' passages in a folder, one worker a shelf.
#pragma once

#include <functional>
#include <memory>

#include "engine/engine.h"

namespace shoal::index_engine {

class IndexEngine final : public engine::Engine {
 public:
  Result<void> start() override;
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const& file,
                                              std::function<bool(double)> const& progress) override;
};

}  // namespace shoal::index_engine
