// What a second run does again, as people who know build systems expect it: with real workers, by the number
// of calls that reached them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "open_runtime.h"
#include "os/file.h"
#include "runtime/files.h"
#include "runtime/reasons.h"
#include "value/records.h"

namespace shoal::runtime {
namespace {

using value::Value;

class RerunTest : public testing::Test {
 protected:
  struct Outcome {
    Value outputs;
    std::int64_t calls = 0, cached = 0;
  };

  std::string write(std::string const& name, std::string const& text) {
    auto path = home_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  RunResult try_run(std::string const& what, Value inputs) {
    auto const target = runtime_->link(what);
    if (!target) return RunResult::failed(target.error());
    RunRequest request;
    request.inputs = std::move(inputs);
    request.on_event = on_event_;
    return runtime_->run(*target, std::move(request));
  }

  Outcome run(std::string const& what, Value inputs = Value::record({})) {
    auto const result = try_run(what, std::move(inputs));
    EXPECT_TRUE(result.outputs) << result.outputs.error().message();
    return {result.outputs ? *result.outputs : Value(), result.ledger["calls"].as_integer(),
            result.ledger["cached"].as_integer()};
  }

  Outcome run_steps(std::string const& steps, std::string const& output) {
    return run(write("document.yaml",
                     "shoal: 1\npipeline: document\nsteps:\n" + steps + "outputs: {o: " + output + "}\n"));
  }

  // A chain of `length` echoes in which each takes a literal of its own; that at `depth` is `literal`.
  Outcome run_chain(int length, int depth, std::string const& literal) {
    std::string steps;
    for (int i = 0; i < length; ++i) {
      steps += "  s" + std::to_string(i) + ": {use: echo.echo, with: {value: [";
      steps += i == depth ? literal : "own " + std::to_string(i);
      if (i > 0) steps += ", $s" + std::to_string(i - 1);
      steps += "]}}\n";
    }
    return run_steps(steps, "$s" + std::to_string(length - 1));
  }

  // Shelf `books`, by the engine `index`.
  Value shelf(Value::Record fields) {
    fields.emplace_back("shelf", "books");
    return fields;
  }
  std::string add(std::string const& name, std::string const& text) {
    value::Passage passage;
    passage.id = "1";
    passage.text = text;
    auto const outcome = run("index.add", shelf({{"name", name},
                                                 {"document", value::Blob::own(text, {})},
                                                 {"passages", Value::list({value::to_value(passage)})}}));
    EXPECT_EQ(outcome.calls, 1) << "what writes always runs";
    return outcome.outputs["state"].as_text();
  }
  Outcome search() { return run("index.search", shelf({{"query", "boiler"}})); }
  std::string generation() { return home_.path() + "/shelves/books/generation"; }

  os::TemporaryFolder home_ = os::TemporaryFolder::create("shoal-rerun").value();
  SystemClock clock_;
  net::Egress egress_;
  std::unique_ptr<Runtime> runtime_ = open_runtime(home_.path(), egress_, clock_).value();
  std::function<void(Event const&)> on_event_;
};

std::size_t hits_in(Value const& outputs) { return outputs["hits"].as_list().size(); }

TEST_F(RerunTest, TheSameGraphTwiceRunsNothing) {
  EXPECT_EQ(run_chain(5, 0, "a").calls, 5);
  auto const again = run_chain(5, 0, "a");
  EXPECT_EQ(again.calls, 0);
  EXPECT_EQ(again.cached, 5);
}

TEST_F(RerunTest, OneLiteralAtDepthDOfAChainOfNRunsNMinusDStepsAgain) {
  constexpr int kLength = 6;
  run_chain(kLength, 0, "own 0");
  for (int depth = 0; depth < kLength; ++depth) {
    auto const outcome = run_chain(kLength, depth, "changed");
    EXPECT_EQ(outcome.calls, kLength - depth);
    EXPECT_EQ(outcome.cached, depth);
  }
}

TEST_F(RerunTest, RenamedStepsStayCached) {
  run_steps(
      "  first: {use: echo.echo, with: {value: a}}\n"
      "  second: {use: echo.echo, with: {value: [$first]}}\n",
      "$second");
  auto const renamed = run_steps(
      "  eins: {use: echo.echo, with: {value: a}}\n"
      "  zwei: {use: echo.echo, with: {value: [$eins]}}\n",
      "$zwei");
  EXPECT_EQ(renamed.calls, 0);
  EXPECT_EQ(renamed.cached, 2);
}

TEST_F(RerunTest, SwappedOperandsDoNot) {
  auto const joined = [&](std::string const& operands) {
    return run_steps(
        "  a: {use: echo.echo, with: {value: a}}\n  b: {use: echo.echo, with: {value: b}}\n"
        "  both: {use: echo.echo, with: {value: " +
            operands + "}}\n",
        "$both");
  };
  joined("[$a, $b]");
  auto const swapped = joined("[$b, $a]");
  EXPECT_EQ(swapped.calls, 1);
  EXPECT_EQ(swapped.outputs["o"], Value::list({"b", "a"}));
}

TEST_F(RerunTest, AFileThatIsEditedInPlaceIsSeen) {
  auto const document = write("read.yaml", R"(
shoal: 1
pipeline: read
inputs: {letter: file}
steps:
  said: {use: echo.echo, with: {value: $letter}}
  text: {use: file-text, with: {file: $said}}
outputs: {text: $text}
)");
  auto const letter = write("letter.txt", "one");
  auto const read = [&] { return run(document, Value::record({{"letter", open_file(letter).value()}})); };
  EXPECT_EQ(read().outputs["text"], Value("one"));
  EXPECT_EQ(read().calls, 0);
  write("letter.txt", "two");  // as long as before, within the same second
  auto const edited = read();
  EXPECT_EQ(edited.outputs["text"], Value("two"));
  EXPECT_EQ(edited.calls, 1);
}

TEST_F(RerunTest, AResultThatIsEvictedInMidRunStillReachesItsConsumers) {
  // Blobs of the first step lie in the artifact store; its files go while the second step waits.
  auto const document = write("late.yaml", R"(
shoal: 1
pipeline: late
steps:
  big: {use: echo.big, with: {bytes: 200000}}
  next: {use: echo.echo, with: {value: $big}}
  last: {use: echo.echo, with: {value: {kept: $big, next: $next}}}
outputs: {kept: $last.value.kept}
)");
  on_event_ = [&](Event const& event) {
    if (event.kind != Event::Kind::step_done || event.step == "last") return;
    std::filesystem::remove_all(home_.path() + "/artifacts");
    std::filesystem::create_directory(home_.path() + "/artifacts");
    std::filesystem::remove(home_.path() + "/cache/steps.db");
  };
  auto const outcome = run(document);
  ASSERT_TRUE(outcome.outputs["kept"].is_blob());
  EXPECT_EQ(outcome.outputs["kept"].as_blob()->bytes().size(), 200'000u);
}

TEST_F(RerunTest, AStepThatRanSaysWhatWasNotAsLastTime) {
  auto const document = [&](std::string const& with, std::string const& more = "") {
    return write("why.yaml", "shoal: 1\npipeline: why\nsteps:\n  s: {use: echo.echo, with: {value: " + with +
                                 "}" + more + "}\noutputs: {o: $s}\n");
  };
  auto const why = [&](std::string const& what) {
    auto const result = try_run(what, Value::record({}));
    auto const steps = runtime_->journal().steps(result.run).value();
    auto const run = runtime_->journal().find(result.run).value();
    return reasons_to_run(runtime_->journal(), run, steps).value().at(0);
  };
  EXPECT_EQ(why(document("a")), "never ran before");
  EXPECT_EQ(why(document("a")), "");
  EXPECT_EQ(why(document("b")), "`value` is not as last time");
  EXPECT_EQ(why(document("b", ", cache: off")), "`cache: off`");
  ASSERT_TRUE(runtime_->prune_cache(0));
  EXPECT_EQ(why(document("b")), "last time it was not kept: `cache: off`");
  ASSERT_TRUE(runtime_->prune_cache(0));
  EXPECT_EQ(why(document("b")), "its answer is no longer kept");
  add("a", "the boiler");
  EXPECT_EQ(why(write("write.yaml",
                      "shoal: 1\npipeline: write\nsteps:\n  s: {use: index.remove, with: {shelf: books, "
                      "name: z}}\noutputs: {o: $s}\n")),
            "it writes");
  auto const search = write("find.yaml",
                            "shoal: 1\npipeline: find\nsteps:\n  s: {use: index.search, with: {shelf: "
                            "books, query: boiler}}\noutputs: {o: $s}\n");
  EXPECT_EQ(why(search), "never ran before");
  add("b", "another");
  EXPECT_EQ(why(search), "what it reads was written to since last time");
}

TEST_F(RerunTest, TheJournalKnowsWhenAndByWhomAStepRan) {
  auto const result = try_run("echo.sleep", Value::record({{"seconds", 0.05}}));
  auto const run = runtime_->journal().find(result.run).value();
  auto const step = runtime_->journal().steps(result.run).value().at(0);
  EXPECT_GE(step.started, run.started);
  EXPECT_GE(step.seconds - step.waited.all, 0.05);
  EXPECT_GT(step.waited.load, 0) << "its worker was started for it";
  EXPECT_LE(step.waited.load + step.waited.cores, step.waited.all);
  EXPECT_NE(step.worker, 0u);
  EXPECT_GE(step.cores, 1);
}

TEST_F(RerunTest, ACacheThatWasPrunedOrDamagedCostsTimeAndNothingElse) {
  auto const big = [&] { return run("echo.big", Value::record({{"bytes", 200'000}})); };
  EXPECT_EQ(big().calls, 1);
  EXPECT_EQ(big().cached, 1);
  auto const contents = runtime_->cache_contents().value();
  EXPECT_EQ(contents.rows.rows, 1u);
  EXPECT_EQ(contents.artifacts.bytes, 200'000u);
  EXPECT_EQ(contents.use.cached, 1u);
  EXPECT_EQ(contents.use.ran, 1u);
  EXPECT_EQ(runtime_->prune_cache({}).value().artifact_bytes, 0u) << "it is within its bounds";
  auto const pruned = runtime_->prune_cache(0).value();
  EXPECT_EQ(pruned.artifact_bytes, 200'000u);
  EXPECT_EQ(pruned.bytes_left, 0u);
  EXPECT_EQ(big().calls, 1);

  auto const unheard = [](std::uint64_t) {};
  EXPECT_TRUE(runtime_->verify_cache(unheard, {}).value().is_whole());
  for (auto const& entry : std::filesystem::recursive_directory_iterator(home_.path() + "/artifacts"))
    if (entry.is_regular_file() && entry.file_size() == 200'000) std::filesystem::resize_file(entry, 100);
  auto const checked = runtime_->verify_cache(unheard, {}).value();
  EXPECT_EQ(checked.artifacts.damaged.size(), 1u);
  EXPECT_EQ(checked.rows.dropped, 1u);
  EXPECT_EQ(big().calls, 1);
  EXPECT_EQ(big().cached, 1);
}

TEST_F(RerunTest, AddRemoveAddAgainToAnIndexReallyAdds) {
  EXPECT_EQ(add("a", "the boiler"), "added");
  EXPECT_EQ(hits_in(search().outputs), 1u);
  run("index.remove", shelf({{"name", "a"}}));
  EXPECT_EQ(hits_in(search().outputs), 0u);
  EXPECT_EQ(add("a", "the boiler"), "added");
  EXPECT_EQ(hits_in(search().outputs), 1u);
}

TEST_F(RerunTest, WhatReadsIsCachedUntilItsFolderIsWrittenTo) {
  add("a", "the boiler");
  EXPECT_EQ(search().calls, 1);
  EXPECT_EQ(search().cached, 1);
  add("b", "another boiler");
  auto const after = search();
  EXPECT_EQ(after.calls, 1);
  EXPECT_EQ(hits_in(after.outputs), 2u);
  // A folder that is made anew is another one, whatever was written to it.
  runtime_ = open_runtime(home_.path(), egress_, clock_).value();
  EXPECT_EQ(search().cached, 1);
  runtime_.reset();
  std::filesystem::remove_all(home_.path() + "/shelves/books");
  runtime_ = open_runtime(home_.path(), egress_, clock_).value();
  add("a", "the boiler");
  EXPECT_EQ(hits_in(search().outputs), 1u);
}

TEST_F(RerunTest, AWriteThatFailedOrWasKilledLeavesNothingCached) {
  add("a", "the boiler");
  search();
  EXPECT_FALSE(try_run("index.add", shelf({{"name", ""}, {"passages", Value::list({})}})).outputs);
  EXPECT_EQ(search().cached, 1) << "it never began";
  runtime_.reset();
  std::ofstream(generation()) << "writing\n";  // as a killed one leaves it
  runtime_ = open_runtime(home_.path(), egress_, clock_).value();
  EXPECT_EQ(search().calls, 1);
  EXPECT_EQ(search().cached, 1);
}

}  // namespace
}  // namespace shoal::runtime
