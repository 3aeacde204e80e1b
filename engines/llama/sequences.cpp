#include "engines/llama/sequences.h"

#include <algorithm>

#include "engines/llama/weights.h"

namespace shoal::llama_engine {
namespace {

// Cells of sequences that are kept: attention looks at each, though it skips them. Others are kept as bytes.
constexpr int kMostKeptCells = 1024;
// To save or restore fewer tokens takes as long as to read them.
constexpr int kLeastSaved = 32;

}  // namespace

int CellNumbers::add(Holder holder) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<int>(counts_.size()));
    counts_.emplace_back();
  }
  auto const cell = unused_.back();
  unused_.pop_back();
  share(cell, holder);
  return cell;
}

void CellNumbers::share(int cell, Holder holder) {
  auto& count = counts_[static_cast<std::size_t>(cell)];
  taken_ += count.holders++ == 0 ? 1 : 0;
  if (holder == Holder::busy) busy_ += count.busy++ == 0 ? 1 : 0;
}

void CellNumbers::release(int cell, Holder holder) {
  auto& count = counts_[static_cast<std::size_t>(cell)];
  if (holder == Holder::busy) busy_ -= --count.busy == 0 ? 1 : 0;
  if (--count.holders > 0) return;
  taken_ -= 1;
  unused_.push_back(cell);
}

Sequences::Sequences(Compute& compute, PrefixStore& store, PrefixFolder& folder, int count)
    : compute_(compute), store_(store), folder_(folder), sequences_(static_cast<std::size_t>(count)) {}

std::optional<int> Sequences::open() {
  auto const unused = std::find_if(sequences_.begin(), sequences_.end(),
                                   [](auto const& each) { return each.use == Use::none; });
  auto id = std::optional<int>(static_cast<int>(unused - sequences_.begin()));
  if (unused == sequences_.end()) {
    id = oldest_kept();
    if (!id) return std::nullopt;
    save_and_drop(*id);
  }
  at(*id).use = Use::busy;
  return id;
}

void Sequences::release_cells(Sequence& sequence, int from) {
  auto const holder = sequence.use == Use::busy ? CellNumbers::Holder::busy : CellNumbers::Holder::idle;
  for (auto i = static_cast<std::size_t>(from); i < sequence.cells.size(); ++i)
    cells_.release(sequence.cells[i], holder);
  sequence.cells.resize(static_cast<std::size_t>(from));
}

void Sequences::drop(int id) {
  compute_.forget(id, 0);
  release_cells(at(id), 0);
  at(id) = {};
}

void Sequences::close(int id) { drop(id); }

void Sequences::keep(int id) {
  if (at(id).tokens.empty()) return drop(id);
  auto& sequence = at(id);
  for (auto const cell : sequence.cells) {
    cells_.share(cell, CellNumbers::Holder::idle);
    cells_.release(cell, CellNumbers::Holder::busy);
  }
  sequence.use = Use::kept;
  sequence.used = ++now_;
  bound_kept();
}

void Sequences::bound_kept() {
  while (cells_.taken() - cells_.taken_by_busy() > kMostKeptCells) {
    auto const oldest = oldest_kept();
    bool const alone = std::count_if(sequences_.begin(), sequences_.end(),
                                     [](auto const& each) { return each.use == Use::kept; }) == 1;
    if (!oldest || alone) return;  // the last one is not moved for nothing: a conversation goes on from it
    save_and_drop(*oldest);
  }
}

std::optional<int> Sequences::oldest_kept() const {
  std::optional<int> oldest;
  for (int id = 0; id < static_cast<int>(sequences_.size()); ++id) {
    if (at(id).use == Use::kept && (!oldest || at(id).used < at(*oldest).used)) oldest = id;
  }
  return oldest;
}

void Sequences::save_and_drop(int id) {
  auto const& tokens = at(id).tokens;
  if (static_cast<int>(tokens.size()) >= kLeastSaved) store_.put(tokens, at(id).alike, compute_.state(id));
  drop(id);
}

// How much of what the sequence holds serves `tokens`.
int Sequences::usable(Sequence const& sequence, std::span<Token const> tokens, int most, Bits bits) const {
  auto const held = static_cast<int>(sequence.tokens.size());
  auto common = std::min(common_prefix(sequence.tokens, tokens), most);
  if (bits == Bits::alike) common = std::min(common, sequence.alike);
  return compute_.cuts() || common == held ? common : 0;
}

// The sequence that holds most of the beginning of `tokens`, and how much.
std::pair<int, int> Sequences::find_beginning(std::span<Token const> tokens, int most, Bits bits) const {
  std::pair<int, int> best{0, 0};
  for (int id = 0; id < static_cast<int>(sequences_.size()); ++id) {
    auto const common = usable(at(id), tokens, most, bits);
    if (common > best.second) best = {id, common};
  }
  return best;
}

