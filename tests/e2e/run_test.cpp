// Runs of pipelines and tasks with real workers: order, cache, journal, ledger, errors, cancelling.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "base/text.h"
#include "net/test_server.h"
#include "open_runtime.h"
#include "os/file.h"
#include "runtime/runtime.h"

namespace shoal::runtime {
namespace {

using value::Value;

class RunTest : public testing::Test {
 protected:
  RunTest() : home_(os::TemporaryFolder::create("shoal-run").value()) { open(); }

  // As a new process would: nothing of the one before is left but what is on disk.
  void open() {
    runtime_.reset();
    auto opened = open_runtime(home_.path(), egress_, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    runtime_ = std::move(*opened);
  }

  void add(std::string const& file, std::string const& text) {
    auto const path = home_.path() + "/" + file;
    std::ofstream(path) << text;
    auto const added = runtime_->library().add_file(path);
    ASSERT_TRUE(added) << added.error().message();
  }

  RunResult run(std::string const& name, Value inputs = Value::record({})) {
    return run_part(name, std::nullopt, std::move(inputs));
  }

  RunResult run_part(std::string const& name, std::optional<Part> part, Value inputs) {
    events_.clear();
    RunRequest request;
    request.part = std::move(part);
    request.inputs = std::move(inputs);
    if (auto const file = home_.path() + "/" + name + ".yaml"; std::filesystem::exists(file))
      request.what = file;
    request.on_event = [this](Event const& event) { events_.push_back(event); };
    request.stop = stop_.get_token();
    request.egress = &account_;
    request.accept_failed_checks = accept_failed_checks_;
    return runtime_->run(name, std::move(request));
  }

  std::size_t count(Event::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(), [&](auto const& event) { return event.kind == kind; }));
  }

  os::TemporaryFolder home_;
  SystemClock clock_;
  net::Egress egress_;
  net::EgressAccount account_{net::EgressPolicy{net::EgressPolicy::Allow::all, {}}};
  std::unique_ptr<Runtime> runtime_;
  std::vector<Event> events_;
  std::stop_source stop_;
  bool accept_failed_checks_ = true;
};

char const* const kDouble = R"(
shoal: 1
pipeline: double
inputs: {words: list<text>}
steps:
  said: {use: echo.echo, each: $words, as: word, with: {value: $word}}
  once: {use: echo.echo, with: {value: $said}}
outputs: {words: $once}
)";

TEST_F(RunTest, ItemsKeepTheirOrderAndAreCachedOneByOne) {
  add("double.yaml", kDouble);
  auto const first = run("double", Value::record({{"words", Value::list({"a", "b", "c"})}}));
  ASSERT_TRUE(first.outputs) << first.outputs.error().message();
  EXPECT_EQ((*first.outputs)["words"], Value::list({"a", "b", "c"}));
  EXPECT_EQ(first.ledger["calls"].as_integer(), 4);
  EXPECT_EQ(first.ledger["cached"].as_integer(), 0);

  open();
  add("double.yaml", kDouble);
  auto const second = run("double", Value::record({{"words", Value::list({"a", "x", "c"})}}));
  ASSERT_TRUE(second.outputs);
  EXPECT_EQ((*second.outputs)["words"], Value::list({"a", "x", "c"}));
  EXPECT_EQ(second.ledger["cached"].as_integer(), 2);
  EXPECT_EQ(second.ledger["calls"].as_integer(), 2);

  auto const third = run("double", Value::record({{"words", Value::list({"a", "x", "c"})}}));
  EXPECT_EQ(third.ledger["calls"].as_integer(), 0);
  EXPECT_EQ(count(Event::Kind::step_cached), 4u);
}

TEST_F(RunTest, OneOneAndAHalfAndTrueAreDifferentInputs) {
  for (auto const& value : {Value(1), Value(1.0), Value("1"), Value(true)}) {
    auto const result = run("echo.echo", Value::record({{"value", value}}));
    ASSERT_TRUE(result.outputs);
    EXPECT_EQ(result.ledger["cached"].as_integer(), 0);
    EXPECT_EQ((*result.outputs)["value"], value);
  }
}

