#include "engines/index/words.h"

#include <optional>

#include "base/characters.h"
#include "base/text.h"

namespace shoal::index_engine {
namespace {

// Arabic vowel signs, tatweel, soft hyphen, joiners and direction marks: nothing is lost without them.
bool is_dropped(char32_t c) {
  return (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x0610 && c <= 0x061A) || is_ignorable(c);
}

char32_t plain(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF01 + '!';
  if (c >= 0x0660 && c <= 0x0669) return c - 0x0660 + '0';
  if (c >= 0x06F0 && c <= 0x06F9) return c - 0x06F0 + '0';
  switch (c) {
    case 0x0622:
    case 0x0623:
    case 0x0625:
    case 0x0671: return 0x0627;  // alef
    case 0x0649: return 0x064A;  // alef maqsura as ya
    case 0x0629: return 0x0647;  // ta marbuta as ha
    default: return c;
  }
}

std::u32string_view expansion(char32_t c) {
  switch (c) {
    case 0xDF:
    case 0x1E9E: return U"ss";
    case 0xFB00: return U"ff";
    case 0xFB01: return U"fi";
    case 0xFB02: return U"fl";
    case 0xFB03: return U"ffi";
    case 0xFB04: return U"ffl";
    default: return {};
  }
}

bool is_ascii_space(char c) {
  return static_cast<unsigned char>(c) < 0x80 && is_space(static_cast<unsigned char>(c));
}
bool is_hyphen(char32_t c) { return c == '-' || c == 0x2010 || c == 0x00AD; }

// `at` is behind `c`, which follows `before`. Where a word goes on that a line end breaks: behind a hyphen
// where a small letter begins the next line, and behind white space within Chinese.
std::optional<std::size_t> skip_break(std::string_view text, std::size_t at, char32_t before, char32_t c) {
  bool hyphen = is_hyphen(c) && is_lower(before);
  bool space = c < 0x80 && is_space(c) && is_unspaced(before);
  if (!hyphen && !space) return std::nullopt;
  bool line_end = false;
  while (at < text.size() && is_ascii_space(text[at])) line_end |= text[at++] == '\n';
  if (at == text.size()) return std::nullopt;
  auto behind = at;
  auto const next = next_code_point(text, behind);
  bool joins = hyphen ? line_end && is_lower(next) : is_unspaced(next);
  return joins ? std::optional(at) : std::nullopt;
}

}  // namespace

std::string prepare(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_code_point(text, at);
    if (auto const next = skip_break(text, at, before, c)) {
      at = *next;
      continue;
    }
    if (is_dropped(c)) continue;
    before = c;
    auto const letters = expansion(c);
    if (letters.empty()) append_utf8(out, plain(c));
    for (auto letter : letters) append_utf8(out, letter);
  }
  return out;
}

void cut(std::string_view word, Side side, std::function<void(std::string_view)> const& take) {
  std::vector<std::string_view> run;  // unspaced characters that follow each other
  std::size_t spaced = 0;             // where what is not unspaced began
  auto end_run = [&] {
    for (std::size_t i = 0; i + 1 < run.size(); ++i) take({run[i].data(), run[i].size() + run[i + 1].size()});
    if (side == Side::document || run.size() == 1) take(run.back());
    run.clear();
  };
  for (std::size_t at = 0; at < word.size();) {
    auto const begin = at;
    if (is_unspaced(next_code_point(word, at))) {
      if (run.empty() && spaced < begin) take(word.substr(spaced, begin - spaced));
      run.push_back(word.substr(begin, at - begin));
      spaced = at;
    } else if (!run.empty()) {
      end_run();
    }
  }
  if (!run.empty()) end_run();
  if (spaced < word.size()) take(word.substr(spaced));
}

bool is_prefix(std::string_view term) {
  std::size_t at = 0;
  return !term.empty() && is_unspaced(next_code_point(term, at)) && at == term.size();
}

std::string_view stop_words() {
  return "a about all also am an and any are as at be because been before being between but by can could did "
         "do "
         "does doing during each for from had has have having he her here him his how i if in into is it its "
         "itself me my "
         "no nor not of on or our out over she should so some such than that the their them then there these "
         "they this "
         "those through to under until up very was we were what when where which while who whom whose why "
         "will with would "
         "you your "
         "aber alle als am an auch auf aus bei bin bis das dass dem den der des die dies diese dieser dieses "
         "durch ein eine "
         "einem einen einer eines er es für gibt hat haben hatte ich ihr ihre im in ist ja kann kein keine "
         "können man mit "
         "nach nicht noch nur ob oder ohne sein seine sich sie sind so über um und uns unter vom von vor "
         "wann war waren "
         "warum was welche welchem welchen welcher welches wenn wer werden wie wir wird wo wurde wurden zu "
         "zum zur "
         "أين إلى أن إن التي الذي الذين أو عن على في كان كانت كم كيف لا لم لماذا ما ماذا متى من هذا هذه هل "
         "هو هي و";
}

}  // namespace shoal::index_engine
