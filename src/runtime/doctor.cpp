#include "runtime/doctor.h"

#include <filesystem>

#include "base/text.h"
#include "host/manifest.h"
#include "os/file.h"
#include "os/machine.h"
#include "os/sandbox.h"
#include "store/catalog.h"

namespace shoal::runtime {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

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
      std::error_code failed;
      auto const status = fs::status(engine.program, failed);
      bool const runs = !failed && (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      add(runs ? State::good : State::broken, "engine " + engine.engine,
          runs ? engine.about : "its program " + engine.program + " is missing or cannot be executed",
          runs ? "" : "build or install Shoal anew");
    }
    for (auto const* folder : {"catalog", "pipelines", "tasks"}) {
      if (fs::is_directory(installation.share + "/" + folder)) continue;
      add(State::broken, folder, installation.share + "/" + folder + " is missing",
          "build or install Shoal anew");
    }
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
