// The account of who holds which bytes, by device and kind: an estimate before a load, corrected by what the
// worker says after it and by what the kernel counts. Part of the scheduler; one thread.
//
// There are two accounts. Helpers are models (and workers without one) that take little: they do not compete
// with what they serve, but have a tenth of the budget beside it, among themselves.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "host/job.h"

namespace shoal::host {

inline constexpr std::uint64_t kHelperBytes = 100'000'000;  // less than this is a helper

Bytes total_of(MemoryByDevice const& memory);
bool is_nothing(Bytes const& bytes);

class MemoryLedger {
 public:
  enum class Account { main, helpers };
  // A model in a worker. "": what the worker takes where it has no model, or besides its models.
  using Holder = std::pair<WorkerId, std::string>;
  // A job in a worker, which holds what it takes besides its model.
  static Holder holder_of(WorkerId worker, JobId job) { return {worker, "\njob " + std::to_string(job)}; }
  static bool is_job(Holder const& holder) { return holder.second.starts_with('\n'); }
  // Never a helper's: what a call says that it needs competes with all else.
  static MemoryByDevice of_job(JobRequest const& request);

  explicit MemoryLedger(Bytes budgets) : budgets_(std::move(budgets)) {}

  static Account account_of(MemoryByDevice const& memory);
  // `instead`: who gives its own back for it.
  bool fits(MemoryByDevice const& need, Holder const* instead = nullptr) const;
  // Whether it would fit if all others of its account were gone: now, and where other programs take nothing.
  bool can_ever_fit(MemoryByDevice const& need) const;
  bool fits_budget(MemoryByDevice const& need) const;
  // `need`, or all that there ever is where that is less.
  MemoryByDevice at_most_all(MemoryByDevice const& need) const;
  // By how much `need` (or, empty, what is held already) goes over the account's budget, by device.
  Bytes missing(Account account, MemoryByDevice const& need = {}, Holder const* instead = nullptr) const;

  void set(Holder const& holder, MemoryByDevice memory) { held_[holder] = std::move(memory); }
  void release(Holder const& holder) { held_.erase(holder); }
  void release_all(WorkerId worker);

  MemoryByDevice const* find(Holder const& holder) const;
  Bytes used(Account account) const;
  // Of it, what those hold that `counts` is true for.
  Bytes used(Account account, std::function<bool(Holder const&)> const& counts) const;
  Bytes budget(Account account) const;
  std::uint64_t used_ram() const;
  // What the machine can give now of its RAM; never more than the budget it began with.
  void limit_ram(std::uint64_t bytes) { ram_limit_ = bytes; }

 private:
  std::size_t devices() const { return budgets_.size(); }

  Bytes budgets_;
  std::uint64_t ram_limit_ = UINT64_MAX;
  std::map<Holder, MemoryByDevice> held_;
};

}  // namespace shoal::host
