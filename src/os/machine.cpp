#include "os/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "base/text.h"
#include "os/file.h"

namespace shoal::os {
namespace {

constexpr std::uint64_t kMaxSystemFile = 4u << 20;

std::string read_system_file(std::string const& path) { return read_file(path, kMaxSystemFile).value_or(""); }

std::optional<std::uint64_t> to_number(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> read_number(std::string const& path) {
  return to_number(read_system_file(path));
}

// The number behind "Name:" in files of the form of /proc/meminfo.
std::optional<std::uint64_t> field(std::string_view content, std::string_view name) {
  for (std::string_view line : split(content, '\n')) {
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) != name) continue;
    return to_number(line.substr(colon + 1));
  }
  return std::nullopt;
}

std::uint64_t memory_field(std::string_view name) {
  return field(read_system_file("/proc/meminfo"), name).value_or(0) * 1024;
}

// The folders of this process's cgroup and those above it, for one controller; both hierarchies of the
// kernel. Inside a container the path is often that of the outside, so the root of the mount is asked as
// well.
std::vector<std::string> cgroup_folders(std::string_view controller) {
  std::vector<std::string> folders;
  std::string const cgroups = read_system_file("/proc/self/cgroup");
  for (std::string_view line : split(cgroups, '\n')) {
    std::vector<std::string_view> const parts = split(line, ':');  // id:controllers:path
    if (parts.size() < 3) continue;
    bool const unified = parts[1].empty();
    std::vector<std::string_view> const names = split(parts[1], ',');
    if (!unified && std::ranges::find(names, controller) == names.end()) continue;
    std::string const mount = "/sys/fs/cgroup" + (unified ? std::string() : "/" + std::string(controller));
    std::filesystem::path path(
        std::string(line.substr(static_cast<std::size_t>(parts[2].data() - line.data()))));
    for (; path.has_relative_path(); path = path.parent_path()) folders.push_back(mount + path.string());
    folders.push_back(mount);
  }
  return folders;
}

struct CgroupMemory {
  std::uint64_t limit = 0;
  std::uint64_t available = 0;
};

// The tightest limit on the way up, if one is below `ram`.
std::optional<CgroupMemory> cgroup_memory(std::uint64_t ram) {
  std::optional<CgroupMemory> tightest;
  for (std::string const& folder : cgroup_folders("memory")) {
    auto limit = read_number(folder + "/memory.max");
    auto used = read_number(folder + "/memory.current");
    if (!limit) {
      limit = read_number(folder + "/memory.limit_in_bytes");
      used = read_number(folder + "/memory.usage_in_bytes");
    }
    if (!limit || *limit >= ram) continue;
    std::string const statistics = replace_all(read_system_file(folder + "/memory.stat"), " ", ":");
    std::uint64_t const cache = field(statistics, "inactive_file").value_or(0);
    std::uint64_t const busy = used.value_or(0) - std::min(cache, used.value_or(0));
    std::uint64_t const available = *limit - std::min(busy, *limit);
    if (!tightest || *limit < tightest->limit) tightest = CgroupMemory{*limit, available};
    tightest->available = std::min(tightest->available, available);
  }
  return tightest;
}

// Cores that the tightest quota is worth.
std::optional<double> cgroup_cores() {
  std::optional<double> tightest;
  for (std::string const& folder : cgroup_folders("cpu")) {
    std::string const both = read_system_file(folder + "/cpu.max");  // "200000 100000" or "max 100000"
    std::vector<std::string_view> const parts = split(trim(both), ' ');
    auto quota = parts.size() == 2 ? to_number(parts[0]) : read_number(folder + "/cpu.cfs_quota_us");
    auto period = parts.size() == 2 ? to_number(parts[1]) : read_number(folder + "/cpu.cfs_period_us");
    if (!quota || !period || *period == 0) continue;
    double const cores = static_cast<double>(*quota) / static_cast<double>(*period);
    tightest = std::min(tightest.value_or(cores), cores);
  }
  return tightest;
}

int cores_by_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // more cores than the set has places for
}

double seconds_of(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::uint64_t bytes_of_pages(std::string_view pages) {
  return to_number(pages).value_or(0) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Of the memory files that a process has open. They are counted where they are mapped, too.
std::uint64_t memory_file_bytes(std::string const& process_folder) {
  std::uint64_t bytes = 0;
  std::set<ino_t> seen;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(process_folder + "/fd", failed), end;
       !failed && entry != end; entry.increment(failed)) {
    std::error_code unreadable;
    auto const target = std::filesystem::read_symlink(entry->path(), unreadable);
    struct stat facts = {};
    bool const is_memory = !unreadable && target.string().starts_with("/memfd:");
    if (is_memory && stat(entry->path().c_str(), &facts) == 0 && seen.insert(facts.st_ino).second)
      bytes += static_cast<std::uint64_t>(facts.st_blocks) * 512;
  }
  return bytes;
}

}  // namespace

