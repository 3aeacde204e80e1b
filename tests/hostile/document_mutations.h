// PDFs and page images made wrong, from whole ones and a seed. The same everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal::hostile {

struct Document {
  std::string name;
  std::string bytes;
};

// The files of a folder and below whose names end so, by name; small ones only, as many cases are made of
// them.
std::vector<Document> documents_in(std::string const& folder, std::vector<std::string> const& endings);

// The case of a seed: one of `whole`, changed at one to three places. Its name says how.
Document mutated(std::vector<Document> const& whole, std::uint64_t seed);

}  // namespace shoal::hostile