TEST_F(RunTest, WhatWritesAlwaysRuns) {
  for (int i = 1; i <= 3; ++i) {
    auto const result = run("echo.write", Value::record({{"value", "same"}}));
    EXPECT_EQ((*result.outputs)["runs"], Value(i));
  }
}

TEST_F(RunTest, AGatedBranchRunsZeroTimes) {
  add("gate.yaml", R"(
shoal: 1
pipeline: gate
inputs: {open: boolean}
steps:
  said: {use: echo.fail, with: {message: "should not run"}, when: $open, else: "other"}
outputs: {value: $said}
)");
  auto const closed = run("gate", Value::record({{"open", false}}));
  ASSERT_TRUE(closed.outputs) << closed.outputs.error().message();
  EXPECT_EQ((*closed.outputs)["value"], Value("other"));
  EXPECT_EQ(count(Event::Kind::step_started), 0u);
  auto const opened = run("gate", Value::record({{"open", true}}));
  ASSERT_FALSE(opened.outputs);
  EXPECT_NE(opened.outputs.error().message().find("step `said`"), std::string::npos);
  EXPECT_NE(opened.outputs.error().message().find("should not run"), std::string::npos);
}

// Each turn adds a star; the text has three of them in the end.
char const* const kStars = R"(
shoal: 1
pipeline: stars
inputs: {begin: text, most: {type: text, default: "***"}}
steps:
  star:
    use: echo.echo
    with: {value: $begin}
    repeat: {while: $star < $most, at_most: 9, carry: {value: "{{ $star }}*"}}
outputs: {text: $star}
)";

TEST_F(RunTest, ALoopTurnsWhileItsConditionHoldsAndIsCachedTurnByTurn) {
  add("stars.yaml", kStars);
  auto const first = run("stars", Value::record({{"begin", "*"}}));
  ASSERT_TRUE(first.outputs) << first.outputs.error().message();
  EXPECT_EQ((*first.outputs)["text"], Value("***"));
  EXPECT_EQ(first.ledger["calls"].as_integer(), 3);
  std::vector<std::string> turns;
  for (auto const& event : events_) {
    if (event.kind == Event::Kind::step_started) turns.push_back(event.step);
  }
  EXPECT_EQ(turns, (std::vector<std::string>{"star[0]", "star[1]", "star[2]"}));

  auto const longer = run("stars", Value::record({{"begin", "*"}, {"most", "*****"}}));
  EXPECT_EQ((*longer.outputs)["text"], Value("*****"));
  EXPECT_EQ(longer.ledger["cached"].as_integer(), 3);
  EXPECT_EQ(longer.ledger["calls"].as_integer(), 2);
}

TEST_F(RunTest, ALoopTurnsAtLeastOnceAndAtMostAsOftenAsItSays) {
  add("stars.yaml", kStars);
  auto const once = run("stars", Value::record({{"begin", "*"}, {"most", ""}}));
  EXPECT_EQ((*once.outputs)["text"], Value("*"));
  auto const most = run("stars", Value::record({{"begin", ""}, {"most", "~"}}));
  EXPECT_EQ((*most.outputs)["text"], Value("********"));
  EXPECT_EQ(most.ledger["calls"].as_integer() + most.ledger["cached"].as_integer(), 9);
}

TEST_F(RunTest, ALoopIsLookedAtAsFarAsTheCacheHasItsTurns) {
  add("stars.yaml", kStars);
  (void)run("stars", Value::record({{"begin", "*"}, {"most", "**"}}));
  auto const target = runtime_->library().link("stars");
  ASSERT_TRUE(target) << target.error().message();
  auto const steps = runtime_->explore(*target, Value::record({{"begin", "*"}}));
  ASSERT_TRUE(steps) << steps.error().message();
  std::vector<std::string> told;
  for (auto const& step : *steps) told.push_back(step.step + " " + step.state);
  EXPECT_EQ(told, (std::vector<std::string>{"star[0] cached", "star[1] cached", "star[2] to run"}));
}

