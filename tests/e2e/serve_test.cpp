// The host in the background, as commands find, start, use and end it.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json.h"
#include "os/file.h"
#include "os/process.h"
#include "os/run_program.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

std::string const kProgram = std::string(SHOAL_BINARY_DIR) + "/bin/shoal";

class ServeTest : public testing::Test {
 protected:
  ServeTest() : home_(os::TemporaryFolder::create("shoal serve").value()) {}
  ~ServeTest() override { run({"stop", "--now", "-q"}); }

  // Unlike those of other tests it finds and starts a host, as the commands of users do.
  os::Command command(std::vector<std::string> arguments) const {
    os::Command command;
    command.environment =
        os::inherited_environment({"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
    command.environment.push_back("SHOAL_HOME=" + home_.path());
    command.working_folder = home_.path();
    command.program = kProgram;
    command.arguments = std::move(arguments);
    return command;
  }
  os::RunResult run(std::vector<std::string> arguments) const {
    auto result = os::run_program(command(std::move(arguments)), {.timeout = std::chrono::minutes(3)});
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : os::RunResult{};
  }
  Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    return Json::parse(run(std::move(arguments)).standard_output).value_or(Json());
  }
  // "" where no host runs.
  std::string host() const { return json({"ps"})["started"].as_string(); }
  // Waits until a run is under way and gives its id.
  std::string run_under_way() const {
    for (;;) {
      auto const state = json({"ps"});
      if (!state["runs"].as_array().empty()) return state["runs"].as_array().front()["run"].as_string();
    }
  }

  os::TemporaryFolder home_;
};

TEST_F(ServeTest, TheFirstCommandStartsTheHostThatAllUse) {
  EXPECT_EQ(run({"ps"}).status.code, 3);
  EXPECT_EQ(run({"run", "echo.echo", "hello"}).standard_output, "hello\n");
  auto const started = host();
  EXPECT_NE(started, "");
  EXPECT_EQ(run({"run", "echo.echo", "again"}).standard_output, "again\n");
  EXPECT_EQ(host(), started);
  auto const runs = json({"runs"}).as_array();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["state"], Json("done"));
  EXPECT_EQ(run({"stop"}).status.code, 0);
  EXPECT_EQ(run({"ps"}).status.code, 3);
}

TEST_F(ServeTest, CommandsThatComeAtOnceStartOneHost) {
  std::vector<std::thread> threads;
  std::vector<os::RunResult> results(6);
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] { results[i] = run({"run", "echo.echo", "n" + std::to_string(i)}); });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].standard_output, "n" + std::to_string(i) + "\n") << results[i].standard_error;
  }
  EXPECT_EQ(json({"runs"}).as_array().size(), results.size());
}

TEST_F(ServeTest, ACommandThatIsInterruptedEndsItsRunAndNoOther) {
  EXPECT_EQ(run({"run", "echo.echo", "warm"}).status.code, 0);
  auto const started = host();
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600", "-q"})).value();
  auto const id = run_under_way();
  ::kill(client->pid(), SIGINT);
  EXPECT_EQ(client->wait().code, 130);
  while (!json({"ps"})["runs"].as_array().empty()) {
  }
  EXPECT_EQ(json({"show", id})["state"], Json("cancelled"));
  EXPECT_EQ(host(), started);
}

TEST_F(ServeTest, ACommandThatIsKilledLeavesNothingRunning) {
  EXPECT_EQ(run({"run", "echo.echo", "warm"}).status.code, 0);
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600", "-q"})).value();
  auto const id = run_under_way();
  client->kill();
  while (!json({"ps"})["runs"].as_array().empty()) {
  }
  EXPECT_EQ(json({"show", id})["state"], Json("cancelled"));
}

TEST_F(ServeTest, RunsOfTheHostAreCancelledByName) {
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600", "-q"})).value();
  while (host().empty()) {
  }
  EXPECT_EQ(run({"cancel", run_under_way()}).status.code, 0);
  EXPECT_EQ(client->wait().code, 130);
}

TEST_F(ServeTest, TheHostPrunesTheCacheButNotWhileARunIsUnderWay) {
  EXPECT_EQ(run({"run", "echo.echo", "warm"}).status.code, 0);
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600", "-q"})).value();
  auto const id = run_under_way();
  auto const refused = run({"cache", "prune", "--to", "0"});
  EXPECT_EQ(refused.status.code, 1);
  EXPECT_NE(refused.standard_error.find("under way"), std::string::npos) << refused.standard_error;
  EXPECT_EQ(json({"cache", "stats"})["rows"].as_integer(), 1);
  EXPECT_EQ(run({"cancel", id}).status.code, 0);
  EXPECT_EQ(client->wait().code, 130);
  while (!json({"ps"})["runs"].as_array().empty()) {
  }
  EXPECT_EQ(json({"cache", "prune", "--to", "0"})["rows"].as_integer(), 1);
  EXPECT_EQ(json({"cache", "stats"})["rows"].as_integer(), 0);
}

