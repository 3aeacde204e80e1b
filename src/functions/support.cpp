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

// Words that deny, as fold() gives them. English, German and French: those of Snowball's lists of stop words
// that do (a search must not drop these, an answer neither) and the negative indefinites; without the ones
// that have another common meaning (noch, personne, plus, point). Arabic: the particles and `ليس`. Chinese
// ones are telling by themselves, as each character is.
Words const& negations() {
  static Words const words = {
      U"no",     U"not",     U"nor",   U"none",   U"never",  U"neither", U"nobody",  U"nothing", U"nowhere",
      U"cannot", U"without", U"nicht", U"nichts", U"nein",   U"nie",     U"niemals", U"niemand", U"nirgends",
      U"weder",  U"ohne",    U"kein",  U"keine",  U"keinem", U"keinen",  U"keiner",  U"keines",  U"keins",
      U"ne",     U"non",     U"pas",   U"ni",     U"jamais", U"rien",    U"aucun",   U"aucune",  U"nul",
      U"nulle",  U"sans",    U"guère", U"لا",     U"لم",     U"لن",      U"ليس",     U"ليست"};
  return words;
}

// The words of a text in their order; n't is one of its own.
std::vector<std::u32string> words_of(std::u32string_view folded) {
  std::vector<std::u32string> words;
  std::u32string word;
  auto const end_word = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (std::size_t i = 0; i < folded.size(); ++i) {
    auto const c = folded[i];
    auto const rest = folded.substr(i);
    bool const ends_word = rest.size() <= 2 || !is_word_part(rest[2]);
    if (rest.starts_with(U"'t") && ends_word && word.ends_with(U'n')) {
      word.pop_back();
      end_word();
      words.emplace_back(U"not");
      ++i;
    } else if (!is_word_part(c)) {
      end_word();
    } else if (is_unspaced(c)) {
      end_word();
      words.emplace_back(1, c);
    } else {
      word.push_back(c);
    }
  }
  end_word();
  return words;
}

// Whether word `i` denies: "no", but not that of "No. 5".
bool denies(std::vector<std::u32string> const& words, std::size_t i) {
  bool const is_numero = words[i] == U"no" && i + 1 < words.size() && is_digit(words[i + 1][0]);
  return negations().contains(words[i]) && !is_numero;
}

bool has_negation(std::vector<std::u32string> const& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (denies(words, i)) return true;
  }
  return false;
}

// Whether a word says something: a number, a character that is half a word, or more than the three letters
// that articles, pronouns and the like have in most languages.
bool is_telling(std::u32string const& word) {
  return word.size() > 3 || is_unspaced(word[0]) || std::any_of(word.begin(), word.end(), is_digit);
}

// What of the answer a passage must say: its telling words that the question does not have already, and
// whether it denies.
struct Claim {
  Words words;
  bool is_denial = false;
};

Claim claim_of(std::string const& answer, std::string const& question) {
  auto const asked_words = words_of(fold(question).text);
  Words const asked(asked_words.begin(), asked_words.end());
  auto const words = words_of(fold(answer).text);
  Claim claim{{}, has_negation(words)};
  for (auto const& word : words) {
    if (is_telling(word) && !asked.contains(word)) claim.words.insert(word);
  }
  return claim;
}

// A denial needs one in the passage. Otherwise a word that is denied there (the one before it is a negation)
// does not count: "not repealed" does not say "repealed".
bool says(std::vector<std::u32string> const& passage, Claim const& claim) {
  if (claim.is_denial && !has_negation(passage)) return false;
  Words said;
  for (std::size_t i = 0; i < passage.size(); ++i) {
    bool const is_denied = i > 0 && denies(passage, i - 1);
    if (claim.is_denial || !is_denied) said.insert(passage[i]);
  }
  return std::includes(said.begin(), said.end(), claim.words.begin(), claim.words.end());
}

Result<Value> support(Value const& inputs) {
  auto const& answer = inputs["answer"].as_text();
  auto const claim = claim_of(answer, inputs["question"].as_text());
  Value::List citations;
  for (auto const& each : inputs["passages"].as_list()) {
    auto const passage = value::passage_from(each);
    auto const text = fold(passage.text);
    bool const supports =
        claim.words.empty() ? find_quote(text, answer).has_value() : says(words_of(text.text), claim);
    if (!supports) continue;
    citations.push_back(value::to_value(
        value::Citation{passage.document, passage.page, passage.text, passage.boxes, passage.line}));
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
                        "words and numbers that the question does not have, and denies only what the answer "
                        "denies.",
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
