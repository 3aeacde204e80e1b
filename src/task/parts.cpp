#include "task/parts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/characters.h"
#include "base/text.h"
#include "task/folding.h"

namespace shoal::task {
namespace {

using Parts = std::set<std::string>;

bool one_of(std::u32string_view set, char32_t c) { return set.find(c) != std::u32string_view::npos; }
bool is_ascii_alphanumeric(char32_t c) { return is_ascii_letter(c) || (c >= '0' && c <= '9'); }

// Numbers

// What may stand inside a number, as it is compared; nothing for all else.
char separator(char32_t c) {
  switch (c) {
    case '.':
    case 0xFF0E:
    case 0x066B: return '.';
    case ',':
    case 0xFF0C:
    case 0x066C: return ',';
    case '\'':
    case 0x2019: return '\'';
    default: return 0;
  }
}

struct Number {
  std::vector<std::string> groups;
  std::string separators;  // one fewer
};

// A decimal fraction, or groups of thousands (or of hundreds, as in India) with or without a fraction.
bool is_one_number(Number const& number) {
  auto const& marks = number.separators;
  if (marks.size() <= 1) return true;
  auto const grouping = marks.substr(0, marks.size() - 1);
  if (grouping.find_first_not_of(marks.front()) != std::string::npos) return false;
  auto const grouped = marks.back() == marks.front() ? number.groups.size() : number.groups.size() - 1;
  for (std::size_t i = 1; i < grouped; ++i) {
    if (number.groups[i].size() != 3 && number.groups[i].size() != 2) return false;
  }
  return true;
}

void add_number(Number const& number, Parts& parts) {
  if (!is_one_number(number)) return parts.insert(number.groups.begin(), number.groups.end());
  auto text = number.groups.front();
  for (std::size_t i = 1; i < number.groups.size(); ++i) text += number.separators[i - 1] + number.groups[i];
  parts.insert(std::move(text));
}

std::string read_digits(std::u32string_view text, std::size_t& at) {
  std::string digits;
  for (; at < text.size(); ++at) {
    auto digit = digit_value(text[at]);
    if (!digit) break;
    digits += static_cast<char>('0' + *digit);
  }
  return digits;
}

Parts numbers_of(std::u32string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    if (!digit_value(text[at])) {
      ++at;
      continue;
    }
    Number number;
    number.groups.push_back(read_digits(text, at));
    while (at + 1 < text.size() && separator(text[at]) != 0 && digit_value(text[at + 1])) {
      number.separators += separator(text[at++]);
      number.groups.push_back(read_digits(text, at));
    }
    add_number(number, parts);
  }
  return parts;
}

// Addresses

bool ends_url(char32_t c) {
  // Chinese goes on without a space, so its characters end an address; umlauts and Arabic may be part of one.
  return is_space(c) || is_unspaced(c) || one_of(U"<>\"`“”„«»،؛؟{}|\\^", c);
}

std::u32string_view without_end_marks(std::u32string_view url) {
  while (!url.empty()) {
    auto const last = url.back();
    bool closes_more =
        last == ')' && std::count(url.begin(), url.end(), U')') > std::count(url.begin(), url.end(), U'(');
    if (!closes_more && !one_of(U".,;:!?'’*_…]", last)) break;
    url.remove_suffix(1);
  }
  return url;
}

// Where the address begins that `mark` ("://" or "www.") at `at` belongs to, or npos.
std::size_t begin_of_url(std::u32string_view text, std::size_t at) {
  if (text[at] == 'w') return at == 0 || !is_ascii_alphanumeric(text[at - 1]) ? at : text.npos;
  auto begin = at;
  while (begin > 0 && (is_ascii_alphanumeric(text[begin - 1]) || one_of(U"+-.", text[begin - 1]))) --begin;
  return begin == at ? text.npos : begin;
}

Parts urls_of(std::u32string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const rest = text.substr(at);
    auto const mark = rest.starts_with(U"://") ? 3u : rest.starts_with(U"www.") ? 4u : 0u;
    if (mark == 0) continue;
    auto const begin = begin_of_url(text, at);
    auto end = at + mark;
    while (end < text.size() && !ends_url(text[end])) ++end;
    if (begin == text.npos || end == at + mark) continue;
    parts.insert(to_utf8(without_end_marks(text.substr(begin, end - begin))));
    at = end - 1;
  }
  return parts;
}