TEST_F(RunTest, AFailingLoopBodyEndsTheLoop) {
  add("body.yaml", R"(
shoal: 1
pipeline: body
inputs: {text: text}
steps:
  said: {use: echo.echo, with: {value: $text}}
  fell: {use: echo.fail, with: {message: "three is too many"}, when: $said == "xxx", else: $said}
outputs: {text: $said, fell: $fell}
)");
  add("loop.yaml", R"(
shoal: 1
pipeline: loop
steps:
  turn: {use: body, with: {text: x}, repeat: {while: true, at_most: 100, carry: {text: "{{ $turn.text }}x"}}}
outputs: {text: $turn.text}
)");
  auto const result = run("loop");
  ASSERT_FALSE(result.outputs);
  auto const& message = result.outputs.error().message();
  EXPECT_NE(message.find("step `turn`: turn 3: three is too many"), std::string::npos) << message;
  // Of three turns one call each, and the one that failed.
  EXPECT_EQ(count(Event::Kind::step_started), 4u);
}

TEST_F(RunTest, ALoopOfFunctionsDoesNotOverflow) {
  add("long.yaml", R"(
shoal: 1
pipeline: long
steps:
  text: {use: template, with: {template: "{{ a }}", a: x}, repeat: {while: true, at_most: 10000, carry: {a: $text}}}
outputs: {text: $text}
)");
  auto const result = run("long");
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["text"], Value("x"));
}

TEST_F(RunTest, WhatStandsInForAFailedStepKnowsItsInputsAndItsError) {
  add("p.yaml", R"(
shoal: 1
pipeline: p
inputs: {text: text}
steps:
  said:
    use: echo.fail
    with: {code: busy, message: "no room for {{ $text }}"}
    retry: 1
    on_error: {use: echo.echo, with: {value: "{{ $text }}: {{ $error.message }}, {{ $error.code }}"}}
outputs: {value: $said}
)");
  auto const result = run("p", Value::record({{"text", "a"}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["value"], Value("a: no room for a, busy"));
  std::vector<std::string> calls;
  for (auto const& event : events_) {
    if (event.kind == Event::Kind::step_started) calls.push_back(event.step);
  }
  EXPECT_EQ(calls, (std::vector<std::string>{"said", "said", "said/on_error"}));
}

TEST_F(RunTest, AStandInIsForOneItemAndForAWholeLoop) {
  add("odd.yaml", R"(
shoal: 1
pipeline: odd
inputs: {text: text}
steps:
  said: {use: echo.fail, with: {message: "not {{ $text }}"}, when: $text == "b" or $text == "xx", else: $text}
outputs: {text: $said}
)");
  add("p.yaml", R"(
shoal: 1
pipeline: p
steps:
  items: {use: odd, each: [a, b, c], with: {text: $item}, on_error: {use: echo.echo, with: {value: "{{ $item }}!"}}}
  turns:
    use: odd
    with: {text: x}
    repeat: {while: true, at_most: 9, carry: {text: "{{ $turns }}x"}}
    on_error: {use: template, with: {template: "{{ why }}", why: $error.message}}
outputs: {items: $items, turns: $turns}
)");
  auto const result = run("p");
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["items"], Value::list({"a", "b!", "c"}));
  auto const& turns = (*result.outputs)["turns"].as_text();
  EXPECT_TRUE(turns.starts_with("turn 2: not xx")) << turns;
}

TEST_F(RunTest, AStandInThatFailsTooEndsTheRunAndBothErrorsAreTold) {
  add("p.yaml", R"(
shoal: 1
pipeline: p
steps:
  said: {use: echo.fail, with: {message: first}, on_error: {use: echo.fail, with: {message: second}}}
outputs: {value: $said}
)");
  auto const result = run("p");
  ASSERT_FALSE(result.outputs);
  auto const& message = result.outputs.error().message();
  EXPECT_NE(message.find("first"), std::string::npos) << message;
  EXPECT_NE(message.find("second"), std::string::npos) << message;
}

// A chain of three, and a step beside it that fails.
char const* const kParts = R"(
shoal: 1
pipeline: parts
inputs: {text: text, other: text}
steps:
  first: {use: echo.echo, with: {value: "{{ $text }}1"}}
  items: {use: echo.echo, each: [a, b], with: {value: "{{ $first }}{{ $item }}"}}
  last: {use: echo.echo, with: {value: "{{ $items }}"}}
  aside: {use: echo.fail, with: {message: $other}}
outputs: {text: $last, aside: $aside}
)";

