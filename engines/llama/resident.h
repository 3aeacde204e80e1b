// Sequence 0 of a context, kept between calls so that a prompt which begins like the last one is not read
// again. Used by the call whose turn it is.
//
// Arithmetic depends on how many rows are evaluated together, so a prompt is always read in parts that begin
// at multiples of `rows`, and reuse ends at such a multiple: the bits are the same whether something was
// reused or not. The exception is a prompt that goes on from what was generated (the next turn of a
// conversation): that was decoded token by token, and is reused as it is where `Reuse::all` allows it.
#pragma once

#include <span>

#include "engines/llama/compute.h"

namespace shoal::llama_engine {

enum class Reuse { exact, all };

class Resident {
 public:
  explicit Resident(Compute& compute) : compute_(compute) {}

  struct Held {
    int reused = 0;    // tokens
    int last_row = 0;  // has the logits of the last token
  };
  // Makes the sequence hold `tokens` (at least one) and evaluates what is missing, `rows` at a time.
  Result<Held> hold(std::span<Token const> tokens, int rows, Reuse reuse, engine::CallContext& context);
  // Adds one generated token; its logits are those of row 0.
  Result<void> append(Token token, engine::CallContext const& context);
  // Empties the whole context. Before it is used for other sequences alone.
  void drop();

 private:
  int reusable(std::span<Token const> tokens, int rows, Reuse reuse) const;
  void cut(int length);
  Result<void> evaluate_from(int begin, int end, std::span<Token const> tokens,
                             engine::CallContext const& context);

  Compute& compute_;
  Rows batch_;
  Tokens tokens_;   // that the sequence holds
  int prompt_ = 0;  // the first so many were read, the others generated
  int exact_ = 0;   // the first so many have the bits of a prompt read afresh
  int rows_ = 0;
};

}  // namespace shoal::llama_engine
