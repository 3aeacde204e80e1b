// Reads a call's prompt into a sequence of its own, a part at a time, from where others had begun alike. Used
// by the thread of the batch.
#pragma once

#include "base/result.h"
#include "engines/llama/sequences.h"
#include "engines/llama/work.h"

namespace shoal::llama_engine {

class PromptReader {
 public:
  // `tokens` is not empty.
  explicit PromptReader(Tokens tokens) : tokens_(std::move(tokens)) {}

  enum class Reuse { none, alike, all };
  // Error busy where all sequences are in use.
  Result<void> join(Sequences& sequences, Reuse reuse);
  void plan(Step& step, Sequences const& sequences);
  void take(Sequences& sequences);
  void leave(Sequences& sequences);

  int sequence() const { return *sequence_; }
  Tokens const& tokens() const { return tokens_; }
  int size() const { return static_cast<int>(tokens_.size()); }
  int reused() const { return reused_; }
  int read() const { return read_; }
  bool done() const { return read_ == size(); }
  // Of the last token, once it was read: valid in the step that read it.
  int last_row() const { return last_row_; }

 private:
  Tokens tokens_;
  std::optional<int> sequence_;
  int reused_ = 0;
  int read_ = 0;     // with what was reused
  int planned_ = 0;  // tokens of this step
  int last_row_ = 0;
};

}  // namespace shoal::llama_engine
