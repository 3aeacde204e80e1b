#include "cli/each.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "cli/conveyor.h"
#include "cli/lines.h"
#include "cli/testing.h"

namespace shoal::cli {
namespace {

constexpr std::string_view kGreet = R"(shoal: 1
pipeline: greet
inputs: {name: text, sign: {type: text, default: "!"}}
steps: {words: {use: template, with: {template: "Hello {{ name }}{{ sign }}", name: $name, sign: $sign}}}
outputs: {text: $words}
)";

class EachTest : public testing::Test {
 protected:
  Outcome run(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"run", program_, "--each", lines_, "--out", out_, "-q"};
    words.insert(words.end(), more.begin(), more.end());
    return shell_.run(words);
  }
  void write_lines(std::string const& text) { lines_ = shell_.folder().write("in.jsonl", text); }

  Shell shell_;
  std::string program_ = shell_.folder().write("greet.yaml", kGreet);
  std::string lines_;
  std::string out_ = shell_.folder().path() + "/out.jsonl";
};

TEST_F(EachTest, IsALineForALine) {
  write_lines("{\"name\": \"Ada\"}\n\n{\"nam\": 1}\nno json\n{\"name\": \"Bob\", \"sign\": \"?\"}");
  auto const run = shell_.run({"run", program_, "--each", lines_, "--in", "sign=.", "-q"});
  EXPECT_EQ(run.status, 1);
  auto const answers = split(run.out, '\n');
  ASSERT_EQ(answers.size(), 5u) << run.out;
  EXPECT_EQ(answers[0], "{\"text\":\"Hello Ada.\"}");
  EXPECT_TRUE(answers[1].starts_with("{\"error\":{\"code\":\"invalid_argument\"")) << run.out;
  EXPECT_NE(answers[2].find("line 4"), std::string_view::npos) << "blank lines count as lines: " << run.out;
  EXPECT_EQ(answers[3], "{\"text\":\"Hello Bob?\"}");
  EXPECT_EQ(shell_.run({"run", program_, "--each", lines_, "--out", lines_}).status, 2);
  EXPECT_EQ(shell_.run({"run", program_, "--each", lines_ + "x"}).status, 3);
}

