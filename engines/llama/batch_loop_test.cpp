// Calls beside each other on a real model. What they answer may differ from what each answers alone, but only
// where the model is undecided.
#include "engines/llama/batch_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/text.h"
#include "engines/llama/testing.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using testing::call;
using testing::FakeContext;
using testing::smollm2;
using value::Value;

constexpr char const* kBeginnings[] = {
    "The harbour was quiet that morning, and the old men who sat on the wall talked about",
    "In the middle of the nineteenth century the railway reached the town, which changed",
    "To make bread at home, take a pound of flour, a little salt and yeast, and",
    "The committee met on Tuesday to discuss the budget for the coming year. It was decided that",
    "When the rain stopped, the children ran into the garden to look for",
    "A computer program is a list of instructions that tells the machine",
    "The lighthouse keeper wrote in his journal every night. On the third of March he wrote that",
    "Among the birds of the northern islands the puffin is the one that",
};

Value continue_text(std::string const& prompt, int max_tokens) {
  return Value::record(
      {{"prompt", prompt}, {"raw", true}, {"max_tokens", max_tokens}, {"probabilities", true}});
}

std::string long_text(int sentences) {
  std::string text;
  for (int i = 0; i < sentences; ++i) text += std::string(kBeginnings[i % 8]) + " it. ";
  return text;
}

std::future<Result<engine::Reply>> start(Value inputs, FakeContext& context) {
  return std::async(std::launch::async, [inputs = std::move(inputs), &context] {
    return call(smollm2(), "generate", inputs, context);
  });
}

TEST(LlamaBatch, CallsAtOnceAnswerAsAlone) {
  SKIP_WITHOUT_SMOLLM2();
  std::vector<FakeContext> contexts(std::size(kBeginnings));
  std::vector<std::future<Result<engine::Reply>>> running;
  for (std::size_t i = 0; i < contexts.size(); ++i)
    running.push_back(start(continue_text(kBeginnings[i], 24), contexts[i]));
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    auto const together = running[i].get();
    auto const alone =
        call(smollm2(), "generate", continue_text(kBeginnings[i], 24).with("deterministic", true));
    ASSERT_OK(together);
    ASSERT_OK(alone);
    EXPECT_EQ(join(contexts[i].chunks, ""), together->outputs["text"].as_text());
    testing::expect_same_but_for_a_near_tie(kBeginnings[i], *alone, *together);
  }
}

TEST(LlamaBatch, AShortCallDoesNotWaitForALongOne) {
  SKIP_WITHOUT_SMOLLM2();
  FakeContext long_one, short_one;
  std::promise<void> generates;
  long_one.on_chunk = [&] {
    if (long_one.chunks.size() == 3) generates.set_value();
  };
  auto running = start(continue_text(long_text(4), 2000), long_one);
  generates.get_future().wait();
  ASSERT_OK(call(smollm2(), "generate", continue_text(kBeginnings[1], 4), short_one));
  EXPECT_EQ(running.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  long_one.stop = true;
  EXPECT_EQ(running.get().error().code(), Code::cancelled);
}

TEST(LlamaBatch, TokensGoOnWhileOthersReadALongPrompt) {
  SKIP_WITHOUT_SMOLLM2();
  FakeContext writer, reader;
  std::promise<void> generates;
  std::atomic<bool> reads = false;
  std::atomic<int> while_reading = 0;
  writer.on_chunk = [&] {
    if (writer.chunks.size() == 3) generates.set_value();
    if (reads) ++while_reading;
  };
  auto writing = start(continue_text(kBeginnings[0], 1000), writer);
  generates.get_future().wait();
  reads = true;
  auto const read = call(smollm2(), "generate", continue_text(long_text(16), 1), reader);
  reads = false;
  writer.stop = true;
  ASSERT_OK(read);
  EXPECT_GT(while_reading, 3);
  EXPECT_EQ(writing.get().error().code(), Code::cancelled);
}

TEST(LlamaBatch, WhoLeavesDoesNotHurtTheOthers) {
  SKIP_WITHOUT_SMOLLM2();
  FakeContext leaves, stays;
  std::promise<void> generates;
  stays.on_chunk = [&] {
    if (stays.chunks.size() == 3) generates.set_value();
  };
  auto staying = start(continue_text(kBeginnings[2], 30), stays);
  generates.get_future().wait();
  auto leaving = start(continue_text(long_text(60), 10), leaves);
  std::this_thread::yield();
  leaves.stop = true;
  EXPECT_EQ(leaving.get().error().code(), Code::cancelled);
  auto const together = staying.get();
  auto const alone =
      call(smollm2(), "generate", continue_text(kBeginnings[2], 30).with("deterministic", true));
  ASSERT_OK(together);
  ASSERT_OK(alone);
  testing::expect_same_but_for_a_near_tie(kBeginnings[2], *alone, *together);
}

TEST(LlamaBatch, ASlowReaderHoldsUpNobodyElse) {
  SKIP_WITHOUT_SMOLLM2();
  FakeContext slow;
  std::promise<void> stuck, release;
  auto released = release.get_future().share();
  slow.on_chunk = [&] {
    if (slow.chunks.size() != 1) return;
    stuck.set_value();
    released.wait();
  };
  auto running = start(continue_text(kBeginnings[3], 60), slow);
  stuck.get_future().wait();
  EXPECT_TRUE(call(smollm2(), "generate", continue_text(kBeginnings[4], 60)));
  EXPECT_EQ(running.wait_for(std::chrono::seconds(0)), std::future_status::timeout)
      << "it waits for its reader and does not fill the memory with what nobody takes";
  release.set_value();
  auto const reply = running.get();
  ASSERT_OK(reply);
  EXPECT_EQ(join(slow.chunks, ""), reply->outputs["text"].as_text());
}

TEST(LlamaBatch, SchemasAndScoresKeepToThemselves) {
  SKIP_WITHOUT_SMOLLM2();
  auto const schema = Json::parse(
      R"({"type":"object","properties":{"kind":{"enum":["ship","lighthouse"]},"year":{"type":"integer"}},
          "required":["kind","year"],"additionalProperties":false})");
  ASSERT_OK(schema);
  auto const scored = Value::record(
      {{"prefix", kBeginnings[0]}, {"continuations", Value::list({" the weather.", " fish."})}});
  auto const alone = call(smollm2(), "score", scored);
  ASSERT_OK(alone);
  FakeContext one, two, three;
  auto free = start(continue_text(kBeginnings[5], 40), one);
  auto bound =
      start(Value::record({{"prompt", "Describe it."}, {"schema", *value::from_json(*schema)}}), two);
  auto const together = call(smollm2(), "score", scored, three);
  auto const json = bound.get();
  ASSERT_OK(free.get());
  ASSERT_OK(json);
  ASSERT_OK(together);
  EXPECT_EQ(json->outputs["json"].as_record().size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(together->outputs["scores"].as_list()[i]["logprob"].as_number(),
                alone->outputs["scores"].as_list()[i]["logprob"].as_number(), 0.3);
  }
}

