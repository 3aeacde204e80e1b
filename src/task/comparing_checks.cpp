// Checks of an output beside an input.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/text.h"
#include "task/check_kinds.h"
#include "task/edit_distance.h"
#include "task/folding.h"
#include "task/parts.h"

namespace shoal::task {
namespace {

using value::Value;

std::string joined(std::vector<std::string_view> const& texts) {
  std::string out;
  for (auto text : texts) out.append(out.empty() ? "" : "\n").append(text);
  return out;
}

// `keeps`

std::optional<std::string> keeps(Arguments const& arguments) {
  auto const before = joined(arguments.input_texts("from"));
  auto const after = joined(arguments.output_texts("of"));
  for (auto const& kind : arguments.list("what")) {
    auto const wanted = parts_of(before, kind), given = parts_of(after, kind);
    std::vector<std::string> missing;
    std::set_difference(wanted.begin(), wanted.end(), given.begin(), given.end(),
                        std::back_inserter(missing));
    if (!missing.empty()) {
      return "of the " + kind + " of the input " + name_all(missing) +
             (missing.size() == 1 ? " is" : " are") + " missing";
    }
  }
  return std::nullopt;
}

// `edit_ratio`

std::string percent(double ratio) { return std::to_string(std::lround(ratio * 100)) + " %"; }

std::optional<std::string> edit_ratio_at_most(Arguments const& arguments) {
  auto const ratio = edit_ratio(joined(arguments.input_texts("from")), joined(arguments.output_texts("of")));
  if (!ratio) return "the texts are too long to compare; give the task parts of them";
  auto const most = arguments.number("max");
  if (*ratio <= most) return std::nullopt;
  return percent(*ratio) + " of the text were changed, at most " + percent(most) + " may be";
}

// `quotes`

struct Marks {
  char32_t open;
  std::u32string_view close;
};
// „…“ is German, and “…” may be closed by what opens it.
constexpr std::array<Marks, 8> kMarks = {{{U'"', U"\""},
                                          {U'“', U"”"},
                                          {U'„', U"“”"},
                                          {U'«', U"»"},
                                          {U'»', U"«"},
                                          {U'「', U"」"},
                                          {U'『', U"』"},
                                          {U'‹', U"›"}}};

// What stands between quotation marks, without them.
std::vector<std::string> spans_within(std::string_view text) {
  std::vector<std::string> spans;
  auto const points = to_code_points(text);
  std::u32string_view const whole = points;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto const marks =
        std::find_if(kMarks.begin(), kMarks.end(), [&](Marks const& pair) { return pair.open == whole[at]; });
    if (marks == kMarks.end()) continue;
    auto const end = whole.find_first_of(marks->close, at + 1);
    if (end == whole.npos) continue;
    spans.push_back(to_utf8(whole.substr(at + 1, end - at - 1)));
    at = end;
  }
  return spans;
}

// An empty quote says nothing: it is none.
std::vector<std::string> quotes_of(Arguments const& arguments) {
  std::vector<std::string> quotes;
  for (auto text : arguments.output_texts("of")) quotes.emplace_back(text);
  for (auto text : arguments.output_texts("within")) {
    for (auto& span : spans_within(text)) quotes.push_back(std::move(span));
  }
  std::erase_if(quotes, [](std::string const& quote) { return fold_space(quote).empty(); });
  return quotes;
}

std::optional<std::string> quotes(Arguments const& arguments) {
  auto const found = quotes_of(arguments);
  // What is said to be quotes must be there; a text may do without.
  auto const least = arguments.has("at_least") ? arguments.number("at_least") : arguments.has("of") ? 1 : 0;
  if (static_cast<double>(found.size()) < least) {
    auto const where = arguments.list(arguments.has("of") ? "of" : "within");
    auto const count = found.empty()       ? "no quote"
                       : found.size() == 1 ? "1 quote"
                                           : std::to_string(found.size()) + " quotes";
    return name_all(where) + " has " + count + ", at least " +
           std::to_string(static_cast<std::int64_t>(least)) + " must support it";
  }
  std::vector<std::u32string> sources;
  for (auto text : arguments.input_texts("in")) sources.push_back(fold_space(text));
  for (auto const& quote : found) {
    auto const wanted = fold_space(quote);
    bool stands = std::any_of(sources.begin(), sources.end(), [&](std::u32string const& source) {
      return source.find(wanted) != source.npos;
    });
    if (!stands)
      return "a quote stands nowhere in " + name_all(arguments.list("in")) + ": “" + excerpt(quote) + "”";
  }
  return std::nullopt;
}

std::optional<std::string> quotes_misuse(Value const& parameters) {
  if (parameters.contains("of") != parameters.contains("within")) return std::nullopt;
  return "takes either `of: PORT` for texts that are quotes, or `within: PORT` for a text with quotes in it";
}

}  // namespace

std::vector<CheckKind> comparing_checks() {
  return {
      {"keeps",
       "The numbers, urls, emails, code or placeholders of the input occur in the output.",
       "what",
       {{"what", Takes::texts, Unsaid::refused, kinds_of_parts()},
        {"of", Takes::output_texts, Unsaid::text_outputs},
        {"from", Takes::input_texts, Unsaid::matching_text_input}},
       keeps},
      {"edit_ratio",
       "At most the share `max` of the characters was changed.",
       "max",
       {{"max", Takes::number},
        {"of", Takes::output_texts, Unsaid::text_outputs},
        {"from", Takes::input_texts, Unsaid::matching_text_input}},
       edit_ratio_at_most},
      {"quotes",
       "Every quote occurs word for word in an input, white space aside.",
       "",
       {{"of", Takes::output_texts, Unsaid::absent},
        {"within", Takes::output_texts, Unsaid::absent},
        {"in", Takes::input_texts},
        {"at_least", Takes::count, Unsaid::absent}},
       quotes,
       quotes_misuse},
  };
}

}  // namespace shoal::task
