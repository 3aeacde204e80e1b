// Files as a shelf names them: absolute paths in it, short ones for people. Reads folders, opens nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shoal::cli {

// Documents a folder is searched for, by their names: PDF, page images, .txt, .md, and .jsonl of {id, title,
// text}.
bool is_document_name(std::string_view name);
// The pipeline that puts a document on a shelf, by its name; that of scans where the name says nothing.
std::string adding_pipeline(std::string_view name);
// The same for one whose bytes are of this media type (runtime::media_type_of_bytes). They decide, not the
// name, which tells only what they leave open. invalid_argument says what they are where no pipeline reads
// it.
Result<std::string> adding_pipeline(std::string_view name, std::string const& media_type);
// Where in a document something stands that was found there; 0: it has no pages, or no lines.
struct Place {
  std::int64_t page = 0;
  std::int64_t first_line = 0, last_line = 0;
};
// Of `text`, on `page` (which is the line of JSON lines) and from line `line` on.
Place place_in(std::string_view document, std::int64_t page, std::int64_t line, std::string_view text);
// ", page 3", ", page 2, lines 120–134"; empty where the document has neither.
std::string to_string(Place const& place);

// `paths` with folders replaced by the documents below them, sorted, each file once. A path that is not there
// stays: opening it gives the error. A folder without any document gives not_found. The search ends when it
// has looked at `most_entries` names in folders.
struct Documents {
  std::vector<std::string> files;
  std::vector<Error> errors;
  std::size_t in_folders = 0;  // of `files`, those that nobody named
  bool is_cut = false;         // there may be more
};
Documents find_documents(std::vector<std::string> const& paths,
                         std::size_t most_entries = static_cast<std::size_t>(-1));
// So many that a person did not mean them all; they are asked.
bool are_surprisingly_many(Documents const& documents);
// "1,234 documents", or "more than …" where the search was cut.
std::string count_of(Documents const& documents);

// What the shelf calls it, whatever folder one is in.
std::string document_name(std::string const& path);
// Relative where it lies below the working folder; on one line, whatever is in it.
std::string shown_name(std::string const& name);

// The one of `names` that a person means: its path, else its last part where that is the only one. not_found
// with the nearest.
Result<std::string> find_document(std::string const& word, std::vector<std::string> const& names);
// Those of `names` that lie below a folder, whether or not the folder is still there.
std::vector<std::string> documents_in(std::string const& folder, std::vector<std::string> const& names);

}  // namespace shoal::cli
