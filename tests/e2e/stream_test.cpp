// Streams with real workers: items that are read while their engine still makes them, and how far it may be
// ahead.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "open_runtime.h"
#include "os/file.h"
#include "runtime/runtime.h"

namespace shoal::runtime {
namespace {

using value::Value;

// Sent and not read, under way, and what is sent while credit travels.
constexpr std::int64_t kMostAhead = host::kPartsAhead + 64 + host::kPartsAhead;

class StreamTest : public testing::Test {
 protected:
  StreamTest() : home_(os::TemporaryFolder::create("shoal-stream").value()) {
    auto opened = open_runtime(home_.path(), egress_, clock_);
    runtime_ = std::move(opened.value());
    add("numbers.yaml", R"(
shoal: 1
pipeline: numbers
inputs:
  count: integer
  bytes: {type: integer, default: 0}
  waits: {type: boolean, default: false}
  fails_at: {type: integer, default: -1}
  how: {type: text, default: error}
steps:
  sent:
    use: echo.numbers
    with: {count: $count, bytes: $bytes, waits: $waits, fails_at: $fails_at, how: $how}
  read: {use: echo.seen, each: $sent, with: {item: $item}}
outputs: {numbers: $read.number, sent: $read.sent}
)");
  }

  void add(std::string const& file, std::string const& text) {
    auto const path = home_.path() + "/" + file;
    std::ofstream(path) << text;
    auto const added = runtime_->library().add_file(path);
    ASSERT_TRUE(added) << added.error().message();
  }

  RunResult run(std::string const& name, Value inputs) {
    events_.clear();
    RunRequest request;
    request.inputs = std::move(inputs);
    request.on_event = [this](Event const& event) {
      events_.push_back(event);
      if (on_event_) on_event_(event);
    };
    request.stop = stop_.get_token();
    return runtime_->run(name, std::move(request));
  }

