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
#include "store/archive.h"

namespace shoal::store {
namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(200);
constexpr std::size_t kPieceBytes = 1u << 20;

// The clients get nothing else of our environment.
std::vector<std::string> client_environment(PackageKind const& kind, std::string const& scratch) {
  std::vector<std::string> names = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "XDG_CONFIG_HOME",
                                    "NETRC",
                                    // Ways out, and whom to trust on them.
                                    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY",
                                    "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"};
  for (auto const name : kind.environment()) names.emplace_back(name);
  auto environment = os::inherited_environment(names);
  // So that a killed client leaves nothing outside the folder, and its progress can be seen there.
  environment.push_back("TMPDIR=" + scratch);
  return environment;
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

// A client may colour what it says, whoever reads it.
std::string without_colours(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!text.substr(at).starts_with("\033[")) {
      plain += text[at];
      continue;
    }
    at = text.find_first_not_of("0123456789;", at + 2);
    if (at == std::string_view::npos) break;
  }
  return plain;
}

// The line that says why. Most clients end with it; mvn begins with it, and goes on with advice.
std::string telling_line(std::string const& output) {
  constexpr std::string_view kMvn = "[ERROR]";
  constexpr std::string_view kPrefixes[] = {"ERROR:", kMvn, "npm ERR!", "npm error", "error:"};
  std::string telling;
  bool is_error = false;
  for (std::string_view line : split(output, '\n')) {
    line = trim(line);
    std::string_view named;
    for (auto const prefix : kPrefixes) {
      if (line.starts_with(prefix)) named = prefix;
    }
    // npm ends with where its log is.
    if (line == named || (is_error && named.empty()) || contains_any(line, {"complete log", ".log"}))
      continue;
    telling = trim(line.substr(named.size()));
    is_error = !named.empty();
    if (named == kMvn) break;
  }
  auto const goal = telling.find(" on project standalone-pom: ");  // which of mvn's parts failed
  if (goal != std::string::npos) telling.erase(0, telling.find(": ", goal) + 2);
  return printable(telling);
}

std::optional<std::string> find_archive(std::string const& folder) {
  std::error_code failure;
  for (std::filesystem::directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    auto const name = it->path().filename().string();
    for (std::string_view ending : {".whl", ".tgz", ".jar"}) {
      if (name.ends_with(ending)) return it->path().string();
    }
    if (name == "unpacked") return it->path().string();
  }
  return {};
}

PackageKind const& kind_of(Source const& source) { return static_cast<PackageKind const&>(*source.kind); }

Result<void> read_file_of(std::string const& folder, std::string const& path,
                          std::function<Result<void>(std::string_view)> const& sink) {
  std::error_code failure;
  // A link could lead anywhere.
  if (std::filesystem::is_symlink(folder + "/" + path, failure) ||
      !std::filesystem::is_regular_file(folder + "/" + path, failure)) {
    return Error(Code::not_found, "the package has no file " + path);
  }
  auto const file = TRY(os::MappedFile::open(folder + "/" + path));
  for (auto rest = file.bytes(); !rest.empty();) {
    auto const piece = rest.substr(0, kPieceBytes);
    TRY(sink(piece));
    rest.remove_prefix(piece.size());
  }
  return {};
}

}  // namespace

Error missing_client(std::string_view client, std::string_view package) {
  return Error(Code::unavailable,
               std::string(client) + " is not installed on this machine: install " + std::string(package));
}

