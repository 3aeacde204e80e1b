#include "engines/llama/prompt_reader.h"

#include <algorithm>

namespace shoal::llama_engine {

Result<void> PromptReader::join(Sequences& sequences, Reuse reuse) {
  sequence_ = sequences.open();
  if (!sequence_) return Error(Code::busy, "all sequences of the model's context are in use; try again");
  if (reuse == Reuse::none) return {};
  // The last token is always read: its logits are wanted.
  auto const bits = reuse == Reuse::alike ? Sequences::Bits::alike : Sequences::Bits::any;
  reused_ = read_ = sequences.adopt(*sequence_, tokens_, size() - 1, bits);
  return {};
}

void PromptReader::plan(Step& step, Sequences const&) {
  planned_ = std::min({size() - read_, step.reading_rows, step.rows_left()});
  for (int i = read_; i < read_ + planned_; ++i) {
    auto const wanted = i + 1 == size() ? Rows::Logits::wanted : Rows::Logits::none;
    last_row_ = step.rows.add(tokens_[static_cast<std::size_t>(i)], i, *sequence_, wanted);
  }
}

void PromptReader::take(Sequences& sequences) {
  auto const begin = tokens_.begin() + read_;
  sequences.grew(*sequence_, {begin, begin + planned_});
  read_ += planned_;
}

void PromptReader::leave(Sequences& sequences) {
  if (sequence_) sequences.keep(*sequence_);
  sequence_.reset();
}

}  // namespace shoal::llama_engine
