#include "store/source.h"

#include <charconv>
#include <optional>

#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxParts = 1000;

Error malformed(std::string_view text, std::string_view reason) {
  return Error(Code::invalid_argument, "`" + printable(text) + "` is no source: " + std::string(reason));
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Starts with a letter or digit, so that no command line takes it for an option.
bool is_word(std::string_view text, std::string_view also) {
  if (text.empty() || !is_letter_or_digit(text.front())) return false;
  for (char c : text) {
    if (!is_letter_or_digit(c) && also.find(c) == std::string_view::npos) return false;
  }
  return true;
}

// A relative path that stays where it is.
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

Result<Source> parse_hub(Source source, std::string_view rest) {
  std::string revision = "main";
  if (auto at = rest.rfind('@'); at != std::string_view::npos) {
    revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_word(revision, "._-"))
      return malformed(source.text, "after `@` comes a revision of letters and digits");
  }
  auto segments = split(rest, '/');
  if (segments.size() < 3 || !is_inner_path(rest))
    return malformed(source.text, "the form is hf:ORG/REPO/FILE[@REVISION]");
  auto repository = rest.substr(0, segments[0].size() + 1 + segments[1].size());
  source.kind = Source::Kind::hub;
  source.url = std::string(repository) + "/resolve/" + revision + std::string(rest.substr(repository.size()));
  return source;
}

Result<Source> parse_package(Source source, std::string_view package, std::string_view version_and_paths,
                             std::string_view form) {
  auto slash = version_and_paths.find('/');
  if (slash == std::string_view::npos) return malformed(source.text, form);
  source.package = package;
  source.version = version_and_paths.substr(0, slash);
  if (!is_word(source.version, ".+!_-"))
    return malformed(source.text, "`" + source.version + "` is no exact version");
  for (std::string_view path : split(version_and_paths.substr(slash + 1), '+')) {
    if (!is_inner_path(path))
      return malformed(source.text, "`" + std::string(path) + "` is no path inside a package");
    source.paths.emplace_back(path);
  }
  return source;
}

Result<Source> parse_pypi(Source source, std::string_view rest) {
  constexpr std::string_view kForm = "the form is pypi:PACKAGE==VERSION/PATH";
  source.kind = Source::Kind::pypi;
  auto equals = rest.find("==");
  if (equals == std::string_view::npos) return malformed(source.text, kForm);
  if (!is_word(rest.substr(0, equals), "._-"))
    return malformed(source.text, "that is no name of a Python package");
  return parse_package(std::move(source), rest.substr(0, equals), rest.substr(equals + 2), kForm);
}

Result<Source> parse_npm(Source source, std::string_view rest) {
  constexpr std::string_view kForm =
      "the form is npm:PACKAGE@VERSION/PATH or npm:@SCOPE/PACKAGE@VERSION/PATH";
  source.kind = Source::Kind::npm;
  auto at = rest.find('@', 1);
  if (rest.empty() || at == std::string_view::npos) return malformed(source.text, kForm);
  auto package = rest.substr(0, at);
  auto name = package;
  if (package.starts_with('@')) {
    auto slash = package.find('/');
    if (slash == std::string_view::npos || !is_word(package.substr(1, slash - 1), "._-"))
      return malformed(source.text, kForm);
    name = package.substr(slash + 1);
  }
  if (!is_word(name, "._-")) return malformed(source.text, "that is no name of an npm package");
  return parse_package(std::move(source), package, rest.substr(at + 1), kForm);
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
    if (end == std::string_view::npos) return malformed(text, "a `{` has no `}`");
    auto inner = text.substr(begin + 1, end - begin - 1);
    auto dots = inner.find("..");
    auto first = number(inner.substr(0, dots));
    auto last = dots == std::string_view::npos ? std::nullopt : number(inner.substr(dots + 2));
    if (!first || !last || *last < *first) return malformed(text, "a range is written {1..6}");
    if (*last - *first >= kMaxParts) return malformed(text, "a range has at most 1000 numbers");
    ranges.push_back({begin, end + 1, *first, *last, inner.front() == '0' ? dots : 1});
    if (ranges.back().last - ranges.back().first != ranges.front().last - ranges.front().first) {
      return malformed(text, "its ranges have different lengths");
    }
  }
  return ranges;
}

}  // namespace

Result<Source> parse_source(std::string_view text) {
  if (text.size() > kMaxTextBytes) return malformed(text.substr(0, 100), "it is too long");
  for (char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return malformed(text, "it has control characters");
  }
  Source source{.text = std::string(text)};
  auto colon = text.find(':');
  auto kind = text.substr(0, colon);
  auto rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (kind == "hf") return parse_hub(std::move(source), rest);
  if (kind == "pypi") return parse_pypi(std::move(source), rest);
  if (kind == "npm") return parse_npm(std::move(source), rest);
  if (kind == "file") {
    if (!rest.starts_with('/') && !rest.starts_with("~/"))
      return malformed(text, "a file: source has an absolute path");
    source.kind = Source::Kind::file;
    source.path = rest;
    return source;
  }
  if (kind == "https" || kind == "http") {
    source.kind = Source::Kind::url;
    source.url = text;
    return source;
  }
  return malformed(text, "it starts with none of hf: https: file: pypi: npm:");
}

Result<Assembly> parse_assembly(std::string_view text) {
  if (text.size() > kMaxTextBytes) return malformed(text.substr(0, 100), "it is too long");
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
