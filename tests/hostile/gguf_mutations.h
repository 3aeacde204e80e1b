// Ways in which a GGUF file can be broken or lie, and the files that seeds make of them.
#pragma once

#include <cstdint>
#include <string>

#include "tests/hostile/gguf_file.h"

namespace shoal::hostile {

struct GgufCase {
  std::string name;  // of the mutation, and of the model that it was done to
  std::string bytes;
  std::uint64_t length = 0;  // of the file; what comes after `bytes` is zeros
  bool must_fail = false;    // no reader can make sense of it; of the others a part still runs
};

// The same for the same seed. `real` is the beginning of a real model's file, with its whole header, or
// empty.
struct RealModel {
  std::string header;
  std::uint64_t length = 0;
};
GgufCase make_gguf_case(std::uint64_t seed, RealModel const& real);

// The beginning of the file up to the end of its header; empty where it cannot be read.
RealModel real_model(std::string const& path);

std::size_t gguf_mutation_count();

}  // namespace shoal::hostile
