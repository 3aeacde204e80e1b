#include "runtime/generations.h"

#include <cstdio>
#include <random>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"

namespace shoal::runtime {
namespace {

constexpr std::size_t kDigits = 32;
constexpr std::uint64_t kMostBytes = 64;

std::string file_of(std::string const& folder) { return folder + "/generation"; }

std::string new_generation() {
  std::random_device random;
  std::string digits;
  while (digits.size() < kDigits) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", random());
    digits += part;
  }
  return digits;
}

std::optional<std::string> make(std::string const& folder) {
  auto name = new_generation();
  auto const written = os::write_file_atomically(file_of(folder), name + "\n");
  if (written) return name;
  log_warning("what is read in " + folder + " is not cached: " + written.error().message());
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Generations::find(std::string const& folder) const {
  auto const text = os::read_file(file_of(folder), kMostBytes);
  if (!text) return std::nullopt;
  auto const name = std::string(trim(*text));
  bool const whole =
      name.size() == kDigits && name.find_first_not_of("0123456789abcdef") == std::string::npos;
  return whole ? std::optional(name) : std::nullopt;
}

std::optional<std::string> Generations::find_or_make(std::string const& folder) {
  return folders_.with([&](auto& folders) -> std::optional<std::string> {
    if (folders.contains(folder)) return std::nullopt;
    if (auto name = find(folder)) return name;
    return make(folder);
  });
}

Result<std::unique_ptr<Generations::Write>> Generations::begin_write(std::string const& folder) {
  TRY(folders_.with([&](auto& folders) -> Result<void> {
    auto const known = folders.find(folder);
    if (known == folders.end() || known->second.writers == 0)
      TRY(os::write_file_atomically(file_of(folder), "writing\n").within("before writing in " + folder));
    auto& writing = folders[folder];
    if (writing.writers++ == 0) writing.in_doubt = false;
    return {};
  }));
  return std::make_unique<Write>(*this, folder);
}

void Generations::end_write(std::string const& folder, bool certainly) {
  folders_.with([&](auto& folders) {
    auto& writing = folders[folder];
    writing.writers -= 1;
    writing.in_doubt |= !certainly;
    if (writing.writers > 0 || writing.in_doubt) return;
    folders.erase(folder);
    make(folder);
  });
}

}  // namespace shoal::runtime
