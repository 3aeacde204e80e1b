#include "store/models.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "os/lock.h"
#include "store/folders.h"
#include "store/model_pull.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifestBytes = 1u << 20;

ModelName name_of(CatalogEntry const& entry) { return {.name = entry.name, .tag = entry.tag}; }

// Of all models with this name: the one that is meant when no tag is said.
Model const* choose(std::vector<Model> const& models, ModelName const& wanted) {
  Model const* found = nullptr;
  for (auto const& model : models) {
    if (model.entry.name != wanted.name || (!wanted.tag.empty() && model.entry.tag != wanted.tag)) continue;
    if (found == nullptr || model.entry.tag == "latest") found = &model;
  }
  return found;
}

bool same_files(CatalogEntry const& a, CatalogEntry const& b) {
  return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                    [](auto const& x, auto const& y) { return x.file == y.file && x.sha256 == y.sha256; });
}

}  // namespace

Json to_json(Model const& model) {
  Json operations = Json::array();
  for (auto const& operation : model.entry.operations) operations.push(operation);
  return Json::object({{"name", model.entry.name},
                       {"tag", model.entry.tag},
                       {"installed", model.installed()},
                       {"bytes", model.entry.size()},
                       {"memory_bytes", model.entry.memory_bytes},
                       {"engine", model.entry.engine},
                       {"operations", std::move(operations)},
                       {"licence", model.entry.licence},
                       {"about", model.entry.about},
                       {"path", model.installed() ? Json(model.path()) : Json()}});
}

std::vector<std::string> Model::parts() const {
  std::vector<std::string> paths;
  if (!is_split_part(entry.files.front().file)) return paths;
  for (auto const& file : entry.files) paths.push_back(folder + "/" + file.file);
  return paths;
}

Sha256 Model::content_hash() const {
  if (entry.files.size() == 1) return entry.files.front().sha256;
  std::string all;
  for (auto const& file : entry.files) all += file.file + '\0' + file.sha256.hex() + '\n';
  return sha256(all);
}

Result<std::unique_ptr<ModelStore>> ModelStore::open(Options options, net::Egress& egress,
                                                     Clock const& clock) {
  // Package clients have another working folder than we.
  std::error_code failure;
  options.folder = fs::absolute(options.folder, failure).string();
  if (failure) return Error(Code::not_found, "the working folder is gone: " + failure.message());
  TRY(os::make_folders(options.folder));
  return std::unique_ptr<ModelStore>(new ModelStore(std::move(options), egress, clock));
}

Model ModelStore::with_newer_facts(Model model) const {
  auto const* known = catalog().find(name_of(model.entry));
  if (known == nullptr || !same_files(*known, model.entry)) return model;
  CatalogEntry entry = *known;
  for (std::size_t i = 0; i < entry.files.size(); ++i)
    entry.files[i].served_by = model.entry.files[i].served_by;
  return Model{std::move(entry), std::move(model.folder)};
}

std::vector<Model> ModelStore::installed_variants(std::string const& name) const {
  std::vector<Model> models;
  for (auto const& tag : folders_in(options_.folder + "/" + name)) {
    auto model = read_installed(options_.folder + "/" + name + "/" + tag);
    if (!model) {
      auto const& problem = model.error().message();
      if (told_.with([&](auto& told) { return told.insert(problem).second; })) log_warning(problem);
    } else if (model->entry.name == name && model->entry.tag == tag) {
      models.push_back(with_newer_facts(std::move(*model)));
    }
  }
  return models;
}

std::vector<Model> ModelStore::list() const {
  std::map<std::pair<std::string, std::string>, Model> all;
  for (auto const& entry : catalog().entries()) all[{entry.name, entry.tag}] = Model{entry, ""};
  for (auto const& name : folders_in(options_.folder)) {
    for (auto& model : installed_variants(name)) {
      auto& place = all[{model.entry.name, model.entry.tag}];
      place = std::move(model);
    }
  }
  std::vector<Model> models;
  for (auto& [key, model] : all) models.push_back(std::move(model));
  return models;
}

Result<Model> ModelStore::find(std::string_view name) const {
  auto const wanted = TRY(parse_model_name(name));
  auto const here = installed_variants(wanted.name);
  if (auto const* model = choose(here, wanted)) return *model;
  if (auto const* entry = catalog().find(wanted)) return Model{*entry, ""};
  if (auto damaged = find_damaged(wanted)) return Model{std::move(*damaged), ""};

  std::vector<std::string> names;
  for (auto const& model : list()) {
    names.push_back(model.entry.full_name());
    if (wanted.tag.empty()) names.push_back(model.entry.name);
  }
  std::string hint = did_you_mean(name, names);
  return Error(Code::not_found, "there is no model `" + std::string(name) + "`" +
                                    (hint.empty() ? "" : "; " + hint) + " (`shoal models` lists all)");
}

