// rank: puts items in the order of scores that a model gave them.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "functions/groups.h"

namespace shoal::functions {
namespace {

using value::Value;

// Reciprocal rank fusion, Cormack, Clarke and Büttcher 2009: the sum of 1 / (60 + rank) over the rankings.
constexpr double kFusionConstant = 60;

// The places of `values` from the highest down; equal ones keep their order.
std::vector<std::size_t> order_of(std::vector<double> const& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] > values[b]; });
  return order;
}

std::vector<double> fused_with_given_order(std::vector<double> const& scores, double blend) {
  std::vector<double> fused(scores.size());
  auto const order = order_of(scores);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    auto const item = order[rank];
    fused[item] = 1 / (kFusionConstant + static_cast<double>(rank)) +
                  blend / (kFusionConstant + static_cast<double>(item));
  }
  return fused;
}

Result<Value> rank(Value const& inputs) {
  auto const& items = inputs["items"].as_list();
  auto const& scores = inputs["scores"].as_list();
  if (items.size() != scores.size()) {
    return Error(Code::invalid_argument, "there are " + std::to_string(items.size()) + " items and " +
                                             std::to_string(scores.size()) + " scores; each item needs one");
  }
  auto const& by = inputs["by"].as_text();
  std::vector<double> values;
  for (auto const& score : scores) {
    auto const& number = by.empty() ? score : score[by];
    if (!number.is_number()) {
      return Error(Code::invalid_argument,
                   "a score is no number" + (by.empty() ? "" : " in its field `" + by + "`"));
    }
    values.push_back(number.as_number());
  }
  if (auto const blend = inputs["blend"].as_number(); blend > 0)
    values = fused_with_given_order(values, blend);
  auto order = order_of(values);
  if (auto const top = inputs["top"].as_integer(); top > 0)
    order.resize(std::min<std::size_t>(order.size(), static_cast<std::size_t>(top)));
  Value::List ranked;
  for (auto const item : order) ranked.push_back(items[item]);
  return Value::record({{"items", std::move(ranked)}});
}

Result<std::vector<value::Port>> same_type(std::vector<Argument> const& arguments) {
  auto out = port("items", "list<any>", {});
  for (auto const& argument : arguments) {
    if (argument.name == "items" && argument.type.kind() == value::Type::Kind::list) out.type = argument.type;
  }
  return std::vector{out};
}

}  // namespace

std::vector<Function> rank_functions() {
  Function function{.name = "rank",
                    .about = "Puts items in the order of their scores, the highest first.",
                    .infer = same_type,
                    .call = rank};
  function.signature.inputs = {
      port("items", "list<any>", "What to order."),
      port("scores", "list<any>", "A number for each item, or a record that has it in the field `by`."),
      option("by", "text", "", "The field of the scores."),
      option("top", "integer", 0, "How many to keep; 0: all."),
      option("blend", "number", 0.0,
             "Above 0: the given order counts too, with this weight (reciprocal rank fusion).")};
  function.signature.outputs = {port("items", "list<any>", "The items in order.")};
  return {function};
}

}  // namespace shoal::functions
