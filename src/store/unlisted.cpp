#include "store/unlisted.h"

#include <algorithm>

#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::string_view kPartForm = "-00000-of-00000.";
constexpr std::uint32_t kMaxParts = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

// "q4_k_m", "iq2_xs", "ud-q4_k_xl", "f16": small letters.
bool is_quantisation(std::string_view text) {
  if (text.starts_with("ud-")) text.remove_prefix(3);
  for (std::string_view known : {"f16", "f32", "bf16", "fp16", "fp32", "fp8", "mxfp4"}) {
    if (text == known) return true;
  }
  if (text.starts_with('i') || text.starts_with('t')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != 'q' || !is_digit(text[1])) return false;
  auto const segments = split(text.substr(2), '_');
  return segments.front().empty() && std::all_of(segments.begin() + 1, segments.end(), [](auto segment) {
           return !segment.empty() && segment.size() <= 4 &&
                  std::all_of(segment.begin(), segment.end(), is_letter_or_digit);
         });
}

// As parse_model_name() takes it.
std::string as_name(std::string_view text, std::string_view otherwise) {
  std::string name = to_lower_ascii(text.substr(0, kMaxNameBytes));
  for (char& c : name) {
    if (!is_letter_or_digit(c) && c != '.' && c != '_' && c != '-') c = '-';
  }
  auto const start = std::find_if(name.begin(), name.end(), is_letter_or_digit);
  name.erase(name.begin(), start);
  return name.empty() ? std::string(otherwise) : name;
}

// As a catalogue takes it.
std::string as_file_name(std::string const& text) {
  std::string name = printable(make_valid_utf8(text));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\\'; }, '-');
  while (name.starts_with('.')) name.erase(0, 1);
  if (name.empty() || name == "manifest.json" || name.size() > 200) return "model.gguf";
  return name;
}

// Where a text says which part of how many it is.
std::optional<std::size_t> part_at(std::string_view text) {
  for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    auto const tail = text.substr(at, kPartForm.size());
    bool const is_it = tail.size() == kPartForm.size() &&
                       std::equal(tail.begin(), tail.end(), kPartForm.begin(),
                                  [](char c, char form) { return form == '0' ? is_digit(c) : c == form; });
    if (is_it) return at;
  }
  return std::nullopt;
}

std::string_view without_ending(std::string_view file) {
  auto const lower = to_lower_ascii(file);
  for (std::string_view ending : {".gguf", ".bin"}) {
    if (lower.ends_with(ending)) return file.substr(0, file.size() - ending.size());
  }
  return file;
}

std::uint32_t five_digits(std::string_view text) {
  std::uint32_t number = 0;
  for (char c : text.substr(0, 5)) number = number * 10 + static_cast<std::uint32_t>(c - '0');
  return number;
}

}  // namespace

Result<Recognized> recognize(std::string_view beginning) {
  if (beginning.starts_with("GGUF")) return Recognized{"llama", {"generate", "score", "count"}};
  std::string what = "it is no GGUF file, and no other kind is recognised by its content";
  auto const text = to_lower_ascii(trim(beginning.substr(0, 512)));
  if (text.starts_with("<!doctype") || text.starts_with("<html"))
    what = "it is a web page, not a model: name the file itself, for example hf:ORG/REPO/FILE.gguf";
  if (text.starts_with("version https://git-lfs")) what = "it is a pointer of Git LFS, not the model itself";
  return Error(Code::unsupported, what + "; a catalogue entry can say which engine runs it (docs/models.md)");
}

std::string_view quantisation_in(std::string_view file) {
  auto stem = without_ending(file);
  if (auto const part = part_at(file)) stem = file.substr(0, *part);
  for (auto at = stem.find_first_of("-._"); at != std::string_view::npos;
       at = stem.find_first_of("-._", at + 1)) {
    if (is_quantisation(to_lower_ascii(stem.substr(at + 1)))) return stem.substr(at + 1);
  }
  return {};
}

ModelName propose_name(SourceFacts const& facts) {
  if (!facts.name.empty()) return {as_name(facts.name, "model"), as_name(facts.tag, "latest")};
  auto const file = without_part(facts.file);
  auto const quantisation = quantisation_in(file);
  auto stem = without_ending(file);
  if (!quantisation.empty()) stem.remove_suffix(quantisation.size() + 1);
  return {as_name(stem, "model"), as_name(quantisation, "latest")};
}

bool is_split_part(std::string_view file) { return part_at(file).has_value(); }

std::string without_part(std::string_view file) {
  std::string name(file);
  if (auto const part = part_at(file)) name.erase(*part, kPartForm.size() - 1);
  return name;
}

Result<std::vector<std::string>> all_parts(std::string_view text) {
  auto const part = part_at(text);
  if (!part) return std::vector{std::string(text)};
  auto const number = five_digits(text.substr(*part + 1));
  auto const count = five_digits(text.substr(*part + 10));
  if (number < 1 || number > count || count > kMaxParts) {
    return Error(Code::invalid_argument, "`" + printable(text) + "` calls itself part " +
                                             std::to_string(number) + " of " + std::to_string(count) +
                                             "; the parts of a model are 1 to at most 1000");
  }
  std::vector<std::string> texts;
  for (std::uint32_t i = 1; i <= count; ++i) {
    auto const digits = std::to_string(i);
    std::string sibling(text);
    sibling.replace(*part + 1, 5, std::string(5 - digits.size(), '0') + digits);
    texts.push_back(std::move(sibling));
  }
  return texts;
}

CatalogEntry describe(ModelName const& name, std::string const& from,
                      std::vector<UnlistedFile> const& files) {
  CatalogEntry entry;
  entry.name = name.name;
  entry.tag = name.tag.empty() ? "latest" : name.tag;
  entry.about = "Pulled from " + from + ".";
  entry.licence = "not stated";
  for (auto const& [source, facts] : files) {
    CatalogFile file;
    file.file = as_file_name(facts.file);
    file.size = facts.size.value_or(0);
    file.sha256 = facts.sha256.value_or(Sha256());
    file.sources = {source};
    file.version = facts.version;
    entry.files.push_back(std::move(file));
  }
  return entry;
}

}  // namespace shoal::store
