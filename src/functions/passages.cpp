#include "functions/passages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/characters.h"
#include "base/text.h"
#include "functions/groups.h"
#include "functions/punctuation.h"

namespace shoal::functions {
namespace {

using value::Value;

// Lengths count half words, because a character of Chinese is about half a word.
constexpr int kWord = 2;
constexpr int kLeast = 80 * kWord;
constexpr int kMost = 120 * kWord;
constexpr int kMostAtEnd = 150 * kWord;
constexpr int kMostOverlap = 25 * kWord;
// What has no space for so many characters is cut anyway.
constexpr int kLongestWord = 100;

// How good a place is for a cut, after it.
enum class Cut { nowhere, clause, sentence, paragraph };

// What is never cut: a word, or a character where words have no spaces between.
struct Atom {
  Span span;
  int halves = kWord;
  Cut cut = Cut::nowhere;
};

bool is_abbreviation(std::string_view word) {
  constexpr std::array<std::string_view, 26> kKnown = {
      "Mr",  "Mrs", "Ms", "Dr", "St", "Prof", "Rev", "Hon", "Capt", "Col", "Gen", "No",  "Nr",
      "vol", "Vol", "pp", "cf", "vs", "etc",  "bzw", "ca",  "vgl",  "Abb", "Fig", "fig", "Bd"};
  return std::find(kKnown.begin(), kKnown.end(), word) != kKnown.end();
}

// Reads a text as atoms.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Atom> read() {
    while (skip_space()) {
      auto begin = at_;
      auto offset = at_;
      if (is_unspaced(next_code_point(text_, offset))) {
        at_ = offset;
        atoms_.push_back({{begin, at_}, 1, Cut::nowhere});
      } else {
        atoms_.push_back({{begin, end_of_word()}, kWord, Cut::nowhere});
      }
      judge();
    }
    if (!atoms_.empty()) atoms_.back().cut = Cut::paragraph;
    return std::move(atoms_);
  }

 private:
  // To the next atom; a blank line ends a paragraph. False at the end.
  bool skip_space() {
    int line_ends = 0;
    for (auto offset = at_; at_ < text_.size(); at_ = offset) {
      auto c = next_code_point(text_, offset);
      if (!is_space(c)) break;
      line_ends += c == '\n' || c == '\f' || c == 0x2029;
    }
    if (line_ends > 1 && !atoms_.empty()) atoms_.back().cut = Cut::paragraph;
    return at_ < text_.size();
  }

  std::size_t end_of_word() {
    int length = 0;
    for (auto offset = at_; at_ < text_.size() && length < kLongestWord; at_ = offset, ++length) {
      auto c = next_code_point(text_, offset);
      if (is_space(c) || is_unspaced(c)) break;
    }
    return at_;
  }

  // Says how good a cut after the newest atom is, from its last characters and what follows.
  void judge() {
    auto& atom = atoms_.back();
    char32_t last = 0;
    std::size_t last_at = 0;
    for (auto offset = atom.span.begin; offset < atom.span.end;) {
      auto at = offset;
      auto c = next_code_point(text_, offset);
      if (!closes(c)) last = c, last_at = at;
    }
    if (last == 0) return inherit();
    if (ends_clause(last)) atom.cut = Cut::clause;
    if (ends_sentence(last) && !goes_on(last, last_at)) atom.cut = Cut::sentence;
  }

  // Closing quotes after the end of a sentence end it instead.
  void inherit() {
    if (atoms_.size() < 2) return;
    auto& before = atoms_[atoms_.size() - 2];
    if (before.span.end != atoms_.back().span.begin || before.cut == Cut::paragraph) return;
    atoms_.back().cut = before.cut;
    before.cut = Cut::nowhere;
  }

