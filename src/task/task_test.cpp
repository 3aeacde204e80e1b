#include "task/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/test_catalog.h"

namespace shoal::task {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using value::Value;

graph::TestCatalog catalog() {
  auto catalog = graph::test_catalog();
  auto constexpr kAnswer = "{answer: text, abstained: boolean, citations: citations, missing: list<text>}";
  catalog.add("answer-small",
              "{question: text, passages: passages, limit: {type: integer, default: 3, max: 9}}", kAnswer,
              graph::Callable::Kind::pipeline);
  catalog.add("answer-large", "{question: text, passages: passages, model: text}", kAnswer,
              graph::Callable::Kind::pipeline);
  return catalog;
}

Result<Checked> checked(std::string const& text) {
  auto parsed = TRY(parse(text, "t.yaml"));
  return check(std::move(parsed), catalog());
}

std::string problems_of(std::string const& text) {
  auto result = checked(text);
  return result ? "none" : result.error().message();
}

// The ladder begins on line 6.
std::string document(std::string const& ladder, std::string const& checks = "") {
  return "shoal: 1\ntask: t\ninputs: {text: text, n: integer, maybe: {type: text, required: false}}\n"
         "outputs: {text: text}\nladder:\n" +
         ladder + "\n" + (checks.empty() ? "" : "checks:\n" + checks + "\n");
}

auto constexpr kAnswerFrom = R"(shoal: 1
task: answer-from
about: Answer a question from passages, with quotes, or say that they do not answer it.
inputs:
  question: text
  passages: passages
outputs:
  answer: text
  abstained: boolean
  citations: citations
ladder:
  - {use: answer-small, with: {limit: 5}}
  - use: answer-large
    with: {model: qwen2.5-coder-0.5b}
checks:
  - not_empty: {of: answer, unless: abstained}
  - quotes: {of: citations.quote, in: passages.text, unless: abstained}
  - max_length: 2000
examples: answer-from.examples.jsonl
)";

TEST(Task, ReadsAndChecksADocument) {
  auto result = checked(kAnswerFrom);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  auto const& task = result->task;
  EXPECT_EQ(task.name, "answer-from");
  EXPECT_EQ(task.file, "t.yaml");
  ASSERT_EQ(task.ladder.size(), 2u);
  EXPECT_EQ(task.ladder[0].with, Value::record({{"limit", 5}}));
  EXPECT_EQ(task.ladder[1].use, "answer-large");
  EXPECT_EQ(task.ladder[1].position, (Position{13, 10}));
  ASSERT_EQ(result->callables.size(), 2u);
  EXPECT_EQ(result->callables[1].name, "answer-large");
  ASSERT_EQ(task.checks.size(), 3u);
  EXPECT_EQ(task.checks[2].name, "max_length");
  EXPECT_EQ(task.checks[2].arguments, Value::record({{"max", 2000}, {"of", Value::list({"answer"})}}));
  EXPECT_TRUE(task.problems.empty());
}

TEST(Task, IsACallable) {
  auto result = checked(kAnswerFrom);
  ASSERT_TRUE(result.has_value());
  result->callables[0].effects = graph::Effects::reads;
  auto const callable = callable_of(*result);
  EXPECT_EQ(callable.kind, graph::Callable::Kind::task);
  EXPECT_EQ(callable.name, "answer-from");
  EXPECT_EQ(callable.signature.outputs.size(), 3u);
  EXPECT_EQ(callable.effects, graph::Effects::reads);
}

