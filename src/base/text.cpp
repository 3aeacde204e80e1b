#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace shoal {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// One code point at the start of `text`: its length in bytes, or 0 where the bytes are not valid
// UTF-8 (overlong forms, surrogates and values over U+10FFFF included).
std::size_t decode(std::string_view text, char32_t& code_point) {
  auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  unsigned lead = byte(0);
  if (lead < 0x80) return code_point = lead, 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    if (!tail(1)) return 0;
    return code_point = (lead & 0x1F) << 6 | (byte(1) & 0x3F), 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    code_point = (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    return code_point < 0x800 || (code_point >= 0xD800 && code_point <= 0xDFFF) ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    code_point = (lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    return code_point < 0x10000 || code_point > 0x10FFFF ? 0 : 4;
  }
  return 0;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string one_decimal(double value, std::string_view unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f %.*s", value, static_cast<int>(unit.size()), unit.data());
  return text;
}

// "1.5 GiB" → 1.5 and "GiB"; nothing where no plain decimal number stands in front.
struct Quantity {
  double number;
  std::string_view unit;
};
std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trim(text);
  auto end_of_number = text.find_first_not_of("0123456789.");
  auto digits = text.substr(0, end_of_number);
  double number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Quantity{number, trim(text.substr(digits.size()))};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080) == 0) {
        i += 8;
        continue;
      }
    }
    char32_t code_point;
    auto length = decode(text.substr(i), code_point);
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string make_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (auto bad = find_invalid_utf8(text)) {
    valid.append(text.substr(0, *bad));
    append_utf8(valid, kReplacement);
    text.remove_prefix(*bad + 1);
  }
  valid.append(text);
  return valid;
}

char32_t next_code_point(std::string_view text, std::size_t& offset) {
  char32_t code_point = kReplacement;
  auto length = decode(text.substr(offset), code_point);
  offset += std::max<std::size_t>(length, 1);
  return length == 0 ? kReplacement : code_point;
}

void append_utf8(std::string& out, char32_t code_point) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) code_point = kReplacement;
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
  }
  put(0x80 | (code_point & 0x3F));
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    char32_t c = next_code_point(text, offset);
    bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
    append_utf8(out, control ? kReplacement : c);
  }
  return out;
}

std::string quoted(std::string_view text) { return "`" + printable(text.substr(0, 160)) + "`"; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(std::vector<std::string> const& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.append(separator);
    out.append(parts[i]);
  }
  return out;
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  if (from.empty() || text.find(from) == std::string::npos) return text;
  std::string out;
  std::size_t start = 0;
  for (std::size_t at; (at = text.find(from, start)) != std::string::npos; start = at + from.size()) {
    out.append(text, start, at - start).append(to);
  }
  return out.append(text, start);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

namespace {

// As edit_distance(), but two neighbours in the wrong order are one error, as people make it ("optimal string
// alignment").
std::size_t typing_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, std::vector<std::string> const& candidates) {
  constexpr std::size_t kLongestName = 200;  // longer ones are no typing errors, and cost time
  constexpr std::size_t kShortestBeginning = 3;
  if (name.empty() || name.size() > kLongestName) return std::nullopt;
  auto wanted = to_lower_ascii(name);
  std::string const* nearest = nullptr;
  std::size_t smallest = std::max<std::size_t>(wanted.size() / 3, 1) + 1;
  for (auto const& candidate : candidates) {
    auto longer = std::max(candidate.size(), wanted.size());
    auto shorter = std::min(candidate.size(), wanted.size());
    if (longer - shorter >= smallest) continue;
    auto distance = typing_distance(wanted, to_lower_ascii(candidate));
    if (distance < smallest && distance < shorter) {
      smallest = distance;
      nearest = &candidate;
    }
  }
  if (nearest != nullptr) return *nearest;
  // The beginning of a name is one that somebody shortened.
  for (auto const& candidate : candidates) {
    if (wanted.size() < kShortestBeginning || !to_lower_ascii(candidate).starts_with(wanted)) continue;
    if (nearest == nullptr || candidate.size() < nearest->size()) nearest = &candidate;
  }
  return nearest ? std::optional(*nearest) : std::nullopt;
}

std::string did_you_mean(std::string_view name, std::vector<std::string> const& candidates) {
  auto nearest = nearest_name(name, candidates);
  return nearest ? "did you mean `" + *nearest + "`?" : "";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array<std::string_view, 6> kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.95 would be printed as "1000.0".
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return one_decimal(value, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (!std::isfinite(seconds)) return "unknown";
  if (seconds < 0) return "-" + human_seconds(-seconds);
  if (seconds == 0) return "0 s";
  if (seconds < 0.00099995) return one_decimal(seconds * 1e6, "µs");
  if (seconds < 0.99995) return one_decimal(seconds * 1e3, "ms");
  if (seconds < 59.95) return one_decimal(seconds, "s");
  // Beyond a century of seconds nobody reads the figure; the limit keeps the conversion defined.
  auto whole = std::llround(std::min(seconds, 4e9));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr double kKibi = 1024;
  constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                            {"b", 1},
                                            {"kb", 1e3},
                                            {"mb", 1e6},
                                            {"gb", 1e9},
                                            {"tb", 1e12},
                                            {"k", kKibi},
                                            {"m", kKibi * kKibi},
                                            {"g", kKibi * kKibi * kKibi},
                                            {"t", kKibi * kKibi * kKibi * kKibi},
                                            {"kib", kKibi},
                                            {"mib", kKibi * kKibi},
                                            {"gib", kKibi * kKibi * kKibi},
                                            {"tib", kKibi * kKibi * kKibi * kKibi}}};
  auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  auto unit_name = to_lower_ascii(quantity->unit);
  for (auto const& unit : kUnits) {
    if (unit.name != unit_name) continue;
    double bytes = quantity->number * unit.bytes;
    if (!(bytes < 0x1p63)) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(bytes));
  }
  return std::nullopt;
}

std::optional<double> parse_seconds(std::string_view text) {
  auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  if (quantity->unit == "ms") return quantity->number / 1000;
  if (quantity->unit == "s") return quantity->number;
  if (quantity->unit == "m") return quantity->number * 60;
  if (quantity->unit == "h") return quantity->number * 3600;
  if (quantity->unit == "d") return quantity->number * 86400;
  return std::nullopt;
}

}  // namespace shoal