TEST_F(EachTest, OrderIsKeptHoweverLongALineTakes) {
  std::string text, expected;
  for (int i = 0; i < 300; ++i) {
    auto const name = std::string(i % 7 == 0 ? 50'000 : 1, 'a') + std::to_string(i);
    text += "{\"name\": \"" + name + "\"}\n";
    expected += "{\"text\":\"Hello " + name + "!\"}\n";
  }
  write_lines(text);
  EXPECT_EQ(run().status, 0);
  EXPECT_EQ(read_text(out_), expected);
}

TEST_F(EachTest, ALaterCommandDoesWhatIsMissing) {
  write_lines("{\"name\": \"Ada\"}\n{\"name\": \"Bob\"}\n");
  ASSERT_EQ(run().status, 0);
  auto const two = read_text(out_);
  // As a kill leaves it: half a line, and a mark for less.
  shell_.folder().write("out.jsonl", two.substr(0, two.size() - 4));
  auto const marks = read_text(out_ + ".shoal");
  shell_.folder().write("out.jsonl.shoal", marks.substr(0, marks.size() - 5));
  write_lines("{\"name\": \"Ada\"}\n{\"name\": \"Bob\"}\n{\"name\": \"Eve\"}\n");
  auto const summary = run({"--json"});
  EXPECT_EQ(summary.status, 0) << summary.error;
  EXPECT_EQ(Json::parse(summary.out).value()["kept"], Json(1)) << summary.out;
  EXPECT_EQ(read_text(out_), two + "{\"text\":\"Hello Eve!\"}\n");
  ASSERT_EQ(run().status, 0);
  EXPECT_EQ(read_text(out_), two + "{\"text\":\"Hello Eve!\"}\n");
}

TEST_F(EachTest, WhatFailedIsDoneAgainInItsPlace) {
  auto const text = shell_.folder().path() + "/note.txt";
  auto const program = shell_.folder().write("lines.yaml",
                                             "shoal: 1\npipeline: lines\ninputs: {document: file}\n"
                                             "steps: {text: {use: file-text, with: {file: $document}}}\n"
                                             "outputs: {text: $text}\n");
  auto const other = shell_.folder().write("other.txt", "other");
  write_lines("{\"document\": \"" + text + "\"}\n{\"document\": \"" + other + "\"}\n");
  std::vector<std::string> const words = {"run", program, "--each", lines_, "--out", out_, "-q"};
  EXPECT_EQ(shell_.run(words).status, 1);
  EXPECT_EQ(shell_.run(words).status, 1) << "it still fails";
  shell_.folder().write("note.txt", "here now");
  auto const run = shell_.run(words);
  EXPECT_EQ(run.status, 0) << run.error;
  EXPECT_EQ(read_text(out_), "{\"text\":\"here now\"}\n{\"text\":\"other\"}\n");
  EXPECT_FALSE(std::filesystem::exists(out_ + ".new"));
}

TEST_F(EachTest, CtrlCWhileWhatFailedIsDoneAgainLosesNothing) {
  write_lines("{\"nam\": 1}\n{\"name\": \"Bob\"}\n{\"nam\": 2}\n");
  ASSERT_EQ(run().status, 1);
  auto const before = read_text(out_);
  shell_.stop.request_stop();
  EXPECT_EQ(run().status, 130);
  EXPECT_EQ(read_text(out_), before);
  EXPECT_FALSE(std::filesystem::exists(out_ + ".new"));
}

TEST_F(EachTest, AnotherFileLineOrProgramIsRefused) {
  auto const refused = [&](std::string const& why, std::vector<std::string> more = {}) {
    auto const outcome = run(more);
    EXPECT_EQ(outcome.status, 1) << why;
    EXPECT_NE(outcome.error.find(why), std::string::npos) << outcome.error;
  };
  write_lines("{\"name\": \"Ada\"}\n{\"name\": \"Bob\"}\n");
  shell_.folder().write("out.jsonl", "{\"mine\": 1}\n");
  refused("was not written by `--each`");
  EXPECT_EQ(read_text(out_), "{\"mine\": 1}\n");
  std::filesystem::remove(out_);
  ASSERT_EQ(run().status, 0);
  refused("another program", {"--in", "sign=?"});
  write_lines("{\"name\": \"Ada\"}\n{\"name\": \"Eve\"}\n");
  refused("line 2 of the input");
  write_lines("{\"name\": \"Ada\"}\n");
  refused("has answers to 2 lines");
  write_lines("{\"name\": \"Ada\"}\n{\"name\": \"Bob\"}\n");
  shell_.folder().write("greet.yaml", replace_all(std::string(kGreet), "Hello", "Hi"));
  refused("has changed since");
}

TEST(LineReader, LongLinesAreCutAndEndlessOnesRefused) {
  std::istringstream in("short\n" + std::string(200, 'x') + "\n\n \nlast");
  LineReader reader(in, "in", 100);
  EXPECT_EQ(reader.next().value()->text, "short");
  auto const cut = reader.next().value();
  EXPECT_TRUE(cut->too_long);
  EXPECT_EQ(cut->text.size(), 100u);
  auto const last = reader.next().value();
  EXPECT_EQ(last->text, "last");
  EXPECT_EQ(last->number, 5u);
  EXPECT_FALSE(reader.next().value());
  std::istringstream endless(std::string(10'000, 'x'));
  EXPECT_EQ(LineReader(endless, "in", 100).next().error().code(), Code::invalid_argument);
}

TEST(Conveyor, HoldsNoMoreThanItsPlacesAndKeepsTheOrder) {
  std::atomic<int> begun = 0, taken = 0, most = 0;
  int read = 0;
  Conveyor<int> conveyor(
      4,
      [&]() -> Result<std::optional<int>> {
        if (read == 500) return Error(Code::unavailable, "broken");
        most = std::max(most.load(), read + 1 - taken);
        return std::optional(read++);
      },
      [&](int& item) { item += 1000, ++begun; });
  for (int i = 0; i < 500; ++i) {
    auto const item = conveyor.take([](int const*) {});
    ASSERT_TRUE(item && *item);
    EXPECT_EQ(**item, 1000 + i);
    ++taken;
  }
  EXPECT_EQ(conveyor.take([](int const*) {}).error().code(), Code::unavailable);
  // One more may be on its way while the last that was taken is not counted yet.
  EXPECT_LE(most, 5 + 1);
}

}  // namespace
}  // namespace shoal::cli