TEST(Task, ReportsAllProblemsAtOnce) {
  EXPECT_EQ(
      problems_of(R"(shoal: 1
task: a task
inputs: {text: tekst}
outputs: {text: text}
unit: sentence
ladders: []
ladder:
  - {use: uper}
  - {use: upper, polcy: ask, policy: ask}
  - {with: {text: $text}}
  - upper
checks:
  - not_emty
  - max_length: {max: -1, off: text}
  - {not_empty: , keeps: numbers}
  - keeps: numbers
)"),
      R"(t.yaml:2:7: `a task` cannot be the name of a task (use letters, digits, `_` and `-`, a letter first)
t.yaml:3:16: there is no type `tekst`
t.yaml:5:1: `unit` is not supported by this version of shoal (leave it out)
t.yaml:6:1: `ladders` is no key of a task (did you mean `ladder`?)
t.yaml:8:11: nothing is called `uper` (did you mean `upper`?)
t.yaml:9:18: `polcy` is no key of a rung
t.yaml:9:30: `policy` is not supported by this version of shoal (leave it out)
t.yaml:10:5: the rung does not say what it uses (add `use: NAME`)
t.yaml:10:19: `$text`: a rung's `with` has literals, no references (an input of the task reaches the rung's input of the same name by itself)
t.yaml:11:5: a rung must be a mapping (write `{use: NAME}`)
t.yaml:13:5: no check is called `not_emty` (did you mean `not_empty`?)
t.yaml:14:5: check `max_length` takes a whole number from 0 for `max`
t.yaml:14:5: check `max_length` has no parameter `off` (did you mean `of`?)
t.yaml:15:5: a check is a name, or a name with its parameters (`not_empty` or `edit_ratio: {max: 0.3}`)
t.yaml:16:5: check `keeps` does not know what to compare with (name an input with `from`))");
}

TEST(Task, NeedsItsParts) {
  EXPECT_EQ(problems_of("about: nothing"),
            "t.yaml:1:1: the version of the format is missing (begin with `shoal: 1`)\n"
            "t.yaml:1:1: the name of the task is missing (write `task: NAME`)\n"
            "t.yaml:1:1: `outputs` are missing (for example `outputs: {text: text}`)\n"
            "t.yaml:1:1: the ladder is missing (for example `ladder: [{use: NAME}]`)");
  EXPECT_THAT(problems_of("shoal: 2\ntask: t\noutputs: {}\nladder: []"),
              HasSubstr("version 2 of the format"));
  EXPECT_THAT(problems_of("[1]"), HasSubstr("a task is a mapping"));
  EXPECT_THAT(problems_of("a: ["), HasSubstr("t.yaml:"));
}

TEST(Task, ChecksTheInputsOfRungs) {
  EXPECT_EQ(problems_of(document("  - {use: upper, with: {txt: a}}")),
            "t.yaml:6:11: `upper` has no input `txt` (did you mean `text`?)");
  EXPECT_EQ(problems_of(document("  - {use: concatenate, with: {first: a}}")),
            "t.yaml:6:11: rung `concatenate` lacks its input `second` (text) (the task has no input of that "
            "name: add one, or "
            "give it a value with `with`)");
  EXPECT_THAT(problems_of(document("  - {use: upper, with: {text: 5}}")),
              StartsWith("t.yaml:6:11: rung `upper`: "));
  EXPECT_THAT(
      problems_of(
          "shoal: 1\ntask: t\ninputs: {text: integer}\noutputs: {text: text}\nladder: [{use: upper}]"),
      StartsWith("t.yaml:5:16: rung `upper`, input `text`: a value of `integer` cannot be used as `text`"));
  EXPECT_EQ(problems_of("shoal: 1\ntask: t\ninputs: {text: {type: text, required: false}}\noutputs: {text: "
                        "text}\nladder: [{use: upper}]"),
            "t.yaml:5:16: rung `upper`, input `text` may be null: the task's input is not required (give the "
            "input a `default:`)");
  EXPECT_EQ(problems_of(document("  - {use: t}")),
            "t.yaml:6:11: task `t` cannot be its own rung (name what does the work)");
}

TEST(Task, ChecksTheOutputsOfRungs) {
  EXPECT_EQ(problems_of(document("  - {use: split}")),
            "t.yaml:6:11: rung `split` does not give the output `text` (text) (it gives parts, count)");
  EXPECT_THAT(
      problems_of("shoal: 1\ntask: t\ninputs: {text: text}\noutputs: {parts: text}\nladder: [{use: split}]"),
      StartsWith(
          "t.yaml:5:16: rung `split`, output `parts`: a value of `list<text>` cannot be used as `text`"));
  // What follows from the inputs.
  EXPECT_THAT(
      problems_of(
          "shoal: 1\ntask: t\ninputs: {list: list<integer>}\noutputs: {item: text}\nladder: [{use: first}]"),
      StartsWith("t.yaml:5:16: rung `first`, output `item`: a value of `integer` cannot be used as `text`"));
  EXPECT_EQ(
      problems_of(
          "shoal: 1\ntask: t\ninputs: {list: list<text>}\noutputs: {item: text}\nladder: [{use: first}]"),
      "none");
  // A rung may leave an output null: then it has failed.
  EXPECT_EQ(problems_of(document("  - {use: maybe}")), "none");
}

