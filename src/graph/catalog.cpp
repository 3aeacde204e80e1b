#include "graph/catalog.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace shoal::graph {
namespace {

// A pipeline whose uses are being looked at.
struct Open {
  std::string name;
  std::vector<std::string> uses;
  std::size_t next = 0;
};

Error circle(std::vector<Open> const& open, std::string const& again) {
  auto first =
      std::find_if(open.begin(), open.end(), [&](Open const& pipeline) { return pipeline.name == again; });
  std::string way = again;
  for (auto pipeline = first + 1; pipeline != open.end(); ++pipeline) way += " uses " + pipeline->name;
  return Error(Code::invalid_argument, "pipelines use each other in a circle: " + way + " uses " + again +
                                           "; one of them must do without the next");
}

}  // namespace

Result<std::vector<std::string>> order_of_use(std::string const& root, UsesOf const& uses_of) {
  enum class State { open, done };
  std::unordered_map<std::string, State> states;
  std::vector<std::string> order;
  std::vector<Open> open;
  auto visit = [&](std::string const& name) {
    if (auto uses = uses_of(name)) {
      states[name] = State::open;
      open.push_back({name, std::move(*uses)});
    } else {
      states[name] = State::done;
    }
  };
  visit(root);
  while (!open.empty()) {
    auto& pipeline = open.back();
    if (pipeline.next == pipeline.uses.size()) {
      states[pipeline.name] = State::done;
      order.push_back(std::move(pipeline.name));
      open.pop_back();
      continue;
    }
    auto used = pipeline.uses[pipeline.next++];
    auto known = states.find(used);
    if (known == states.end()) {
      visit(used);
    } else if (known->second == State::open) {
      return circle(open, used);
    }
  }
  return order;
}

}  // namespace shoal::graph
