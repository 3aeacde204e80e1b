// Mutated GGUF files through a host to real workers: each is loaded as a model and called once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shoal::hostile {

struct GgufCounts {
  int ran = 0;                        // it answered: what was mutated does not matter, or not to this call
  int refused = 0;                    // an error with words
  int worker_deaths = 0;              // of the refused: the error names a worker that died
  int hangs = 0;                      // no answer within 60 s
  int silent = 0;                     // no words, or an answer of a file that has none
  std::vector<std::string> problems;  // "seed 17, wrong magic, bpe: …": of deaths, hangs and silent ones
};

// What loading the whole tiny model gives where the machine has so much memory: the error's words, or "".
std::string load_with_memory(std::uint64_t bytes);

// What the tiny model answers, or its error's words: in one file, or in two.
struct SplitModel {
  std::string in_one_file, in_two_files, with_one_missing, with_a_foreign_part;
};
SplitModel load_in_parts();

// The cases of the seeds first … first + count - 1. The control is a worker beside them, which must answer
// all the time.
GgufCounts run_gguf_cases(std::uint64_t first, int count);

}  // namespace shoal::hostile
