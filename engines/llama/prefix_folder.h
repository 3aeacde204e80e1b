// Prefixes as files, so that they outlive the worker: in the folder that the host gives it for the model.
// What cannot be read or written is told to the log and does without. Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

class PrefixFolder {
 public:
  // Empty: keeps nothing. `fits` says for what model and program a state is made: files that fit another are
  // removed.
  PrefixFolder(std::string folder, std::string_view fits, std::uint64_t most_bytes);
  PrefixFolder(PrefixFolder const&) = delete;
  PrefixFolder& operator=(PrefixFolder const&) = delete;

  bool usable() const { return !folder_.empty(); }
  bool has(std::span<Token const> tokens) const;
  // Whether it was asked before, lately, about the same tokens.
  bool seen_before(std::span<Token const> tokens);

  struct Saved {
    Tokens tokens;
    std::string state;
  };
  // The longest that `tokens` begins with, if it has at least `least` tokens.
  std::optional<Saved> find(std::span<Token const> tokens, int least);
  // Those used least recently make room.
  void save(std::span<Token const> tokens, std::string_view state);

 private:
  struct File {
    Tokens tokens;
    std::uint64_t bytes = 0;
    std::int64_t used = 0;  // order
  };
  struct Files {
    std::map<std::string, File> by_path;
    std::int64_t uses = 0;
    std::deque<std::string> seen;  // paths
  };

  std::string path_of(std::span<Token const> tokens) const;
  void add(std::string const& path, Tokens tokens, std::uint64_t bytes);
  void make_room(std::uint64_t bytes);
  void forget(std::string const& path);

  std::string folder_;
  std::string fits_;  // a hash
  std::uint64_t most_bytes_;
  Guarded<Files> files_;
};

}  // namespace shoal::llama_engine
