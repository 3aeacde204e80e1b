#include "host/memory_ledger.h"

#include <algorithm>
#include <numeric>

namespace shoal::host {
namespace {

constexpr std::uint64_t kHelpersShare = 10;  // of the budget, one part of so many

std::uint64_t at(Bytes const& bytes, std::size_t device) { return device < bytes.size() ? bytes[device] : 0; }

void add(Bytes& sum, Bytes const& bytes) {
  for (std::size_t device = 0; device < sum.size(); ++device) sum[device] += at(bytes, device);
}

bool is_within(Bytes const& bytes, Bytes const& limits) {
  for (std::size_t device = 0; device < bytes.size(); ++device) {
    if (bytes[device] > at(limits, device)) return false;
  }
  return true;
}

}  // namespace

Bytes total_of(MemoryByDevice const& memory) {
  Bytes bytes;
  for (auto const& kinds : memory) bytes.push_back(kinds.total());
  return bytes;
}

bool is_nothing(Bytes const& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](auto each) { return each == 0; });
}

MemoryLedger::Account MemoryLedger::account_of(MemoryByDevice const& memory) {
  auto const bytes = total_of(memory);
  auto const sum = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  return sum < kHelperBytes ? Account::helpers : Account::main;
}

MemoryByDevice MemoryLedger::of_job(JobRequest const& request) {
  MemoryByKind memory;
  memory.compute = std::max(request.memory, kHelperBytes);
  return {memory};
}

Bytes MemoryLedger::budget(Account account) const {
  Bytes budget = budgets_;
  if (!budget.empty()) budget[0] = std::min(budget[0], ram_limit_);
  if (account == Account::helpers) {
    for (auto& bytes : budget) bytes = std::max(bytes / kHelpersShare, kHelperBytes);
  }
  return budget;
}

Bytes MemoryLedger::used(Account account) const {
  return used(account, [](Holder const&) { return true; });
}

Bytes MemoryLedger::used(Account account, std::function<bool(Holder const&)> const& counts) const {
  Bytes used(devices());
  for (auto const& [holder, memory] : held_) {
    if (account_of(memory) == account && counts(holder)) add(used, total_of(memory));
  }
  return used;
}

std::uint64_t MemoryLedger::used_ram() const {
  return at(used(Account::main), 0) + at(used(Account::helpers), 0);
}

Bytes MemoryLedger::missing(Account account, MemoryByDevice const& need, Holder const* instead) const {
  auto wanted = used(account, [&](Holder const& holder) { return !instead || holder != *instead; });
  add(wanted, total_of(need));
  auto const budget = this->budget(account);
  Bytes missing(devices());
  for (std::size_t device = 0; device < devices(); ++device)
    missing[device] = wanted[device] > budget[device] ? wanted[device] - budget[device] : 0;
  return missing;
}

bool MemoryLedger::fits(MemoryByDevice const& need, Holder const* instead) const {
  return is_nothing(total_of(need)) || is_nothing(missing(account_of(need), need, instead));
}

bool MemoryLedger::can_ever_fit(MemoryByDevice const& need) const {
  return is_within(total_of(need), budget(account_of(need)));
}

bool MemoryLedger::fits_budget(MemoryByDevice const& need) const {
  return account_of(need) == Account::helpers || is_within(total_of(need), budgets_);
}

MemoryByDevice MemoryLedger::at_most_all(MemoryByDevice const& need) const {
  if (fits_budget(need)) return need;
  MemoryByDevice all;
  for (auto const bytes : budgets_) all.emplace_back().weights = bytes;
  return all;
}

void MemoryLedger::release_all(WorkerId worker) {
  std::erase_if(held_, [&](auto const& entry) { return entry.first.first == worker; });
}

MemoryByDevice const* MemoryLedger::find(Holder const& holder) const {
  auto const found = held_.find(holder);
  return found == held_.end() ? nullptr : &found->second;
}

}  // namespace shoal::host
