#include "cli/shelf_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

struct Kind {
  std::string_view ending;
  char const* pipeline;  // that puts it on a shelf
};
constexpr char const* kScanned = "shelf-add";
constexpr char const* kText = "shelf-add-text";
constexpr char const* kRecords = "shelf-add-records";
// The media types that `shelf-add` accepts and that bytes tell.
constexpr std::string_view kScannedTypes[] = {"application/pdf", "image/png",  "image/jpeg",
                                              "image/tiff",      "image/webp", "image/jp2"};
constexpr std::string_view kUnknownType = "application/octet-stream";
constexpr Kind kKinds[] = {{".pdf", kScanned}, {".tif", kScanned},  {".tiff", kScanned},
                           {".png", kScanned}, {".jpg", kScanned},  {".jpeg", kScanned},
                           {".bmp", kScanned}, {".webp", kScanned}, {".jp2", kScanned},
                           {".txt", kText},    {".md", kText},      {".jsonl", kRecords}};

Kind const* kind_of(std::string_view name) {
  auto const lower = to_lower_ascii(name);
  auto const* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](Kind const& kind) { return lower.ends_with(kind.ending); });
  return found == std::end(kKinds) ? nullptr : found;
}

constexpr std::size_t kMostUnasked = 1000;

// `left`: how many names may still be looked at.
Result<std::vector<std::string>> documents_below(std::string const& folder, std::size_t& left) {
  std::error_code failed;
  std::vector<std::string> found;
  auto const options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, failed), end; !failed && at != end && left > 0;
       at.increment(failed)) {
    --left;
    std::error_code unknown;
    if (at->is_regular_file(unknown) && is_document_name(at->path().filename().string()))
      found.push_back(at->path().string());
  }
  if (failed)
    return Error(Code::unavailable, "the folder `" + folder + "` could not be read: " + failed.message());
  if (found.empty() && left > 0)
    return Error(Code::not_found, "the folder `" + folder + "` has no PDF, no image and no text file in it");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool is_document_name(std::string_view name) { return kind_of(name) != nullptr; }

std::string adding_pipeline(std::string_view name) {
  auto const* kind = kind_of(name);
  return kind ? kind->pipeline : kScanned;
}

Result<std::string> adding_pipeline(std::string_view name, std::string const& media_type) {
  auto const by_name = adding_pipeline(name);
  bool const is_scanned =
      std::find(std::begin(kScannedTypes), std::end(kScannedTypes), media_type) != std::end(kScannedTypes);
  if (media_type.empty()) {
    if (by_name != kScanned) return by_name;
    return Error(Code::invalid_argument, "the file is empty");
  }
  if (media_type == kUnknownType) return by_name;
  if (media_type == "text/plain") return by_name == kScanned ? kText : by_name;
  // Of what lines of records cite, the place is a line.
  if (is_scanned && by_name != kRecords) return kScanned;
  return Error(Code::invalid_argument,
               "its bytes are " + media_type + ", " +
                   (is_scanned ? "and its name says that they are lines of JSON; give it the right ending"
                               : "which is neither a PDF, nor a page image, nor text"));
}

Place place_in(std::string_view document, std::int64_t page, std::int64_t line, std::string_view text) {
  if (adding_pipeline(document) == kRecords) return {0, page, page};
  if (line <= 0) return {page, 0, 0};
  return {page, line, line + std::count(text.begin(), text.end(), '\n')};
}

std::string to_string(Place const& place) {
  std::string text;
  if (place.page > 0) text += ", page " + std::to_string(place.page);
  if (place.first_line <= 0) return text;
  text += (place.first_line == place.last_line ? ", line " : ", lines ") + std::to_string(place.first_line);
  return place.first_line == place.last_line ? text : text + "–" + std::to_string(place.last_line);
}

Documents find_documents(std::vector<std::string> const& paths, std::size_t most_entries) {
  Documents documents;
  std::set<std::string> seen;
  auto const add = [&](std::string const& path) {
    bool const is_new = seen.insert(document_name(path)).second;
    if (is_new) documents.files.push_back(path);
    return is_new;
  };
  std::size_t left = most_entries;
  for (auto const& path : paths) {
    std::error_code unknown;
    if (!fs::is_directory(path, unknown)) {
      add(path);
    } else if (auto const below = documents_below(path, left)) {
      for (auto const& file : *below) documents.in_folders += add(file) ? 1 : 0;
    } else {
      documents.errors.push_back(below.error());
    }
  }
  documents.is_cut = left == 0;
  return documents;
}

bool are_surprisingly_many(Documents const& documents) {
  return documents.is_cut || documents.in_folders > kMostUnasked;
}

std::string count_of(Documents const& documents) {
  auto digits = std::to_string(documents.in_folders);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return (documents.is_cut ? "at least " : "") + digits + " documents";
}

std::string document_name(std::string const& path) {
  std::error_code failed;
  auto const absolute = fs::absolute(path, failed);
  return failed ? path : absolute.lexically_normal().string();
}

std::string shown_name(std::string const& name) {
  std::error_code failed;
  auto const relative = fs::path(name).lexically_relative(fs::current_path(failed));
  bool const below = !failed && !relative.empty() && *relative.begin() != "..";
  return replace_all(below ? relative.string() : name, "\n", "\\n");
}

std::vector<std::string> documents_in(std::string const& folder, std::vector<std::string> const& names) {
  auto beginning = document_name(folder);
  if (!beginning.ends_with('/')) beginning += '/';
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found),
               [&](auto const& name) { return name.starts_with(beginning); });
  return found;
}

Result<std::string> find_document(std::string const& word, std::vector<std::string> const& names) {
  for (auto const& candidate : {word, document_name(word)}) {
    if (std::find(names.begin(), names.end(), candidate) != names.end()) return candidate;
  }
  std::vector<std::string> matches, last_parts;
  for (auto const& name : names) {
    last_parts.push_back(fs::path(name).filename().string());
    if (last_parts.back() == word) matches.push_back(name);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.size() > 1) {
    return Error(Code::invalid_argument,
                 "`" + word + "` may be " + join(matches, " or ") + "; give the path");
  }
  return Error(Code::not_found, "no document of the shelf is called `" + word + "`" +
                                    suggest(word, last_parts) + "; `shoal shelf list` lists them");
}

}  // namespace shoal::cli
