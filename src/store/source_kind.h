// What a kind of source must know. A new kind is one file that defines an object of this and its line in the
// table of source.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "net/egress.h"
#include "store/hubs.h"
#include "store/part_file.h"
#include "store/source.h"

namespace shoal::store {

struct FetchContext {
  net::Egress& egress;
  net::EgressAccount& account;
  Hubs const& hubs;
  std::string scratch;  // a folder for what package clients bring
  std::stop_token stop;
  // Bytes of the file so far, of which some may still be in a package. The fetching thread calls it.
  std::function<void(std::uint64_t)> on_bytes;
  int connections = 4;   // at most, to one server
  bool is_whole = true;  // the source gives the whole file, not a part of it
  // Whether a local file of this size may be a model that is known by its hash; may be empty.
  std::function<bool(std::uint64_t)> may_be_known = {};
};

// What is said of a file before its bytes come.
struct SourceFacts {
  std::string file;  // a name for it
  std::string name;  // the model's name and tag, where the source has such names; else empty
  std::string tag;
  std::optional<std::uint64_t> size;
  std::optional<Sha256> sha256;
  std::string version;  // the same for as long as the content is; empty: nobody can say
};

// Objects are static and constant; any thread.
class SourceKind {
 public:
  virtual ~SourceKind() = default;

  virtual std::string_view scheme() const = 0;  // "hf"
  virtual std::string_view form() const = 0;    // "hf:ORG/REPO/FILE[@REVISION]", for messages
  virtual bool leaves_machine() const { return true; }
  // Fills in what `rest`, the text behind the scheme, says. invalid_argument.
  virtual Result<void> parse(std::string_view rest, Source& source) const = 0;
  // For a pull of what no catalogue entry describes: the source of each file of the model that it means. All
  // parts, where it names one of several.
  virtual Result<std::vector<std::string>> files(Source const& source, FetchContext const& context) const;
  // For the same pull, of each of them.
  virtual Result<SourceFacts> ask(Source const& source, FetchContext const& context) const = 0;
  // Brings the bytes to `file`, from file.position() on, and moves the position behind them.
  virtual Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const = 0;
};

SourceKind const& hf_source();
SourceKind const& ollama_source();
SourceKind const& https_source();
SourceKind const& http_source();
SourceKind const& file_source();
SourceKind const& import_source();
SourceKind const& pypi_source();
SourceKind const& npm_source();
SourceKind const& maven_source();
SourceKind const& cargo_source();

// For parse(): the text is no source because …
Error malformed(Source const& source, std::string_view reason);
// Starts with a letter or digit, so that no command line takes it for an option; has those and what `also`
// names.
bool is_word(std::string_view text, std::string_view also);
// A relative path that stays below where it starts, of characters that need no quoting in a URL or shell.
bool is_inner_path(std::string_view path);
// The last segment of a path.
std::string file_name_of(std::string_view path);

}  // namespace shoal::store
