#include "task/checks.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "graph/test_catalog.h"
#include "task/edit_distance.h"
#include "task/parts.h"
#include "value/json.h"

namespace shoal::task {
namespace {

using value::Value;

value::Signature const& signature() {
  static value::Signature const ports = {
      graph::ports_of(
          "{text: text, question: text, passages: 'list<{text: text, page: integer}>', labels: list<text>}"),
      graph::ports_of(
          "{text: text, label: text, abstained: boolean, citations: 'list<{quote: text, page: integer}>', "
          "confidence: number, scores: list<number>}")};
  return ports;
}

Value value_of(std::string const& yaml) {
  auto parsed = Yaml::parse(yaml, "value");
  CHECK(parsed.has_value());
  auto value = value::from_json(parsed->to_json());
  CHECK(value.has_value());
  return *value;
}

// Why the check fails, or "". The check is written as in a document.
std::string failure(std::string const& check, std::string const& inputs, std::string const& outputs,
                    Json const& evidence = {}) {
  auto written = value_of(check);
  CheckSpec spec;
  if (written.is_text()) {
    spec.name = written.as_text();
  } else {
    spec = {written.as_record()[0].first, written.as_record()[0].second, {}};
  }
  std::vector<Problem> problems;
  validate(spec, signature(), problems);
  CHECK(problems.empty());
  auto const in = value_of(inputs), out = value_of(outputs);
  auto const verdicts = run_checks({completed(spec, signature())}, {in, out, evidence});
  CHECK(verdicts.size() == 1 && verdicts[0].check == spec.name &&
        verdicts[0].passed == verdicts[0].reason.empty());
  return verdicts[0].reason;
}

TEST(Checks, AreListed) {
  std::vector<std::string> names;
  for (auto const& check : all_checks()) {
    names.push_back(check.name);
    EXPECT_FALSE(check.about.empty());
  }
  EXPECT_EQ(join(names, " "), "not_empty max_length min_length one_of confidence keeps edit_ratio quotes");
}

TEST(NotEmpty, LooksAtAllTextsUnlessToldWhich) {
  EXPECT_EQ(failure("not_empty", "{}", "{text: a, label: b}"), "");
  EXPECT_EQ(failure("not_empty", "{}", "{text: a, label: \" \u3000\\n\"}"), "`label` is empty");
  EXPECT_EQ(failure("not_empty", "{}", "{text: a}"), "`label` is empty");
  EXPECT_EQ(failure("not_empty: text", "{}", "{text: a}"), "");
  EXPECT_EQ(failure("not_empty: citations", "{}", "{citations: []}"), "`citations` is empty");
  EXPECT_EQ(failure("not_empty: [citations, citations.quote]", "{}", "{citations: [{quote: ''}]}"),
            "`citations.quote` is empty");
  EXPECT_EQ(failure("not_empty: confidence", "{}", "{confidence: 0}"), "");
}

TEST(Unless, LetsACheckPass) {
  EXPECT_EQ(failure("not_empty: {of: text, unless: abstained}", "{}", "{text: '', abstained: true}"), "");
  EXPECT_EQ(failure("not_empty: {of: text, unless: abstained}", "{}", "{text: '', abstained: false}"),
            "`text` is empty");
  EXPECT_EQ(failure("not_empty: {of: text, unless: abstained}", "{}", "{text: '', abstained: null}"),
            "`text` is empty");
}

TEST(Length, CountsCharacters) {
  EXPECT_EQ(failure("max_length: {max: 4, of: text}", "{}", "{text: größe}"),
            "`text` has 5 characters, at most 4 are allowed");
  EXPECT_EQ(failure("max_length: {max: 5, of: text}", "{}", "{text: größe}"), "");
  EXPECT_EQ(failure("max_length: {max: 2, of: text}", "{}", "{text: 简短}"), "");
  EXPECT_EQ(failure("min_length: {min: 3, of: text}", "{}", "{text: مل}"),
            "`text` has 2 characters, at least 3 are needed");
  EXPECT_EQ(failure("min_length: {min: 1, of: text}", "{}", "{}"),
            "`text` has 0 characters, at least 1 are needed");
  EXPECT_EQ(failure("max_length: {max: 3, of: citations.quote}", "{}",
                    "{citations: [{quote: abc}, {quote: abcd}]}"),
            "`citations.quote` has 4 characters, at most 3 are allowed");
}

TEST(OneOf, ComparesWithValuesOrWithAnInput) {
  EXPECT_EQ(failure("one_of: {values: [yes, no], of: label}", "{}", "{label: no}"), "");
  EXPECT_EQ(failure("one_of: {values: ['yes', 'no'], of: label}", "{}", "{label: maybe}"),
            "`label` is “maybe”, but must be one of `yes` and `no`");
  EXPECT_EQ(failure("one_of: {in: labels, of: label}", "{labels: [新闻, 体育]}", "{label: 体育}"), "");
  EXPECT_EQ(failure("one_of: {in: labels, of: label}", "{labels: [新闻, 体育]}", "{label: 体}"),
            "`label` is “体”, but must be one of `新闻` and `体育`");
  EXPECT_NE(failure("one_of: {in: labels, of: label}", "{labels: []}", "{}"), "");
}

TEST(Confidence, ReadsAPortOrTheEvidence) {
  EXPECT_EQ(failure("confidence: 0.6", "{}", "{confidence: 0.6}"), "");
  EXPECT_EQ(failure("confidence: {min: 0.6}", "{}", "{confidence: 0.41}"),
            "`confidence` is 0.41, at least 0.6 is needed");
  EXPECT_EQ(failure("confidence: 0.6", "{}", "{}"), "`confidence` is no number to judge by");
  EXPECT_EQ(failure("confidence: {min: 0.6, of: scores}", "{}", "{scores: null}"),
            "`scores` is no number to judge by");
  auto const evidence = Json::object({{"min_probability", 0.2}});
  EXPECT_EQ(failure("confidence: {min: 0.1, evidence: min_probability}", "{}", "{}", evidence), "");
  EXPECT_EQ(failure("confidence: {min: 0.3, evidence: min_probability}", "{}", "{}", evidence),
            "`min_probability` is 0.2, at least 0.3 is needed");
  EXPECT_EQ(failure("confidence: {min: 0.3, evidence: margin}", "{}", "{}", evidence),
            "the rung gave no `margin` to judge by");
}

TEST(Confidence, LooksAtEveryItemOfAList) {
  EXPECT_EQ(failure("confidence: {min: 0.5, of: scores}", "{}", "{scores: [0.9, 0.5]}"), "");
  EXPECT_EQ(failure("confidence: {min: 0.5, of: scores}", "{}", "{scores: [0.9, 0.4]}"),
            "`scores` is 0.4, at least 0.5 is needed");
}

TEST(Keeps, ComparesPartsOfTheMatchingInput) {
  auto const check = "keeps: {what: [numbers, urls], of: text}";
  EXPECT_EQ(failure(check, "{text: 'Pay 12 or 3,5 at http://x.org/a.'}",
                    "{text: 'At http://x.org/a, pay 3,5 or 12!'}"),
            "");
  EXPECT_EQ(failure(check, "{text: 'Pay 12 of 312'}", "{text: 'Pay 312'}"),
            "of the numbers of the input `12` is missing");
  EXPECT_EQ(failure(check, "{text: 'See www.x.org and https://y.de'}", "{text: 'See them'}"),
            "of the urls of the input `https://y.de` and `www.x.org` are missing");
  EXPECT_EQ(failure(check, "{text: 'Am 3. März 1.234,50 € zahlen'}", "{text: '1.234,50 € am 3. März'}"), "");
  EXPECT_EQ(failure(check, "{text: 第３章共120页}", "{text: 共120页，见第3章}"), "");
  EXPECT_EQ(failure(check, "{text: 'الصفحة ١٢٣'}", "{text: 'الصفحة 123'}"), "");
  EXPECT_EQ(failure(check, "{text: 'الصفحة ١٢٣'}", "{text: 'الصفحة'}"),
            "of the numbers of the input `123` is missing");
  EXPECT_EQ(
      failure("keeps: {what: code, of: text, from: question}", "{question: 'why `a[1]`?'}", "{text: 'a[1]'}"),
      "of the code of the input `a[1]` is missing");
}

TEST(EditRatio, ComparesCharacters) {
  auto const check = "edit_ratio: {max: 0.3, of: text}";
  EXPECT_EQ(failure(check, "{text: 'I has a cat'}", "{text: 'I have a cat'}"), "");
  EXPECT_EQ(failure(check, "{text: 'I has a cat'}", "{text: 'Dogs, then.'}"),
            "91 % of the text were changed, at most 30 % may be");
  EXPECT_EQ(failure(check, "{text: 我有一只猫}", "{text: 我有一只狗}"), "");
  EXPECT_EQ(failure(check, "{text: ''}", "{text: ''}"), "");
  EXPECT_EQ(failure(check, "{text: a}", "{}"), "100 % of the text were changed, at most 30 % may be");
}

TEST(Quotes, StandWordForWordInTheInput) {
  auto const check = "quotes: {of: citations.quote, in: passages.text}";
  auto const passages =
      R"({passages: [{text: "The pump\n must be  primed."}, {text: "Die Größe\nzählt. 水泵必须\n先灌水。 يجب ملء\nالمضخة أولاً"}]})";
  EXPECT_EQ(failure(check, passages, "{citations: [{quote: pump must be primed}, {quote: 'Größe zählt.'}]}"),
            "");
  EXPECT_EQ(
      failure(check, passages, "{citations: [{quote: 水泵必须先灌水}, {quote: 'يجب ملء المضخة أولاً'}]}"), "");
  EXPECT_EQ(failure(check, passages, "{citations: [{quote: pump should be primed}]}"),
            "a quote stands nowhere in `passages.text`: “pump should be primed”");
  // Not across two passages.
  EXPECT_NE(failure(check, passages, "{citations: [{quote: 'primed. Die'}]}"), "");
  EXPECT_EQ(failure(check, passages, "{citations: [{quote: ' '}]}"),
            "`citations.quote` has no quote, at least 1 must support it");
}

TEST(Quotes, AreNeededUnlessTheTaskAbstains) {
  auto const check = "quotes: {of: citations.quote, in: passages.text, unless: abstained}";
  EXPECT_EQ(failure(check, "{passages: []}", "{citations: [], abstained: false}"),
            "`citations.quote` has no quote, at least 1 must support it");
  EXPECT_EQ(failure(check, "{passages: []}", "{citations: [], abstained: true}"), "");
  EXPECT_EQ(failure("quotes: {of: citations.quote, in: passages.text, at_least: 2}",
                    "{passages: [{text: abc}]}", "{citations: [{quote: abc}]}"),
            "`citations.quote` has 1 quote, at least 2 must support it");
  EXPECT_EQ(failure("quotes: {of: citations.quote, in: passages.text, at_least: 0}", "{passages: []}", "{}"),
            "");
}

TEST(Quotes, AreFoundWithinAText) {
  auto const check = "quotes: {within: text, in: [passages.text, question]}";
  auto const inputs = "{question: 'Who goes first?', passages: [{text: It was old and grey. 他说你好。}]}";
  EXPECT_EQ(failure(check, inputs, "{text: no quotes at all}"), "");
  EXPECT_EQ(
      failure(check, inputs, R"({text: 'A "old and grey" thing, „goes first“ or «It was» 「你好」 “old”'})"),
      "");
  EXPECT_EQ(failure(check, inputs, "{text: 'A “young and grey” thing'}"),
            "a quote stands nowhere in `passages.text` and `question`: “young and grey”");
}

TEST(Parts, AreFoundInTexts) {
  using Parts = std::set<std::string>;
  EXPECT_EQ(parts_of("1,2,3 and 1.234.567,89 or 1'000 on 2024-05-01, v1.2.10", "numbers"),
            (Parts{"1", "2", "3", "10", "1.234.567,89", "1'000", "2024", "05", "01"}));
  EXPECT_EQ(parts_of("٣٫٥ و ۱۲ ，５．", "numbers"), (Parts{"3.5", "12", "5"}));
  EXPECT_EQ(parts_of("(see https://a.b/c_(d)) <ftp://x.y>, ://none www.z.de. nowww.q", "urls"),
            (Parts{"https://a.b/c_(d)", "ftp://x.y", "www.z.de"}));
  EXPECT_EQ(parts_of("请看https://a.cn/页。زوروا https://b.sa/؟ http://ö.de/ä", "urls"),
            (Parts{"https://a.cn/", "https://b.sa/", "http://ö.de/ä"}));
  EXPECT_EQ(parts_of("to a.b@c.org., @x or d@e, f@g.h", "emails"), (Parts{"a.b@c.org", "f@g.h"}));
  EXPECT_EQ(parts_of("`a` ``b`c`` ```\nd\n``` `open", "code"), (Parts{"a", "b`c", "\nd\n"}));
  EXPECT_EQ(parts_of("{name} {{ x }} ${y} %s 50% of %1$d <0> <b> {}", "placeholders"),
            (Parts{"{name}", "{{ x }}", "{y}", "%s", "%1$d", "<0>"}));
}

std::size_t plain_distance(std::vector<std::uint32_t> const& a, std::vector<std::uint32_t> const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

TEST(EditDistance, IsThatOfTheTable) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint32_t> a(random() % 200), b(random() % 200);
    auto const alphabet = 1 + random() % 6;
    for (auto& symbol : a) symbol = static_cast<std::uint32_t>(random() % alphabet);
    for (auto& symbol : b) symbol = static_cast<std::uint32_t>(random() % alphabet);
    ASSERT_EQ(edit_distance(a, b), plain_distance(a, b)) << a.size() << " and " << b.size();
  }
}

TEST(EditDistance, GoesByWordsWhereTextsAreLong) {
  std::string before, after;
  for (int i = 0; i < 30000; ++i) {
    before += "word" + std::to_string(i) + " ";
    after += (i % 10 == 0 ? "other " : "word" + std::to_string(i) + " ");
  }
  auto const ratio = edit_ratio(before, after);
  ASSERT_TRUE(ratio.has_value());
  EXPECT_NEAR(*ratio, 0.1, 0.001);
}

}  // namespace
}  // namespace shoal::task
