// The models on this machine and those that it could have. A model is a folder of plain files that other
// programs can read, with what is known about them beside them:
//
//   models/NAME/TAG/FILE           whole and verified, or not there: the folder appears by one rename
//   models/NAME/TAG/manifest.json  its catalogue entry, with the hashes and the sources that served
//   models/NAME/TAG/.damaged       verify found other bytes: not installed until it is pulled again
//   models/.incoming/NAME/TAG/     what a pull is writing; the next pull continues or removes it
//   models/.locks/NAME:TAG         one pull at a time
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "net/egress.h"
#include "os/lock.h"
#include "store/catalog.h"
#include "store/foreign_models.h"
#include "store/hubs.h"

namespace shoal::store {

struct FetchContext;
struct UnlistedFile;

struct Model {
  CatalogEntry entry;
  std::string folder;  // empty: not installed

  bool installed() const { return !folder.empty(); }
  // Of the file that the engine is given. Only of an installed one.
  std::string path() const { return folder + "/" + entry.files.front().file; }
  // Of all its files, where the engine needs them all: a GGUF file calls itself one of several.
  std::vector<std::string> parts() const;
  // Of all its files: the model's part in cache keys.
  Sha256 content_hash() const;
};

// {"name", "tag", "installed", "bytes", "memory_bytes", "engine", "operations", "licence", "about", "path"}:
// as `shoal models` lists it.
Json to_json(Model const& model);

struct PullProgress {
  std::string_view file;
  std::string_view source;  // that serves
  std::uint64_t bytes = 0;  // of all files of the model
  std::uint64_t total = 0;
  double bytes_per_second = 0;  // since the source began to serve
};

struct PullOptions {
  // Some times a second, and at the end of each file.
  std::function<void(PullProgress const&)> on_progress;
  // A sentence for people: a source that failed and what is tried next, another pull that is waited for.
  std::function<void(std::string_view)> on_note;
  std::stop_token stop;
  // What a model that no catalogue entry describes is to be called; empty: by its file's name.
  std::string as;
  int connections = 4;  // at most, to one server
};

struct PullResult {
  Model model;
  bool was_installed = false;  // with these hashes already: nothing was fetched
};

// What a pull would do.
struct PlannedFile {
  CatalogFile file;               // size 0: nobody says before it comes
  std::uint64_t bytes_here = 0;   // of a pull that was broken off, or linked from another model
  std::vector<Assembly> sources;  // in the order in which they would be tried
  std::string linked_from;        // the file of this machine that it would become another name of
};
struct PullPlan {
  CatalogEntry entry;
  bool is_here = false;  // nothing would be fetched
  std::vector<PlannedFile> files;

  std::uint64_t bytes_here() const;
  std::uint64_t bytes_to_fetch() const;
};

struct VerifyReport {
  Model model;
  std::vector<std::string>
      problems;  // one a file that is not what was pulled, with its name; empty: all is well
};
struct VerifyOptions {
  std::function<void(PullProgress const&)> on_progress;
  std::stop_token stop;
};

struct RemoveResult {
  CatalogEntry entry;
  std::uint64_t freed_bytes = 0;  // what is linked elsewhere is not free
};

// Something below the models' folder that nothing needs.
struct Garbage {
  std::string path;
  std::uint64_t bytes = 0;
  std::string reason;
};

// A file that this machine has already, as part of a model.
struct ModelTwin {
  std::string path;
  std::string served_by;
};

// Owned by main()'s parts; any thread.
class ModelStore {
 public:
  struct Options {
    std::string folder;  // home.data + "/models"
    Catalog catalog;
    Hubs hubs = Hubs::from_environment();
  };

  // Makes the folder where it is missing. `egress` and `clock` outlive the store.
  static Result<std::unique_ptr<ModelStore>> open(Options options, net::Egress& egress, Clock const& clock);

