// The operation `generate`: see engine.yaml.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engines/llama/answer.h"
#include "engines/llama/drafter.h"
#include "engines/llama/outlet.h"
#include "engines/llama/prompt.h"
#include "engines/llama/prompt_reader.h"
#include "engines/llama/room.h"
#include "engines/llama/sampler.h"
#include "engines/llama/work.h"

namespace shoal::llama_engine {

// Inputs that are read and found good, so that a call fails before its turn.
struct GenerateRequest {
  Prompt prompt;
  bool announced = false;  // that the prompt's constant part comes again
  Sampling sampling;
  Answer::Shape shape;
  bool deterministic = false;
};
Result<GenerateRequest> generate_request(PromptInputs const& from, Room const& room);

// One answer in the batch: its prompt is read, then tokens are chosen at each step: one, and those of a guess
// that came true. Its text goes out as it comes.
class GenerateWork final : public Work {
 public:
  static Result<std::unique_ptr<GenerateWork>> create(GenerateRequest request, Vocabulary const& vocabulary,
                                                      PrefixFolder& folder, Outlet& outlet,
                                                      engine::CallContext& context);

  Phase phase() const override;
  bool alone() const override { return deterministic_; }
  bool held_up() const override { return outlet_.behind(); }
  int cells_to_come() const override;
  std::span<Token const> beginning() const override { return prompt_.tokens(); }

  Result<void> join(Sequences& sequences) override;
  void plan(Step& step, Sequences& sequences) override;
  Result<void> take(Compute const& compute, Sequences& sequences) override;
  void leave(Sequences& sequences) override { prompt_.leave(sequences); }
  Result<engine::Reply> reply() override;

 private:
  GenerateWork(GenerateRequest request, Vocabulary const& vocabulary, std::unique_ptr<Sampler> sampler,
               PrefixFolder& folder, Outlet& outlet, engine::CallContext& context);

  void keep_constant(Sequences& sequences);
  Result<void> take_prompt(Compute const& compute, Sequences& sequences);
  Result<void> take_tokens(Compute const& compute, Sequences& sequences);
  Result<void> choose(std::span<float> logits);

  PromptReader prompt_;
  int max_tokens_;
  bool deterministic_;
  std::unique_ptr<Sampler> sampler_;
  Answer answer_;
  Drafter drafter_;
  bool drafts_ = false;
  Tokens planned_;   // of this step: the token that was chosen last, and a guess
  Token next_ = 0;   // was chosen, and is to be evaluated
  int row_ = 0;      // of the first of them
  int sharing_ = 1;  // the calls that generated in that step
  int guessed_ = 0, right_ = 0;
  int constant_;  // tokens of the prompt that are to be kept in the folder; 0: none
  PrefixFolder& folder_;
  Outlet& outlet_;
  engine::CallContext& context_;

  SystemClock clock_;
  MonotonicTime joined_, decoding_, ended_;
};

}  // namespace shoal::llama_engine