TEST_F(RunTest, UntilAStepRunsItWithAllThatItNeedsAndNothingElse) {
  add("parts.yaml", kParts);
  auto const result = run_part("parts", Part{"items", false}, Value::record({{"text", "x"}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ(*result.outputs, Value::record({{"value", Value::list({"x1a", "x1b"})}}));
  EXPECT_EQ(result.ledger["calls"].as_integer(), 3);
}

TEST_F(RunTest, OnlyAStepTakesWhatItNeedsFromTheCacheOrSaysWhatIsNotThere) {
  add("parts.yaml", kParts);
  auto const inputs = Value::record({{"text", "x"}});
  auto const refused = run_part("parts", Part{"last", true}, inputs);
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().code(), Code::not_found);
  EXPECT_EQ(refused.outputs.error().message(),
            "step `last` needs what is not in the cache: `first`; `--until last` runs that first");
  EXPECT_EQ(count(Event::Kind::step_started), 0u);

  (void)run_part("parts", Part{"first", false}, inputs);
  auto const still = run_part("parts", Part{"last", true}, inputs);
  ASSERT_FALSE(still.outputs);
  EXPECT_NE(still.outputs.error().message().find("`items[0]`, `items[1]`"), std::string::npos);

  (void)run_part("parts", Part{"items", false}, inputs);
  auto const result = run_part("parts", Part{"last", true}, inputs);
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ(*result.outputs, Value::record({{"value", R"(["x1a","x1b"])"}}));
  EXPECT_EQ(result.ledger["calls"].as_integer(), 1);
  EXPECT_EQ(result.ledger["cached"].as_integer(), 3);
}

TEST_F(RunTest, APartIsOfAPipelineAndOfAStepThatItHas) {
  add("parts.yaml", kParts);
  auto const unknown = run_part("parts", Part{"lats", false}, Value::record({{"text", "x"}}));
  ASSERT_FALSE(unknown.outputs);
  EXPECT_NE(unknown.outputs.error().message().find("did you mean `last`?"), std::string::npos);
  auto const operation = run_part("echo.echo", Part{"last", false}, Value::record({{"value", "x"}}));
  ASSERT_FALSE(operation.outputs);
  EXPECT_EQ(operation.outputs.error().message(), "`echo.echo` is no pipeline and has no step `last`");
}

TEST_F(RunTest, APartThatFailedIsResumedAsAPart) {
  add("parts.yaml", kParts);
  auto const failed = run_part("parts", Part{"aside", false}, Value::record({{"other", "wrong"}}));
  ASSERT_FALSE(failed.outputs);
  add("parts.yaml", replace_all(kParts, "use: echo.fail, with: {message", "use: echo.echo, with: {value"));
  RunRequest request;
  request.egress = &account_;
  auto const resumed = runtime_->resume(failed.run, std::move(request));
  ASSERT_TRUE(resumed.outputs) << resumed.outputs.error().message();
  EXPECT_EQ(*resumed.outputs, Value::record({{"value", "wrong"}}));
}

TEST_F(RunTest, DataIsHeldAgainstTheSchemaOfItsPortWhenItArrives) {
  add("priced.yaml", R"(
shoal: 1
pipeline: priced
inputs:
  item: {type: json, schema: {type: object, required: [price], properties: {price: {type: number, minimum: 0}}}}
steps: {}
outputs: {price: $item.price}
)");
  add("p.yaml", R"(
shoal: 1
pipeline: p
inputs: {item: any}
steps:
  said: {use: echo.echo, with: {value: $item}}
  price: {use: priced, with: {item: $said}}
outputs: {price: $price}
)");
  auto const good = run("p", Value::record({{"item", Value::record({{"price", 3}})}}));
  ASSERT_TRUE(good.outputs) << good.outputs.error().message();
  EXPECT_EQ((*good.outputs)["price"], Value(3));
  auto const bad = run("p", Value::record({{"item", Value::record({{"price", -3}})}}));
  ASSERT_FALSE(bad.outputs);
  auto const& message = bad.outputs.error().message();
  EXPECT_NE(message.find("item.price: must be at least 0"), std::string::npos) << message;
}

TEST_F(RunTest, APipelineIsAStepOfAnother) {
  add("double.yaml", kDouble);
  add("outer.yaml", R"(
shoal: 1
pipeline: outer
inputs: {lists: list<list<text>>}
steps:
  inner: {use: double, each: $lists, as: words, with: {words: $words}}
  flat: {use: flatten, with: {lists: $inner}}
outputs: {all: $flat}
)");
  auto const lists = Value::list({Value::list({"a", "b"}), Value::list({}), Value::list({"c"})});
  auto const result = run("outer", Value::record({{"lists", lists}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["all"], Value::list({"a", "b", "c"}));
  auto const nested = std::any_of(events_.begin(), events_.end(),
                                  [](auto const& event) { return event.step == "inner[0]/said[1]"; });
  EXPECT_TRUE(nested);
}

TEST_F(RunTest, OneBadItemStopsTheRunOrOnlyItself) {
  auto const document = [](std::string const& on_error) {
    return "shoal: 1\npipeline: items\ninputs: {codes: list<text>}\nsteps:\n"
           "  each: {use: echo.fail, each: $codes, as: code, with: {code: $code, message: bad}, on_error: " +
           on_error + "}\noutputs: {results: $each" + (on_error == "skip" ? ", errors: $each.errors" : "") +
           "}\n";
  };
  add("items.yaml", document("skip"));
  auto const codes = Value::record({{"codes", Value::list({"busy", "refused"})}});
  auto const skipped = run("items", codes);
  ASSERT_TRUE(skipped.outputs) << skipped.outputs.error().message();
  EXPECT_EQ((*skipped.outputs)["results"].as_list().size(), 0u);
  auto const& errors = (*skipped.outputs)["errors"].as_list();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0], Value::record({{"item", 0}, {"code", "busy"}, {"message", "bad"}}));
  EXPECT_EQ(errors[1]["code"], Value("refused"));
  add("items.yaml", document("fail"));
  auto const failed = run("items", Value::record({{"codes", Value::list({"busy"})}}));
  ASSERT_FALSE(failed.outputs);
  EXPECT_EQ(failed.outputs.error().code(), Code::busy);
  EXPECT_NE(failed.outputs.error().message().find("item 1"), std::string::npos);
}

TEST_F(RunTest, AFailedStepIsNeverCachedItsUpstreamIs) {
  add("chain.yaml", R"(
shoal: 1
pipeline: chain
inputs: {word: text}
steps:
  up: {use: echo.echo, with: {value: $word}}
  down: {use: echo.fail, with: {message: "{{ $up }} failed"}}
outputs: {value: $down}
)");
  for (int i = 0; i < 2; ++i) {
    auto const result = run("chain", Value::record({{"word", "a"}}));
    ASSERT_FALSE(result.outputs);
    EXPECT_NE(result.outputs.error().message().find("a failed"), std::string::npos);
    EXPECT_EQ(result.ledger["cached"].as_integer(), i);
    EXPECT_EQ(count(Event::Kind::step_failed), 1u);
  }
}

TEST_F(RunTest, ATimeoutEndsAStepThatWouldGoOn) {
  add("slow.yaml", R"(
shoal: 1
pipeline: slow
steps:
  wait: {use: echo.sleep, with: {seconds: 3000, value: x}, timeout: 50ms}
outputs: {value: $wait}
)");
  auto const result = run("slow");
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::deadline_exceeded);
}

TEST_F(RunTest, CancellingARunStopsItAndTheNextOneIsNotHit) {
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop_.request_stop();
  });
  auto const result = run("echo.sleep", Value::record({{"seconds", 3000}}));
  stopper.join();
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::cancelled);
  EXPECT_EQ(runtime_->journal().find(result.run)->state, "cancelled");
  stop_ = {};
  EXPECT_TRUE(run("echo.echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(RunTest, EventsAreNumberedWithoutGapsAndEndWithTheRun) {
  add("double.yaml", kDouble);
  run("double", Value::record({{"words", Value::list({"a", "b"})}}));
  ASSERT_FALSE(events_.empty());
  for (std::size_t i = 0; i < events_.size(); ++i) EXPECT_EQ(events_[i].sequence, i + 1);
  EXPECT_EQ(events_.front().kind, Event::Kind::run_started);
  EXPECT_EQ(events_.back().kind, Event::Kind::run_done);
}

TEST_F(RunTest, TheJournalKnowsRunsStepsAndWhatWasInterrupted) {
  add("double.yaml", kDouble);
  auto const result = run("double", Value::record({{"words", Value::list({"a"})}}));
  auto& journal = runtime_->journal();
  RunRecord abandoned;  // by a process that was killed
  abandoned.run = "0abandoned";
  abandoned.started = clock_.wall();
  ASSERT_TRUE(journal.run_started(abandoned));
  EXPECT_EQ(journal.find("0abandoned")->state, "running");
  open();
  run("echo.echo", Value::record({{"value", 1}}));
  EXPECT_EQ(runtime_->journal().find("0abandoned")->state, "interrupted");
  auto const record = runtime_->journal().find(result.run);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, "done");
  EXPECT_EQ(record->name, "double");
  EXPECT_EQ(record->ledger["calls"].as_integer(), 2);
  auto const steps = runtime_->journal().steps(result.run);
  ASSERT_TRUE(steps);
  std::map<std::string, std::string> states;
  for (auto const& step : *steps) states[step.step] = step.state;
  EXPECT_EQ(states, (std::map<std::string, std::string>{{"said[0]", "done"}, {"once", "done"}}));
}

