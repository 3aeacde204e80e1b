// A model's open file as a C stream of its own position.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace shoal::llama_engine {

struct CloseStream {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};
using Stream = std::unique_ptr<std::FILE, CloseStream>;

// At the file's start. Shares its position with other duplicates of the descriptor: one reader at a time.
Result<Stream> open_stream(engine::ModelFile const& file);
// Of a model in several files: one that was not opened for us.
Result<Stream> open_part(std::string const& path);

}  // namespace shoal::llama_engine