Error client_error(Source const& source, std::string const& coloured, std::string const& how_it_ended) {
  std::string const output = without_colours(coloured);
  std::string const client(kind_of(source).client());
  std::string const package = source.package + " " + source.version;
  std::string line = telling_line(output);
  if (line.empty()) line = how_it_ended;
  if (contains_any(output, {"No module named pip"})) return missing_client("pip", "python3-pip");
  if (contains_any(output,
                   {"No matching distribution", "E404", "ETARGET", "404 Not Found", "no matching package",
                    "failed to select a version", "Could not find artifact"}) &&
      !contains_any(output, {"Retrying ("})) {
    return Error(Code::not_found, client + " finds no " + package + " in its package index (" + line + ")");
  }
  if (contains_any(output, {"Retrying (",
                            "NewConnectionError",
                            "ConnectTimeout",
                            "ReadTimeout",
                            "name resolution",
                            "ProxyError",
                            "ENOTFOUND",
                            "EAI_AGAIN",
                            "ECONNREFUSED",
                            "ETIMEDOUT",
                            "ECONNRESET",
                            "SSLError",
                            "CERTIFICATE_VERIFY_FAILED",
                            "Could not resolve",
                            "Couldn't connect",
                            "failed to download",
                            "Unknown host",
                            "Connection refused",
                            "Connect timed out",
                            "Could not transfer",
                            "Cannot access"})) {
    return Error(Code::unavailable, client + " does not reach its package index for " + package +
                                        ": check the network and the index that " + client + " is set to (" +
                                        line + ")");
  }
  if (contains_any(output, {"No space left", "ENOSPC"})) {
    return Error(Code::unavailable, "the disk is full: make room and try again");
  }
  return Error(Code::unavailable, client + " could not fetch " + package + ": " + line);
}

Result<std::string> fetch_package(Source const& source, std::string const& folder, std::stop_token stop,
                                  std::function<void(std::uint64_t)> const& on_bytes) {
  auto const& kind = kind_of(source);
  auto command = TRY(kind.command(source, folder));
  std::string const scratch = folder + "/scratch";
  TRY(os::make_folders(scratch));
  auto const own = std::exchange(command.environment, client_environment(kind, scratch));
  command.environment.insert(command.environment.end(), own.begin(), own.end());
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
                 std::string(kind.client()) + " ended well but left no package of " + source.package);
  return *archive;
}

Result<void> PackageKind::parse_package(std::string_view package, std::string_view version_and_paths,
                                        Source& source) const {
  auto const slash = version_and_paths.find('/');
  if (slash == std::string_view::npos) return malformed(source, "the form is " + std::string(form()));
  source.package = package;
  source.version = version_and_paths.substr(0, slash);
  if (!is_word(source.version, ".+!_-"))
    return malformed(source, "`" + source.version + "` is no exact version");
  for (std::string_view path : split(version_and_paths.substr(slash + 1), '+')) {
    if (!is_inner_path(path))
      return malformed(source, "`" + std::string(path) + "` is no path inside a package");
    source.paths.emplace_back(path);
  }
  return {};
}

Result<SourceFacts> PackageKind::ask(Source const& source, FetchContext const& context) const {
  TRY(context.egress.permit_client(context.account, client()));
  SourceFacts facts;
  facts.file = file_name_of(source.paths.front());
  // A version of a package never changes.
  facts.version = source.text;
  return facts;
}

Result<void> PackageKind::fetch(Source const& source, PartFile& file, FetchContext const& context) const {
  TRY(context.egress.permit_client(context.account, client()));
  auto const folder = TRY(os::TemporaryFolder::create("package-", context.scratch));
  TRY(file.begin_part());
  std::uint64_t const before = file.position();
  auto const archive = TRY(fetch_package(source, folder.path(), context.stop,
                                         [&](std::uint64_t bytes) { context.on_bytes(before + bytes); }));
  auto const append = [&](std::string_view bytes) -> Result<void> {
    if (context.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    TRY(file.append(bytes));
    context.on_bytes(file.position());
    return {};
  };
  bool const is_folder = std::filesystem::is_directory(archive);
  std::error_code failure;
  auto const archive_bytes = is_folder ? 0 : std::filesystem::file_size(archive, failure);
  if (!is_folder && !failure) context.egress.count_client(context.account, client(), archive_bytes);
  for (auto const& path : source.paths) {
    auto const inner = member(source, path);
    TRY(is_folder ? read_file_of(archive, inner, append) : read_member(archive, inner, append));
  }
  if (is_folder) context.egress.count_client(context.account, client(), file.position() - before);
  return {};
}

}  // namespace shoal::store
