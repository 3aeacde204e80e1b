#include "engines/llama/prefix_folder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/log.h"
#include "base/sha256.h"

namespace shoal::llama_engine {
namespace {

namespace fs = std::filesystem;

// A file is this header, the tokens and the state. Numbers are those of this machine: it is a cache.
struct Header {
  std::array<char, 8> magic{};
  std::uint64_t tokens = 0;
  std::uint64_t state_bytes = 0;
  std::uint64_t checksum = 0;  // of tokens and state
  std::array<std::uint8_t, 32> fits{};
};
constexpr std::array<char, 8> kMagic = {'s', 'h', 'o', 'a', 'l', 'p', 'f', '1'};
constexpr std::uint64_t kMostTokens = 1u << 20;
constexpr char const* kEnding = ".prefix";
constexpr std::size_t kMostSeen = 256;

// Finds what a disk or a crash has damaged, at the speed of memory; nobody else writes here.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  std::array<std::uint64_t, 4> lanes = {seed, seed + 1, seed + 2, seed + 3};
  for (std::size_t at = 0; at < bytes.size(); at += 32) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), bytes.data() + at, std::min<std::size_t>(32, bytes.size() - at));
    for (std::size_t lane = 0; lane < 4; ++lane)
      lanes[lane] = std::rotl((lanes[lane] ^ words[lane]) * kOdd, 29);
  }
  std::uint64_t sum = bytes.size();
  for (auto const lane : lanes) sum = std::rotl((sum ^ lane) * kOdd, 31);
  return sum;
}

std::string_view bytes_of(std::span<Token const> tokens) {
  return {reinterpret_cast<char const*>(tokens.data()), tokens.size_bytes()};
}

std::uint64_t checksum(std::span<Token const> tokens, std::string_view state) {
  return checksum(state, checksum(bytes_of(tokens), 0));
}

// The header and the tokens, if the file is one of ours and whole.
std::optional<Header> read_head(std::ifstream& file, std::uint64_t size, Tokens& tokens) {
  Header header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return std::nullopt;
  if (header.magic != kMagic || header.tokens > kMostTokens) return std::nullopt;
  if (size != sizeof header + header.tokens * sizeof(Token) + header.state_bytes) return std::nullopt;
  tokens.resize(header.tokens);
  auto const length = static_cast<std::streamsize>(tokens.size() * sizeof(Token));
  if (!file.read(reinterpret_cast<char*>(tokens.data()), length)) return std::nullopt;
  return header;
}

bool begins_with(std::span<Token const> tokens, Tokens const& beginning) {
  return beginning.size() <= tokens.size() && std::equal(beginning.begin(), beginning.end(), tokens.begin());
}

}  // namespace

PrefixFolder::PrefixFolder(std::string folder, std::string_view fits, std::uint64_t most_bytes)
    : folder_(std::move(folder)), fits_(sha256(fits).hex()), most_bytes_(most_bytes) {
  if (folder_.empty()) return;
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code failed;
  for (fs::directory_iterator entry(folder_, failed), end; !failed && entry != end; entry.increment(failed))
    found.emplace_back(fs::last_write_time(entry->path(), failed), entry->path());
  if (failed) log_info("kept prefixes are not read: " + failed.message());
  std::sort(found.begin(), found.end());
  auto const fitting = sha256(fits).bytes;
  for (auto const& [time, path] : found) {
    std::ifstream file(path, std::ios::binary);
    auto const size = fs::file_size(path, failed);
    Tokens tokens;
    auto const header = failed ? std::nullopt : read_head(file, size, tokens);
    if (header && header->fits == fitting) {
      add(path.string(), std::move(tokens), size);
    } else {
      fs::remove(path, failed);
    }
  }
}

std::string PrefixFolder::path_of(std::span<Token const> tokens) const {
  return folder_ + "/" + sha256(fits_ + std::string(bytes_of(tokens))).hex().substr(0, 32) + kEnding;
}

void PrefixFolder::add(std::string const& path, Tokens tokens, std::uint64_t bytes) {
  files_.with([&](Files& files) { files.by_path[path] = {std::move(tokens), bytes, ++files.uses}; });
}

void PrefixFolder::forget(std::string const& path) {
  files_.with([&](Files& files) { files.by_path.erase(path); });
  std::error_code failed;
  fs::remove(path, failed);
}

bool PrefixFolder::has(std::span<Token const> tokens) const {
  return files_.with([path = path_of(tokens)](Files const& files) { return files.by_path.contains(path); });
}

bool PrefixFolder::seen_before(std::span<Token const> tokens) {
  return files_.with([path = path_of(tokens)](Files& files) {
    if (std::find(files.seen.begin(), files.seen.end(), path) != files.seen.end()) return true;
    files.seen.push_back(path);
    if (files.seen.size() > kMostSeen) files.seen.pop_front();
    return false;
  });
}

std::optional<PrefixFolder::Saved> PrefixFolder::find(std::span<Token const> tokens, int least) {
  auto const path = files_.with([&](Files& files) {
    auto longest = files.by_path.end();
    auto size = static_cast<std::size_t>(std::max(least, 1));
    for (auto file = files.by_path.begin(); file != files.by_path.end(); ++file) {
      if (file->second.tokens.size() < size || !begins_with(tokens, file->second.tokens)) continue;
      longest = file;
      size = file->second.tokens.size() + 1;
    }
    if (longest == files.by_path.end()) return std::string();
    longest->second.used = ++files.uses;
    return longest->first;
  });
  if (path.empty()) return std::nullopt;
  Saved saved;
  std::error_code failed;
  std::ifstream file(path, std::ios::binary);
  auto const header = read_head(file, fs::file_size(path, failed), saved.tokens);
  if (header) {
    saved.state.resize(header->state_bytes);
    file.read(saved.state.data(), static_cast<std::streamsize>(saved.state.size()));
    if (file && header->checksum == checksum(saved.tokens, saved.state)) return saved;
  }
  log_info("a kept prefix is damaged and read anew");
  forget(path);
  return std::nullopt;
}

void PrefixFolder::make_room(std::uint64_t bytes) {
  while (true) {
    auto const oldest = files_.with([&](Files const& files) -> std::string {
      std::uint64_t sum = bytes;
      auto least = files.by_path.end();
      for (auto file = files.by_path.begin(); file != files.by_path.end(); ++file) {
        sum += file->second.bytes;
        if (least == files.by_path.end() || file->second.used < least->second.used) least = file;
      }
      return sum > most_bytes_ && least != files.by_path.end() ? least->first : std::string();
    });
    if (oldest.empty()) return;
    forget(oldest);
  }
}

void PrefixFolder::save(std::span<Token const> tokens, std::string_view state) {
  Header header{kMagic, tokens.size(), state.size(), checksum(tokens, state), Sha256::from_hex(fits_)->bytes};
  auto const bytes = sizeof header + tokens.size_bytes() + state.size();
  if (!usable() || bytes > most_bytes_ || has(tokens)) return;
  make_room(bytes);
  auto const path = path_of(tokens);
  auto const unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<char const*>(&header), sizeof header);
  file.write(bytes_of(tokens).data(), static_cast<std::streamsize>(tokens.size_bytes()));
  file.write(state.data(), static_cast<std::streamsize>(state.size()));
  file.close();
  std::error_code failed;
  if (file) fs::rename(unfinished, path, failed);
  if (file && !failed) return add(path, {tokens.begin(), tokens.end()}, bytes);
  fs::remove(unfinished, failed);
  log_info("a prefix of " + std::to_string(tokens.size()) + " tokens cannot be kept in " + folder_);
}

}  // namespace shoal::llama_engine
