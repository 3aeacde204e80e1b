// The operation `score`: see engine.yaml. Nothing is generated; each text is read once.
//
// Scores compare only if their texts were evaluated alike: in steps of so few rows that the kernels take one
// path. So a score depends neither on the other texts of its call nor on calls beside it, but for the order
// in which the cells of a crowded context happen to lie.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engines/llama/prompt.h"
#include "engines/llama/prompt_reader.h"
#include "engines/llama/room.h"
#include "engines/llama/work.h"

namespace shoal::llama_engine {

struct ScoreRequest {
  bool many_prefixes = false;  // for one continuation; else one prefix for many continuations
  std::vector<Tokens> prefixes;
  std::vector<Tokens> continuations;  // none is empty
  bool deterministic = false;
};
Result<ScoreRequest> score_request(PromptInputs const& from, Room const& room);

// A call of `score` in the batch: first the prefix that its continuations share, then text after text, as
// many at once as there is room for.
class ScoreWork final : public Work {
 public:
  ScoreWork(ScoreRequest const& request, engine::CallContext& context);

  Phase phase() const override;
  bool alone() const override { return deterministic_; }
  bool alike() const override { return true; }
  int cells_to_come() const override;
  std::span<Token const> beginning() const override;

  Result<void> join(Sequences& sequences) override;
  void plan(Step& step, Sequences& sequences) override;
  Result<void> take(Compute const& compute, Sequences& sequences) override;
  void leave(Sequences& sequences) override;
  Result<engine::Reply> reply() override;

 private:
  // A text to be read, and from which token on its tokens are scored.
  struct Text {
    std::size_t score = 0;  // index
    Tokens tokens;
    int scored_from = 1;
    std::optional<int> sequence;
    int read = 0;
    int planned = 0;    // tokens of this step
    int first_row = 0;  // of them

    // The last token is only foretold.
    int to_read() const { return static_cast<int>(tokens.size()) - 1 - read; }
    bool is_scored(int at) const { return at + 1 >= scored_from; }
  };

  bool read_all() const { return done_ == texts_.size(); }
  int rows_of_group() const;
  void open_texts(Step& step, Sequences& sequences);
  void plan_text(Text& text, Step& step, int& rows);
  void take_prefix(Compute const& compute, Sequences& sequences);
  void take_text(Text& text, Compute const& compute, Sequences& sequences);
  void end_group(Sequences& sequences);

  std::optional<PromptReader> prefix_;  // none where each text has its own
  std::vector<Text> texts_;
  std::size_t done_ = 0;             // texts before it are read
  std::size_t opened_ = 0;           // texts from done_ to it are the group that is read
  std::vector<Token> first_tokens_;  // of the continuations
  std::vector<double> sums_;
  std::vector<std::size_t> lengths_;
  std::size_t tokens_in_ = 0;
  bool deterministic_;
  engine::CallContext& context_;
  SystemClock clock_;
  MonotonicTime joined_;
};

}  // namespace shoal::llama_engine
