#include "graph/document.h"

#include <gtest/gtest.h>

#include <chrono>

namespace shoal::graph {
namespace {

Parsed parsed(std::string_view text) {
  auto result = parse(text, "p.yaml");
  EXPECT_TRUE(result.has_value()) << result.error().message();
  return result ? std::move(*result) : Parsed();
}

// The document's problems, a line each.
std::string problems_of(std::string_view text) {
  auto result = parse(text, "p.yaml");
  if (!result) return result.error().message();
  return result->problems.empty() ? "none" : to_error(result->problems, "p.yaml").message();
}

std::string with_step(std::string const& step) {
  return "shoal: 1\npipeline: p\nsteps:\n  a: " + step + "\n";
}

TEST(Document, ReadsAllKeys) {
  auto document = parsed(R"(shoal: 1
pipeline: scan-to-text
about: Turn scanned pages into clean text.
inputs:
  document: {type: file, accept: [application/pdf]}
  dpi:      {type: integer, default: 300}
steps:
  pages: {use: ocr.pages, with: {document: $document, dpi: 300}}
  words:
    use: ocr.recognize
    each: $pages
    as: sheet
    with: {page: $sheet}
    when: $sheet.number > 0
    else: $sheet.text
    on_error: skip
    retry: 2
    timeout: 30s
    cache: off
outputs:
  text: $words
layout: {anything: [1, 2]}
)");
  EXPECT_TRUE(document.problems.empty());
  EXPECT_EQ(document.name, "scan-to-text");
  EXPECT_EQ(document.about, "Turn scanned pages into clean text.");
  ASSERT_EQ(document.inputs.size(), 2u);
  ASSERT_EQ(document.steps.size(), 2u);
  auto const& pages = document.steps[0];
  EXPECT_EQ(pages.use, "ocr.pages");
  EXPECT_EQ(pages.with.names, (std::vector<std::string>{"document", "dpi"}));
  EXPECT_EQ(pages.with.parts[0].kind, Binding::Kind::reference);
  EXPECT_EQ(pages.with.parts[1].literal, value::Value(300));
  EXPECT_TRUE(pages.cache);
  auto const& words = document.steps[1];
  EXPECT_EQ(words.item, "sheet");
  EXPECT_TRUE(words.each && words.when && words.otherwise);
  EXPECT_EQ(words.on_error, OnError::skip);
  EXPECT_EQ(words.retry, 2);
  EXPECT_EQ(words.timeout, std::chrono::seconds(30));
  EXPECT_FALSE(words.cache);
  ASSERT_EQ(document.outputs.size(), 1u);
  EXPECT_EQ(document.outputs[0].name, "text");
  EXPECT_EQ(uses(document), (std::vector<std::string>{"ocr.pages", "ocr.recognize"}));
}

TEST(Document, ReportsAllProblemsAtOnce) {
  EXPECT_EQ(problems_of(R"(shoal: 2
pipline: p
about: [x]
steps:
  1st: {use: a}
  b: {us: a, wiht: {}, on_error: ignore, retry: -1, timeout: 30, cache: true}
  c: text
  d: {use: a, as: x, else: 1, with: [1]}
outputs: $b
)"),
            R"(p.yaml:1:1: the name of the pipeline is missing (write `pipeline: NAME`)
p.yaml:1:8: version 2 of the format is not supported; this program reads version 1 (update shoal)
p.yaml:2:1: `pipline` is no key of a pipeline (did you mean `pipeline`?)
p.yaml:3:8: `about` must be a text
p.yaml:5:3: `1st` cannot be the name of a step (use letters, digits, `_` and `-`, a letter first)
p.yaml:6:3: step `b` does not say what it uses (add `use: NAME`)
p.yaml:6:7: `us` is no key of a step (did you mean `use`?)
p.yaml:6:14: `wiht` is no key of a step (did you mean `with`?)
p.yaml:6:34: `on_error` is `fail`, `skip` or `{use: NAME}`, not `ignore`
p.yaml:6:49: `retry` is a number of tries from 0 to 100, not `-1`
p.yaml:6:62: `timeout` is a time over 0 and up to 30 days with its unit, not `30` (for example `30s` or `5m`)
p.yaml:6:73: `cache` is `on` or `off`, not `true`
p.yaml:7:6: step `c` must be a mapping (write `{use: NAME}`)
p.yaml:8:19: `as` without `each` in step `d` (add `each:`)
p.yaml:8:28: `else` without `when` in step `d` (add `when:`)
p.yaml:8:37: `with` must be a mapping of inputs to values (for example `{text: $step}`)
p.yaml:9:10: `outputs` must be a mapping of names to values (for example `text: $step`))");
}

TEST(Document, AStepSaysWhatItNeeds) {
  EXPECT_EQ(parsed(with_step("{use: x, needs: {memory: 2GiB}}")).steps[0].memory, 2u << 30);
  EXPECT_EQ(problems_of(with_step("{use: x, needs: {memory: much}}")),
            "p.yaml:4:31: `memory` is a size over 0, not `much` (for example `2GiB` or `500MB`)");
  EXPECT_EQ(problems_of(with_step("{use: x, needs: {memry: 2GiB}}")),
            "p.yaml:4:23: `memry` is nothing that a step can need (did you mean `memory`?)");
  EXPECT_EQ(problems_of(with_step("{use: x, needs: 2GiB}")),
            "p.yaml:4:22: `needs` must be a mapping (for example `{memory: 2GiB}`)");
}

TEST(Document, AStandInSaysWhatItUses) {
  auto const document = parsed(with_step("{use: x, on_error: {use: y, with: {b: $error.message}}}"));
  EXPECT_TRUE(document.problems.empty());
  EXPECT_EQ(document.steps[0].on_error, OnError::stand_in);
  EXPECT_EQ(document.steps[0].stand_in->with.names, std::vector<std::string>{"b"});
  EXPECT_EQ(uses(document), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(problems_of(with_step("{use: x, on_error: {us: y}}")),
            "p.yaml:4:25: `on_error` of step `a` does not say what it uses (add `use: NAME`, or write "
            "`on_error: skip`)\n"
            "p.yaml:4:26: `us` is no key of `on_error` (did you mean `use`?)");
}

TEST(Document, ALoopIsBoundedAndStandsAlone) {
  EXPECT_EQ(problems_of(with_step("{use: x, repeat: {while: $a.b, at_most: 3, carry: {c: $a.c}}}")), "none");
  EXPECT_EQ(problems_of(with_step("{use: x, repeat: {}}")),
            "p.yaml:4:15: `repeat` of step `a` does not say how long (add `while: EXPRESSION`)\n"
            "p.yaml:4:15: `repeat` of step `a` has no bound (add `at_most: N`)");
  EXPECT_EQ(problems_of(with_step("{use: x, repeat: 3}")),
            "p.yaml:4:23: `repeat` must be a mapping (for example `{while: not $a.done, at_most: 5}`)");
  EXPECT_EQ(
      problems_of(with_step("{use: x, each: $y, repeat: {while: [1], at_most: 0, cary: {}, carry: [1]}}")),
      R"(p.yaml:4:25: step `a` has both `each` and `repeat` (put the loop into a pipeline of its own, and use that with `each`)
p.yaml:4:41: `while` must be an expression (for example `$page.confidence < 0.9`)
p.yaml:4:55: `at_most` is a number of turns from 1 to 10000, not `0`
p.yaml:4:58: `cary` is no key of `repeat` (did you mean `carry`?)
p.yaml:4:75: `carry` must be a mapping of inputs to values (for example `{text: $step}`))");
}

TEST(Document, RefusesWhatIsNoMapping) {
  EXPECT_EQ(problems_of("- 1"), "p.yaml:1:1: a pipeline is a mapping, not sequence (begin with `shoal: 1`)");
  EXPECT_EQ(problems_of(""), "p.yaml:1:1: a pipeline is a mapping, not null (begin with `shoal: 1`)");
  EXPECT_EQ(parse("a: [", "p.yaml").error().code(), Code::invalid_argument);
}

TEST(Document, TellsReferencesFromTexts) {
  auto document = parsed(with_step(
      R"({use: x, with: {a: $b.c, b: $$b, c: "$5", d: a $b, e: $, f: [1, {g: $b}], h: [1, {i: 2}]}})"));
  auto const& with = document.steps[0].with;
  EXPECT_TRUE(document.problems.empty());
  EXPECT_EQ(to_string(with.parts[0].reference), "$b.c");
  EXPECT_EQ(with.parts[1].literal, value::Value("$b"));
  EXPECT_EQ(with.parts[2].literal, value::Value("$5"));
  EXPECT_EQ(with.parts[3].literal, value::Value("a $b"));
  EXPECT_EQ(with.parts[4].literal, value::Value("$"));
  ASSERT_EQ(with.parts[5].kind, Binding::Kind::list);
  EXPECT_EQ(with.parts[5].parts[1].parts[0].reference.name, "b");
  EXPECT_EQ(with.parts[6].literal, value::Value::list({1, value::Value::record({{"i", 2}})}));
}

TEST(Document, RefusesHalfReferencesAndFiles) {
  EXPECT_EQ(problems_of(with_step("{use: x, with: {a: $b is, c: {$file: /etc/passwd}}}")),
            "p.yaml:4:25: a text that begins with `$` and a name must be a reference from end to end "
            "(write `{{ $name }}` inside a text, or `$$` for a plain `$`)\n"
            "p.yaml:4:36: a field cannot be called `$file` (a file reaches a pipeline by one of its inputs)");
}

TEST(Document, FillsTemplatesFromTheOtherInputs) {
  auto document = parsed(with_step(
      R"({use: x, with: {name: Ann, n: 3, o: {p: [7]}, none: null, text: "{{ name }} {{n}} {{ o }} {{ o.p[0] }}{{ none }} {{ '{{' }}"}})"));
  EXPECT_TRUE(document.problems.empty());
  auto text = evaluate(document.steps[0].with.parts[4], {{}, nullptr});
  ASSERT_TRUE(text.has_value()) << text.error().message();
  EXPECT_EQ(*text, value::Value("Ann 3 {\"p\":[7]} 7 {{"));
}

TEST(Document, KeepsReferencesInTemplates) {
  auto document =
      parsed(with_step(R"({use: x, with: {page: $p.q, text: "$$5 {{ page.text }}/{{ $r.s }}"}})"));
  auto const& text = document.steps[0].with.parts[1];
  ASSERT_EQ(text.kind, Binding::Kind::text);
  ASSERT_EQ(text.parts.size(), 4u);
  EXPECT_EQ(text.parts[0].literal, value::Value("$5 "));
  EXPECT_EQ(to_string(text.parts[1].reference), "$p.q.text");
  EXPECT_EQ(text.parts[1].reference.position, (Position{4, 48}));
  EXPECT_EQ(to_string(text.parts[3].reference), "$r.s");
}

TEST(Document, SaysWhatIsWrongInTemplates) {
  EXPECT_EQ(
      problems_of(with_step(
          R"({use: x, with: {name: Ann, t: "{{ name }}", u: "ü {{ nam }}", v: "{{ t }}", w: "{{ name", x: "{{ }}"}, when: true, else: "{{ name }}"})")),
      R"(p.yaml:4:59: `with` has no entry `nam` for this template (did you mean `name`?)
p.yaml:4:75: `t` is put together itself, and cannot stand in a template (a template can name literals and references)
p.yaml:4:86: `{{` must be followed by an input's name or a reference, and `}}` (`{{ "{{" }}` gives the braces themselves)
p.yaml:4:100: `{{` must be followed by an input's name or a reference, and `}}` (`{{ "{{" }}` gives the braces themselves)
p.yaml:4:131: `name` has no meaning in this template (write `{{ $name }}`))");
}

TEST(Document, TemplatesMayEndAnywhere) {
  for (auto const* text : {"{{", "{{ ", "{{$", "{{ $a", "{{a}", "{{'", "{{ 'x", "x {{ a.b[", "$${{"}) {
    auto problems = problems_of(with_step("{use: x, with: {a: \"" + std::string(text) + "\"}}"));
    EXPECT_NE(problems.find("must be followed by"), std::string::npos) << text << " gives " << problems;
  }
}

TEST(Document, FindsTheColumnInsideAnExpression) {
  EXPECT_EQ(problems_of(with_step("{use: x, when: $a.b = 3}")),
            "p.yaml:4:26: `=` is no operator (write `==`)");
  EXPECT_EQ(problems_of(with_step("{use: x, when: \"'ü' = 3\"}")),
            "p.yaml:4:26: `=` is no operator (write `==`)");
  EXPECT_EQ(problems_of(with_step("\n    use: x\n    when: >\n      $a\n      = 3")),
            "p.yaml:6:11: `=` is no operator (write `==`)");
}

TEST(Document, BoundsTheReport) {
  std::string text = "shoal: 1\npipeline: p\nsteps:\n";
  for (int i = 0; i < 3000; ++i) text += "  s" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(parsed(text).problems.size(), 1000u);
}

}  // namespace
}  // namespace shoal::graph
