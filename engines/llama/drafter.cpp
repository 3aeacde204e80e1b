#include "engines/llama/drafter.h"

#include <algorithm>
#include <cstdlib>

namespace shoal::llama_engine {
namespace {

// Of a step with one row: what one row more costs.
constexpr double kFurtherRow = 0.3;
// How fast what was saved is forgotten, at each guess.
constexpr double kMemory = 0.8;
// So many equal tokens are no accident, wherever they stand; fewer are looked for only while guesses come
// true, and a single one only near where it is expected.
constexpr std::size_t kSureMatch = 3;
constexpr std::size_t kNear = 8;

// Of what a token costs in a step that so many calls share, and which a right guess saves.
double row_cost(int sharing) { return kFurtherRow / ((1 - kFurtherRow) / sharing + kFurtherRow); }

}  // namespace

// Whether the `length` tokens before the place are the answer's last.
bool Drafter::ends_at(std::size_t place, std::size_t length) const {
  return place >= length && answer_.size() >= length &&
         std::equal(answer_.end() - static_cast<std::ptrdiff_t>(length), answer_.end(),
                    prompt_.begin() + static_cast<std::ptrdiff_t>(place - length));
}

// The place after the answer's last `length` tokens, next to the one that is expected.
std::optional<std::size_t> Drafter::place_near(std::size_t length, std::size_t reach) const {
  std::optional<std::size_t> best;
  auto const distance = [&](std::size_t place) { return place > place_ ? place - place_ : place_ - place; };
  auto const end = std::min(prompt_.size(), place_ + reach + 1);
  for (auto place = place_ > reach ? place_ - reach : 0; place < end; ++place) {
    if (ends_at(place, length) && (!best || distance(place) < distance(*best))) best = place;
  }
  return best;
}

void Drafter::find_place() {
  auto found = place_near(kSureMatch, prompt_.size());
  if (!found && credit_ > 0) found = place_near(2, prompt_.size());
  if (!found && credit_ > 0) found = place_near(1, kNear);
  follows_ = found.has_value();
  if (found) place_ = *found;
}

std::span<Token const> Drafter::guess(int most) {
  if (pause_ > 0 || most <= 0) return {};
  if (!follows_) find_place();
  if (!follows_ || place_ >= prompt_.size()) return {};
  auto const length = std::min(static_cast<std::size_t>(std::min(most, length_)), prompt_.size() - place_);
  return {prompt_.data() + place_, length};
}

void Drafter::judge(int guessed, int right, int sharing) {
  if (guessed == 0) return;
  credit_ = kMemory * credit_ + right - row_cost(sharing) * guessed;
  length_ = right == guessed ? std::min(kLongest, 2 * length_) : std::max(kShortest, right + 1);
  if (credit_ >= 0) {
    next_pause_ = kFirstPause;
    return;
  }
  pause_ = next_pause_;
  next_pause_ = std::min(2 * next_pause_, kLongestPause);
  credit_ = 0;
}

void Drafter::add(Token token) {
  if (pause_ > 0) --pause_;
  answer_.push_back(token);
  if (follows_ && place_ < prompt_.size() && prompt_[place_] == token) {
    ++place_;
    return;
  }
  follows_ = false;
  if (place_ < prompt_.size()) ++place_;  // a token was put for another
}

}  // namespace shoal::llama_engine
