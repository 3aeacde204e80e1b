// The models on this machine and those that it could have. A model is a folder of plain files that other
// programs can read, with what is known about them beside them:
//
//   models/NAME/TAG/FILE           whole and verified, or not there: the folder appears by one rename
//   models/NAME/TAG/manifest.json  its catalogue entry, with the hashes and the sources that served
//   models/.incoming/NAME/TAG/     what a pull is writing; the next pull continues or removes it
//   models/.locks/NAME:TAG         one pull at a time
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "net/egress.h"
#include "store/catalog.h"

namespace shoal::store {

struct Model {
  CatalogEntry entry;
  std::string folder;  // empty: not installed

  bool installed() const { return !folder.empty(); }
  // Of the file that the engine is given. Only of an installed one.
  std::string path() const { return folder + "/" + entry.files.front().file; }
  // Of all its files: the model's part in cache keys.
  Sha256 content_hash() const;
};

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
};

struct PullResult {
  Model model;
  bool was_installed = false;  // with these hashes already: nothing was fetched
};

// Owned by main()'s parts; any thread.
class ModelStore {
 public:
  struct Options {
    std::string folder;  // home.data + "/models"
    Catalog catalog;
    std::string hub = hub_from_environment();
  };
  // Where hf: sources are: HF_ENDPOINT, as the hub's own client reads it, else the public hub.
  static std::string hub_from_environment();

  // Makes the folder where it is missing. `egress` and `clock` outlive the store.
  static Result<std::unique_ptr<ModelStore>> open(Options options, net::Egress& egress, Clock const& clock);

  Catalog const& catalog() const { return options_.catalog; }
  // Installed ones and those of the catalogue, sorted by name and tag.
  std::vector<Model> list() const;
  // A name with or without a tag. Without: the installed ones first, then the catalogue's order. not_found
  // names the nearest name.
  Result<Model> find(std::string_view name) const;
  // The same, but it must be installed: not_found says the command that pulls it and how large it is.
  Result<Model> require(std::string_view name) const;

  // Brings all files of a model of the catalogue, each from the first source that serves the right bytes.
  // What may be contacted is up to `account`; file: sources always may. Nothing is left in place after an
  // error; the error names each source and why it did not serve.
  Result<PullResult> pull(std::string_view name, net::EgressAccount& account, PullOptions const& options);
  // Deletes an installed model's files.
  Result<void> remove(std::string_view name);

 private:
  class Pull;
  ModelStore(Options options, net::Egress& egress, Clock const& clock)
      : options_(std::move(options)), egress_(egress), clock_(clock) {}

  // The catalogue may say more about the same files than it did when they were pulled.
  Model with_newer_facts(Model model) const;
  std::vector<Model> installed_variants(std::string const& name) const;
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
};

}  // namespace shoal::store