int Sequences::adopt(int id, std::span<Token const> tokens, int most, Bits bits) {
  if (auto const restored = restore(id, tokens, most, bits); restored > 0) return restored;
  auto const [from, length] = find_beginning(tokens, most, bits);
  if (length == 0) return 0;
  share(from, id, length);
  at(from).used = ++now_;
  return length;
}

// From the store or the folder, where they have clearly more than the sequences.
int Sequences::restore(int id, std::span<Token const> tokens, int most, Bits bits) {
  auto const least = find_beginning(tokens, most, bits).second + kLeastSaved;
  auto const found = store_.find(tokens);
  auto const common =
      found ? usable({.tokens = found->tokens, .alike = found->alike}, tokens, most, bits) : 0;
  if (bits == Bits::any) {
    auto const better = std::max(least, common + kLeastSaved);
    if (auto file = folder_.find(tokens.first(static_cast<std::size_t>(most)), better)) {
      auto const length = static_cast<int>(file->tokens.size());
      PrefixStore::Saved const saved{std::move(file->tokens), 0,
                                     std::make_shared<std::string const>(std::move(file->state))};
      if (auto const restored = restore(id, saved, length); restored > 0) return restored;
    }
  }
  return common >= least ? restore(id, *found, common) : 0;
}

int Sequences::restore(int id, PrefixStore::Saved const& saved, int length) {
  auto const size = static_cast<int>(saved.tokens.size());
  if (size > free_cells()) return 0;
  make_room(size);
  if (!compute_.restore(id, *saved.state)) {
    compute_.forget(id, 0);
    return 0;
  }
  alike_ = false;
  grew(id, saved.tokens);
  at(id).alike = saved.alike;
  cut(id, length);
  return length;
}

std::string Sequences::state_of_beginning(int id, int length) {
  if (!compute_.cuts()) return {};
  auto const copy = open();
  if (!copy) return {};
  share(id, *copy, length);
  auto state = compute_.state(*copy);
  close(*copy);
  return state;
}

void Sequences::share(int from, int to, int length) {
  auto const& source = at(from);
  compute_.share(from, to, length);
  at(to).tokens.assign(source.tokens.begin(), source.tokens.begin() + length);
  at(to).cells.assign(source.cells.begin(), source.cells.begin() + length);
  at(to).alike = std::min(source.alike, length);
  for (auto const cell : at(to).cells) cells_.share(cell, CellNumbers::Holder::busy);
}

void Sequences::fork(int from, int to) { share(from, to, length(from)); }

void Sequences::evaluated(int rows) { alike_ = rows > 1 && rows <= kAlikeRows; }

void Sequences::grew(int id, std::span<Token const> tokens) {
  auto& sequence = at(id);
  if (alike_ && sequence.alike == length(id)) sequence.alike += static_cast<int>(tokens.size());
  sequence.tokens.insert(sequence.tokens.end(), tokens.begin(), tokens.end());
  for (std::size_t i = 0; i < tokens.size(); ++i)
    sequence.cells.push_back(cells_.add(CellNumbers::Holder::busy));
}

void Sequences::cut(int id, int length) {
  if (length == this->length(id)) return;
  compute_.forget(id, length);
  at(id).tokens.resize(static_cast<std::size_t>(length));
  release_cells(at(id), length);
  at(id).alike = std::min(at(id).alike, length);
}

int Sequences::free_cells() const { return compute_.capacity() - cells_.taken_by_busy(); }

int Sequences::shared_cells(std::span<Token const> tokens) const {
  int most = 0;
  for (auto const& sequence : sequences_) {
    if (sequence.use != Use::busy) continue;
    most = std::max(most, usable(sequence, tokens, static_cast<int>(tokens.size()), Bits::alike));
  }
  return most;
}

void Sequences::make_room(int count) {
  while (compute_.capacity() - cells_.taken() < count) {
    auto const oldest = oldest_kept();
    CHECK(oldest.has_value());
    save_and_drop(*oldest);
  }
}

void Sequences::settle(std::span<Token const> tokens) {
  auto const [best, length] = find_beginning(tokens, static_cast<int>(tokens.size()), Bits::any);
  bool const serves = length >= kLeastSaved;
  for (int id = 0; id < static_cast<int>(sequences_.size()); ++id) {
    if (at(id).use == Use::kept && !(serves && id == best)) save_and_drop(id);
  }
  if (!serves) compute_.clear();
}

}  // namespace shoal::llama_engine
