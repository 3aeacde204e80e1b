// The thread that evaluates for all calls of a model: works join and leave, and each step evaluates rows of
// all of them together. Those that generate get their rows first; those that read share what time is left
// until the next token is due. Owned by the model; run() from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "engines/llama/compute.h"
#include "engines/llama/outlet.h"
#include "engines/llama/reading_pace.h"
#include "engines/llama/sequences.h"
#include "engines/llama/work.h"

namespace shoal::llama_engine {

class BatchLoop {
 public:
  // `layers`: of the model.
  BatchLoop(Compute& compute, Sequences& sequences, int layers);
  // No run() is under way.
  ~BatchLoop();
  BatchLoop(BatchLoop const&) = delete;
  BatchLoop& operator=(BatchLoop const&) = delete;

  // Takes the work into the batch when there is room, and returns when it has left. Works join in the order
  // in which they came.
  Result<engine::Reply> run(Work& work, Outlet& outlet, engine::CallContext& context);
  // Runs `change` on the thread of the batch when nothing is in it, and returns when it is done.
  void pause(std::function<void()> change);

 private:
  struct Call {
    Work* work;
    Outlet* outlet;
    engine::CallContext const* context;
  };

  void loop();
  bool take_arrivals();
  void drop_cancelled();
  void admit();
  bool may_join(Work const& work) const;
  Result<bool> join(Call const& call);
  int cells_to_come() const;
  Step begin_step();
  std::vector<Call> plan();
  void step();
  Result<void> evaluate(std::vector<Call> const& planned);
  void evaluate_apart(std::vector<Call> const& planned);
  void take(std::vector<Call> const& planned);
  void remove(Call const& call, Result<engine::Reply> reply);
  void wait_for_readers();

  Compute& compute_;
  Sequences& sequences_;
  Rows rows_;
  std::deque<Call> waiting_;  // in their order
  std::vector<Call> active_;  // in the batch, in their order
  ReadingPace pace_;
  bool reads_alone_ = false;  // the last step did, and those that generate come next

  std::mutex mutex_;  // guards what follows; the condition variable needs it bare
  std::condition_variable arrived_;
  std::deque<Call> arrivals_;
  std::deque<std::packaged_task<void()>> pauses_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace shoal::llama_engine