TEST(Task, SaysWhenOnlyModelsAreMissing) {
  auto const text =
      "shoal: 1\ntask: t\ninputs: {prompt: text}\noutputs: {text: text}\nladder: [{use: tiny.generate}]";
  auto result = checked(text);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Code::not_found);
  EXPECT_EQ(result.error().message(),
            "t.yaml:5:16: `tiny.generate` needs a model that is not in the store (`shoal pull tiny`, 98 MB)");
  auto other = checked(std::string(text) + "\nchecks: [nothing]");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code(), Code::invalid_argument);
}

TEST(Task, ChecksWhatChecksLookAt) {
  auto const problem = [](std::string const& check) {
    return problems_of(document("  - {use: upper}", "  - " + check));
  };
  EXPECT_EQ(problem("not_empty: txt"),
            "t.yaml:8:5: check `not_empty` cannot use `txt` for `of`: the task has no output `txt`; did you "
            "mean `text`?");
  EXPECT_EQ(problem("not_empty: {unless: text}"),
            "t.yaml:8:5: check `not_empty` needs `boolean` for `unless`, but `text` is `text`");
  EXPECT_EQ(problem("confidence: 0.5"),
            "t.yaml:8:5: check `confidence` needs a number to judge by: `of: PORT`, or `evidence: NAME` for "
            "one that the engine gave");
  EXPECT_EQ(problem("confidence: {min: 0.5, of: text}"),
            "t.yaml:8:5: check `confidence` needs `number` for `of`, but `text` is `text`");
  EXPECT_EQ(problem("keeps: [numbers, url]"),
            "t.yaml:8:5: check `keeps` does not know `url` (did you mean `urls`?)");
  EXPECT_EQ(
      problem("keeps: names"),
      "t.yaml:8:5: check `keeps` does not know `names` (it knows numbers, urls, emails, code, placeholders)");
  EXPECT_EQ(problem("edit_ratio"), "t.yaml:8:5: check `edit_ratio` needs `max`");
  EXPECT_EQ(problem("quotes: text"),
            "t.yaml:8:5: check `quotes` takes its parameters by name (for example `{of: …}`)\n"
            "t.yaml:8:5: check `quotes` needs `in`\n"
            "t.yaml:8:5: check `quotes` takes either `of: PORT` for texts that are quotes, or `within: PORT` "
            "for a text with "
            "quotes in it");
  EXPECT_EQ(problem("one_of: []"), "t.yaml:8:5: check `one_of` has an empty list for `values`");
  EXPECT_EQ(problem("edit_ratio: {max: 0.3, from: maybe}"), "none");
}

TEST(Task, ChecksPathsIntoRecords) {
  auto with_check = [](std::string const& check) {
    std::string text = kAnswerFrom;
    return problems_of(text.substr(0, text.find("checks:")) + "checks: [" + check + "]");
  };
  EXPECT_EQ(with_check("{quotes: {of: citations.quote, in: [passages.text, question]}}"), "none");
  EXPECT_THAT(with_check("{quotes: {of: citations.quotes, in: passages.text}}"),
              HasSubstr("has no field `quotes`; did you mean `quote`?"));
  EXPECT_THAT(with_check("{quotes: {of: citations, in: passages.text}}"),
              HasSubstr("name one of its fields: `citations.FIELD`"));
  EXPECT_THAT(with_check("{quotes: {of: citations.quote, in: citations.quote}}"),
              HasSubstr("the task has no input `citations`"));
}

}  // namespace
}  // namespace shoal::task