int core_count() {
  int cores = cores_by_affinity();
  if (auto const quota = cgroup_cores()) cores = std::min(cores, static_cast<int>(std::ceil(*quota)));
  return std::max(cores, 1);
}

std::string cpu_name() {
  std::string const content = read_system_file("/proc/cpuinfo");
  for (std::string_view line : split(content, '\n')) {
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view const name = trim(line.substr(0, colon));
    if (name == "model name" || name == "Model") return std::string(trim(line.substr(colon + 1)));
  }
  utsname names = {};
  return uname(&names) == 0 ? names.machine : "unknown";
}

std::string kernel_release() {
  utsname names = {};
  if (uname(&names) != 0) return "unknown";
  return std::string(names.sysname) + " " + names.release;
}

std::uint64_t memory_total_bytes() {
  std::uint64_t const ram = memory_field("MemTotal");
  auto const cgroup = cgroup_memory(ram);
  return cgroup ? cgroup->limit : ram;
}

std::uint64_t memory_available_bytes() {
  std::uint64_t const available = memory_field("MemAvailable");
  auto const cgroup = cgroup_memory(memory_field("MemTotal"));
  return cgroup ? std::min(available, cgroup->available) : available;
}

std::optional<double> memory_pressure() {
  std::string const content = read_system_file("/proc/pressure/memory");  // "some avg10=0.12 avg60=…"
  constexpr std::string_view kKey = "some avg10=";
  std::size_t const start = content.find(kKey);
  if (start == std::string::npos) return std::nullopt;
  double percent = 0;
  char const* const begin = content.data() + start + kKey.size();
  if (std::from_chars(begin, content.data() + content.size(), percent).ec != std::errc()) return std::nullopt;
  return percent / 100;
}

Result<ProcessUsage> usage_of(int pid) {
  std::string const folder = "/proc/" + std::to_string(pid);
  std::string const statistics = TRY(read_file(folder + "/stat", kMaxSystemFile));
  // The name in parentheses may hold anything; behind it come fields 3, 4, …
  std::size_t const name_end = statistics.rfind(')');
  if (name_end == std::string::npos) return Error(Code::not_found, folder + ": no such process");
  std::vector<std::string_view> const fields =
      split(trim(std::string_view(statistics).substr(name_end + 1)), ' ');
  if (fields.size() < 22) return Error(Code::internal, folder + "/stat has an unknown form");
  std::string const status = read_system_file(folder + "/status");

  ProcessUsage usage;
  auto const ticks = to_number(fields[11]).value_or(0) + to_number(fields[12]).value_or(0);
  usage.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  usage.rss_bytes = bytes_of_pages(fields[21]);
  for (auto const* part : {"RssAnon", "VmSwap"})
    usage.private_bytes += field(status, part).value_or(0) * 1024;
  // A memory file counts for who has it open, mapped or not. What is open and mapped is not told apart: the
  // larger of the two.
  usage.private_bytes += std::max(field(status, "RssShmem").value_or(0) * 1024, memory_file_bytes(folder));
  usage.peak_rss_bytes = std::max(field(status, "VmHWM").value_or(0) * 1024, usage.rss_bytes);
  return usage;
}

double own_cpu_seconds() {
  rusage own = {};
  getrusage(RUSAGE_SELF, &own);
  return seconds_of(own.ru_utime) + seconds_of(own.ru_stime);
}

ProcessUsage own_usage() {
  ProcessUsage usage;
  usage.cpu_seconds = own_cpu_seconds();
  std::string const status = read_system_file("/proc/self/status");
  usage.rss_bytes = field(status, "VmRSS").value_or(0) * 1024;
  usage.peak_rss_bytes = std::max(field(status, "VmHWM").value_or(0) * 1024, usage.rss_bytes);
  return usage;
}

std::optional<EnergyMeter> EnergyMeter::open() {
  std::vector<Counter> counters;
  std::error_code error;
  for (auto const& entry : std::filesystem::directory_iterator("/sys/class/powercap", error)) {
    std::string const name = entry.path().filename().string();
    // "intel-rapl:0" is a package; "intel-rapl:0:1" a part of it, counted there already.
    if (!name.starts_with("intel-rapl:") || std::ranges::count(name, ':') != 1) continue;
    std::string const counter = (entry.path() / "energy_uj").string();
    auto const now = read_number(counter);
    auto const range = read_number((entry.path() / "max_energy_range_uj").string());
    if (now && range) counters.push_back({counter, *range, *now, 0});
  }
  if (counters.empty()) return std::nullopt;
  return EnergyMeter(std::move(counters));
}

double EnergyMeter::joules() {
  double total = 0;
  for (Counter& counter : counters_) {
    std::uint64_t const now = read_number(counter.path).value_or(counter.last);
    counter.sum += now >= counter.last ? now - counter.last : counter.range - counter.last + now;
    counter.last = now;
    total += static_cast<double>(counter.sum) * 1e-6;
  }
  return total;
}

}  // namespace shoal::os