Parts emails_of(std::u32string_view text) {
  auto in_name = [](char32_t c) { return is_ascii_alphanumeric(c) || one_of(U"._%+-", c); };
  auto in_host = [](char32_t c) { return is_ascii_alphanumeric(c) || c == '.' || c == '-'; };
  Parts parts;
  for (std::size_t at = text.find(U'@'); at != text.npos; at = text.find(U'@', at + 1)) {
    auto begin = at, end = at + 1;
    while (begin > 0 && in_name(text[begin - 1])) --begin;
    while (begin < at && text[begin] == '.') ++begin;
    while (end < text.size() && in_host(text[end])) ++end;
    while (end > at + 1 && !is_ascii_alphanumeric(text[end - 1])) --end;
    auto const host = text.substr(at + 1, end - at - 1);
    if (begin < at && host.find(U'.') != host.npos && host.front() != '.') {
      parts.insert(to_utf8(text.substr(begin, end - begin)));
    }
  }
  return parts;
}

// Code and placeholders

Parts code_of(std::u32string_view text) {
  Parts parts;
  for (std::size_t at = text.find(U'`'); at != text.npos;) {
    auto content = text.find_first_not_of(U'`', at);
    if (content == text.npos) break;
    std::u32string const fence(content - at, U'`');
    auto const end = text.find(fence, content);
    if (end == text.npos) {
      at = text.find(U'`', content);
      continue;
    }
    parts.insert(to_utf8(text.substr(content, end - content)));
    at = text.find(U'`', end + fence.size());
  }
  return parts;
}

constexpr std::size_t kLongestPlaceholder = 128;

// The length of `{name}`, `{{ name }}` or `<0>` at the beginning of `rest`, 0 where there is none.
std::size_t length_of_bracketed(std::u32string_view rest) {
  static constexpr std::array<std::pair<std::u32string_view, std::u32string_view>, 3> kBrackets = {
      {{U"{{", U"}}"}, {U"{", U"}"}, {U"<", U">"}}};
  for (auto const& [open, close] : kBrackets) {
    if (!rest.starts_with(open)) continue;
    auto const end = rest.substr(0, kLongestPlaceholder).find(close, open.size());
    if (end == rest.npos) return 0;
    auto const inside = rest.substr(open.size(), end - open.size());
    bool fits = open == U"<" ? inside.size() <= 3 && std::all_of(inside.begin(), inside.end(), is_digit)
                             : inside.find_first_of(U"{}\n") == inside.npos;
    return fits && !inside.empty() ? end + close.size() : 0;
  }
  return 0;
}

// The length of `%s`, `%1$d`, `%.2f` at the beginning of `rest`, 0 where there is none.
std::size_t length_of_format(std::u32string_view rest) {
  if (!rest.starts_with(U'%')) return 0;
  std::size_t at = 1;
  while (at < rest.size() && at < 12 && one_of(U"0123456789$.-+#*lhz", rest[at])) ++at;
  if (at >= rest.size() || !one_of(U"diouxXeEfgGcsp@", rest[at])) return 0;
  bool ends = at + 1 >= rest.size() || !is_ascii_alphanumeric(rest[at + 1]);
  return ends ? at + 1 : 0;
}

Parts placeholders_of(std::u32string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    auto const rest = text.substr(at);
    auto const length = std::max(length_of_bracketed(rest), length_of_format(rest));
    if (length > 0) parts.insert(to_utf8(rest.substr(0, length)));
    at += std::max<std::size_t>(1, length);
  }
  return parts;
}

struct Kind {
  std::string_view name;
  Parts (*find)(std::u32string_view);
};
constexpr std::array<Kind, 5> kKinds = {{{"numbers", numbers_of},
                                         {"urls", urls_of},
                                         {"emails", emails_of},
                                         {"code", code_of},
                                         {"placeholders", placeholders_of}}};

}  // namespace

std::vector<std::string> kinds_of_parts() {
  std::vector<std::string> names;
  for (auto const& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::set<std::string> parts_of(std::string_view text, std::string_view name) {
  auto const points = to_code_points(text);
  for (auto const& kind : kKinds) {
    if (kind.name == name) return kind.find(points);
  }
  return {};
}

}  // namespace shoal::task