Result<Model> ModelStore::require(std::string_view name) const {
  auto model = TRY(find(name));
  if (model.installed()) return model;
  auto here = read_installed(place(name_of(model.entry)));
  if (!here && here.error().code() != Code::not_found) return std::move(here).error();
  return Error(Code::not_found, "the model " + model.entry.full_name() +
                                    " is not on this machine: `shoal pull " + std::string(name) +
                                    "` fetches it (" + human_bytes(model.entry.size()) + ")");
}

Result<os::FileLock> ModelStore::lock(ModelName const& model, PullOptions const& options) {
  if (auto made = os::make_folders(options_.folder + "/.locks"); !made) {
    return Error(made.error().code(),
                 made.error().message() + "; models need a folder that can be written to: set SHOAL_HOME");
  }
  return os::FileLock::acquire(
      lock_file(model), os::own_command_line(), options.stop, [&](auto const& holder) {
        if (options.on_note)
          options.on_note(model.text() + " is being pulled by " + holder.describe() + ": waiting for it");
      });
}

Result<PullResult> ModelStore::pull(std::string_view name, net::EgressAccount& account,
                                    PullOptions const& options) {
  return pull_entry(TRY(resolve(name, account, options)), account, options);
}

Result<PullResult> ModelStore::pull_entry(CatalogEntry const& entry, net::EgressAccount& account,
                                          PullOptions const& options) {
  auto const model = name_of(entry);
  auto const held = TRY(lock(model, options));
  if (auto here = find_same(entry)) return PullResult{std::move(*here), true};
  ModelPull::Parts parts{egress_,
                         account,
                         clock_,
                         options_.hubs,
                         options_.folder,
                         incoming(model),
                         place(model),
                         [this](auto const& of, auto const& file) { return catalog().sources(of, file); },
                         [this](auto const& file) { return find_twin(file); }};
  auto pulled = ModelPull(entry, std::move(parts), options).run().within("pulling " + entry.full_name());
  if (!pulled) remove_if_empty(incoming(model));
  return PullResult{TRY(std::move(pulled)), false};
}

std::optional<ModelTwin> ModelStore::find_twin(CatalogFile const& wanted) const {
  for (auto const& model : list()) {
    for (auto const& file : model.entry.files) {
      if (model.installed() && file.sha256 == wanted.sha256)
        return ModelTwin{model.folder + "/" + file.file, file.served_by};
    }
  }
  return std::nullopt;
}

std::optional<CatalogEntry> ModelStore::find_damaged(ModelName wanted) const {
  auto const tags =
      wanted.tag.empty() ? folders_in(options_.folder + "/" + wanted.name) : std::vector{wanted.tag};
  for (auto const& tag : tags) {
    wanted.tag = tag;
    auto entry = read_manifest(place(wanted));
    if (entry && !read_installed(place(wanted))) return std::move(*entry);
  }
  return std::nullopt;
}

Result<RemoveResult> ModelStore::remove(std::string_view name) {
  auto key = TRY(parse_model_name(name));
  auto const model = find(name);
  if (model) {
    key = name_of(model->entry);
  } else if (key.tag.empty()) {
    key.tag = "latest";
  }
  std::error_code failure;
  if (!fs::exists(place(key), failure) && !fs::exists(incoming(key), failure)) {
    if (!model) return model.error();
    return Error(Code::not_found, "the model " + key.text() + " is not on this machine");
  }
  TRY(os::make_folders(options_.folder + "/.locks"));
  auto lock = TRY(os::FileLock::try_acquire(lock_file(key), os::own_command_line()));
  if (auto const* holder = std::get_if<os::FileLock::Holder>(&lock)) {
    return Error(Code::busy,
                 key.text() + " is in use by " + holder->describe() + ": try again when it has ended");
  }
  RemoveResult removed;
  removed.entry.name = key.name;
  removed.entry.tag = key.tag;
  if (auto entry = read_manifest(place(key))) removed.entry = std::move(*entry);
  for (auto const& folder : {incoming(key), place(key)}) {
    removed.freed_bytes += own_bytes(folder);
    TRY(remove_folder(folder));
    fs::remove(fs::path(folder).parent_path(), failure);  // the name's folder, where this was its last tag
  }
  return removed;
}

}  // namespace shoal::store