  Catalog const& catalog() const { return options_.catalog; }
  // Installed ones and those of the catalogue, sorted by name and tag.
  std::vector<Model> list() const;
  // A name with or without a tag. Without: the installed ones first, then the catalogue's order. not_found
  // names the nearest name.
  Result<Model> find(std::string_view name) const;
  // The same, but it must be installed: not_found says the command that pulls it and how large it is;
  // unavailable where its files are not those that were pulled.
  Result<Model> require(std::string_view name) const;

  // Brings all files of a model of the catalogue, each from the first source that serves the right bytes; or
  // what a source text names, which gets a manifest with its hash. What may be contacted is up to `account`;
  // file: and import: sources always may. Nothing is left in place after an error; the error names each
  // source and why it did not serve. already_exists: another model has the name.
  Result<PullResult> pull(std::string_view name_or_source, net::EgressAccount& account,
                          PullOptions const& options);
  // What that pull would do. Of a source it asks the server, and takes no byte of a model.
  Result<PullPlan> plan(std::string_view name_or_source, net::EgressAccount& account,
                        PullOptions const& options) const;
  // Links what another program has, under the name that it has there or `options.as`. Hashes it once.
  Result<PullResult> import(ForeignModel const& model, PullOptions const& options);
  // Deletes an installed model's files, damaged ones too, and what is left of a pull of it.
  Result<RemoveResult> remove(std::string_view name);
  // Reads all files of a model and compares their hashes. A damaged one is marked: it counts as not
  // installed, and the next pull fetches it anew.
  Result<VerifyReport> verify(std::string_view name, VerifyOptions const& options);
  // Names of what has a folder here, whole or not: "name:tag".
  std::vector<std::string> names_here() const;
  // What no pull in progress and no manifest needs.
  std::vector<Garbage> find_garbage() const;
  Result<void> remove_garbage(Garbage const& garbage);

 private:
  ModelStore(Options options, net::Egress& egress, Clock const& clock)
      : options_(std::move(options)), egress_(egress), clock_(clock) {}

  // The catalogue may say more about the same files than it did when they were pulled.
  Model with_newer_facts(Model model) const;
  std::vector<Model> installed_variants(std::string const& name) const;
  // What a name or a source means, with all that is known of its files before their bytes come.
  Result<CatalogEntry> resolve(std::string_view name_or_source, net::EgressAccount& account,
                               PullOptions const& options) const;
  Result<CatalogEntry> resolve_source(std::string_view text, net::EgressAccount& account,
                                      PullOptions const& options) const;
  Result<CatalogEntry> entry_of(std::string const& from, std::vector<UnlistedFile> const& files,
                                PullOptions const& options) const;
  FetchContext asking(net::EgressAccount& account, PullOptions const& options) const;
  Result<PullResult> pull_entry(CatalogEntry const& entry, net::EgressAccount& account,
                                PullOptions const& options);
  // Installed, and what `entry` means.
  std::optional<Model> find_same(CatalogEntry const& entry) const;
  bool is_being_pulled(ModelName const& model) const;
  Result<os::FileLock> lock(ModelName const& model, PullOptions const& options);
  // The manifest of what is here but not as it was pulled.
  std::optional<CatalogEntry> find_damaged(ModelName wanted) const;
  std::optional<ModelTwin> find_twin(CatalogFile const& wanted) const;
  // already_exists, unless the same model, or nothing, has the name.
  Result<void> look_for_conflict(CatalogEntry const& entry) const;
  std::string place(ModelName const& model) const {
    return options_.folder + "/" + model.name + "/" + model.tag;
  }
  std::string incoming(ModelName const& model) const {
    return options_.folder + "/.incoming/" + model.name + "/" + model.tag;
  }
  std::string lock_file(ModelName const& model) const { return options_.folder + "/.locks/" + model.text(); }

  Options const options_;
  net::Egress& egress_;
  Clock const& clock_;
  Guarded<std::set<std::string>> mutable told_;  // what was said to be wrong here: once is enough
};

}  // namespace shoal::store
