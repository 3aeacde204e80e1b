// Which models are known: one YAML document each, shipped in share/shoal/catalog or added in the user's
// configuration, and mirrors, which name more sources for files that are known by their hash. docs/models.md
// describes both for people. Values; any thread may read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "store/source.h"

namespace shoal::store {

// "smollm2-135m" or "smollm2-135m:q4_1": small letters, digits, `.`, `_` and `-`.
struct ModelName {
  std::string name;
  std::string tag;  // empty: not said

  std::string text() const { return tag.empty() ? name : name + ":" + tag; }
};
Result<ModelName> parse_model_name(std::string_view text);

struct CatalogFile {
  std::string file;  // its name, without folders
  std::uint64_t size = 0;
  Sha256 sha256;
  std::vector<Assembly> sources;  // in the order in which they are tried
  std::string served_by;          // in a manifest: the source that the installed file came from
  std::string version;            // in a manifest: which version of it, where the source says so
};

struct CatalogEntry {
  std::string name;
  std::string tag;  // "latest" where the document says none
  std::string about;
  std::string licence;
  std::string publisher;
  std::string engine;
  std::vector<std::string> operations;
  std::vector<std::string> roles;
  std::uint64_t memory_bytes = 0;  // a worker with it loaded, estimated
  Json options = Json::object();   // for the engine, when it loads the model: {"context": 8192}
  std::vector<CatalogFile> files;  // the first is the one that the engine is given
  std::string origin;              // the document it was read from

  std::string full_name() const { return name + ":" + tag; }
  std::uint64_t size() const;
};

struct Mirror {
  std::optional<Sha256> sha256;  // the files with this hash, or …
  ModelName model;               // … those of this model,
  std::string file;              // of which only this one where it has several
  std::vector<Assembly> sources;
  bool first = false;  // tried before the publisher's sources, not after them
};

// invalid_argument with all problems, each as "file:line:column: …".
Result<CatalogEntry> parse_catalog_entry(std::string_view text, std::string_view file);
Result<std::vector<Mirror>> parse_mirrors(std::string_view text, std::string_view file);
// The document of an entry, as parse_catalog_entry() reads it: JSON is YAML.
Json to_json(CatalogEntry const& entry);

class Catalog {
 public:
  // Reads every *.yaml of the folders; of two entries with one name and tag the later folder's is taken. A
  // folder or mirrors file that does not exist is empty. What cannot be read is left out and is in
  // problems().
  static Catalog load(std::vector<std::string> const& folders, std::vector<std::string> const& mirror_files);

  void add(CatalogEntry entry);
  // For all entries, also those that are added later.
  void add(Mirror mirror);

  // By name and tag. Without a tag: the only one, else `latest`, else the first by tag.
  CatalogEntry const* find(ModelName const& model) const;
  // The entry whose one file has this hash.
  CatalogEntry const* find(Sha256 const& sha256) const;
  // The entry that names this source for its one file.
  CatalogEntry const* find_source(std::string_view text) const;
  // Sorted by name and tag.
  std::vector<CatalogEntry> const& entries() const { return entries_; }
  std::vector<Error> const& problems() const { return problems_; }
  // All sources of a file, in the order in which they are to be tried.
  std::vector<Assembly> sources(CatalogEntry const& entry, CatalogFile const& file) const;

 private:
  std::vector<CatalogEntry> entries_;
  std::vector<Mirror> mirrors_;
  std::vector<Error> problems_;
};

}  // namespace shoal::store
