// Which documents the tests take.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/hostile/document_mutations.h"
#include "tests/hostile/document_run.h"

namespace shoal::hostile {

// Those of tests/hostile/examples, and of the folder that SHOAL_HOSTILE_EXAMPLES names.
inline std::vector<Document> examples(std::vector<std::string> const& endings) {
  auto all = documents_in(std::string(SHOAL_SOURCE_DIR) + "/tests/hostile/examples", endings);
  if (auto const* folder = std::getenv("SHOAL_HOSTILE_EXAMPLES")) {
    auto more = documents_in(folder, endings);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}
inline std::vector<Document> example_pdfs() { return examples({".pdf"}); }
inline std::vector<Document> example_images() {
  return examples({".png", ".jpg", ".tiff", ".bmp", ".webp", ".jp2"});
}

// The cases of the seeds first … first + count - 1.
inline std::vector<Document> mutated_documents(std::vector<Document> const& whole, std::uint64_t first,
                                               int count) {
  std::vector<Document> made;
  for (auto seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed)
    made.push_back(mutated(whole, seed));
  return made;
}

}  // namespace shoal::hostile
