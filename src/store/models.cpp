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

// Of a file whose hash is not known beforehand: whether its source still gives what is here.
bool is_still(CatalogFile const& here, CatalogFile const& wanted) {
  return here.served_by == wanted.sources.front().text && !wanted.version.empty() &&
         here.version == wanted.version;
}

bool same_files(CatalogEntry const& a, CatalogEntry const& b) {
  return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                    [](auto const& x, auto const& y) { return x.file == y.file && x.sha256 == y.sha256; });
}

bool is_same(CatalogEntry const& here, CatalogEntry const& wanted) {
  auto const& file = wanted.files.front();
  if (file.sha256 != Sha256()) return same_files(here, wanted);
  return here.files.size() == 1 && is_still(here.files.front(), file);
}

// What is known of a file beforehand, of each part where it comes in parts.
Result<SourceFacts> ask_all(Assembly const& source, FetchContext const& context) {
  auto facts = TRY(source.parts.front().kind->ask(source.parts.front(), context));
  if (source.parts.size() == 1) return facts;
  facts.sha256.reset();
  facts.size.reset();
  for (std::size_t i = 1; i < source.parts.size() && !facts.version.empty(); ++i) {
    auto const part = TRY(source.parts[i].kind->ask(source.parts[i], context));
    facts.version = part.version.empty() ? "" : facts.version + "; " + part.version;
  }
  return facts;
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
  if (is_source(name)) return pull_source(name, account, options);
  auto const wanted = TRY(parse_model_name(name));
  if (!options.as.empty())
    return Error(Code::invalid_argument,
                 "`--as` names what comes from a source; " + wanted.text() + " has its name");
  if (auto const* entry = catalog().find(wanted)) return pull_entry(*entry, account, options);
  // One that came from a source comes from there again, if it is damaged.
  auto const damaged = find_damaged(wanted);
  if (damaged) return pull_entry(*damaged, account, options);
  return PullResult{TRY(find(name)), true};
}

Result<PullResult> ModelStore::pull_entry(CatalogEntry const& entry, net::EgressAccount& account,
                                          PullOptions const& options) {
  auto const model = name_of(entry);
  auto const held = TRY(lock(model, options));
  auto here = read_installed(place(model));
  if (here && is_same(here->entry, entry)) return PullResult{std::move(*here), true};
  ModelPull::Parts parts{egress_,
                         account,
                         clock_,
                         options_.hubs,
                         options_.folder,
                         incoming(model),
                         place(model),
                         [this](auto const& of, auto const& file) { return catalog().sources(of, file); },
                         [this](auto const& file) { return find_twin(file); }};
  return PullResult{
      TRY(ModelPull(entry, std::move(parts), options).run().within("pulling " + entry.full_name())), false};
}

Result<PullResult> ModelStore::pull_source(std::string_view text, net::EgressAccount& account,
                                           PullOptions const& options) {
  auto const source = TRY(parse_assembly(text));
  auto const* listed = options.as.empty() ? catalog().find_source(text) : nullptr;
  if (listed) return pull_entry(*listed, account, options);

  FetchContext context{egress_, account, options_.hubs, options_.folder, options.stop, {}, 1};
  context.may_be_known = [this](std::uint64_t size) {
    auto const& known = catalog().entries();
    return std::any_of(known.begin(), known.end(), [&](auto const& entry) { return entry.size() == size; });
  };
  auto const facts = TRY(ask_all(source, context).within(std::string(text)));
  return pull_unlisted(source, facts, account, options);
}

Result<PullResult> ModelStore::import(ForeignModel const& model, PullOptions const& options) {
  auto facts = model.facts;
  auto const source = TRY(parse_assembly("import:" + model.path));
  net::EgressAccount nothing_leaves{net::EgressPolicy()};
  FetchContext const context{egress_, nothing_leaves, options_.hubs, options_.folder, options.stop, {}, 1};
  facts.version = TRY(ask_all(source, context)).version;
  return pull_unlisted(source, facts, nothing_leaves, options);
}

Result<PullResult> ModelStore::pull_unlisted(Assembly const& source, SourceFacts const& facts,
                                             net::EgressAccount& account, PullOptions const& options) {
  if (is_split_part(facts.file)) {
    return Error(
        Code::unsupported,
        facts.file + " is one of several files of one model; take a variant that is one file, or join them");
  }
  auto const* listed = options.as.empty() && facts.sha256 ? catalog().find(*facts.sha256) : nullptr;
  if (listed) {
    auto entry = *listed;
    entry.files.front().sources.insert(entry.files.front().sources.begin(), source);
    return pull_entry(entry, account, options);
  }
  auto const name = options.as.empty() ? propose_name(facts) : TRY(parse_model_name(options.as));
  auto const entry = describe(name, source, facts);
  TRY(look_for_conflict(entry));
  return pull_entry(entry, account, options);
}

Result<void> ModelStore::look_for_conflict(CatalogEntry const& entry) const {
  auto const& file = entry.files.front();
  auto const here = read_installed(place(name_of(entry)));
  bool const is_other = here && !is_same(here->entry, entry) &&
                        here->entry.files.front().served_by != file.sources.front().text;
  auto const* listed = catalog().find(name_of(entry));
  if (!is_other && !listed) return {};
  return Error(Code::already_exists, "another model is called " + entry.full_name() + " (" +
                                         (listed ? "of the catalogue" : here->entry.about) +
                                         "): name this one with `--as NAME`");
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
  if (wanted.tag.empty()) wanted.tag = "latest";
  auto entry = read_manifest(place(wanted));
  if (!entry || read_installed(place(wanted))) return std::nullopt;
  return std::move(*entry);
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
