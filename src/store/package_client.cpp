#include "store/package_client.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <initializer_list>
#include <optional>

#include "base/text.h"
#include "os/file.h"
#include "os/process.h"
#include "os/run_program.h"

namespace shoal::store {
namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(200);

// What the clients read besides their own files. They get nothing else of our environment.
std::vector<std::string> client_environment(std::string const& scratch) {
  auto environment = os::inherited_environment(
      {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "XDG_CONFIG_HOME", "NETRC",
       // Ways out, and whom to trust on them.
       "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
       "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
       "NODE_EXTRA_CA_CERTS", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX",
       "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY",
       "PIP_DEFAULT_TIMEOUT", "PYENV_ROOT", "PYENV_VERSION", "VIRTUAL_ENV", "npm_config_registry",
       "NPM_CONFIG_REGISTRY", "npm_config_userconfig", "NPM_CONFIG_USERCONFIG", "npm_config_cafile",
       "NPM_CONFIG_CAFILE", "npm_config_proxy", "npm_config_https_proxy"});
  // So that a killed client leaves nothing outside the folder, and its progress can be seen there.
  environment.push_back("TMPDIR=" + scratch);
  return environment;
}

Error missing(std::string_view client, std::string_view package) {
  return Error(Code::unavailable,
               std::string(client) + " is not installed on this machine: install " + std::string(package));
}

Result<os::Command> pip_command(Source const& source, std::string const& folder) {
  os::Command command;
  if (auto pip = os::find_program("pip3")) {
    command.program = *pip;
  } else if (auto python = os::find_program("python3")) {
    command.program = *python;
    command.arguments = {"-m", "pip"};
  } else {
    return missing("pip", "python3-pip");
  }
  // No cache: the file is kept by us, and would be twice on the disk.
  for (char const* argument :
       {"download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input",
        "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2", "--dest"}) {
    command.arguments.emplace_back(argument);
  }
  command.arguments.push_back(folder);
  command.arguments.push_back(source.package + "==" + source.version);
  return command;
}

Result<os::Command> npm_command(Source const& source, std::string const& folder) {
  os::Command command;
  auto npm = os::find_program("npm");
  if (!npm) return missing("npm", "npm");
  command.program = *npm;
  for (char const* argument : {"pack", "--silent", "--ignore-scripts", "--no-update-notifier", "--cache"}) {
    command.arguments.emplace_back(argument);
  }
  command.arguments.push_back(folder + "/cache");
  command.arguments.emplace_back("--pack-destination");
  command.arguments.push_back(folder);
  command.arguments.push_back(source.package + "@" + source.version);
  return command;
}

// The client may have the package twice, where it downloads it to and where it leaves it: one of them counts.
std::uint64_t largest_file_below(std::string const& folder) {
  std::uint64_t largest = 0;
  std::error_code ignored;  // files come and go while they are looked at
  for (std::filesystem::recursive_directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::error_code gone;
    auto size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) largest = std::max<std::uint64_t>(largest, size);
  }
  return largest;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  for (auto word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// The last line that names an error, else the last line.
std::string telling_line(std::string const& output) {
  std::string telling;
  bool is_error = false;
  for (std::string_view line : split(output, '\n')) {
    line = trim(line);
    bool names_error =
        line.starts_with("ERROR:") || line.starts_with("npm ERR!") || line.starts_with("npm error");
    if (line.empty() || (is_error && !names_error)) continue;
    // npm ends with where its log is.
    if (contains_any(line, {"complete log", ".log"})) continue;
    telling = line;
    is_error = names_error;
  }
  for (std::string_view prefix : {"ERROR:", "npm ERR!", "npm error"}) {
    if (telling.starts_with(prefix)) telling.erase(0, prefix.size());
  }
  return printable(trim(telling));
}

std::optional<std::string> find_archive(std::string const& folder) {
  std::error_code failure;
  for (std::filesystem::directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    auto extension = it->path().extension();
    if (extension == ".whl" || extension == ".tgz") return it->path().string();
  }
  return {};
}

}  // namespace

std::string client_name(Source const& source) { return source.kind == Source::Kind::npm ? "npm" : "pip"; }

Error client_error(Source const& source, std::string const& output, std::string const& how_it_ended) {
  std::string const client = client_name(source);
  std::string const package = source.package + " " + source.version;
  std::string line = telling_line(output);
  if (line.empty()) line = how_it_ended;
  if (contains_any(output, {"No module named pip"})) return missing("pip", "python3-pip");
  if (contains_any(output, {"Retrying (", "NewConnectionError", "ConnectTimeout", "ReadTimeout",
                            "name resolution", "ProxyError", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED",
                            "ETIMEDOUT", "ECONNRESET", "SSLError", "CERTIFICATE_VERIFY_FAILED"})) {
    return Error(Code::unavailable, client + " does not reach its package index for " + package +
                                        ": check the network and the index that " + client + " is set to (" +
                                        line + ")");
  }
  if (contains_any(output, {"No matching distribution", "E404", "ETARGET", "404 Not Found"})) {
    return Error(Code::not_found, client + " finds no " + package + " in its package index (" + line + ")");
  }
  if (contains_any(output, {"No space left", "ENOSPC"})) {
    return Error(Code::unavailable, "the disk is full: make room and try again");
  }
  return Error(Code::unavailable, client + " could not fetch " + package + ": " + line);
}

Result<std::string> fetch_package(Source const& source, std::string const& folder, std::stop_token stop,
                                  std::function<void(std::uint64_t)> const& on_bytes) {
  bool const is_npm = source.kind == Source::Kind::npm;
  auto command = TRY(is_npm ? npm_command(source, folder) : pip_command(source, folder));
  std::string const scratch = folder + "/scratch";
  TRY(os::make_folders(scratch));
  command.environment = client_environment(scratch);
  command.working_folder = folder;

  // The client's output is read on a thread of its own, so that this one can watch the folder grow.
  auto running = std::async(std::launch::async, [&] { return os::run_program(command, {.stop = stop}); });
  while (running.wait_for(kProgressInterval) == std::future_status::timeout)
    on_bytes(largest_file_below(folder));
  auto result = TRY(running.get());
  if (!result.status.ok()) {
    std::string const& output =
        result.standard_error.empty() ? result.standard_output : result.standard_error;
    return client_error(source, output, "it " + result.status.describe());
  }
  auto archive = find_archive(folder);
  if (!archive)
    return Error(Code::unavailable,
                 client_name(source) + " ended well but left no package of " + source.package);
  return *archive;
}

}  // namespace shoal::store
