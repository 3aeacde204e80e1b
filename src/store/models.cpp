#include "store/models.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "os/lock.h"
#include "store/fetch.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifestBytes = 1u << 20;
constexpr Duration kProgressInterval = std::chrono::milliseconds(200);
constexpr std::string_view kPartial = ".part";

ModelName name_of(CatalogEntry const& entry) { return {.name = entry.name, .tag = entry.tag}; }

std::vector<std::string> folders_in(std::string const& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    std::error_code gone;
    std::string name = it->path().filename().string();
    if (it->is_directory(gone) && !name.starts_with('.')) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_folder(std::string const& folder) {
  std::error_code failure;
  fs::remove_all(folder, failure);
  if (failure) return Error(Code::unavailable, "removing " + folder + ": " + failure.message());
  return {};
}

Result<Model> read_installed(std::string const& folder) {
  auto text = TRY(os::read_file(folder + "/manifest.json", kMaxManifestBytes));
  auto entry = TRY(parse_catalog_entry(text, folder + "/manifest.json"));
  for (auto const& file : entry.files) {
    std::error_code failure;
    auto size = fs::file_size(folder + "/" + file.file, failure);
    if (failure || size != file.size) {
      return Error(Code::invalid_argument,
                   folder + "/" + file.file + " is not the file that was pulled any more: `shoal rm " +
                       entry.full_name() + "`, then `shoal pull " + entry.full_name() + "`");
    }
  }
  return Model{std::move(entry), folder};
}

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

Sha256 Model::content_hash() const {
  if (entry.files.size() == 1) return entry.files.front().sha256;
  std::string all;
  for (auto const& file : entry.files) all += file.file + '\0' + file.sha256.hex() + '\n';
  return sha256(all);
}

std::string ModelStore::hub_from_environment() {
  char const* endpoint = std::getenv("HF_ENDPOINT");
  std::string hub = endpoint != nullptr && *endpoint != '\0' ? endpoint : "https://huggingface.co";
  while (hub.ends_with('/')) hub.pop_back();
  return hub;
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
      log_warning(model.error().message());
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

// One pull of one model, from the lock to the rename.
class ModelStore::Pull {
 public:
  Pull(ModelStore& store, CatalogEntry const& entry, net::EgressAccount& account, PullOptions const& options)
      : store_(store),
        entry_(entry),
        account_(account),
        options_(options),
        folder_(store.incoming(name_of(entry))) {}

  Result<Model> run() {
    TRY(prepare());
    for (auto& file : entry_.files) TRY(bring(file));
    TRY(os::write_file_atomically(folder_ + "/manifest.json", to_json(entry_).dump(2) + "\n"));
    return put_in_place();
  }

 private:
  // Removes what a killed pull left, but for files that can be continued, and looks for room.
  Result<void> prepare() {
    TRY(os::make_folders(folder_));
    std::error_code failure;
    for (fs::directory_iterator it(folder_, failure), end; !failure && it != end; it.increment(failure)) {
      if (it->path().string().ends_with(kPartial)) continue;
      TRY(remove_folder(it->path().string()));
    }
    std::uint64_t const room = TRY(os::free_bytes(folder_));
    if (room < entry_.size()) {
      return Error(Code::unavailable, "there is no room for " + entry_.full_name() + " in " +
                                          store_.options_.folder + ": it needs " +
                                          human_bytes(entry_.size()) + ", and " + human_bytes(room) +
                                          " are free");
    }
    return {};
  }

  Result<void> bring(CatalogFile& file) {
    auto const sources = store_.catalog().sources(entry_, file);
    std::vector<Error> failures;
    for (auto const& source : sources) {
      auto served = try_source(file, source);
      if (served) {
        file.served_by = source.text;
        done_bytes_ += file.size;
        return {};
      }
      if (is_final_) return served;
      std::string text = source.text + " did not serve: " + served.error().message();
      failures.push_back(std::move(served).error().within(source.text));
      if (failures.size() < sources.size()) text += "; trying " + sources[failures.size()].text;
      note(text);
    }
    return none_served(file, failures);
  }

  Result<void> try_source(CatalogFile const& file, Assembly const& source) {
    std::string const partial = folder_ + "/" + file.file + std::string(kPartial);
    std::error_code ignored;
    bool const continuing = can_continue(source) && fs::exists(partial, ignored);
    auto result =
        write_from(file, source, partial,
                   continuing ? VerifiedFile::Start::with_what_is_there : VerifiedFile::Start::anew);
    // The old beginning may be of another source, or damaged: the whole of this one may be right.
    if (!result && !is_final_ && continuing && result.error().code() == Code::invalid_argument) {
      result = write_from(file, source, partial, VerifiedFile::Start::anew);
    }
    if (result) return os::rename_durably(partial, folder_ + "/" + file.file);
    bool const keep = can_continue(source) && !disk_failed_ &&
                      result.error().code() != Code::invalid_argument && fs::file_size(partial, ignored) > 0;
    if (!keep) fs::remove(partial, ignored);  // else the next try does
    return result;
  }

  Result<void> write_from(CatalogFile const& file, Assembly const& source, std::string const& partial,
                          VerifiedFile::Start start) {
    auto writer = VerifiedFile::open(partial, file, start);
    if (!writer) {
      is_final_ = true;
      return std::move(writer).error();
    }
    begin_progress(file, source, writer->size());
    FetchContext context{store_.egress_,      account_,
                         store_.options_.hub, folder_,
                         options_.stop,       [this](std::uint64_t bytes) { progress(bytes, false); }};
    auto result = fetch(source, *writer, file, context);
    if (result) result = writer->finish();
    if (result) progress(file.size, true);
    disk_failed_ = writer->disk_error().has_value();
    is_final_ = !result && (disk_failed_ || result.error().code() == Code::cancelled);
    return result;
  }

  Error none_served(CatalogFile const& file, std::vector<Error> const& failures) const {
    bool all_refused = !failures.empty();
    std::string text = "no source served " + file.file + " of " + entry_.full_name() + ":";
    for (auto const& failure : failures) {
      all_refused = all_refused && failure.code() == Code::refused;
      text += "\n  " + failure.message();
    }
    text += "\nCheck the network, or name a mirror of sha256 " + file.sha256.hex() +
            " in mirrors.yaml of the configuration folder";
    return Error(all_refused ? Code::refused : Code::unavailable, std::move(text));
  }

  Result<Model> put_in_place() {
    std::string const place = store_.place(name_of(entry_));
    TRY(os::make_folders(fs::path(place).parent_path().string()));
    std::error_code failure;
    for (fs::directory_iterator it(folder_, failure), end; !failure && it != end; it.increment(failure)) {
      if (it->path().string().ends_with(kPartial)) TRY(remove_folder(it->path().string()));
    }
    TRY(remove_folder(place));
    TRY(os::rename_durably(folder_, place));
    return Model{std::move(entry_), place};
  }

  void begin_progress(CatalogFile const& file, Assembly const& source, std::uint64_t have) {
    progress_ = {
        .file = file.file, .source = source.text, .bytes = done_bytes_ + have, .total = entry_.size()};
    began_ = store_.clock_.now();
    began_with_ = progress_.bytes;
    reported_ = MonotonicTime();
  }

  void progress(std::uint64_t bytes_of_file, bool always) {
    if (!options_.on_progress) return;
    // What is still packed counts by its packed size, and is read again when it is unpacked.
    progress_.bytes = std::min(progress_.total, std::max(progress_.bytes, done_bytes_ + bytes_of_file));
    auto const now = store_.clock_.now();
    if (!always && now - reported_ < kProgressInterval) return;
    reported_ = now;
    double const elapsed = seconds(now - began_);
    if (elapsed > 0)
      progress_.bytes_per_second = static_cast<double>(progress_.bytes - began_with_) / elapsed;
    options_.on_progress(progress_);
  }

  void note(std::string const& text) const {
    if (options_.on_note) options_.on_note(text);
  }

  ModelStore& store_;
  CatalogEntry entry_;
  net::EgressAccount& account_;
  PullOptions const& options_;
  std::string const folder_;
  bool is_final_ = false;  // the last error concerns us, not the source
  bool disk_failed_ = false;
  std::uint64_t done_bytes_ = 0;
  PullProgress progress_;
  MonotonicTime began_;
  MonotonicTime reported_;
  std::uint64_t began_with_ = 0;
};

Result<PullResult> ModelStore::pull(std::string_view name, net::EgressAccount& account,
                                    PullOptions const& options) {
  auto const wanted = TRY(parse_model_name(name));
  auto const* entry = catalog().find(wanted);
  if (entry == nullptr) {
    auto model = TRY(find(name));
    return PullResult{std::move(model), true};
  }
  auto const model = name_of(*entry);
  TRY(os::make_folders(options_.folder + "/.locks"));
  auto lock = TRY(
      os::FileLock::acquire(lock_file(model), os::own_command_line(), options.stop, [&](auto const& holder) {
        if (options.on_note)
          options.on_note(entry->full_name() + " is being pulled by " + holder.describe() +
                          ": waiting for it");
      }));
  auto here = read_installed(place(model));
  if (here && same_files(here->entry, *entry)) return PullResult{std::move(*here), true};
  return PullResult{TRY(Pull(*this, *entry, account, options).run().within("pulling " + entry->full_name())),
                    false};
}

Result<void> ModelStore::remove(std::string_view name) {
  auto const model = TRY(find(name));
  auto const key = name_of(model.entry);
  std::error_code failure;
  if (!model.installed() && !fs::exists(incoming(key), failure)) {
    return Error(Code::not_found, "the model " + model.entry.full_name() + " is not on this machine");
  }
  TRY(os::make_folders(options_.folder + "/.locks"));
  auto lock = TRY(os::FileLock::try_acquire(lock_file(key), os::own_command_line()));
  if (auto const* holder = std::get_if<os::FileLock::Holder>(&lock)) {
    return Error(Code::busy, model.entry.full_name() + " is in use by " + holder->describe() +
                                 ": try again when it has ended");
  }
  TRY(remove_folder(incoming(key)));
  TRY(remove_folder(place(key)));
  fs::remove(fs::path(place(key)).parent_path(), failure);  // the name's folder, where this was its last tag
  return {};
}

}  // namespace shoal::store
