#include "runtime/mending.h"

#include <array>
#include <filesystem>

namespace shoal::runtime {
namespace {

namespace fs = std::filesystem;

// The file and what SQLite keeps beside it.
constexpr std::array<char const*, 3> kParts = {"", "-wal", "-shm"};

std::string free_name(std::string const& file) {
  std::error_code failed;
  auto name = file + ".damaged";
  for (int i = 2; fs::exists(name, failed); ++i) name = file + ".damaged-" + std::to_string(i);
  return name;
}

}  // namespace

bool may_be_damage(Error const& error) { return error.code() == Code::invalid_argument; }

Result<std::string> find_damage(store::Database& database) {
  auto check = TRY(database.prepare("PRAGMA quick_check(1)"));
  if (!TRY(check.step())) return std::string("nothing could be read");
  std::string const found(check.text(0));
  check.reset();
  return found == "ok" ? std::string() : found;
}

Result<void> clear_place(std::string const& file, OnDamage on_damage, std::string const& why) {
  bool const keep = on_damage == OnDamage::set_aside;
  auto const aside = free_name(file);
  for (auto const* part : kParts) {
    std::error_code failed;
    if (!fs::exists(file + part, failed)) continue;
    if (keep) {
      fs::rename(file + part, aside + part, failed);
    } else {
      fs::remove(file + part, failed);
    }
    if (failed) {
      return Error(Code::unavailable, file + " is damaged and could not be " +
                                          (keep ? "set aside" : "removed") + ": " + failed.message() +
                                          "; move it away yourself");
    }
  }
  log_warning(file + " is damaged and was made anew" + (keep ? "; the old one is " + aside : "") + " (" +
              why + ")");
  return {};
}

}  // namespace shoal::runtime
