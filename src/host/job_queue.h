// The jobs that wait, in a line for each model of each engine. Part of the scheduler; one thread.
//
// Who comes first: a job counts as if it had arrived later by its class's handicap, so that interactive ones
// go before the others and still nothing waits behind an endless stream of them: an interactive job that
// arrives a minute after a batch job is served after it. A deadline that comes before that time counts in its
// place.
#pragma once

#include <array>
#include <compare>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/job.h"

namespace shoal::host {

// Later than an interactive job of the same time.
inline constexpr std::array<Duration, kJobClasses> kHandicaps = {Duration::zero(), std::chrono::seconds(5),
                                                                 std::chrono::seconds(60)};

struct LineKey {
  std::string engine, model;
  auto operator<=>(LineKey const&) const = default;  // NOLINT(modernize-use-nullptr): clang 14
};

class JobQueue {
 public:
  // When a job that arrives now is as old as others have to be to go before it.
  static MonotonicTime rank(JobRequest const& request, MonotonicTime arrived);

  void add(JobRequest const& request, MonotonicTime rank);
  void remove(JobRequest const& request, MonotonicTime rank);

  // Lines by their first jobs; none is empty.
  std::vector<LineKey> in_order() const;
  bool has(LineKey const& line) const { return lines_.contains(line); }
  JobId first(LineKey const& line) const { return lines_.at(line).begin()->second; }
  std::vector<JobId> jobs_of(LineKey const& line) const;
  std::size_t size_of(LineKey const& line) const;
  std::size_t size() const { return size_; }
  std::size_t size_of(JobClass job_class) const { return by_class_[static_cast<std::size_t>(job_class)]; }

 private:
  using Line = std::set<std::pair<MonotonicTime, JobId>>;

  std::map<LineKey, Line> lines_;
  std::size_t size_ = 0;
  std::array<std::size_t, kJobClasses> by_class_{};
};

}  // namespace shoal::host
