// PDFs and page images that are built to take memory, time or the stack of who reads them.
#pragma once

#include <vector>

#include "tests/hostile/document_mutations.h"

namespace shoal::hostile {

std::vector<Document> document_bombs();
// Those that are given up only after half a minute.
std::vector<Document> slow_document_bombs();

}  // namespace shoal::hostile
