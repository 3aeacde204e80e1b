#include "functions/citations.h"

#include <algorithm>

#include "base/characters.h"
#include "base/text.h"
#include "functions/groups.h"
#include "functions/punctuation.h"

namespace shoal::functions {
namespace {

using value::Value;

struct Character {
  char32_t c = 0;
  Span place;
};

bool is_hyphen(char32_t c) { return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212; }

char32_t plain(char32_t c) {
  switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2032:
    case '`':
    case 0xB4: return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x2033:
    case 0xAB:
    case 0xBB: return '"';
    default: return is_hyphen(c) ? U'-' : to_lower(c);
  }
}

std::u32string_view expansion(char32_t c) {
  switch (c) {
    case 0xFB00: return U"ff";
    case 0xFB01: return U"fi";
    case 0xFB02: return U"fl";
    case 0xFB03: return U"ffi";
    case 0xFB04: return U"ffl";
    case 0x2026: return U"...";
    default: return {};
  }
}

// Folds one character after the other; spaces and hyphens wait until it is known what follows.
class Folder {
 public:
  Folded fold(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      auto begin = at;
      auto c = next_code_point(text, at);
      if (is_space(c)) {
        space_ = space_ ? space_ : Span{begin, at};
        line_end_ |= c == '\n' || c == '\r';
      } else if (!is_ignorable(c)) {
        take(c, {begin, at});
      } else if (c == 0xAD) {
        // A soft hyphen joins the word that the line end breaks.
        soft_ = true;
      }
    }
    if (hyphen_) add(hyphen_->c, hyphen_->place);
    return std::move(out_);
  }

 private:
  void take(char32_t c, Span place) {
    // Two hyphens stand for a dash, which is one.
    if (is_hyphen(c) && hyphen_ && !space_) return;
    settle(c);
    if (is_hyphen(c) && !out_.text.empty() && is_letter(out_.text.back())) {
      hyphen_ = Character{U'-', place};
      return;
    }
    auto letters = expansion(c);
    if (letters.empty()) return add(plain(c), place);
    for (auto letter : letters) add(letter, place);
  }

  static bool is_letter(char32_t c) { return is_word_part(c) && !is_digit(c); }

  // Writes the hyphen and the space that wait before `next`, or drops them.
  void settle(char32_t next) {
    bool joins = is_letter(next) && (!space_ || line_end_);
    if (hyphen_ && !joins) add(hyphen_->c, hyphen_->place);
    bool dropped = (hyphen_ || soft_) && joins;
    if (space_ && !dropped && !out_.text.empty() && !is_unspaced(out_.text.back()) && !is_unspaced(next)) {
      add(U' ', *space_);
    }
    hyphen_.reset();
    space_.reset();
    line_end_ = soft_ = false;
  }

  void add(char32_t c, Span place) {
    out_.text.push_back(c);
    out_.places.push_back(place);
  }

  Folded out_;
  std::optional<Character> hyphen_;
  std::optional<Span> space_;
  bool line_end_ = false, soft_ = false;
};

// All places of a pattern in linear time (Knuth, Morris, Pratt 1977).
class Pattern {
 public:
  explicit Pattern(std::u32string_view pattern) : pattern_(pattern), borders_(pattern.size(), 0) {
    for (std::size_t i = 1, border = 0; i < pattern_.size(); ++i)
      borders_[i] = border = advance(border, pattern_[i]);
  }

  // Calls `accept(begin)` for each place until it gives true.
  template <typename Accept> bool find(std::u32string_view text, Accept&& accept) const {
    std::size_t matched = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      matched = advance(matched, text[i]);
      if (matched < pattern_.size()) continue;
      if (accept(i + 1 - pattern_.size())) return true;
      matched = borders_[matched - 1];
    }
    return false;
  }

 private:
  std::size_t advance(std::size_t matched, char32_t c) const {
    while (matched > 0 && pattern_[matched] != c) matched = borders_[matched - 1];
    return pattern_[matched] == c ? matched + 1 : matched;
  }

  std::u32string_view pattern_;
  std::vector<std::size_t> borders_;
};

bool splits_word(std::u32string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return false;
  auto inside = [](char32_t c) { return is_word_part(c) && !is_unspaced(c); };
  return inside(text[at - 1]) && inside(text[at]);
}

std::optional<Span> find_folded(Folded const& text, std::u32string_view quote) {
  std::optional<Span> found;
  Pattern(quote).find(text.text, [&](std::size_t begin) {
    auto end = begin + quote.size();
    if (splits_word(text.text, begin) || splits_word(text.text, end)) return false;
    found = Span{text.places[begin].begin, text.places[end - 1].end};
    return true;
  });
  return found;
}

