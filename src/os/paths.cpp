#include "os/paths.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "os/file.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

std::optional<std::string> variable(char const* name) {
  char const* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

// The XDG rule: relative values are invalid and ignored.
std::optional<std::string> xdg_folder(char const* name) {
  std::optional<std::string> value = variable(name);
  if (!value || !std::filesystem::path(*value).is_absolute()) return std::nullopt;
  return value;
}

// The path goes to workers as JSON, and databases lie below it: SQLite takes names of 512 bytes.
Result<Home> checked(Home home) {
  constexpr std::size_t kLongest = 380;
  for (auto const& folder : {home.data, home.config, home.cache}) {
    if (find_invalid_utf8(folder))
      return Error(Code::invalid_argument, "the home " + printable(make_valid_utf8(folder)) +
                                               " has a name that is not UTF-8; set SHOAL_HOME to another");
    if (folder.size() > kLongest)
      return Error(Code::invalid_argument,
                   "the home " + folder.substr(0, 100) + "… has a name that is too long (" +
                       std::to_string(folder.size()) + " bytes, " + std::to_string(kLongest) +
                       " at most); set SHOAL_HOME to another");
  }
  return home;
}

}  // namespace

Result<Home> find_home() {
  if (auto home = variable("SHOAL_HOME")) {
    std::error_code error;
    std::filesystem::path path = std::filesystem::absolute(*home, error).lexically_normal();
    if (error) return Error(Code::not_found, "SHOAL_HOME is " + *home + ", but the working folder is gone");
    if (!path.has_filename()) path = path.parent_path();
    return checked({path.string(), path.string(), (path / "cache").string()});
  }
  auto data = xdg_folder("XDG_DATA_HOME");
  auto config = xdg_folder("XDG_CONFIG_HOME");
  auto cache = xdg_folder("XDG_CACHE_HOME");
  auto user = xdg_folder("HOME");
  if (!user && !(data && config && cache)) {
    return Error(Code::not_found,
                 "there is no home folder: set HOME, or SHOAL_HOME to where Shoal may keep its files");
  }
  return checked({.data = (data ? *data : *user + "/.local/share") + "/shoal",
                  .config = (config ? *config : *user + "/.config") + "/shoal",
                  .cache = (cache ? *cache : *user + "/.cache") + "/shoal"});
}

Result<void> make_home(Home const& home) {
  for (auto const& folder : {home.data, home.cache}) {
    auto const above = std::filesystem::path(folder).parent_path();
    if (!above.empty()) TRY(make_folders(above.string()));
    if (::mkdir(folder.c_str(), 0700) == 0) continue;
    if (errno != EEXIST) return last_system_error("making the folder " + folder);
    TRY(make_folders(folder));  // an error where it is a file
  }
  return {};
}

Result<Installation> find_installation() {
  std::filesystem::path const program = TRY(executable_path());
  std::filesystem::path const root = program.parent_path().parent_path();
  return Installation{.engines = (root / "lib/shoal/engines").string(),
                      .share = (root / "share/shoal").string()};
}

}  // namespace shoal::os