  // Whether the mark at `mark_at` ends no sentence: "3.5", "e.g. this", "Mr. Smith", "J. Smith", "z. B.".
  bool goes_on(char32_t mark, std::size_t mark_at) {
    if (is_unspaced(mark)) return false;
    auto offset = at_;
    if (offset < text_.size() && !is_space(next_code_point(text_, offset))) return true;
    if (mark != '.') return false;
    auto word = text_.substr(atoms_.back().span.begin, mark_at - atoms_.back().span.begin);
    while (!word.empty() && (word.front() == '(' || word.front() == '"' || word.front() == '\''))
      word.remove_prefix(1);
    char32_t only = word.size() == 1 ? static_cast<unsigned char>(word[0]) : 0;
    if (is_word_part(only) && !is_digit(only)) return true;
    return is_abbreviation(word) || is_lower(next_letter());
  }

  char32_t next_letter() {
    for (auto offset = at_; offset < text_.size();) {
      auto c = next_code_point(text_, offset);
      if (!is_space(c)) return c;
    }
    return 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Atom> atoms_;
};

// The atom after which the passage that begins with atom `first` ends: of the places between the least and
// the most words the best kind, of that kind the last.
std::size_t last_of_passage(std::vector<Atom> const& atoms, std::size_t first) {
  int halves = 0;
  std::size_t best = first;
  int best_rank = -1;
  std::size_t i = first;
  for (; i < atoms.size() && halves + atoms[i].halves <= kMost; ++i) {
    halves += atoms[i].halves;
    // A sentence that ends a little early is better than a cut in one.
    bool early = halves < kLeast;
    if (early && (halves < kLeast / 2 || atoms[i].cut < Cut::sentence)) continue;
    int rank = early ? 2 : std::array{0, 1, 3, 4}[static_cast<std::size_t>(atoms[i].cut)];
    if (rank >= best_rank) best = i, best_rank = rank;
  }
  for (auto rest = halves; i < atoms.size(); ++i) {
    rest += atoms[i].halves;
    if (rest > kMostAtEnd) return best;
  }
  return atoms.size() - 1;
}

// Where the passage after the one of atoms [first, last] begins.
std::size_t first_of_next(std::vector<Atom> const& atoms, std::size_t first, std::size_t last) {
  if (atoms[last].cut == Cut::paragraph) return last + 1;
  int halves = atoms[last].halves;
  for (auto i = last; i > first && halves <= kMostOverlap; --i) {
    if (atoms[i - 1].cut >= Cut::sentence) return i;
    halves += atoms[i - 1].halves;
  }
  return last + 1;
}

std::size_t skip_white_space(std::string_view text, std::size_t at) {
  for (auto offset = at; at < text.size() && is_space(next_code_point(text, offset));) at = offset;
  return at;
}

// Where word `i` stands at or after `at`. Where the text was changed since, a word further on counts only if
// the one after it follows there, too: a false place would give false boxes.
std::optional<Span> locate_word(std::string_view text, std::size_t at, std::vector<value::Word> const& words,
                                std::size_t i) {
  constexpr std::size_t kNear = 256;
  std::string_view word = words[i].text;
  if (word.empty()) return std::nullopt;
  auto next = skip_white_space(text, at);
  if (text.substr(next).starts_with(word)) return Span{next, next + word.size()};
  auto window = text.substr(0, std::min(at + kNear, text.size()));
  for (auto found = window.find(word, at); found != std::string_view::npos;
       found = window.find(word, found + 1)) {
    auto end = found + word.size();
    bool is_last = i + 1 == words.size();
    if (is_last || text.substr(skip_white_space(text, end)).starts_with(words[i + 1].text))
      return Span{found, end};
  }
  return std::nullopt;
}

void extend(value::Box& box, value::Box const& by) {
  box = {std::min(box[0], by[0]), std::min(box[1], by[1]), std::max(box[2], by[2]), std::max(box[3], by[3])};
}

// The boxes of the lines in `part` of the page, in order. Words are visited once in all, for parts come in
// order.
std::vector<value::Box> line_boxes(value::Page const& page, std::vector<Span> const& places, Span part) {
  std::vector<value::Box> boxes;
  auto text = std::string_view(page.text).substr(part.begin, part.size());
  auto before = [](Span place, std::size_t offset) { return place.end <= offset; };
  auto at = static_cast<std::size_t>(std::lower_bound(places.begin(), places.end(), part.begin, before) -
                                     places.begin());
  for (auto line : lines_of(text)) {
    std::int64_t current = -1;
    for (; at < places.size() && places[at].begin < part.begin + line.end; ++at) {
      if (places[at].size() == 0) continue;
      auto const& word = page.words[at];
      if (word.line != current) {
        boxes.push_back(word.box);
      } else {
        extend(boxes.back(), word.box);
      }
      current = word.line;
    }
  }
  return boxes;
}

Result<Value> make_passages(Value const& inputs) {
  auto const& document = inputs["document"].as_text();
  auto const& title = inputs["title"].as_text();
  Value::List passages;
  for (auto const& page : inputs["pages"].as_list()) {
    if (page.is_null()) continue;
    for (auto const& passage : passages_of(value::page_from(page), document, title)) {
      passages.push_back(value::to_value(passage));
    }
  }
  return Value::record({{"passages", std::move(passages)}});
}

}  // namespace

