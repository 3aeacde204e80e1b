// What is cancelled together: a run, a pipeline within it, one call with a time limit. Cancelling one cancels
// all within it. The run's thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "host/host.h"

namespace shoal::runtime {

class Scope : public std::enable_shared_from_this<Scope> {
 public:
  static std::shared_ptr<Scope> root(host::Host& host);
  // Shared by the calls in it, whose answers may come after its end.
  std::shared_ptr<Scope> child();

  // The earliest of its own and those around it.
  std::optional<MonotonicTime> deadline() const { return deadline_; }
  void end_by(MonotonicTime deadline);
  bool cancelled() const { return cancelled_ || (parent_ && parent_->cancelled()); }
  // Jobs of the scope that are under way; they are cancelled with it.
  void add(host::JobId job) { jobs_.insert(job); }
  void remove(host::JobId job) { jobs_.erase(job); }
  void cancel();

 private:
  Scope(host::Host& host, std::shared_ptr<Scope> parent)
      : host_(host), parent_(std::move(parent)), deadline_(parent_ ? parent_->deadline_ : std::nullopt) {}

  host::Host& host_;
  std::shared_ptr<Scope> parent_;
  std::vector<std::weak_ptr<Scope>> children_;
  std::set<host::JobId> jobs_;
  std::optional<MonotonicTime> deadline_;
  bool cancelled_ = false;
};

}  // namespace shoal::runtime
