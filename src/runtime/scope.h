// What is cancelled together: a run, a pipeline within it, one call with a time limit. Cancelling one cancels
// all within it. The run's thread only.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "host/host.h"

namespace shoal::runtime {

class Scope : public std::enable_shared_from_this<Scope> {
 public:
  static std::shared_ptr<Scope> root(host::Host& host);
  // Shared by the calls in it, whose answers may come after its end.
  std::shared_ptr<Scope> child();

  bool cancelled() const { return cancelled_ || (parent_ && parent_->cancelled()); }
  // Jobs of the scope that are under way; they are cancelled with it.
  void add(host::JobId job) { jobs_.insert(job); }
  void remove(host::JobId job) { jobs_.erase(job); }
  void cancel();

 private:
  Scope(host::Host& host, std::shared_ptr<Scope> parent) : host_(host), parent_(std::move(parent)) {}

  host::Host& host_;
  std::shared_ptr<Scope> parent_;
  std::vector<std::weak_ptr<Scope>> children_;
  std::set<host::JobId> jobs_;
  bool cancelled_ = false;
};

}  // namespace shoal::runtime
