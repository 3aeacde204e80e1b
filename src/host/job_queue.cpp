#include "host/job_queue.h"

#include <algorithm>

namespace shoal::host {

MonotonicTime JobQueue::rank(JobRequest const& request, MonotonicTime arrived) {
  auto const rank = arrived + kHandicaps[static_cast<std::size_t>(request.job_class)];
  return std::min(rank, request.deadline.value_or(rank));
}

void JobQueue::add(JobRequest const& request, MonotonicTime rank) {
  if (!lines_[{request.engine, request.model}].emplace(rank, request.id).second) return;
  size_ += 1;
  by_class_[static_cast<std::size_t>(request.job_class)] += 1;
}

void JobQueue::remove(JobRequest const& request, MonotonicTime rank) {
  auto const line = lines_.find({request.engine, request.model});
  if (line == lines_.end() || line->second.erase({rank, request.id}) == 0) return;
  if (line->second.empty()) lines_.erase(line);
  size_ -= 1;
  by_class_[static_cast<std::size_t>(request.job_class)] -= 1;
}

std::vector<LineKey> JobQueue::in_order() const {
  std::vector<std::pair<std::pair<MonotonicTime, JobId>, LineKey const*>> firsts;
  for (auto const& [key, line] : lines_) firsts.emplace_back(*line.begin(), &key);
  std::sort(firsts.begin(), firsts.end());
  std::vector<LineKey> keys;
  for (auto const& [first, key] : firsts) keys.push_back(*key);
  return keys;
}

std::vector<JobId> JobQueue::jobs_of(LineKey const& line) const {
  std::vector<JobId> jobs;
  if (!has(line)) return jobs;
  for (auto const& [rank, job] : lines_.at(line)) jobs.push_back(job);
  return jobs;
}

std::size_t JobQueue::size_of(LineKey const& line) const { return has(line) ? lines_.at(line).size() : 0; }

}  // namespace shoal::host
