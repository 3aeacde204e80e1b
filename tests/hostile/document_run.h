// Documents through the real pipeline, host and workers: each by a run of scan-to-text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/hostile/document_mutations.h"

namespace shoal::hostile {

struct DocumentCounts {
  int read = 0;           // it gave pages
  int refused = 0;        // an error that names the file
  int worker_deaths = 0;  // of the refused: the error tells of workers that died
  int hangs = 0;          // neither an answer nor progress for 5 minutes
  int silent = 0;         // no pages and no error, or an error that does not name the file
  std::map<std::string, std::string> answers;  // the text of what was read, the error of what was not
  std::vector<std::string> problems;           // "17 scan.pdf, cut: …": of deaths, hangs and silent ones
};

// Two at a time in one process, whose end would be the host's. Prints the counts.
DocumentCounts run_documents(std::string const& what, std::vector<Document> documents);

}  // namespace shoal::hostile