  // Of the list that a run gave.
  static void expect_numbers(Value const& list, std::size_t count) {
    ASSERT_EQ(list.as_list().size(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(list.as_list()[i], Value(i));
  }

  SystemClock clock_;
  net::Egress egress_;
  os::TemporaryFolder home_;
  std::function<void(Event const&)> on_event_;
  std::vector<Event> events_;
  std::unique_ptr<Runtime> runtime_;
  std::stop_source stop_;
};

TEST_F(StreamTest, AnItemIsReadBeforeItsProducerMakesTheNext) {
  auto const result = run("numbers", Value::record({{"count", 3}, {"waits", true}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  expect_numbers((*result.outputs)["numbers"], 3);
  EXPECT_EQ((*result.outputs)["sent"].as_list().front(), Value(1));
}

TEST_F(StreamTest, AProducerIsNotFarAheadOfWhoReadsIt) {
  constexpr std::size_t kCount = 2000;
  auto const result = run("numbers", Value::record({{"count", kCount}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  expect_numbers((*result.outputs)["numbers"], kCount);
  auto const& sent = (*result.outputs)["sent"].as_list();
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_LE(sent[i].as_integer() - static_cast<std::int64_t>(i), kMostAhead) << "at " << i;
  EXPECT_TRUE(std::none_of(events_.begin(), events_.end(), [](auto const& event) {
    return event.kind == Event::Kind::step_chunk;
  })) << "nobody is told items that a step takes";
}

TEST_F(StreamTest, WhatWasStreamedIsCachedAsAWhole) {
  auto const inputs = Value::record({{"count", 300}, {"bytes", 1000}});  // more than fits into a row
  auto const first = run("numbers", inputs);
  ASSERT_TRUE(first.outputs) << first.outputs.error().message();
  auto const again = run("numbers", inputs);
  ASSERT_TRUE(again.outputs) << again.outputs.error().message();
  EXPECT_EQ(*again.outputs, *first.outputs);
  EXPECT_EQ(again.ledger["calls"].as_integer(), 0);
  EXPECT_EQ(again.ledger["cached"].as_integer(), 301);
}

TEST_F(StreamTest, OthersThanItemsReadTheWholeList) {
  add("all.yaml", R"(
shoal: 1
pipeline: all
inputs: {count: integer}
steps:
  sent: {use: echo.numbers, with: {count: $count, waits: true}}
  read: {use: echo.seen, each: $sent, with: {item: $item}}
  again: {use: echo.seen, each: $sent, with: {item: $item}}
  total: {use: count, with: {items: $sent}}
outputs: {numbers: $read.number, again: $again.number, total: $total, list: $sent}
)");
  auto const result = run("all", Value::record({{"count", 100}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  expect_numbers((*result.outputs)["numbers"], 100);
  expect_numbers((*result.outputs)["again"], 100);
  EXPECT_EQ((*result.outputs)["total"], Value(100));
  EXPECT_EQ((*result.outputs)["list"].as_list()[99]["number"], Value(99));
}

TEST_F(StreamTest, AStepThatAlsoWaitsForTheEndOfTheStreamHoldsNothingUp) {
  add("late.yaml", R"(
shoal: 1
pipeline: late
inputs: {count: integer}
steps:
  sent: {use: echo.numbers, with: {count: $count}}
  total: {use: count, with: {items: $sent}}
  read: {use: echo.seen, each: $sent, with: {item: $item}, when: $total > 0}
outputs: {numbers: $read.number}
)");
  auto const result = run("late", Value::record({{"count", 500}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  expect_numbers((*result.outputs)["numbers"], 500);
}

TEST_F(StreamTest, AnEmptyStreamIsAnEmptyList) {
  auto const result = run("numbers", Value::record({{"count", 0}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  expect_numbers((*result.outputs)["numbers"], 0);
}

TEST_F(StreamTest, AnErrorInTheStreamEndsTheRunAndWhatWasReadStaysCached) {
  auto const failed = run("numbers", Value::record({{"count", 300}, {"fails_at", 200}}));
  ASSERT_FALSE(failed.outputs);
  EXPECT_EQ(failed.outputs.error().message(), "step `sent`: no further number");
  auto const whole = run("numbers", Value::record({{"count", 300}}));
  ASSERT_TRUE(whole.outputs) << whole.outputs.error().message();
  EXPECT_GE(whole.ledger["cached"].as_integer(), 200 - kMostAhead);
}

TEST_F(StreamTest, AProducerThatDiesInItsStreamIsNamed) {
  auto const failed = run("numbers", Value::record({{"count", 300}, {"fails_at", 40}, {"how", "crash"}}));
  ASSERT_FALSE(failed.outputs);
  EXPECT_EQ(failed.outputs.error().code(), Code::engine_failed);
  auto const& message = failed.outputs.error().message();
  EXPECT_NE(message.find("worker echo was killed by signal 6"), std::string::npos) << message;
}

TEST_F(StreamTest, AnItemOfTheWrongTypeIsNamed) {
  auto const failed = run("numbers", Value::record({{"count", 300}, {"fails_at", 40}, {"how", "wrong"}}));
  ASSERT_FALSE(failed.outputs);
  EXPECT_EQ(failed.outputs.error().code(), Code::engine_failed);
  auto const& message = failed.outputs.error().message();
  EXPECT_NE(message.find("`echo.numbers` gave a wrong item 41 of `numbers`"), std::string::npos) << message;
}

TEST_F(StreamTest, ACancelEndsWhoSendsAndWhoReads) {
  on_event_ = [this](Event const& event) {
    if (event.kind == Event::Kind::each_advanced && event.done == 20) stop_.request_stop();
  };
  auto const cancelled = run("numbers", Value::record({{"count", 1'000'000}}));
  ASSERT_FALSE(cancelled.outputs);
  EXPECT_EQ(cancelled.outputs.error().code(), Code::cancelled);
  stop_ = {};
  on_event_ = {};
  EXPECT_TRUE(run("numbers", Value::record({{"count", 5}})).outputs) << "the worker is free again";
}

}  // namespace
}  // namespace shoal::runtime