TEST_F(ServeTest, FilesAreFoundFromWhereTheCommandIs) {
  fs::copy_file(std::string(SHOAL_SOURCE_DIR) + "/examples/scans/shelf-a.pdf",
                home_.path() + "/a letter.pdf");
  std::ofstream(home_.path() + "/count.yaml") << R"(shoal: 1
pipeline: count
inputs:
  document: file
steps:
  pages: {use: ocr.pages, with: {document: $document}}
outputs:
  pages: $pages.pages
)";
  auto const answer = json({"run", "count.yaml", "a letter.pdf"});
  EXPECT_EQ(answer["outputs"]["pages"].as_array().size(), 5u) << answer.dump();
}

TEST_F(ServeTest, PartsOfAPipelineRunInTheHost) {
  std::ofstream(home_.path() + "/chain.yaml") << R"(shoal: 1
pipeline: chain
inputs: {text: text, more: text}
steps:
  first: {use: echo.echo, with: {value: "{{ $text }}1"}}
  second: {use: echo.echo, with: {value: "{{ $first }}2"}}
  third: {use: echo.echo, with: {value: "{{ $second }}{{ $more }}"}}
outputs: {text: $third}
)";
  auto const refused = run({"run", "chain.yaml", "x", "--only", "second"});
  EXPECT_EQ(refused.status.code, 3);
  EXPECT_NE(refused.standard_error.find("`first`"), std::string::npos) << refused.standard_error;
  EXPECT_EQ(run({"run", "chain.yaml", "x", "--until", "first"}).standard_output, "x1\n");
  EXPECT_EQ(run({"run", "chain.yaml", "x", "--only", "second"}).standard_output, "x12\n");
  EXPECT_EQ(run({"run", "chain.yaml", "x", "more", "--until", "second"}).standard_output, "x12\n")
      << "the words for the whole do for a part";
  auto const unknown = run({"run", "chain.yaml", "x", "--until", "secnd"});
  EXPECT_EQ(unknown.status.code, 3);
  EXPECT_NE(unknown.standard_error.find("did you mean `second`?"), std::string::npos)
      << unknown.standard_error;
  auto const plan = json({"run", "chain.yaml", "y", "--until", "second", "--dry-run"});
  EXPECT_EQ(plan["steps"].as_array().size(), 2u) << plan.dump();
  EXPECT_EQ(run({"run", "chain.yaml", "x", "--until", "first", "--only", "first"}).status.code, 2);
}

TEST_F(ServeTest, StopWaitsForWhatRunsOrCancelsIt) {
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600", "-q"})).value();
  while (host().empty()) {
  }
  run_under_way();
  EXPECT_EQ(run({"stop", "--now"}).status.code, 0);
  EXPECT_EQ(client->wait().code, 130);
  EXPECT_EQ(run({"ps"}).status.code, 3);
}

TEST_F(ServeTest, AKilledHostIsReplaced) {
  EXPECT_EQ(run({"run", "echo.echo", "one"}).status.code, 0);
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "600"})).value();
  auto const id = run_under_way();
  auto const process = json({"ps"})["process_id"].as_integer();
  ASSERT_GT(process, 1);
  ::kill(static_cast<int>(process), SIGKILL);
  EXPECT_EQ(client->wait().code, 1);
  EXPECT_EQ(json({"show", id})["state"], Json("interrupted"));
  EXPECT_EQ(run({"run", "echo.echo", "two"}).standard_output, "two\n");
}

TEST_F(ServeTest, ANewHostGoesOnWithWhatAKilledOneLeft) {
  EXPECT_EQ(run({"run", "echo.echo", "one"}).status.code, 0);
  auto const process = json({"ps"})["process_id"].as_integer();
  auto const client = os::Process::spawn(command({"run", "echo.sleep", "0.5", "-q"})).value();
  auto const id = run_under_way();
  ASSERT_GT(process, 1);
  ::kill(static_cast<int>(process), SIGKILL);
  EXPECT_EQ(client->wait().code, 1);
  EXPECT_EQ(json({"show", id})["state"], Json("interrupted"));
  EXPECT_EQ(run({"run", "echo.echo", "two"}).standard_output, "two\n");
  while (json({"show", id})["state"] != Json("done")) {
  }
  // It is over, so nobody begins it a third time.
  auto const again = run({"resume", id});
  EXPECT_NE(again.standard_error.find("nothing to resume"), std::string::npos) << again.standard_error;
}

