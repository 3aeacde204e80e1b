// The engine of the tests: operations that answer, and operations that fail as foreign code fails.
#pragma once

#include "engine/engine.h"

namespace shoal::echo_engine {

class EchoEngine final : public engine::Engine {
 public:
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const& file,
                                              std::function<bool(double)> const& progress) override;
};

}  // namespace shoal::echo_engine
