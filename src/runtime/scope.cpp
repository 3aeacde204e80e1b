#include "runtime/scope.h"

#include <algorithm>

namespace shoal::runtime {

std::shared_ptr<Scope> Scope::root(host::Host& host) {
  return std::shared_ptr<Scope>(new Scope(host, nullptr));
}

std::shared_ptr<Scope> Scope::child() {
  std::erase_if(children_, [](auto const& child) { return child.expired(); });
  auto scope = std::shared_ptr<Scope>(new Scope(host_, shared_from_this()));
  children_.push_back(scope);
  return scope;
}

void Scope::end_by(MonotonicTime deadline) { deadline_ = std::min(deadline_.value_or(deadline), deadline); }

void Scope::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  for (auto const job : jobs_) host_.cancel(job);
  for (auto const& each : children_) {
    if (auto const child = each.lock()) child->cancel();
  }
}

}  // namespace shoal::runtime
