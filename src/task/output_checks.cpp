// Checks of an output alone.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "task/check_kinds.h"
#include "task/folding.h"
#include "task/path.h"

namespace shoal::task {
namespace {

using value::Value;

bool is_empty(Value const& value) {
  if (value.is_text()) return fold_space(value.as_text()).empty();
  if (value.is_list()) return value.as_list().empty();
  return value.is_null();
}

std::optional<std::string> not_empty(Arguments const& arguments) {
  for (auto const& path : arguments.list("of")) {
    auto const values = values_at(path, arguments.attempt().outputs);
    bool fails = values.empty() || std::any_of(values.begin(), values.end(),
                                               [](Value const* value) { return is_empty(*value); });
    if (fails) return "`" + path + "` is empty";
  }
  return std::nullopt;
}

// The first text that `is_wrong(length)`, as "`answer` has 12 characters".
template <typename IsWrong>
std::optional<std::string> find_length(Arguments const& arguments, IsWrong&& is_wrong) {
  for (auto const& path : arguments.list("of")) {
    for (auto text : texts_at(path, arguments.attempt().outputs)) {
      auto const length = to_code_points(text).size();
      if (is_wrong(static_cast<double>(length)))
        return "`" + path + "` has " + std::to_string(length) + " characters";
    }
  }
  return std::nullopt;
}

std::string whole(double number) { return std::to_string(static_cast<std::int64_t>(number)); }

std::optional<std::string> max_length(Arguments const& arguments) {
  auto const most = arguments.number("max");
  auto failure = find_length(arguments, [&](double length) { return length > most; });
  if (failure) *failure += ", at most " + whole(most) + " are allowed";
  return failure;
}

std::optional<std::string> min_length(Arguments const& arguments) {
  auto const least = arguments.number("min");
  auto failure = find_length(arguments, [&](double length) { return length < least; });
  if (failure) *failure += ", at least " + whole(least) + " are needed";
  return failure;
}

std::string rounded(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

std::optional<std::string> confidence(Arguments const& arguments) {
  auto const least = arguments.number("min");
  if (arguments.has("evidence")) {
    auto const& key = arguments.name("evidence");
    auto const& number = arguments.attempt().evidence[key];
    if (!number.is_number()) return "the rung gave no `" + key + "` to judge by";
    if (number.as_number() >= least) return std::nullopt;
    return "`" + key + "` is " + rounded(number.as_number()) + ", at least " + rounded(least) + " is needed";
  }
  for (auto const& path : arguments.list("of")) {
    for (auto const* value : leaves_at(path, arguments.attempt().outputs)) {
      if (!value->is_number() || std::isnan(value->as_number()))
        return "`" + path + "` is no number to judge by";
      if (value->as_number() >= least) continue;
      return "`" + path + "` is " + rounded(value->as_number()) + ", at least " + rounded(least) +
             " is needed";
    }
  }
  return std::nullopt;
}

std::optional<std::string> confidence_misuse(Value const& parameters) {
  if (parameters.contains("of") && parameters.contains("evidence")) return "takes either `of` or `evidence`";
  if (parameters.contains("of") || parameters.contains("evidence")) return std::nullopt;
  return "needs a number to judge by: `of: PORT`, or `evidence: NAME` for one that the engine gave";
}

std::optional<std::string> one_of(Arguments const& arguments) {
  auto allowed = arguments.list("values");
  for (auto text : arguments.input_texts("in")) allowed.emplace_back(text);
  auto const listed = name_all(allowed);
  for (auto const& path : arguments.list("of")) {
    for (auto text : texts_at(path, arguments.attempt().outputs)) {
      if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
        return "`" + path + "` is “" + excerpt(text) + "”, but must be one of " + listed;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> one_of_misuse(Value const& parameters) {
  if (parameters.contains("values") != parameters.contains("in")) return std::nullopt;
  return "takes either `values: [TEXT, …]` or `in: INPUT` for an input that lists them";
}

}  // namespace

std::string name_all(std::vector<std::string> const& names) {
  constexpr std::size_t kMost = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    bool last = i + 1 == names.size();
    out += (i == 0 ? "" : last ? " and " : ", ") + ("`" + excerpt(names[i], 80) + "`");
  }
  if (names.size() > kMost) out += " and " + std::to_string(names.size() - kMost) + " more";
  return out;
}

std::vector<CheckKind> output_checks() {
  return {
      {"not_empty",
       "The outputs (all texts, unless `of` names some) are there and not empty.",
       "of",
       {{"of", Takes::outputs, Unsaid::text_outputs}},
       not_empty},
      {"max_length",
       "The texts have at most `max` characters.",
       "max",
       {{"max", Takes::count}, {"of", Takes::output_texts, Unsaid::text_outputs}},
       max_length},
      {"min_length",
       "The texts have at least `min` characters.",
       "min",
       {{"min", Takes::count}, {"of", Takes::output_texts, Unsaid::text_outputs}},
       min_length},
      {"one_of",
       "The texts are among `values`, or among the texts of the input `in`.",
       "values",
       {{"values", Takes::texts, Unsaid::absent},
        {"in", Takes::input_texts, Unsaid::absent},
        {"of", Takes::output_texts, Unsaid::text_outputs}},
       one_of,
       one_of_misuse},
      {"confidence",
       "A number of the outputs (`of`, else `confidence`) or of the engine (`evidence`) is at least `min`.",
       "min",
       {{"min", Takes::number},
        {"of", Takes::output_number, Unsaid::confidence_output},
        {"evidence", Takes::name, Unsaid::absent}},
       confidence,
       confidence_misuse},
  };
}

}  // namespace shoal::task
