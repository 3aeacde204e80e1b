#include "tests/hostile/document_mutations.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/hostile/random.h"

namespace shoal::hostile {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 400'000;
// Formats say most of what matters near their beginning.
constexpr std::size_t kHeader = 600;

struct Mutation {
  char const* name;
  void (*change)(std::string& bytes, Random& random, std::vector<Document> const& whole);
};

// Somewhere, and every second time in the header.
std::size_t place_in(std::string const& bytes, Random& random) {
  if (bytes.empty()) return 0;
  auto const end = random.below(2) == 0 ? std::min(bytes.size(), kHeader) : bytes.size();
  return random.below(end);
}

std::size_t length_at(std::string const& bytes, std::size_t at, Random& random) {
  auto const most = random.below(2) == 0 ? 16 : bytes.size() / 4 + 1;
  return std::min(bytes.size() - at, 1 + random.below(most));
}

void cut(std::string& bytes, Random& random, std::vector<Document> const&) {
  bytes.resize(random.below(bytes.size() + 1));
}

void flip(std::string& bytes, Random& random, std::vector<Document> const&) {
  for (auto count = 1 + random.below(32); count > 0 && !bytes.empty(); --count) {
    auto& byte = bytes[place_in(bytes, random)];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
  }
}

void overwrite(std::string& bytes, Random& random, std::vector<Document> const&) {
  auto const at = place_in(bytes, random), length = length_at(bytes, at, random);
  auto const how = random.below(3);
  for (std::size_t i = at; i < at + length; ++i)
    bytes[i] = how == 0 ? '\0' : how == 1 ? '\xff' : static_cast<char>(random.next());
}

void remove_range(std::string& bytes, Random& random, std::vector<Document> const&) {
  auto const at = place_in(bytes, random);
  bytes.erase(at, length_at(bytes, at, random));
}

void repeat_range(std::string& bytes, Random& random, std::vector<Document> const&) {
  auto const at = place_in(bytes, random);
  auto const part = bytes.substr(at, length_at(bytes, at, random));
  for (auto count = 1 + random.below(8); count > 0; --count) bytes.insert(at, part);
}

void splice(std::string& bytes, Random& random, std::vector<Document> const& whole) {
  auto const& other = random.pick(whole).bytes;
  bytes.resize(random.below(bytes.size() + 1));
  bytes += other.substr(random.below(other.size() + 1));
}

// Binary fields of two or four bytes, in both orders, with the values at which programs go wrong.
void binary_number(std::string& bytes, Random& random, std::vector<Document> const&) {
  static std::vector<std::uint32_t> const values = {
      0, 1, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 35000};
  auto const value = random.pick(values);
  std::size_t const length = random.below(2) == 0 ? 2 : 4;
  bool const little = random.below(2) == 0;
  if (bytes.size() < length) return;
  auto const at = std::min(place_in(bytes, random), bytes.size() - length);
  for (std::size_t i = 0; i < length; ++i)
    bytes[at + i] = static_cast<char>(value >> (8 * (little ? i : length - 1 - i)));
}

// The words of a file between white space and the signs of PDF, as [begin, end).
std::vector<std::pair<std::size_t, std::size_t>> words_of(std::string const& bytes, bool (*is_part)(char)) {
  std::vector<std::pair<std::size_t, std::size_t>> words;
  for (std::size_t at = 0; at < bytes.size();) {
    auto end = at;
    while (end < bytes.size() && is_part(bytes[end])) ++end;
    if (end > at) words.emplace_back(at, end);
    at = end + 1;
  }
  return words;
}

// A number that is written in digits: an object's, a length, an offset, a box.
void written_number(std::string& bytes, Random& random, std::vector<Document> const&) {
  static std::vector<std::string> const values = {"0",
                                                  "-1",
                                                  "1",
                                                  "2",
                                                  "3",
                                                  "65536",
                                                  "35000",
                                                  "2147483647",
                                                  "4294967296",
                                                  "1e300",
                                                  "-2147483648",
                                                  "0.00000001",
                                                  "99999999999999999999",
                                                  "14400",
                                                  "--5",
                                                  "16777216"};
  auto const numbers = words_of(bytes, [](char c) { return c >= '0' && c <= '9'; });
  if (numbers.empty()) return;
  auto const& [begin, end] = random.pick(numbers);
  bytes.replace(begin, end - begin, random.pick(values));
}

// A name of a PDF in place of another one: a page that is a font, a filter that is none.
void written_name(std::string& bytes, Random& random, std::vector<Document> const&) {
  auto const is_part = [](char c) { return c == '/' || std::isalpha(static_cast<unsigned char>(c)) != 0; };
  auto words = words_of(bytes, is_part);
  std::erase_if(words, [&](auto const& word) { return bytes[word.first] != '/'; });
  if (words.empty()) return;
  auto const [from, from_end] = random.pick(words);
  auto const name = bytes.substr(from, from_end - from);
  auto const [to, to_end] = random.pick(words);
  bytes.replace(to, to_end - to, name);
}

constexpr Mutation kMutations[] = {{"cut", cut},
                                   {"flipped", flip},
                                   {"overwritten", overwrite},
                                   {"removed", remove_range},
                                   {"repeated", repeat_range},
                                   {"spliced", splice},
                                   {"binary number", binary_number},
                                   {"number", written_number},
                                   {"name", written_name}};

}  // namespace

std::vector<Document> documents_in(std::string const& folder, std::vector<std::string> const& endings) {
  std::vector<Document> found;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    auto const name = entry.path().filename().string();
    bool const wanted = std::any_of(endings.begin(), endings.end(),
                                    [&](auto const& ending) { return name.ends_with(ending); });
    if (!wanted || !entry.is_regular_file() || entry.file_size() > kMostBytes) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    found.push_back({name, {std::istreambuf_iterator<char>(file), {}}});
  }
  std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  return found;
}

Document mutated(std::vector<Document> const& whole, std::uint64_t seed) {
  Random random(seed);
  auto document = random.pick(whole);
  auto const kind = document.name.substr(document.name.rfind('.'));
  document.name = std::to_string(seed) + " " + document.name;
  for (auto changes = 1 + random.below(3); changes > 0; --changes) {
    auto const& mutation = kMutations[random.below(std::size(kMutations))];
    mutation.change(document.bytes, random, whole);
    document.name += std::string(", ") + mutation.name;
  }
  document.name += kind;
  return document;
}

}  // namespace shoal::hostile