TEST(LlamaBatch, DeterministicCallsRunAlone) {
  SKIP_WITHOUT_SMOLLM2();
  auto const inputs = continue_text(kBeginnings[6], 20).with("deterministic", true);
  auto const alone = call(smollm2(), "generate", inputs);
  ASSERT_OK(alone);
  FakeContext before, after;
  auto first = start(continue_text(kBeginnings[7], 30), before);
  auto last = start(continue_text(kBeginnings[0], 30), after);
  auto const beside = call(smollm2(), "generate", inputs);
  ASSERT_OK(beside);
  EXPECT_EQ(beside->outputs, alone->outputs);
  EXPECT_EQ(beside->evidence["mean_logprob"], alone->evidence["mean_logprob"]);
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(last.get());
}

TEST(LlamaBatch, MoreThanFitsWaitsForRoom) {
  SKIP_WITHOUT_SMOLLM2();
  auto const model = testing::load_smollm2(Json::object({{"context", 160}}));
  ASSERT_TRUE(model);
  std::vector<std::future<Result<engine::Reply>>> running;
  for (int i = 0; i < 4; ++i) {
    running.push_back(std::async(
        std::launch::async, [&, i] { return call(*model, "generate", continue_text(kBeginnings[i], 60)); }));
  }
  for (auto& each : running) {
    auto const reply = each.get();
    ASSERT_OK(reply);
    EXPECT_GT(reply->evidence["tokens_out"].as_integer(), 0);
  }
}

TEST(LlamaBatch, ABeginningThatAnotherHasReadIsShared) {
  SKIP_WITHOUT_SMOLLM2();
  FakeContext first, second;
  std::promise<void> generates;
  first.on_chunk = [&] {
    if (first.chunks.size() == 1) generates.set_value();
  };
  auto const text = long_text(12);
  auto running = start(continue_text(text + kBeginnings[0], 300), first);
  generates.get_future().wait();
  auto const reply = call(smollm2(), "generate", continue_text(text + kBeginnings[1], 8), second);
  first.stop = true;
  ASSERT_OK(reply);
  EXPECT_GT(reply->evidence["tokens_reused"].as_integer(), reply->evidence["tokens_in"].as_integer() * 3 / 4);
  EXPECT_FALSE(running.get());
}

TEST(LlamaGuesses, ACopyTakesFewStepsAndIsTheSame) {
  SKIP_WITHOUT_SMOLLM2();
  std::string text;
  for (auto const* beginning : {kBeginnings[0], kBeginnings[1], kBeginnings[2]})
    text += std::string(beginning) + " it. ";
  auto const prompt = text + "\n\n" + text + "\n\nThe harbour was quiet";
  auto const guessed = call(smollm2(), "generate", continue_text(prompt, 48));
  auto const plain = call(smollm2(), "generate", continue_text(prompt, 48).with("deterministic", true));
  ASSERT_OK(guessed);
  ASSERT_OK(plain);
  EXPECT_GT(guessed->evidence["tokens_guessed_right"].as_integer(), 24);
  EXPECT_FALSE(plain->evidence.contains("tokens_guessed"));
  EXPECT_EQ(guessed->evidence["tokens_out"], plain->evidence["tokens_out"]);
  testing::expect_same_but_for_a_near_tie(prompt, *plain, *guessed);
}

}  // namespace
}  // namespace shoal::llama_engine
