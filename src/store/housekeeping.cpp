// What ModelStore does to keep its folder right: verify, and garbage.
#include <filesystem>
#include <set>

#include "base/text.h"
#include "os/file.h"
#include "store/folders.h"
#include "store/models.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

// What a link leads to belongs to somebody else.
std::vector<std::string> own_folders_in(std::string const& folder) {
  auto names = folders_in(folder);
  std::error_code gone;
  std::erase_if(names, [&](auto const& name) { return fs::is_symlink(folder + "/" + name, gone); });
  return names;
}

std::uint64_t size_of(fs::path const& path) {
  std::error_code gone;
  if (fs::is_directory(fs::symlink_status(path, gone))) return own_bytes(path.string());
  auto const size = fs::is_symlink(path, gone) ? 0 : fs::file_size(path, gone);
  return gone ? 0 : size;
}

// Reads one file. Gives what is wrong with it, "" for nothing.
Result<std::string> examine(std::string const& path, CatalogFile const& file,
                            std::function<void(std::uint64_t)> const& on_bytes, std::stop_token stop) {
  auto const opened = os::open_for_reading(path);
  if (!opened)
    return opened.error().code() == Code::not_found ? Result<std::string>("it is missing")
                                                    : Result<std::string>(opened.error());
  auto const [digest, bytes] =
      TRY(os::hash_file(*opened, UINT64_MAX, [&](std::uint64_t done) -> Result<void> {
            if (stop.stop_requested()) return Error(Code::cancelled, "cancelled");
            on_bytes(done);
            return {};
          }).within(path));
  if (bytes != file.size)
    return "it has " + std::to_string(bytes) + " bytes where it should have " + std::to_string(file.size);
  if (digest == file.sha256) return std::string();
  return "its sha256 is " + digest.hex() + " where it should be " + file.sha256.hex();
}

}  // namespace

std::vector<std::string> ModelStore::names_here() const {
  std::vector<std::string> names;
  for (auto const& name : folders_in(options_.folder)) {
    for (auto const& tag : folders_in(options_.folder + "/" + name)) {
      if (read_manifest(options_.folder + "/" + name + "/" + tag)) names.push_back(name + ":" + tag);
    }
  }
  return names;
}

Result<VerifyReport> ModelStore::verify(std::string_view name, VerifyOptions const& options) {
  auto key = TRY(parse_model_name(name));
  if (auto const found = find(name); found && found->installed()) key = {found->entry.name, found->entry.tag};
  if (key.tag.empty()) key.tag = "latest";
  auto const folder = place(key);
  auto entry = read_manifest(folder);
  if (!entry && entry.error().code() == Code::not_found) {
    TRY(require(name));  // says it better
    return Error(Code::not_found, "the model " + key.text() + " is not on this machine");
  }
  if (!entry) return std::move(entry).error();

  VerifyReport report{Model{std::move(*entry), folder}, {}};
  PullProgress progress{.total = report.model.entry.size()};
  auto const began = clock_.now();
  std::uint64_t before = 0;
  for (auto const& file : report.model.entry.files) {
    progress.file = file.file;
    auto const on_bytes = [&](std::uint64_t bytes) {
      progress.bytes = before + bytes;
      double const elapsed = seconds(clock_.now() - began);
      if (elapsed > 0) progress.bytes_per_second = static_cast<double>(progress.bytes) / elapsed;
      if (options.on_progress) options.on_progress(progress);
    };
    auto const problem = TRY(examine(folder + "/" + file.file, file, on_bytes, options.stop));
    if (!problem.empty()) report.problems.push_back(file.file + ": " + problem);
    before += file.size;
  }
  std::error_code ignored;  // the answer stands without the mark
  if (report.problems.empty()) {
    fs::remove(damage_file(folder), ignored);
  } else {
    TRY(os::write_file_atomically(damage_file(folder), join(report.problems, "\n") + "\n"));
  }
  return report;
}

std::vector<Garbage> ModelStore::find_garbage() const {
  std::vector<Garbage> garbage;
  auto const add = [&](fs::path const& path, std::string reason) {
    garbage.push_back({path.string(), size_of(path), std::move(reason)});
  };
  for (auto const& name : own_folders_in(options_.folder + "/.incoming")) {
    for (auto const& tag : own_folders_in(options_.folder + "/.incoming/" + name)) {
      if (!is_being_pulled({name, tag})) add(incoming({name, tag}), "a pull that was broken off");
    }
  }
  for (auto const& name : own_folders_in(options_.folder)) {
    for (auto const& tag : own_folders_in(options_.folder + "/" + name)) {
      auto const folder = place({name, tag});
      auto const entry = read_manifest(folder);
      if (!entry && entry.error().code() != Code::not_found)
        continue;  // of a newer program, or damaged: a person decides
      std::set<std::string> needed = {"manifest.json", ".damaged"};
      for (auto const& file : entry ? entry->files : std::vector<CatalogFile>()) needed.insert(file.file);
      std::error_code failure;
      for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
        if (!needed.contains(it->path().filename().string()))
          add(it->path(), entry ? "no file of " + entry->full_name() : "no manifest names it");
      }
    }
  }
  return garbage;
}

bool ModelStore::is_being_pulled(ModelName const& model) const {
  std::error_code failure;
  if (!fs::exists(lock_file(model), failure)) return false;
  auto const lock = os::FileLock::try_acquire(lock_file(model), os::own_command_line());
  return lock && std::holds_alternative<os::FileLock::Holder>(*lock);
}

Result<void> ModelStore::remove_garbage(Garbage const& garbage) {
  TRY(remove_folder(garbage.path));
  std::error_code ignored;  // of the last in a folder, the folder too
  for (auto folder = fs::path(garbage.path).parent_path(); folder.string() != options_.folder;
       folder = folder.parent_path()) {
    if (!fs::remove(folder, ignored)) break;
  }
  return {};
}

}  // namespace shoal::store
