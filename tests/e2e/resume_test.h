// A run whose processes are killed at random, and its end after `shoal resume`: for a few kills, and for
// many.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "os/file.h"
#include "os/process.h"
#include "os/run_program.h"

namespace shoal {

// Steps without effects, some that may not be cached and some that write, a value over 64 KiB.
inline constexpr std::string_view kChain = R"(shoal: 1
pipeline: chain
inputs:
  names: {type: list<text>}
steps:
  wait:  {use: echo.sleep, each: $names, as: name, with: {seconds: 0.004, value: $name}}
  write: {use: echo.write, each: $wait, as: name, with: {value: $name}}
  again: {use: echo.sleep, each: $write.value, as: name, with: {seconds: 0.003, value: $name}, cache: off}
  big:   {use: echo.big, with: {bytes: 100000}}
  text:  {use: join, with: {texts: $again, separator: ", "}}
outputs:
  text: $text
  big: $big
)";

class Chain {
 public:
  Chain() : home_(os::TemporaryFolder::create("shoal-resume").value()) {
    document_ = write("chain.yaml", std::string(kChain));
  }

  std::vector<std::string> begin() const {
    return {"run", document_, "--in", R"(names=["a","b","c","d","e","f","g","h"])", "--json", "-q"};
  }

  os::Command command(std::vector<std::string> arguments) const {
    os::Command command;
    command.program = std::string(SHOAL_BINARY_DIR) + "/bin/shoal";
    command.arguments = std::move(arguments);
    command.environment =
        os::inherited_environment({"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
    for (auto const* name : {"SHOAL_HOME=", "HOME="}) command.environment.push_back(name + home_.path());
    command.environment.push_back("SHOAL_HOST=own");
    return command;
  }

  os::RunResult run(std::vector<std::string> arguments) const {
    return os::run_program(command(std::move(arguments)), {.timeout = std::chrono::minutes(2)}).value();
  }

  Json json(std::vector<std::string> arguments) const {
    auto const result = run(std::move(arguments));
    EXPECT_TRUE(result.status.ok()) << result.standard_error;
    return Json::parse(result.standard_output).value_or(Json());
  }

  std::string write(std::string const& name, std::string const& text) const {
    auto const path = home_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    EXPECT_TRUE(os::write_file_atomically(path, text));
    return path;
  }

  // Begins it and kills it after a moment, resumes it and kills it again, `kills` times; then lets it end.
  // Gives its record.
  Json end_after_kills(std::mt19937& random, int kills) const {
    std::uniform_int_distribution<int> delay(0, 250'000);
    std::string run;
    for (int i = 0; i < kills; ++i) {
      auto const process = os::Process::spawn(command(run.empty() ? begin() : resume(run))).value();
      std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
      process->kill();
      process->wait();
      auto const newest = json({"runs", "--limit", "1", "--json"}).as_array();
      if (newest.empty()) continue;  // killed before it began
      run = newest[0]["run"].as_string();
      if (newest[0]["state"].as_string() == "done") break;
      EXPECT_EQ(newest[0]["state"].as_string(), "interrupted");
    }
    if (run.empty()) run = json(begin())["run"].as_string();
    if (json({"show", run, "--json"})["state"].as_string() != "done") json(resume(run));
    return json({"show", run, "--json"});
  }

  static std::vector<std::string> resume(std::string const& run) { return {"resume", run, "--json", "-q"}; }

  // How often each write was done, by its place in the run.
  static std::map<std::string, int> writes(Json const& record) {
    std::map<std::string, int> done;
    for (auto const& step : record["steps"].as_array()) {
      bool const wrote = step["callable"].as_string() == "echo.write" && step["state"].as_string() == "done";
      if (wrote) ++done[step["step"].as_string()];
    }
    return done;
  }

 private:
  os::TemporaryFolder home_;
  std::string document_;
};

inline void expect_the_same_after_kills(unsigned seed, int runs, int kills) {
  auto const undisturbed = Chain();
  std::mt19937 random(seed);
  auto const result = undisturbed.json(undisturbed.begin());
  auto const wanted = undisturbed.json({"show", result["run"].as_string(), "--json"});
  EXPECT_EQ(wanted["outputs"]["text"].as_string(), "a, b, c, d, e, f, g, h");
  for (int i = 0; i < runs; ++i) {
    Chain const chain;
    auto const record = chain.end_after_kills(random, kills);
    EXPECT_EQ(record["state"].as_string(), "done") << "run " << i << " of seed " << seed;
    EXPECT_EQ(record["outputs"], wanted["outputs"]) << "run " << i << " of seed " << seed;
    EXPECT_EQ(Chain::writes(record), Chain::writes(wanted)) << "run " << i << " of seed " << seed;
  }
}

}  // namespace shoal
