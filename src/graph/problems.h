// Collecting problems with bounds, so that a hostile document cannot make a report of gigabytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/yaml.h"

namespace shoal::graph {

inline constexpr std::size_t kMostProblems = 1000;
inline constexpr std::size_t kMostProposals = 100;

// Adds one problem, or drops it where there are kMostProblems.
inline void add_problem(std::vector<Problem>& problems, Position position, std::string message,
                        std::string hint = {}) {
  if (problems.size() >= kMostProblems) return;
  problems.push_back({position, std::move(message), std::move(hint)});
}

// "did you mean `pages`?", or "": for the first kMostProposals problems, as looking costs time.
inline std::string propose(std::vector<Problem> const& problems, std::string_view name,
                           std::vector<std::string> const& candidates) {
  return problems.size() < kMostProposals ? did_you_mean(name, candidates) : std::string();
}

// The same, or all candidates where none is near and there are few.
inline std::string propose_or_list(std::vector<Problem> const& problems, std::string_view name,
                                   std::vector<std::string> const& candidates) {
  auto hint = propose(problems, name, candidates);
  bool few = !candidates.empty() && candidates.size() <= 12;
  return hint.empty() && few ? "there are " + join(candidates, ", ") : hint;
}

}  // namespace shoal::graph
