// The sequences of a context: which are taken, what tokens each holds, and how many cells that leaves. One
// that is not in use any more stays as long as its cells are not needed, so that a call which begins alike
// goes on from it. Owned and used by the thread of the batch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engines/llama/compute.h"
#include "engines/llama/prefix_folder.h"
#include "engines/llama/prefix_store.h"

namespace shoal::llama_engine {

// Numbers for the cells of a context: who shares tokens has the same, so that they count once.
class CellNumbers {
 public:
  enum class Holder { busy, idle };

  int add(Holder holder);
  void share(int cell, Holder holder);
  void release(int cell, Holder holder);
  int taken() const { return taken_; }
  int taken_by_busy() const { return busy_; }

 private:
  struct Count {
    int holders = 0, busy = 0;
  };
  std::vector<Count> counts_;
  std::vector<int> unused_;
  int taken_ = 0, busy_ = 0;
};

class Sequences {
 public:
  Sequences(Compute& compute, PrefixStore& store, PrefixFolder& folder, int count);

  // An empty sequence. None where all are in use.
  std::optional<int> open();
  // Drops what it holds.
  void close(int id);
  // Out of use, but kept while there is room.
  void keep(int id);

  // Arithmetic depends on how many rows are evaluated together. Alike: as few rows as kAlikeRows, whatever
  // they were, give the same bits.
  enum class Bits { alike, any };
  // Gives the empty sequence what others, the store or the folder hold of the beginning of `tokens`: at most
  // `most` tokens. Returns how many.
  int adopt(int id, std::span<Token const> tokens, int most, Bits bits);
  // The empty sequence `to` goes on from all that `from` holds.
  void fork(int from, int to);

  // Before grew(): how many rows the step had that evaluated.
  void evaluated(int rows);
  // Of sequences in use: what was evaluated, and what is taken back of it.
  void grew(int id, std::span<Token const> tokens);
  void cut(int id, int length);
  int length(int id) const { return static_cast<int>(at(id).tokens.size()); }
  std::span<Token const> tokens(int id) const { return at(id).tokens; }
  // Of the first `length` tokens that the sequence holds, as bytes. Empty where there is no room for that.
  std::string state_of_beginning(int id, int length);

  // See Compute.
  bool cuts() const { return compute_.cuts(); }
  // Cells that sequences in use leave.
  int free_cells() const;
  // How many of them `tokens` needs less, because a sequence in use has its beginning.
  int shared_cells(std::span<Token const> tokens) const;
  // Makes `count` cells empty, which free_cells() says there are.
  void make_room(int count);
  // Nothing is in use: drops what is kept, but for a good beginning of `tokens`. Whoever comes next finds
  // cells in their order, and so gets bits that do not depend on who was there before.
  void settle(std::span<Token const> tokens);

 private:
  enum class Use { none, busy, kept };
  struct Sequence {
    Use use = Use::none;
    Tokens tokens;
    std::vector<int> cells;  // of each token
    int alike = 0;           // the first so many were evaluated alike
    std::uint64_t used = 0;  // when, for those that are kept
  };

  Sequence& at(int id) { return sequences_[static_cast<std::size_t>(id)]; }
  Sequence const& at(int id) const { return sequences_[static_cast<std::size_t>(id)]; }
  void share(int from, int to, int length);
  void release_cells(Sequence& sequence, int from);
  int usable(Sequence const& sequence, std::span<Token const> tokens, int most, Bits bits) const;
  std::pair<int, int> find_beginning(std::span<Token const> tokens, int most, Bits bits) const;
  std::optional<int> oldest_kept() const;
  void drop(int id);
  void save_and_drop(int id);
  int restore(int id, std::span<Token const> tokens, int most, Bits bits);
  int restore(int id, PrefixStore::Saved const& saved, int length);
  void bound_kept();

  Compute& compute_;
  PrefixStore& store_;
  PrefixFolder& folder_;
  std::vector<Sequence> sequences_;
  CellNumbers cells_;
  std::uint64_t now_ = 0;
  bool alike_ = false;  // the step that was evaluated last
};

}  // namespace shoal::llama_engine
