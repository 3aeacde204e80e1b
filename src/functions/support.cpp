// support: which passage says what an answer says.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/characters.h"
#include "functions/citations.h"
#include "functions/groups.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

using Words = std::set<std::u32string>;

Words words_of(std::u32string_view folded) {
  Words words;
  std::u32string word;
  auto const end_word = [&] {
    if (!word.empty()) words.insert(std::exchange(word, {}));
  };
  for (auto const c : folded) {
    if (!is_word_part(c)) {
      end_word();
    } else if (is_unspaced(c)) {
      end_word();
      words.insert(std::u32string(1, c));
    } else {
      word.push_back(c);
    }
  }
  end_word();
  return words;
}

// Whether a word says something: a number, a character that is half a word, or more than the three letters
// that articles, pronouns and the like have in most languages.
bool is_telling(std::u32string const& word) {
  return word.size() > 3 || is_unspaced(word[0]) || std::any_of(word.begin(), word.end(), is_digit);
}

bool holds_all(Words const& text, Words const& wanted) {
  return std::includes(text.begin(), text.end(), wanted.begin(), wanted.end());
}

// What of the answer a passage must say: its telling words that the question does not have already.
Words claim_of(std::string const& answer, std::string const& question) {
  auto const asked = words_of(fold(question).text);
  Words claim;
  for (auto const& word : words_of(fold(answer).text)) {
    if (is_telling(word) && !asked.contains(word)) claim.insert(word);
  }
  return claim;
}

Result<Value> support(Value const& inputs) {
  auto const& answer = inputs["answer"].as_text();
  auto const claim = claim_of(answer, inputs["question"].as_text());
  Value::List citations;
  for (auto const& each : inputs["passages"].as_list()) {
    auto const passage = value::passage_from(each);
    auto const text = fold(passage.text);
    bool const says =
        claim.empty() ? find_quote(text, answer).has_value() : holds_all(words_of(text.text), claim);
    if (!says) continue;
    citations.push_back(
        value::to_value(value::Citation{passage.document, passage.page, passage.text, passage.boxes}));
    break;
  }
  bool const abstained = citations.empty();
  return Value::record(
      {{"answer", abstained ? "" : answer}, {"abstained", abstained}, {"citations", std::move(citations)}});
}

}  // namespace

std::vector<Function> support_functions() {
  Function function{.name = "support",
                    .about =
                        "Finds the passage that says what an answer says: it has all of the answer's telling "
                        "words and numbers that the question does not have.",
                    .call = support};
  function.signature.inputs = {port("answer", "text", "What is claimed."),
                               port("question", "text", "What was asked."),
                               port("passages", "passages", "Where to look, the best first.")};
  function.signature.outputs = {
      port("answer", "text", "The answer, or nothing where no passage supports it."),
      port("abstained", "boolean", "Whether no passage supports the answer."),
      port("citations", "citations", "The first passage that does, as a whole.")};
  return {function};
}

}  // namespace shoal::functions
