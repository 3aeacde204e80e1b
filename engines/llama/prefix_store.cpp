#include "engines/llama/prefix_store.h"

#include <algorithm>

namespace shoal::llama_engine {

int common_prefix(std::span<Token const> a, std::span<Token const> b) {
  auto const most = std::min(a.size(), b.size());
  auto const end = a.begin() + static_cast<std::ptrdiff_t>(most);
  return static_cast<int>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

void PrefixStore::erase(std::list<Saved>::iterator entry) {
  bytes_ -= entry->bytes();
  entries_.erase(entry);
}

void PrefixStore::put(std::span<Token const> tokens, int alike, std::string state) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto const old = entry++;
    if (old->tokens.size() <= tokens.size() &&
        common_prefix(old->tokens, tokens) == static_cast<int>(old->tokens.size()))
      erase(old);
  }
  Saved added{Tokens(tokens.begin(), tokens.end()), alike,
              std::make_shared<std::string const>(std::move(state))};
  if (added.bytes() > most_bytes_) return;
  while (bytes_ + added.bytes() > most_bytes_) erase(std::prev(entries_.end()));
  bytes_ += added.bytes();
  entries_.push_front(std::move(added));
}

std::optional<PrefixStore::Saved> PrefixStore::find(std::span<Token const> tokens) {
  auto best = entries_.end();
  int most = 0;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    auto const common = common_prefix(entry->tokens, tokens);
    if (common <= most) continue;
    most = common;
    best = entry;
  }
  if (best == entries_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, best);
  return *best;
}

}  // namespace shoal::llama_engine
