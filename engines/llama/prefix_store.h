// What sequences held, as bytes in memory, for calls to come that begin alike. What was used least recently
// goes first. Used by the thread of the batch; bytes() from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

// Tokens at the beginning that both have.
int common_prefix(std::span<Token const> a, std::span<Token const> b);

class PrefixStore {
 public:
  explicit PrefixStore(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // Replaces what is a beginning of `tokens`. What is larger than the bound by itself is not kept. The first
  // `alike` tokens were evaluated alike, see Sequences.
  void put(std::span<Token const> tokens, int alike, std::string state);

  struct Saved {
    Tokens tokens;  // that the state holds
    int alike = 0;
    std::shared_ptr<std::string const> state;

    std::uint64_t bytes() const { return state->size() + tokens.size() * sizeof(Token); }
  };
  // That with most tokens in common from the beginning, if any has one.
  std::optional<Saved> find(std::span<Token const> tokens);

  std::uint64_t bytes() const { return bytes_; }

 private:
  void erase(std::list<Saved>::iterator entry);

  std::uint64_t const most_bytes_;
  std::list<Saved> entries_;  // the one used last is the first
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace shoal::llama_engine
