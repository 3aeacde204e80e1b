#include "base/yaml_quotes.h"

namespace shoal {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
// A value follows these; within a plain text a quote means nothing.
constexpr std::string_view kIndicators = ":-?,[{";

bool is_quote(char c) { return c == '"' || c == '\''; }

// Whether a value may begin at `at`, by what stands before it.
bool begins_value(std::string_view text, std::size_t at) {
  auto const before = text.substr(0, at);
  auto const last = before.find_last_not_of(kSpaces);
  if (last == std::string_view::npos || kIndicators.find(before[last]) != std::string_view::npos) return true;
  return before.substr(last).find('\n') != std::string_view::npos;  // a key
}

// Whether what follows a quoted text at `end` on its line, at `error`, may not.
bool is_what_follows(std::string_view text, std::size_t end, std::size_t error) {
  auto const next = text.find_first_not_of(" \t", end);
  return next == error && next < text.size() &&
         std::string_view(",]}:#\r\n").find(text[next]) == std::string_view::npos;
}

}  // namespace

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t begin) {
  char const quote = text[begin];
  for (auto at = begin + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      bool const doubled = quote == '\'' && text.substr(at + 1).starts_with('\'');
      if (!doubled) return at + 1;
      ++at;
    }
  }
  return std::nullopt;
}

std::optional<QuotedText> find_suspect_quote(std::string_view text, std::size_t from, std::size_t error) {
  for (auto at = from; at < text.size() && at <= error; ++at) {
    bool const is_comment =
        text[at] == '#' && (at == 0 || kSpaces.find(text[at - 1]) != std::string_view::npos);
    if (is_comment) {
      at = text.find('\n', at);
      if (at == std::string_view::npos) break;
    } else if (is_quote(text[at]) && begins_value(text, at)) {
      auto const end = end_of_quoted(text, at);
      if (!end || is_what_follows(text, *end, error)) return QuotedText{at, end};
      at = *end - 1;
    }
  }
  return std::nullopt;
}

}  // namespace shoal