std::vector<Span> cut_into_passages(std::string_view text) {
  auto atoms = Reader(text).read();
  std::vector<Span> passages;
  for (std::size_t first = 0; first < atoms.size();) {
    auto last = last_of_passage(atoms, first);
    passages.push_back({atoms[first].span.begin, atoms[last].span.end});
    if (last + 1 == atoms.size()) break;
    first = std::max(first_of_next(atoms, first, last), first + 1);
  }
  return passages;
}

std::vector<Span> cut_into_sentences(std::string_view text) {
  std::vector<Span> sentences;
  std::optional<std::size_t> begin;
  for (auto const& atom : Reader(text).read()) {
    if (!begin) begin = atom.span.begin;
    if (atom.cut < Cut::sentence) continue;
    sentences.push_back({*begin, atom.span.end});
    begin.reset();
  }
  return sentences;
}

std::vector<Span> locate_words(value::Page const& page) {
  std::string_view text = page.text;
  std::vector<Span> places;
  places.reserve(page.words.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < page.words.size(); ++i) {
    auto place = locate_word(text, at, page.words, i);
    places.push_back(place.value_or(Span{at, at}));
    at = places.back().end;
  }
  return places;
}

std::vector<Span> lines_of(std::string_view text) {
  std::vector<Span> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = std::min(text.find('\n', begin), text.size());
    auto line = trim(text.substr(begin, end - begin));
    auto start = static_cast<std::size_t>(line.data() - text.data());
    if (!line.empty()) lines.push_back({start, start + line.size()});
    begin = end + 1;
  }
  return lines;
}

std::int64_t line_at(std::int64_t first, std::string_view text, std::size_t offset) {
  auto const before = text.substr(0, offset);
  return first > 0 ? first + std::count(before.begin(), before.end(), '\n') : 0;
}

std::vector<value::Passage> passages_of(value::Page const& page, std::string_view document,
                                        std::string_view title) {
  auto places = locate_words(page);
  std::vector<value::Passage> passages;
  auto prefix = std::string(document) + (page.number > 0 ? "#p" + std::to_string(page.number) + "." : "#");
  std::string_view const text = page.text;
  std::size_t begin = 0;
  auto line = page.line;
  for (auto part : cut_into_passages(page.text)) {
    value::Passage passage;
    passage.line = line = line_at(line, text.substr(begin), part.begin - begin);
    begin = part.begin;
    passage.id = prefix + std::to_string(passages.size() + 1);
    passage.document = document;
    passage.title = title;
    passage.page = page.number;
    passage.text = page.text.substr(part.begin, part.size());
    passage.boxes = line_boxes(page, places, part);
    passages.push_back(std::move(passage));
  }
  return passages;
}

std::vector<Function> passage_functions() {
  Function function{
      .name = "passages",
      .about = "Cuts the pages of a document into passages of 80 to 120 words that can be found and cited.",
      .call = make_passages};
  function.signature.inputs = {
      port("pages", "list<page>", "The pages; items that are null are left out."),
      port("document", "text", "The document's path or name; passages are named after it."),
      option("title", "text", "", "The document's title.")};
  function.signature.outputs = {
      port("passages", "passages",
           "None crosses pages; the text is the page's own, the boxes are those of its lines.")};
  return {function};
}

}  // namespace shoal::functions