template <typename Drop> std::u32string_view strip(std::u32string_view text, Drop&& drop) {
  while (!text.empty() && drop(text.front())) text.remove_prefix(1);
  while (!text.empty() && drop(text.back())) text.remove_suffix(1);
  return text;
}

bool is_quotation_mark(char32_t c) {
  return c == '"' || c == '\'' || c == ' ' || (c >= 0x300C && c <= 0x300F);
}

bool is_end_mark(char32_t c) { return ends_sentence(c) || ends_clause(c) || is_quotation_mark(c); }

// How much is quoted of a passage in which something is found.
enum class Extent { what_was_found, whole_passage };

class Citer {
 public:
  Citer(Value const& passages, Extent extent) : extent_(extent) {
    for (auto const& value : passages.as_list()) {
      if (value.is_null()) continue;
      passages_.push_back(value::passage_from(value));
      folded_.push_back(fold(passages_.back().text));
    }
  }

  void cite(std::string const& quote) {
    for (std::size_t i = 0; i < passages_.size(); ++i) {
      auto place = find_quote(folded_[i], quote);
      if (!place) continue;
      if (extent_ == Extent::whole_passage) place = Span{0, passages_[i].text.size()};
      return add(passages_[i], *place);
    }
    missing_.emplace_back(quote);
  }

  Value outputs(std::string const& answer) && {
    Value::List list;
    for (auto const& citation : citations_) list.push_back(value::to_value(citation));
    bool abstained = list.empty();
    return Value::record({{"answer", abstained ? "" : answer},
                          {"abstained", abstained},
                          {"citations", std::move(list)},
                          {"missing", std::move(missing_)}});
  }

 private:
  void add(value::Passage const& passage, Span place) {
    value::Citation citation{passage.document, passage.page, passage.text.substr(place.begin, place.size()),
                             boxes_of(passage, place), line_at(passage.line, passage.text, place.begin)};
    bool known = std::any_of(citations_.begin(), citations_.end(), [&](auto const& other) {
      return other.document == citation.document && other.page == citation.page &&
             other.quote == citation.quote;
    });
    if (!known) citations_.push_back(std::move(citation));
  }

  Extent extent_;
  std::vector<value::Passage> passages_;
  std::vector<Folded> folded_;
  std::vector<value::Citation> citations_;
  Value::List missing_;
};

Result<Value> cite(Value const& inputs) {
  Citer citer(inputs["passages"],
              inputs["whole"].as_boolean() ? Extent::whole_passage : Extent::what_was_found);
  for (auto const& quote : inputs["quotes"].as_list()) {
    if (!quote.is_null()) citer.cite(quote.as_text());
  }
  return std::move(citer).outputs(inputs["answer"].as_text());
}

}  // namespace

Folded fold(std::string_view text) { return Folder().fold(text); }

std::optional<Span> find_quote(Folded const& text, std::string_view quote) {
  auto folded = fold(quote);
  auto wanted = strip(folded.text, is_quotation_mark);
  auto letters = std::count_if(wanted.begin(), wanted.end(), is_word_part);
  if (letters < 2) return std::nullopt;
  if (auto found = find_folded(text, wanted)) return found;
  auto shorter = strip(wanted, is_end_mark);
  return shorter.size() < wanted.size() ? find_folded(text, shorter) : std::nullopt;
}

std::vector<value::Box> boxes_of(value::Passage const& passage, Span part) {
  auto lines = lines_of(passage.text);
  if (lines.size() != passage.boxes.size()) return passage.boxes;
  std::vector<value::Box> boxes;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].begin < part.end && part.begin < lines[i].end) boxes.push_back(passage.boxes[i]);
  }
  return boxes;
}

std::vector<Function> citation_functions() {
  Function function{.name = "cite",
                    .about = "Proves quotes: a citation for each that stands word for word in a passage.",
                    .call = cite};
  function.signature.inputs = {
      port("quotes", "list<text>", "What is said to be quoted."),
      port("passages", "passages", "Where to look, the best first."),
      option("answer", "text", "", "The answer that the quotes are to support."),
      option("whole", "boolean", false,
             "Cite all of the passage in which a quote stands, not only the quote.")};
  function.signature.outputs = {
      port("answer", "text", "The answer, or nothing where no quote supports it."),
      port("abstained", "boolean", "Whether no quote supports the answer."),
      port("citations", "citations", "Document, page, the page's own words, and the boxes of their lines."),
      port("missing", "list<text>", "The quotes that stand in no passage.")};
  return {function};
}

}  // namespace shoal::functions
