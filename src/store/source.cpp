#include "store/source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "store/source_kind.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxParts = 1000;

// The kinds, in the order in which messages name them.
std::array<SourceKind const*, 10> const& kinds() {
  static std::array<SourceKind const*, 10> const kKinds = {
      &hf_source(),     &ollama_source(), &https_source(), &http_source(),  &file_source(),
      &import_source(), &pypi_source(),   &npm_source(),   &maven_source(), &cargo_source()};
  return kKinds;
}

SourceKind const* find_kind(std::string_view text) {
  auto const colon = text.find(':');
  if (colon == std::string_view::npos) return nullptr;
  for (auto const* kind : kinds()) {
    if (kind->scheme() == text.substr(0, colon)) return kind;
  }
  return nullptr;
}

Error malformed_text(std::string_view text, std::string_view reason) {
  return malformed(Source{.text = std::string(text)}, reason);
}

struct Range {
  std::size_t begin, end;  // in the text, braces included
  std::uint32_t first, last;
  std::size_t digits;  // at least
};

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return {};
  return value;
}

Result<std::vector<Range>> find_ranges(std::string_view text) {
  std::vector<Range> ranges;
  for (std::size_t begin = text.find('{'); begin != std::string_view::npos;
       begin = text.find('{', begin + 1)) {
    auto end = text.find('}', begin);
    if (end == std::string_view::npos) return malformed_text(text, "a `{` has no `}`");
    auto inner = text.substr(begin + 1, end - begin - 1);
    auto dots = inner.find("..");
    auto first = number(inner.substr(0, dots));
    auto last = dots == std::string_view::npos ? std::nullopt : number(inner.substr(dots + 2));
    if (!first || !last || *last < *first) return malformed_text(text, "a range is written {1..6}");
    if (*last - *first >= kMaxParts) return malformed_text(text, "a range has at most 1000 numbers");
    ranges.push_back({begin, end + 1, *first, *last, inner.front() == '0' ? dots : 1});
    if (ranges.back().last - ranges.back().first != ranges.front().last - ranges.front().first) {
      return malformed_text(text, "its ranges have different lengths");
    }
  }
  return ranges;
}

}  // namespace

Result<std::vector<std::string>> SourceKind::files(Source const& source, FetchContext const&) const {
  return all_parts(source.text);
}

Error malformed(Source const& source, std::string_view reason) {
  return Error(Code::invalid_argument,
               "`" + printable(source.text) + "` is no source: " + std::string(reason));
}

bool is_word(std::string_view text, std::string_view also) {
  auto const is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || !is_letter_or_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter_or_digit(c) || also.find(c) != std::string_view::npos; });
}

bool is_inner_path(std::string_view path) {
  if (path.empty() || path.find_first_of("\\?#%\"<>") != std::string_view::npos) return false;
  for (char c : path) {
    if (c <= ' ' || c == 0x7f) return false;
  }
  for (std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

std::string file_name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));  // all of it where there is none
}

bool Source::leaves_machine() const { return kind->leaves_machine(); }

bool is_source(std::string_view text) { return find_kind(text) != nullptr; }

Result<Source> parse_source(std::string_view text) {
  if (text.size() > kMaxTextBytes) return malformed_text(text.substr(0, 100), "it is too long");
  for (char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      return malformed_text(text, "it has control characters");
  }
  Source source{.kind = find_kind(text), .text = std::string(text)};
  if (source.kind == nullptr) {
    std::string schemes;
    for (auto const* kind : kinds()) schemes += " " + std::string(kind->scheme()) + ":";
    return malformed_text(text, "it starts with none of" + schemes);
  }
  TRY(source.kind->parse(text.substr(text.find(':') + 1), source));
  return source;
}

Result<Assembly> parse_assembly(std::string_view text) {
  if (text.size() > kMaxTextBytes) return malformed_text(text.substr(0, 100), "it is too long");
  auto ranges = TRY(find_ranges(text));
  Assembly assembly{.text = std::string(text)};
  std::uint32_t count = ranges.empty() ? 1 : ranges.front().last - ranges.front().first + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string part;
    std::size_t done = 0;
    for (Range const& range : ranges) {
      std::string digits = std::to_string(range.first + i);
      if (digits.size() < range.digits) digits.insert(0, range.digits - digits.size(), '0');
      part.append(text.substr(done, range.begin - done)).append(digits);
      done = range.end;
    }
    assembly.parts.push_back(TRY(parse_source(part.append(text.substr(done)))));
  }
  return assembly;
}

Result<Assembly> parse_assembly(std::vector<std::string> const& texts) {
  if (texts.empty()) return Error(Code::invalid_argument, "a list of parts names at least one");
  Assembly assembly{.text = join(texts, " + ")};
  for (auto const& text : texts) {
    auto more = TRY(parse_assembly(text));
    for (auto& part : more.parts) assembly.parts.push_back(std::move(part));
    if (assembly.parts.size() > kMaxParts)
      return Error(Code::invalid_argument, "a file has at most 1000 parts");
  }
  return assembly;
}

}  // namespace shoal::store