TEST_F(RunTest, MoreReadyStepsThanTheHostsQueueTakesWait) {
  std::string text = "shoal: 1\npipeline: wide\nsteps:\n";
  int const steps = 10'100;
  std::string all;
  for (int i = 0; i < steps; ++i) {
    text += "  s" + std::to_string(i) + ": {use: echo.echo, with: {value: 1}, cache: off}\n";
    all += (i ? ", $s" : "$s") + std::to_string(i);
  }
  add("wide.yaml", text + "  all: {use: first, with: {values: [" + all + "]}}\noutputs: {all: $all}\n");
  auto const result = run("wide");
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ(result.ledger["calls"].as_integer(), steps);
}

TEST_F(RunTest, ADeadlineEndsARunAlsoWhereItsStepsAreHeldBack) {
  RunRequest request;
  request.inputs = Value::record({{"seconds", 3000}});
  request.deadline = clock_.now();
  auto const over = runtime_->run("echo.sleep", std::move(request));
  ASSERT_FALSE(over.outputs);
  EXPECT_EQ(over.outputs.error().code(), Code::deadline_exceeded);
}

TEST_F(RunTest, WhoWaitsForTheHomeKeepsNobodyWaiting) {
  ASSERT_TRUE(run("echo.echo", Value::record({{"value", 1}})).outputs);  // holds the home's host
  Runtime::Options options;
  options.home = runtime_->home();
  auto const build = std::string(SHOAL_BINARY_DIR);
  options.installation = {build + "/lib/shoal/engines", build + "/share/shoal"};
  std::stop_source stop;
  options.stop = stop.get_token();
  std::promise<void> waits;
  options.on_wait = [&](std::string const&) { waits.set_value(); };
  auto const second = Runtime::open(std::move(options), egress_, clock_).value();
  std::thread waiting([&] { (void)second->run("echo.echo", {.inputs = Value::record({{"value", 2}})}); });
  waits.get_future().wait();
  auto looked = std::async(std::launch::async, [&] { return second->note_interrupted_runs().has_value(); });
  EXPECT_EQ(looked.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  stop.request_stop();
  waiting.join();
  EXPECT_TRUE(looked.get());
}

TEST_F(RunTest, OnlyWhoHoldsTheHomePutsADamagedJournalAside) {
  ASSERT_TRUE(run("echo.echo", Value::record({{"value", 1}})).outputs);  // holds the home's host
  std::ofstream(home_.path() + "/other.db") << std::string(8192, 'x');
  auto const journal = home_.path() + "/runs.db";
  for (auto const* part : {"", "-wal", "-shm"})
    std::filesystem::rename(journal + part, home_.path() + "/kept.db" + part);
  std::filesystem::rename(home_.path() + "/other.db", journal);
  auto const second = open_runtime(home_.path(), egress_, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::busy);
  EXPECT_NE(second.error().message().find("damaged"), std::string::npos) << second.error().message();
  EXPECT_FALSE(std::filesystem::exists(journal + ".damaged"));
  runtime_.reset();
  open();
  EXPECT_TRUE(std::filesystem::exists(journal + ".damaged"));
}

TEST_F(RunTest, NobodyElseCanLookIntoANewHome) {
  auto const home = home_.path() + "/new/home";
  ASSERT_TRUE(open_runtime(home, egress_, clock_));
  using std::filesystem::perms;
  for (auto const& folder : {home, home + "/cache"}) {
    EXPECT_EQ(std::filesystem::status(folder).permissions() & (perms::group_all | perms::others_all),
              perms::none);
  }
}

TEST_F(RunTest, BytesThatLeftTheMachineAreInTheLedger) {
  auto const quiet = run("echo.echo", Value::record({{"value", 1}}));
  EXPECT_EQ(quiet.ledger["bytes_off_machine"].as_integer(), 0);
  net::TestServer server(
      [](std::string const&) { return net::TestServer::Reply{net::TestServer::ok("hello")}; });
  net::HttpRequest request;
  request.url = server.url("/");
  ASSERT_TRUE(egress_.fetch(account_, request));
  auto const loud = run("echo.echo", Value::record({{"value", 2}}));
  EXPECT_GT(loud.ledger["bytes_off_machine"].as_integer(), 20);
}

TEST_F(RunTest, BigOutputsComeBackFromTheCacheWhole) {
  auto const inputs = Value::record({{"bytes", 3'000'000}});
  run("echo.big", inputs);
  open();
  auto const again = run("echo.big", inputs);
  EXPECT_EQ(again.ledger["cached"].as_integer(), 1);
  EXPECT_EQ((*again.outputs)["blob"].as_blob()->bytes(), std::string(3'000'000, 'b'));
}

TEST_F(RunTest, ALostArtifactMakesTheStepRunAgain) {
  auto const inputs = Value::record({{"bytes", 1'000'000}});
  run("echo.big", inputs);
  open();
  std::filesystem::remove_all(home_.path() + "/artifacts");
  open();
  auto const again = run("echo.big", inputs);
  ASSERT_TRUE(again.outputs) << again.outputs.error().message();
  EXPECT_EQ(again.ledger["calls"].as_integer(), 1);
}

TEST_F(RunTest, ATaskClimbsOnAFailedCheckAndOnAnErrorAndTellsItsRoute) {
  add("careful.yaml", R"(
shoal: 1
task: careful
inputs: {value: text}
outputs: {value: text}
ladder:
  - {use: echo.fail, with: {message: "first rung is broken"}}
  - {use: echo.echo, with: {value: ""}}
  - {use: echo.echo}
checks: [not_empty]
)");
  auto const result = run("careful", Value::record({{"value", "good"}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["value"], Value("good"));
  EXPECT_FALSE(result.checks_failed);
  auto const& tried = result.route.as_array().at(0)["tried"].as_array();
  ASSERT_EQ(tried.size(), 3u);
  EXPECT_NE(tried[0]["error"].dump().find("first rung is broken"), std::string::npos);
  EXPECT_EQ(tried[1]["failed"].as_array().at(0)["check"].as_string(), "not_empty");
  EXPECT_EQ(result.ledger["rungs"].as_object().size(), 1u);
}

TEST_F(RunTest, AnAnswerThatFailsItsChecksIsMarkedOrRefusedAsAsked) {
  add("empty.yaml", R"(
shoal: 1
task: empty
inputs: {value: text}
outputs: {value: text}
ladder: [{use: echo.echo, with: {value: ""}}]
checks: [not_empty]
)");
  auto const marked = run("empty", Value::record({{"value", "x"}}));
  ASSERT_TRUE(marked.outputs) << marked.outputs.error().message();
  EXPECT_TRUE(marked.checks_failed);
  accept_failed_checks_ = false;
  auto const refused = run("empty", Value::record({{"value", "x"}}));
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().code(), Code::checks_failed);
}

TEST_F(RunTest, ALongChainOfFunctionsDoesNotOverflow) {
  std::string text = "shoal: 1\npipeline: chain\ninputs: {t: text}\nsteps:\n";
  int const steps = 10'000;
  for (int i = 0; i < steps; ++i) {
    text += "  s" + std::to_string(i) + ": {use: join, with: {texts: [" +
            (i == 0 ? "$t" : "$s" + std::to_string(i - 1)) + "]}}\n";
  }
  text += "outputs: {t: $s" + std::to_string(steps - 1) + "}\n";
  add("chain.yaml", text);
  auto const result = run("chain", Value::record({{"t", "end"}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["t"], Value("end"));
}

TEST_F(RunTest, WrongInputsAndUnknownNamesAreNamedWithTheNearest) {
  auto const unknown = run("echo.ecko");
  EXPECT_EQ(unknown.outputs.error().code(), Code::not_found);
  EXPECT_NE(unknown.outputs.error().message().find("echo.echo"), std::string::npos);
  auto const missing = run("echo.echo");
  EXPECT_EQ(missing.outputs.error().code(), Code::invalid_argument);
  EXPECT_NE(missing.outputs.error().message().find("value"), std::string::npos);
}

TEST_F(RunTest, PipelinesThatUseEachOtherInACircleAreRefusedWithTheWayAround) {
  auto const document = [](std::string const& name, std::string const& uses) {
    return "shoal: 1\npipeline: " + name + "\ninputs: {t: text}\nsteps: {s: {use: " + uses +
           ", with: {t: $t}}}\noutputs: {t: $s}\n";
  };
  add("one.yaml", document("one", "two"));
  add("two.yaml", document("two", "one"));
  auto const result = run("one", Value::record({{"t", "x"}}));
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::invalid_argument);
  EXPECT_NE(result.outputs.error().message().find("one uses two uses one"), std::string::npos)
      << result.outputs.error().message();
}

TEST_F(RunTest, ASecondRuntimeOfTheHomeWaitsAndSaysForWhom) {
  ASSERT_TRUE(run("echo.echo", Value::record({{"value", 1}})).outputs);  // holds the home's host
  Runtime::Options options;
  options.home = runtime_->home();
  auto const build = std::string(SHOAL_BINARY_DIR);
  options.installation = {build + "/lib/shoal/engines", build + "/share/shoal"};
  std::string holder;
  std::stop_source stop;
  options.stop = stop.get_token();
  options.on_wait = [&](std::string const& who) {
    holder = who;
    stop.request_stop();
  };
  auto const second = Runtime::open(std::move(options), egress_, clock_).value();
  RunRequest request;
  request.inputs = Value::record({{"value", 2}});
  auto const result = second->run("echo.echo", std::move(request));
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::cancelled);
  EXPECT_NE(holder.find("process"), std::string::npos);
}

TEST_F(RunTest, ASmallDocumentMakesNoValueThatFillsTheMemory) {
  std::string document =
      "shoal: 1\npipeline: doubling\nsteps:\n  s0: {use: first, with: {values: [[1, 1]]}}\n";
  for (int step = 1; step < 40; ++step) {
    auto const before = "$s" + std::to_string(step - 1);
    document +=
        "  s" + std::to_string(step) + ": {use: first, with: {values: [[" + before + ", " + before + "]]}}\n";
  }
  add("doubling.yaml", document + "outputs: {all: $s39}\n");
  auto const result = run("doubling");
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::invalid_argument);
  EXPECT_NE(result.outputs.error().message().find("parts"), std::string::npos)
      << result.outputs.error().message();
}

TEST_F(RunTest, StepsThatNeedNoWorkerHearTheEndToo) {
  add("busy.yaml", R"(
shoal: 1
pipeline: busy
inputs: {numbers: list<integer>}
steps:
  each: {use: first, each: $numbers, with: {values: [$item]}}
outputs: {all: $each}
)");
  stop_.request_stop();
  auto const result = run("busy", Value::record({{"numbers", Value::list({1, 2, 3})}}));
  stop_ = {};
  ASSERT_FALSE(result.outputs);
  EXPECT_EQ(result.outputs.error().code(), Code::cancelled);
}

}  // namespace
}  // namespace shoal::runtime
