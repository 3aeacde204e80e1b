// What a call wants of the batch: rows to be evaluated, step by step, and what to make of their logits. Made
// by the call's thread, then used by the batch's thread until it has left.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "engines/llama/compute.h"
#include "engines/llama/sequences.h"

namespace shoal::llama_engine {

// The rows of one step while they are collected, and what may still be added.
struct Step {
  Rows& rows;
  int most_rows;     // of all together
  int reading_rows;  // left for those who read
  int spare_cells;   // left beyond what those in the batch may still need
  int generators;    // whose rows come later in the step, and need one output each
  int sharing;       // that generate in it, all of them

  int rows_left() const { return std::max(0, most_rows - rows.size()); }
  int outputs_left() const;
};

class Work {
 public:
  enum class Phase {
    reading,     // many rows that nobody waits for one by one
    generating,  // one token after the other
    done,
  };

  virtual ~Work() = default;
  virtual Phase phase() const = 0;
  // Runs without others, in a context that is as new.
  virtual bool alone() const = 0;
  // Its rows must be computed like all others of the call: in steps of kAlikeRows rows at most.
  virtual bool alike() const { return false; }
  // Waits for its reader, and has no rows.
  virtual bool held_up() const { return false; }

  // Cells that it may still need so that it can end. Before it joins: at most.
  virtual int cells_to_come() const = 0;
  // What it begins with, which others may have.
  virtual std::span<Token const> beginning() const = 0;

  // Once, before the first step. busy: not now, for lack of sequences.
  virtual Result<void> join(Sequences& sequences) = 0;
  // Adds rows. Called again for the same rows where an evaluation was broken off.
  virtual void plan(Step& step, Sequences& sequences) = 0;
  // The rows that it added were evaluated. An error ends it.
  virtual Result<void> take(Compute const& compute, Sequences& sequences) = 0;
  // Gives its sequences back; once, after join().
  virtual void leave(Sequences& sequences) = 0;
  // After it is done, by the batch's thread.
  virtual Result<engine::Reply> reply() = 0;
};

}  // namespace shoal::llama_engine
