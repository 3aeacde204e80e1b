// rank: puts items in the order of scores that a model gave them.
#include <algorithm>
#include <limits>
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

Result<double> number_of(Value const& score, std::string const& by) {
  auto const number = by.empty() ? score : score[by];
  if (number.is_number()) return number.as_number();
  return Error(Code::invalid_argument,
               "a score is no number" + (by.empty() ? "" : " in its field `" + by + "`"));
}

Result<std::vector<double>> numbers_of(Value::List const& scores, std::string const& by) {
  std::vector<double> numbers;
  for (auto const& score : scores) numbers.push_back(TRY(number_of(score, by)));
  return numbers;
}

Result<Value> rank(Value const& inputs) {
  auto const& items = inputs["items"].as_list();
  auto const& by = inputs["by"].as_text();
  auto const scores = TRY(numbers_of(inputs["scores"].as_list(), by));
  if (items.size() != scores.size()) {
    return Error(Code::invalid_argument, "there are " + std::to_string(items.size()) + " items and " +
                                             std::to_string(scores.size()) + " scores; each item needs one");
  }
  auto const least = inputs["baseline"].is_null()
                         ? -std::numeric_limits<double>::infinity()
                         : TRY(number_of(inputs["baseline"], by)) + inputs["margin"].as_number();
  auto const blend = inputs["blend"].as_number();
  auto const top = static_cast<std::size_t>(inputs["top"].as_integer());
  Value::List ranked;
  for (auto const item : order_of(blend > 0 ? fused_with_given_order(scores, blend) : scores)) {
    if (top > 0 && ranked.size() == top) break;
    if (scores[item] > least) ranked.push_back(items[item]);
  }
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
      option("baseline", "any", {}, "A score (as those in `scores`) that an item must beat to be kept …"),
      option("margin", "number", 0.0, "… by more than this."),
      option("blend", "number", 0.0,
             "Above 0: the given order counts too, with this weight (reciprocal rank fusion).")};
  function.signature.outputs = {port("items", "list<any>", "The items in order.")};
  return {function};
}

}  // namespace shoal::functions