TEST_F(ServeTest, AHostWithoutWorkEnds) {
  auto const host = os::Process::spawn(command({"serve", "--idle-exit", "1ms"})).value();
  EXPECT_EQ(host->wait().code, 0);
}

TEST_F(ServeTest, PsSaysWhoIsLoadedAndWhy) {
  EXPECT_EQ(run({"run", "echo.echo", "one"}).status.code, 0);
  auto const state = json({"ps"});
  auto const& residents = state["host"]["residents"].as_array();
  ASSERT_EQ(residents.size(), 1u) << state.dump(1);
  EXPECT_EQ(residents[0]["engine"], Json("echo"));
  EXPECT_GT(residents[0]["memory"]["total"].as_integer(), 0);
  EXPECT_NE(run({"ps"}).standard_output.find("  echo  idle "), std::string::npos);
  EXPECT_NE(run({"ps", "--why", "echo"}).standard_output.find("for 1 call"), std::string::npos);
  EXPECT_EQ(run({"ps", "--why", "ocr"}).status.code, 3);
  EXPECT_EQ(run({"pin", "no-such-model"}).status.code, 3);
}

TEST_F(ServeTest, ItsMemoryMayBeCapped) {
  auto capped = command({"run", "echo.echo", "hello", "-q"});
  capped.environment.push_back("SHOAL_MEMORY=150MB");
  EXPECT_EQ(os::run_program(capped, {})->status.code, 0);
  EXPECT_EQ(json({"ps"})["host"]["memory"]["budget"], Json(150'000'000));
  run({"stop", "-q"});
  capped.environment.back() = "SHOAL_MEMORY=much";
  auto const refused = os::run_program(capped, {});
  EXPECT_EQ(refused->status.code, 2);
  EXPECT_NE(refused->standard_error.find("not `much`"), std::string::npos) << refused->standard_error;
}

TEST_F(ServeTest, AFileThatOnlyThisProcessHasIsReadByIt) {
  std::ofstream(home_.path() + "/real.txt") << "the real text";
  auto const script = "exec 9< real.txt; exec '" + kProgram + "' run file-text /dev/fd/9";
  auto shell = command({"-c", script});
  shell.program = "/bin/sh";
  auto const result = os::run_program(shell, {.timeout = std::chrono::minutes(1)}).value();
  EXPECT_NE(result.standard_output.find("the real text"), std::string::npos) << result.standard_error;
}

TEST_F(ServeTest, TheHomeMayBeNamedFromHere) {
  auto relative = command({"run", "echo.echo", "here"});
  for (auto& entry : relative.environment) {
    if (entry.starts_with("SHOAL_HOME=")) entry = "SHOAL_HOME=own";
  }
  auto const result = os::run_program(relative, {.timeout = std::chrono::minutes(1)}).value();
  EXPECT_EQ(result.standard_output, "here\n");
  EXPECT_TRUE(fs::exists(home_.path() + "/own/host.sock")) << result.standard_error;
  relative.arguments = {"stop"};
  EXPECT_TRUE(os::run_program(relative, {.timeout = std::chrono::minutes(1)}).value().status.ok());
}

TEST_F(ServeTest, ACommandThatMeetsAnEndingHostWaitsForTheNext) {
  auto const long_one = os::Process::spawn(command({"run", "echo.sleep", "1", "-q"})).value();
  while (host().empty()) {
  }
  run_under_way();
  auto const stopping = os::Process::spawn(command({"stop"})).value();
  EXPECT_EQ(run({"run", "echo.echo", "after"}).standard_output, "after\n");
  EXPECT_EQ(long_one->wait().code, 0);
  EXPECT_EQ(stopping->wait().code, 0);
}

TEST_F(ServeTest, ASecondHostIsRefused) {
  auto const first = os::Process::spawn(command({"serve"})).value();
  while (host().empty()) {
  }
  auto const second = run({"serve"});
  EXPECT_EQ(second.status.code, 1);
  EXPECT_NE(second.standard_error.find("has this home's models"), std::string::npos);
  first->terminate();
  EXPECT_EQ(first->wait().code, 0);
}

}  // namespace
}  // namespace shoal
