#include "runtime/live_library.h"

#include <algorithm>
#include <filesystem>

namespace shoal::runtime {
namespace {

constexpr std::size_t kMostKnown = 256;

}  // namespace

LiveLibrary::Watched LiveLibrary::look_at(std::string path) {
  auto identity = os::identify(path);
  return {std::move(path), false, identity ? std::optional(*identity) : std::nullopt};
}

LiveLibrary::Watched LiveLibrary::look_at_folder(std::string path) {
  std::error_code missing;
  auto const time = std::filesystem::last_write_time(path, missing);
  return {std::move(path), true, std::nullopt, missing ? 0 : time.time_since_epoch().count()};
}

bool LiveLibrary::is_current(Known const& known) {
  return std::all_of(known.made_from.begin(), known.made_from.end(), [](Watched const& watched) {
    return watched == (watched.is_folder ? look_at_folder(watched.path) : look_at(watched.path));
  });
}

Result<LiveLibrary::Known> LiveLibrary::link_anew(std::string const& what) const {
  // Looked at first: what changes while it is linked makes the entry old, not wrong.
  Known known;
  for (auto const& folder : folders_) known.made_from.push_back(look_at_folder(folder));
  auto const library = make_();
  auto const name = what.find('/') == std::string::npos ? what : TRY(library->add_file(what));
  for (auto& file : library->files_of(name)) known.made_from.push_back(look_at(std::move(file)));
  known.target = TRY(library->link(name));
  return known;
}

Result<Target> LiveLibrary::link(std::string const& what) {
  return known_.with([&](std::map<std::string, Known>& known) -> Result<Target> {
    auto const found = known.find(what);
    if (found != known.end() && is_current(found->second)) return found->second.target;
    if (found != known.end()) known.erase(found);
    if (known.size() >= kMostKnown) known.clear();
    return known.emplace(what, TRY(link_anew(what))).first->second.target;
  });
}

}  // namespace shoal::runtime
