#include "cli/output_file.h"

#include <filesystem>
#include <system_error>

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(std::string const& path) {
  auto const folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

std::string beginning(std::string const& path, std::string_view option) {
  return "`" + std::string(option) + " " + path + "` cannot be written: ";
}

}  // namespace

Result<void> require_place(std::string const& path, std::string_view option) {
  std::error_code failed;
  if (path.empty())
    return Error(Code::invalid_argument, "`" + std::string(option) + "` wants the name of a file");
  if (fs::is_directory(path, failed))
    return Error(Code::invalid_argument, beginning(path, option) + "it is a folder; name a file in it");
  auto const folder = folder_of(path);
  if (fs::is_directory(folder, failed)) return {};
  auto const shown = "`" + folder.string() + "`";
  if (fs::exists(folder, failed))
    return Error(Code::invalid_argument,
                 beginning(path, option) + shown + " is no folder; choose another place");
  return Error(Code::not_found, beginning(path, option) + "there is no folder " + shown +
                                    "; make it (`mkdir -p`), or choose another place");
}

Error cannot_open(std::string const& path, std::string_view option, int error_number) {
  auto const why = error_number == 0 ? std::string("it could not be opened")
                                     : std::generic_category().message(error_number);
  return Error(Code::unavailable, beginning(path, option) + why + " in the folder `" +
                                      folder_of(path).string() + "`; choose another place");
}

}  // namespace shoal::cli
