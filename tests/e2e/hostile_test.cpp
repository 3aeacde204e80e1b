// The program where the world around it is broken: homes, disks, locales, names, clocks. It works, or says in
// words what is wrong and ends with the right code; nothing is half written, and what was there stays.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "base/text.h"
#include "open_runtime.h"
#include "os/file.h"
#include "os/process.h"
#include "os/run_program.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

class HostileTest : public testing::Test {
 protected:
  struct World {
    std::string home;
    std::vector<std::string> environment = {"LC_ALL=C.UTF-8"};
    std::string shell;  // runs before the program, in the same process: `ulimit -f 1`
  };

  World world(std::string const& home = "home") const { return {path(home)}; }
  std::string path(std::string const& name) const { return folder_.path() + "/" + name; }
  std::string write(std::string const& name, std::string const& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  os::RunResult shoal(World const& world, std::vector<std::string> arguments) const {
    os::Command command;
    command.program = "/bin/sh";
    auto const program = std::string(SHOAL_BINARY_DIR) + "/bin/shoal";
    command.arguments = {"-c", (world.shell.empty() ? "" : world.shell + "; ") + "exec \"$0\" \"$@\"",
                         program};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.environment =
        os::inherited_environment({"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
    command.environment.push_back("SHOAL_HOME=" + world.home);
    command.environment.push_back("SHOAL_HOST=own");
    command.environment.insert(command.environment.end(), world.environment.begin(), world.environment.end());
    auto result = os::run_program(command, {.timeout = std::chrono::minutes(2)});
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : os::RunResult{};
  }

  // Ended by itself with this code, and said each of `words`.
  void expect_failure(os::RunResult const& result, int code, std::vector<std::string> const& words) const {
    EXPECT_EQ(result.status.signal, 0) << result.standard_error;
    EXPECT_EQ(result.status.code, code) << result.standard_error;
    for (auto const& word : words)
      EXPECT_NE(result.standard_error.find(word), std::string::npos)
          << word << " is not in: " << result.standard_error;
    EXPECT_EQ(result.standard_error.find("internal error"), std::string::npos) << result.standard_error;
  }
  void expect_answer(os::RunResult const& result, std::string const& part) const {
    EXPECT_TRUE(result.status.ok()) << result.status.describe() << ": " << result.standard_error;
    EXPECT_NE(result.standard_output.find(part), std::string::npos)
        << result.standard_output << result.standard_error;
  }

  // A run with a real worker that reads and writes, and one that does not.
  void expect_work(World const& world) const {
    auto const note = write("note.md", "# Boats\n\nThe red boat sank in the harbour in 1911.\n");
    auto const added = shoal(world, {"shelf", "add", note});
    EXPECT_TRUE(added.status.ok()) << added.standard_error;
    expect_answer(shoal(world, {"shelf", "search", "boat harbour"}), "red boat");
    expect_answer(shoal(world, {"runs"}), "done");
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-hostile").value();
};

TEST_F(HostileTest, AHomeThatCannotBeWrittenIsNamed) {
  // Of root the permissions of a folder are not asked; /proc takes no folders from anybody.
  expect_failure(shoal({"/proc/shoal-home"}, {"runs"}), 3, {"/proc/shoal-home"});
  if (geteuid() == 0) return;
  fs::create_directory(path("locked"));
  fs::permissions(path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  expect_failure(shoal(world("locked"), {"runs"}), 1, {path("locked")});
  fs::permissions(path("locked"), fs::perms::owner_all);
}

TEST_F(HostileTest, AHomeThatWasMadeReadOnlyIsNamedAndKeepsWhatItHas) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  expect_work(world());
  for (auto const& entry : fs::recursive_directory_iterator(path("home")))
    fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::remove);
  fs::permissions(path("home"), fs::perms::owner_write, fs::perm_options::remove);
  auto const result = shoal(world(), {"shelf", "search", "boat"});
  EXPECT_EQ(result.status.signal, 0);
  EXPECT_FALSE(result.status.ok());
  EXPECT_NE(result.standard_error.find(path("home")), std::string::npos) << result.standard_error;
  fs::permissions(path("home"), fs::perms::owner_all);
  for (auto const& entry : fs::recursive_directory_iterator(path("home")))
    fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
  expect_answer(shoal(world(), {"shelf", "search", "boat"}), "red boat");
}

TEST_F(HostileTest, AHomeThatIsAFileIsNamed) {
  auto const file = write("file", "precious");
  expect_failure(shoal({file}, {"runs"}), 2, {file});
  expect_failure(shoal({file + "/below"}, {"runs"}), 2, {file});
  std::ifstream kept(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "precious");
}

TEST_F(HostileTest, AHomeMayHaveAnyName) {
  expect_work(world("with space"));
  expect_work(world("two\nlines"));
  expect_work(world("quote'\"$(x)`;*?\\"));
  expect_work(world("\xD0\xB4\xD0\xBE\xD0\xBC"));
  expect_failure(shoal(world("not UTF-8: \xff\xfe"), {"runs"}), 2, {"not UTF-8"});
}

TEST_F(HostileTest, AHomeWithALongNameIsNamed) {
  auto deep = [&](std::size_t size) {
    auto home = path("deep");
    while (home.size() < size) home += "/" + std::string(std::min<std::size_t>(200, size - home.size()), 'd');
    return World{home};
  };
  expect_work(deep(370));
  for (std::size_t const size : {390u, 600u, 4000u, 10'000u})
    expect_failure(shoal(deep(size), {"runs"}), 2, {"too long"});
}

TEST_F(HostileTest, ALocaleChangesNothing) {
  auto const note = write("note.md",
                          "Die Gr\xC3\xB6\xC3\x9F"
                          "e betrug 3,5 Meter. \xE4\xB8\xAD\xE6\x96\x87\n");
  std::string expected;
  for (std::string const locale :
       {"C.UTF-8", "C", "POSIX", "de_DE.ISO-8859-1", "de_DE", "tr_TR.UTF-8", "no such"}) {
    World world{path("home " + locale), {"LC_ALL=" + locale, "LANG=" + locale}};
    auto const added = shoal(world, {"shelf", "add", note});
    EXPECT_TRUE(added.status.ok()) << added.standard_error;
    auto const found = shoal(world, {"shelf", "search",
                                     "Gr\xC3\xB6\xC3\x9F"
                                     "e",
                                     "--json"});
    EXPECT_TRUE(found.status.ok()) << locale << found.standard_error;
    auto const hits = Json::parse(found.standard_output);
    ASSERT_TRUE(hits) << found.standard_output;
    auto const text = (*hits)["hits"].dump();
    if (expected.empty()) expected = text;
    EXPECT_EQ(text, expected) << locale;
    EXPECT_NE(text.find("Gr\xC3\xB6\xC3\x9F"), std::string::npos) << text;
  }
}

TEST_F(HostileTest, AFileMayHaveAnyName) {
  int homes = 0;
  for (std::string const name :
       {"a b.md", "two\nlines.md", "-rf.md", "\xff\xfe latin.md", "quote'\"`$(x).md"}) {
    auto const file = write(name, "The green boat sailed.\n");
    World const world{path("home" + std::to_string(++homes))};
    auto const added = shoal(world, {"shelf", "add", file});
    EXPECT_TRUE(added.status.ok()) << name << ": " << added.standard_error;
    auto const found = shoal(world, {"shelf", "search", "green", "--json"});
    auto const hits = Json::parse(found.standard_output);
    ASSERT_TRUE(hits) << name << ": " << found.standard_output << found.standard_error;
    EXPECT_EQ((*hits)["hits"].as_array().size(), 1u) << found.standard_output;
  }
  auto const missing = shoal(world(), {"shelf", "add", path("gone \xff\n.md")});
  expect_failure(missing, 3, {"gone"});
  EXPECT_FALSE(find_invalid_utf8(missing.standard_error)) << missing.standard_error;
}

TEST_F(HostileTest, AnInputThatIsNoFileIsNamed) {
  for (std::string const input : {"/dev/null", "/dev/zero", "/proc/self/mem"}) {
    auto const result = shoal(world(), {"shelf", "add", input});
    EXPECT_EQ(result.status.signal, 0);
    EXPECT_FALSE(result.status.ok()) << input;
    EXPECT_NE(result.standard_error.find(input), std::string::npos) << result.standard_error;
  }
  expect_failure(shoal(world(), {"shelf", "add", std::string(4000, 'a')}), 2, {"too long"});
}

TEST_F(HostileTest, AFullDiskIsNamedAndLosesNothing) {
  expect_work(world());
  std::string much;
  for (int i = 0; i < 4000; ++i)
    much += "# Part " + std::to_string(i) + "\n\nA long text about nothing in particular.\n\n";
  auto const large = write("much.md", much);
  // Writing beyond so many KiB fails as on a full disk.
  for (std::string const blocks : {"0", "1", "16", "64", "200"}) {
#ifdef __SANITIZE_THREAD__
    if (blocks == "0") continue;  // this sanitizer writes a file before main()
#endif
    auto full = world();
    full.shell = "ulimit -f " + blocks;
    auto const result = shoal(full, {"shelf", "add", large});
    EXPECT_EQ(result.status.signal, 0) << blocks << ": " << result.status.describe();
    if (!result.status.ok()) {
      EXPECT_GT(result.standard_error.size(), 20u) << blocks;
    }
    expect_answer(shoal(world(), {"shelf", "search", "red boat"}), "red boat");
  }
  auto const added = shoal(world(), {"shelf", "add", large});
  EXPECT_TRUE(added.status.ok()) << added.standard_error;
  expect_answer(shoal(world(), {"shelf", "search", "part 3999"}), "much.md");
}

TEST_F(HostileTest, AnAnswerThatCannotBeWrittenIsAFailure) {
  auto full = world();
  full.shell = "exec >/dev/full";
  for (auto const* verb : {"models", "engines", "tasks"}) {
    auto const result = shoal(full, {verb});
    EXPECT_EQ(result.status.signal, 0);
    EXPECT_FALSE(result.status.ok()) << verb;
    EXPECT_FALSE(result.standard_error.empty()) << verb;
  }
}

// A wall clock that anybody may set, and a monotonic one that goes on.
class JumpingClock final : public Clock {
 public:
  MonotonicTime now() const override { return system_.now(); }
  WallTime wall() const override {
    return system_.wall() + std::chrono::duration_cast<WallTime::duration>(jump);
  }
  Duration jump{};

 private:
  SystemClock system_;
};

TEST_F(HostileTest, AClockThatJumpsLosesNoRun) {
  JumpingClock clock;
  net::Egress egress;
  auto runtime = runtime::open_runtime(path("home"), egress, clock).value();
  constexpr auto kYear = std::chrono::hours(24 * 365);
  std::vector<std::string> runs;
  for (int const years : {0, -20, 30, -56, 0}) {
    clock.jump = years * kYear;
    runtime::RunRequest request;
    request.inputs = value::Value::record({{"value", years}});
    request.on_event = [&](runtime::Event const&) { clock.jump += kYear; };
    auto const result = runtime->run("echo.echo", std::move(request));
    ASSERT_TRUE(result.outputs) << result.outputs.error().message();
    EXPECT_EQ((*result.outputs)["value"].as_integer(), years);
    EXPECT_GE(result.ledger["elapsed_seconds"].as_number(0), 0) << result.ledger.dump();
    EXPECT_EQ(std::count(runs.begin(), runs.end(), result.run), 0);
    runs.push_back(result.run);
  }
  auto const listed = runtime->journal().runs(100);
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_EQ(listed->size(), runs.size());
  for (auto const& run : *listed) EXPECT_EQ(run.state, "done");
}

}  // namespace
}  // namespace shoal
