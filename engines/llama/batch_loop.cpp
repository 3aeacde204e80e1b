#include "engines/llama/batch_loop.h"

#include <algorithm>
#include <cmath>
#include <exception>

#include "base/time.h"
#include "engines/llama/weights.h"

namespace shoal::llama_engine {
namespace {

// Of a call that is to give the same bits each time, whatever the speed.
constexpr int kAloneRows = 128;
// From so many rows on the attention is computed in tiles of them, each over all cells of any of its rows'
// sequences: rows of many sequences, as those that generate are, make their tile as dear as all that is kept.
constexpr int kTileRows = 64;

Error cancelled() { return Error(Code::cancelled, "cancelled"); }

}  // namespace

int Step::outputs_left() const { return std::max(0, kMostOutputs - rows.outputs()); }

BatchLoop::BatchLoop(Compute& compute, Sequences& sequences, int layers)
    : compute_(compute), sequences_(sequences), pace_(layers), thread_([this] { loop(); }) {}

BatchLoop::~BatchLoop() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Result<engine::Reply> BatchLoop::run(Work& work, Outlet& outlet, engine::CallContext& context) {
  {
    std::lock_guard lock(mutex_);
    arrivals_.push_back({&work, &outlet, &context});
  }
  arrived_.notify_one();
  return outlet.wait(context);
}

void BatchLoop::pause(std::function<void()> change) {
  std::packaged_task<void()> task(std::move(change));
  auto done = task.get_future();
  {
    std::lock_guard lock(mutex_);
    pauses_.push_back(std::move(task));
  }
  arrived_.notify_one();
  done.get();
}

void BatchLoop::loop() {
  while (take_arrivals()) {
    drop_cancelled();
    admit();
    if (!active_.empty()) step();
  }
}

// Waits while there is nothing to do, with the threads asleep. False: it is the end.
bool BatchLoop::take_arrivals() {
  std::unique_lock lock(mutex_);
  bool const idle = active_.empty() && waiting_.empty();
  while (idle && (arrivals_.empty() || !pauses_.empty())) {
    if (!pauses_.empty()) {
      auto change = std::move(pauses_.front());
      pauses_.pop_front();
      lock.unlock();
      change();
      lock.lock();
      continue;
    }
    if (ending_) return false;
    compute_.rest();
    arrived_.wait(lock, [this] { return ending_ || !arrivals_.empty() || !pauses_.empty(); });
  }
  waiting_.insert(waiting_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
  return true;
}

void BatchLoop::drop_cancelled() {
  for (auto const& call : std::vector(active_)) {
    if (call.context->cancelled()) remove(call, cancelled());
  }
  for (auto const& call : std::exchange(waiting_, {})) {
    if (call.context->cancelled()) {
      call.outlet->finish(cancelled());
    } else {
      waiting_.push_back(call);
    }
  }
}

void BatchLoop::remove(Call const& call, Result<engine::Reply> reply) {
  call.work->leave(sequences_);
  std::erase_if(active_, [&](Call const& each) { return each.work == call.work; });
  call.outlet->finish(std::move(reply));
}

int BatchLoop::cells_to_come() const {
  int sum = 0;
  for (auto const& call : active_) sum += call.work->cells_to_come();
  return sum;
}

bool BatchLoop::may_join(Work const& work) const {
  if (active_.empty()) return true;
  if (work.alone() || active_.front().work->alone()) return false;
  auto const more = work.cells_to_come() - sequences_.shared_cells(work.beginning());
  return cells_to_come() + more <= sequences_.free_cells();
}

// False where it has to wait.
Result<bool> BatchLoop::join(Call const& call) {
  if (active_.empty())
    sequences_.settle(call.work->alone() ? std::span<Token const>() : call.work->beginning());
  auto const joined = call.work->join(sequences_);
  if (joined) return true;
  call.work->leave(sequences_);
  if (joined.error().code() == Code::busy && !active_.empty()) return false;
  return joined.error();
}

// Nobody overtakes: what is large would wait for ever.
void BatchLoop::admit() {
  while (!waiting_.empty() && may_join(*waiting_.front().work)) {
    auto const call = waiting_.front();
    auto const joined = join(call);
    if (joined && !*joined) return;
    waiting_.pop_front();
    if (joined) {
      active_.push_back(call);
    } else {
      call.outlet->finish(joined.error());
    }
  }
}

Step BatchLoop::begin_step() {
  rows_.clear();
  bool alike = false;
  int generators = 0, readers = 0;
  for (auto const& call : active_) {
    alike = alike || call.work->alike();
    generators += call.work->phase() == Work::Phase::generating ? 1 : 0;
    readers += call.work->phase() == Work::Phase::reading ? 1 : 0;
  }
  int const most = alike ? std::min(kAlikeRows, compute_.most_rows()) : compute_.most_rows();
  bool const alone = active_.front().work->alone();
  auto const reading = readers == 0     ? 0
                       : alone          ? std::min(most, kAloneRows)
                       : generators > 0 ? pace_.rows_beside_others(most, readers)
                                        : pace_.rows(most);
  return {rows_, most, reading, sequences_.free_cells() - cells_to_come(), generators, generators};
}

// Those that generate come first, so that no token waits for the next step.
std::vector<BatchLoop::Call> BatchLoop::plan() {
  auto step = begin_step();
  bool const apart = step.generators > 0 && step.reading_rows + step.generators >= kTileRows;
  reads_alone_ = apart && !reads_alone_;
  std::vector<Call> planned;
  for (auto const phase : {Work::Phase::generating, Work::Phase::reading}) {
    if (apart && reads_alone_ != (phase == Work::Phase::reading)) continue;
    for (auto const& call : active_) {
      if (call.work->phase() != phase) continue;
      if (phase == Work::Phase::generating) --step.generators;
      if (call.work->held_up()) continue;
      auto const before = rows_.size();
      call.work->plan(step, sequences_);
      if (rows_.size() == before) continue;
      if (phase == Work::Phase::reading) step.reading_rows -= rows_.size() - before;
      planned.push_back(call);
    }
  }
  return planned;
}

void BatchLoop::step() {
  auto const planned = plan();
  if (planned.empty()) return wait_for_readers();
  auto const evaluated = evaluate(planned);
  if (evaluated) return take(planned);
  if (evaluated.error().code() == Code::cancelled) return;  // the next step is without it
  if (planned.size() > 1) return evaluate_apart(planned);
  remove(planned.front(), evaluated.error());
}

Result<void> BatchLoop::evaluate(std::vector<Call> const& planned) {
  sequences_.make_room(rows_.size());
  SystemClock const clock;
  auto const started = clock.now();
  // A memory that cannot be cut does not come back from half an evaluation, unless nobody needs it any more.
  bool const any = compute_.cuts();
  auto evaluated = compute_.evaluate(rows_, [&] {
    auto const gone = [](Call const& call) { return call.context->cancelled(); };
    return any ? std::any_of(planned.begin(), planned.end(), gone)
               : std::all_of(planned.begin(), planned.end(), gone);
  });
  if (!evaluated) return evaluated;
  pace_.learn(rows_.size(), seconds(clock.now() - started) * 1e3);
  sequences_.evaluated(rows_.size());
  return {};
}

// One of them is to blame, and the others shall not suffer for it.
void BatchLoop::evaluate_apart(std::vector<Call> const& planned) {
  for (auto const& call : planned) {
    auto step = begin_step();
    call.work->plan(step, sequences_);
    auto const evaluated = evaluate({call});
    if (evaluated) {
      take({call});
    } else if (evaluated.error().code() != Code::cancelled) {
      remove(call, evaluated.error());
    }
  }
}

void BatchLoop::take(std::vector<Call> const& planned) {
  for (auto const& call : planned) {
    auto const taken = call.work->take(compute_, sequences_);
    if (!taken) {
      remove(call, taken.error());
    } else if (call.work->phase() == Work::Phase::done) {
      remove(call, call.work->reply());
    }
  }
}

// Every work in the batch waits for whoever reads its answer.
void BatchLoop::wait_for_readers() {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(2), [this] { return !arrivals_.empty(); });
}

}  // namespace shoal::llama_engine
