#include "host/worker_process.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"
#include "os/sandbox.h"
#include "os/socket.h"

namespace shoal::host {
namespace {

constexpr int kWorkerDescriptor = 3;
constexpr std::uint64_t kOpenFiles = 1024;
constexpr std::uint64_t kLargestFile = 64ull << 30;  // that a worker may write: a shelf
constexpr std::size_t kKeptErrorBytes = 4096;
// Taken at one time, so that a worker which writes without end keeps nobody waiting.
constexpr int kErrorReads = 16;

// What distinguishes loaded models: a length does not.
Json lasting(Json const& options, std::string const& length_option) {
  Json lasting;
  for (auto const& [name, value] : options.as_object()) {
    if (name != length_option) lasting.set(name, value);
  }
  return lasting;
}

std::vector<std::string> existing(std::vector<std::string> const& paths) {
  std::vector<std::string> found;
  std::error_code failed;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(found),
               [&](auto const& path) { return std::filesystem::exists(path, failed); });
  return found;
}

// Shared libraries that were installed with the engines: PREFIX/lib/shoal/*.so beside
// PREFIX/lib/shoal/engines.
std::vector<std::string> libraries_beside(Manifest const& manifest) {
  std::vector<std::string> libraries;
  std::error_code failed;
  auto const folder = std::filesystem::path(manifest.folder).parent_path().parent_path();
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().filename().string().find(".so") != std::string::npos)
      libraries.push_back(entry->path().string());
  }
  return libraries;
}

std::vector<std::string> environment(Manifest const& manifest, std::vector<std::string> const& read_paths,
                                     std::string const& folder) {
  std::vector<std::string> variables = {
      "LANG=C.UTF-8",
      "SHOAL_WORKER=" + manifest.engine,
      "SHOAL_WORKER_READ=" + join(read_paths, "\n"),
      "SHOAL_WORKER_WRITE=" + folder,
      std::string("SHOAL_WORKER_LOG=") + (log_enabled(LogLevel::debug) ? "debug" : "info"),
  };
  for (auto const& [name, value] : manifest.environment) variables.push_back(name + "=" + value);
#ifdef __SANITIZE_ADDRESS__
  // The leak checker traces its own process, which no sandbox of ours allows.
  variables.push_back("ASAN_OPTIONS=detect_leaks=0");
#endif
  return variables;
}

}  // namespace

std::string ModelSpec::key(Manifest const& manifest) const {
  auto const lasting_options = lasting(options, manifest.length_option);
  return (content.empty() ? file : content) + folder +
         (lasting_options.is_null() ? "" : lasting_options.dump());
}

Result<std::int64_t> ModelSpec::length(Manifest const& manifest) const {
  if (manifest.length_option.empty()) return 0;
  auto const& wanted = options[manifest.length_option];
  if (wanted.is_null()) return manifest.default_length;
  if (auto const length = wanted.as_integer(); length >= 1) return length;
  return Error(Code::invalid_argument, "the option " + manifest.length_option + " is " + wanted.dump() +
                                           "; it takes a number from 1");
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(Manifest const& manifest, ModelSpec const& model,
                                                            std::uint64_t memory_bytes, Heartbeat began) {
  auto const& folder = model.folder;
  auto read_paths = existing(manifest.read_paths);
  read_paths.insert(read_paths.end(), model.parts.begin(), model.parts.end());
  os::SandboxSpec spec;
  spec.execute_paths = {manifest.program};
  spec.read_paths = read_paths;
  spec.read_paths.push_back(manifest.folder);
  for (auto const& library : libraries_beside(manifest)) spec.read_paths.push_back(library);
  spec.open_files = kOpenFiles;
  // A memory file counts here too, where a worker gives out a large buffer.
  spec.file_size_bytes = std::max(memory_bytes, kLargestFile);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take the whole address space
  spec.memory_bytes = memory_bytes;
#else
  (void)memory_bytes;
#endif
  if (!folder.empty()) spec.write_paths = {folder};
  auto const sandbox = TRY(os::prepare_sandbox(spec));

  auto [ours, theirs] = TRY(os::socket_pair());
  auto [error_output, error_input] = TRY(os::socket_pair());
  os::Command command;
  command.program = manifest.program;
  command.environment = environment(manifest, read_paths, folder);
  command.working_folder = "/";
  command.descriptors = {{kWorkerDescriptor, theirs.get()}, {2, error_input.get()}};
  command.sandbox = sandbox.get();
  auto process = TRY(os::Process::spawn(command).within("starting the engine " + manifest.engine));
  return std::unique_ptr<WorkerProcess>(
      new WorkerProcess(manifest, std::move(process), wire::Channel(std::move(ours), wire::End::host),
                        std::move(error_output), sandbox->missing(), began));
}

bool WorkerProcess::read_error_output() {
  std::array<char, 4096> buffer;
  std::vector<os::Descriptor> none;
  for (int reads = 0; reads < kErrorReads; ++reads) {
    auto const moved = os::receive(error_output_.get(), buffer, none);
    if (!moved || moved->state == os::Transfer::State::closed) return false;
    if (moved->state == os::Transfer::State::would_block) return true;
    std::string_view const text(buffer.data(), moved->bytes);
    log_debug(trim(text));
    error_text_ += text;
    if (error_text_.size() > kKeptErrorBytes) error_text_.erase(0, error_text_.size() - kKeptErrorBytes);
  }
  return true;
}

std::string WorkerProcess::describe_end(os::ExitStatus const& status) const {
  auto const cause = killed_because.empty() ? status.describe() : killed_because;
  auto const text = trim(error_text_);
  auto const last = text.substr(text.find_last_of('\n') + 1);
  return last.empty() ? cause : cause + " (it last said: " + make_valid_utf8(last) + ")";
}

}  // namespace shoal::host
