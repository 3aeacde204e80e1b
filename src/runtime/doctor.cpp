#include "runtime/doctor.h"

#include <filesystem>
#include <set>

#include "base/text.h"
#include "host/manifest.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/machine.h"
#include "os/run_program.h"
#include "os/sandbox.h"
#include "runtime/mending.h"
#include "store/catalog.h"

namespace shoal::runtime {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

// Earlier than this program was written.
constexpr WallTime kProgramsTime{std::chrono::seconds(1'735'689'600)};  // 2025-01-01
constexpr auto kStartTime = std::chrono::seconds(10);

constexpr std::uint64_t kLittleDisk = 2'000'000'000;    // a small model and its artifacts
constexpr std::uint64_t kLittleMemory = 1'500'000'000;  // the smallest writer with its context

class Examination {
 public:
  explicit Examination(DoctorRequest const& request) : request_(request) {}

  std::vector<Finding> run() {
    examine_machine();
    examine_sandbox();
    examine_installation();
    examine_home();
    examine_databases();
    examine_models();
    return std::move(findings_);
  }

 private:
  void add(State state, std::string subject, std::string detail, std::string remedy = {}) {
    findings_.push_back({state, std::move(subject), std::move(detail), std::move(remedy)});
  }

  void examine_machine() {
    auto const cores = os::core_count();
    add(State::good, "processor",
        os::cpu_name() + ", " + std::to_string(cores) + (cores == 1 ? " core" : " cores") + " to use");
    add(State::good, "system", os::kernel_release());
    auto const total = os::memory_total_bytes(), available = os::memory_available_bytes();
    bool const little = available < kLittleMemory;
    add(little ? State::weak : State::good, "memory",
        human_bytes(available) + " of " + human_bytes(total) + " available",
        little ? "close other programs before a model of 500 MB or more is used" : "");
    bool const wrong = request_.now < kProgramsTime;
    add(wrong ? State::weak : State::good, "clock", to_rfc3339(request_.now),
        wrong ? "set the clock: certificates of model sources are not valid yet at that time" : "");
  }

  void examine_sandbox() {
    auto const support = os::sandbox_support();
    for (auto const& feature : support.features) {
      add(feature.available ? State::good : State::weak, "sandbox: " + feature.name, feature.detail,
          feature.available ? "" : "workers run without it until the kernel or the container offers it");
    }
  }

  void examine_installation() {
    if (!request_.installation) {
      return add(State::broken, "installation", request_.installation.error().message(),
                 "install Shoal anew");
    }
    auto const& installation = *request_.installation;
    auto const engines = host::load_manifests(installation.engines);
    if (!engines)
      return add(State::broken, "engines", engines.error().message(), "build or install Shoal anew");
    if (engines->empty()) {
      return add(State::broken, "engines", "none in " + installation.engines,
                 "build or install Shoal anew, with its engines");
    }
    for (auto const& engine : *engines) {
      examine_engine(engine);
      if (engine.engine == "ocr") examine_languages(engine);
    }
    for (auto const* folder : {"catalog", "pipelines", "tasks"}) {
      if (fs::is_directory(installation.share + "/" + folder)) continue;
      add(State::broken, folder, installation.share + "/" + folder + " is missing",
          "build or install Shoal anew");
    }
  }

  // Without its socket a worker ends at once; one whose libraries are missing does not even begin.
  void examine_engine(host::Manifest const& engine) {
    os::Command command;
    command.program = engine.program;
    auto const tried = os::run_program(command, {.timeout = kStartTime});
    bool const missing = tried && tried->status.code == 127;
    if (tried && !missing && tried->status.signal == 0)
      return add(State::good, "engine " + engine.engine, engine.about);
    add(State::broken, "engine " + engine.engine,
        tried ? std::string(trim(tried->standard_error)) + " (" + tried->status.describe() + ")"
              : tried.error().message(),
        "install what is missing, or build or install Shoal anew");
  }

  void examine_languages(host::Manifest const& engine) {
    std::set<std::string> languages;
    for (auto const& folder : engine.read_paths) {
      std::error_code failed;
      for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
           at.increment(failed)) {
        if (at->path().extension() == ".traineddata") languages.insert(at->path().stem().string());
      }
    }
    languages.erase("osd");  // finds how a page is turned
    bool const none = languages.empty();
    add(none ? State::broken : State::good, "languages of the OCR",
        none ? "none is installed" : join({languages.begin(), languages.end()}, ", "),
        none ? "install language data, in Debian: apt install tesseract-ocr-eng" : "");
  }

  void examine_home() {
    if (!request_.home) {
      return add(State::broken, "home", request_.home.error().message(),
                 "set HOME or SHOAL_HOME to a folder of yours");
    }
    auto const& home = *request_.home;
    examine_folder("data folder", home.data);
    examine_folder("cache folder", home.cache);
    auto const free = os::free_bytes(nearest_existing(home.data));
    if (!free)
      return add(State::broken, "disk", free.error().message(), "choose another folder by SHOAL_HOME");
    bool const little = *free < kLittleDisk;
    add(little ? State::weak : State::good, "disk", human_bytes(*free) + " free for " + home.data,
        little ? "free some room, or choose another disk by SHOAL_HOME" : "");
  }

  void examine_databases() {
    if (!request_.home) return;
    auto const& home = *request_.home;
    examine_database("journal of runs", home.data + "/runs.db",
                     "it is set aside and a new one begun by the next command");
    examine_database("step cache", home.cache + "/steps.db", "it is made anew by the next command");
    std::error_code failed;
    for (fs::directory_iterator at(home.data, failed), end; !failed && at != end; at.increment(failed)) {
      auto const name = at->path().filename().string();
      if (name.starts_with("runs.db.damaged") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        add(State::weak, "journal of runs", at->path().string() + " was damaged and set aside",
            "delete it, unless you want to look into it");
    }
    if (!fs::exists(home.data + "/host.lock", failed)) return;
    auto const lock = os::FileLock::try_acquire(home.data + "/host.lock", os::own_command_line());
    auto const* holder = lock ? std::get_if<os::FileLock::Holder>(&*lock) : nullptr;
    if (holder) add(State::good, "in use", "by " + holder->describe());
  }

  void examine_database(std::string const& subject, std::string const& file, std::string const& remedy) {
    std::error_code failed;
    if (!fs::exists(file, failed)) return;
    auto const database = store::Database::open(file);
    auto const damage = database ? find_damage(**database) : Result<std::string>(database.error());
    bool const good = damage && damage->empty();
    add(good ? State::good : State::broken, subject,
        good ? file + ", " + human_bytes(fs::file_size(file, failed))
             : file + " is damaged: " + (damage ? *damage : damage.error().message()),
        good ? "" : remedy);
  }

  static std::string nearest_existing(std::string path) {
    std::error_code failed;
    while (!path.empty() && path != "/" && !fs::exists(path, failed))
      path = fs::path(path).parent_path().string();
    return path.empty() ? "/" : path;
  }

  // Tries it, as rights, quotas and read-only file systems are only known by trying.
  void examine_folder(std::string const& subject, std::string const& folder) {
    auto const existing = nearest_existing(folder);
    auto const probe = os::TemporaryFolder::create(".doctor-", existing);
    if (!probe) {
      return add(
          State::broken, subject, folder + " cannot be written: " + probe.error().message(),
          "give yourself the right to write there (chown, chmod), or choose another folder by SHOAL_HOME");
    }
    std::error_code unknown;
    auto const rights = fs::status(existing, unknown).permissions();
    bool const open_to_all =
        existing == folder && !unknown && (rights & fs::perms::others_write) != fs::perms::none;
    add(open_to_all ? State::weak : State::good, subject,
        folder + (existing == folder ? "" : " (made when first used)"),
        open_to_all ? "every user of this machine may change it: chmod o-w " + folder : "");
  }

  void examine_models() {
    if (!request_.home || !request_.installation) return;
    auto const& home = *request_.home;
    auto mirrors = request_.mirror_files;
    for (auto const& file : mirrors) {
      if (!fs::exists(file))
        add(State::weak, "mirrors", file + " does not exist", "correct SHOAL_MIRRORS or --mirrors");
    }
    mirrors.push_back(home.config + "/mirrors.yaml");
    auto const catalog =
        store::Catalog::load({request_.installation->share + "/catalog", home.config + "/catalog"}, mirrors);
    for (auto const& problem : catalog.problems())
      add(State::weak, "catalogue", problem.message(), "correct the document");
    int installed = 0;
    for (auto const& entry : catalog.entries()) {
      auto const folder = home.data + "/models/" + entry.name + "/" + entry.tag;
      if (!fs::exists(folder)) continue;
      ++installed;
      examine_model(entry, folder);
    }
    if (installed == 0) add(State::weak, "models", "none is installed", "shoal models, then shoal pull NAME");
  }

  void examine_model(store::CatalogEntry const& entry, std::string const& folder) {
    for (auto const& file : entry.files) {
      std::error_code failed;
      auto const size = fs::file_size(folder + "/" + file.file, failed);
      if (!failed && size == file.size) continue;
      return add(State::broken, "model " + entry.full_name(),
                 folder + "/" + file.file + " is missing or has another size",
                 "shoal rm " + entry.full_name() + ", then shoal pull " + entry.full_name());
    }
    add(State::good, "model " + entry.full_name(), human_bytes(entry.size()) + " in " + folder);
  }

  DoctorRequest const& request_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view name_of(Finding::State state) {
  switch (state) {
    case State::good: return "good";
    case State::weak: return "weak";
    case State::broken: return "broken";
  }
  return "unknown";
}

std::vector<Finding> examine(DoctorRequest const& request) { return Examination(request).run(); }

}  // namespace shoal::runtime
