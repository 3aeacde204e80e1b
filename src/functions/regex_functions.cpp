// regex. The only file that includes RE2, which matches in linear time whatever the pattern.
#include <re2/re2.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "functions/groups.h"

namespace shoal::functions {
namespace {

using value::Value;

constexpr std::size_t kMaxText = 64 << 20;

Error bad_pattern(std::string const& what) { return Error(Code::invalid_argument, "input `find`: " + what); }

Value::List group_values(std::vector<re2::StringPiece> const& groups) {
  Value::List values;
  for (std::size_t i = 1; i < groups.size(); ++i) {
    values.push_back(groups[i].data() ? Value(std::string_view(groups[i].data(), groups[i].size()))
                                      : Value(""));
  }
  return values;
}

// The end of the character that starts at `at`, so that an empty match moves on.
std::size_t next_character(std::string const& text, std::size_t at) {
  if (at < text.size()) next_code_point(text, at);
  return at;
}

class Search {
 public:
  Search(RE2 const& pattern, std::string const& text, std::string const* replacement)
      : pattern_(pattern),
        text_(text),
        replacement_(replacement),
        groups_(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1) {}

  Result<Value> run() {
    std::size_t at = 0;
    while (at <= text_.size() && find_from(at)) {
      auto begin = static_cast<std::size_t>(groups_[0].data() - text_.data());
      auto end = begin + groups_[0].size();
      add_match(begin, end);
      if (replacement_ && !replace(begin, end)) {
        return Error(Code::invalid_argument, "the text would be longer than 64 MiB; replace by less");
      }
      at = end > begin ? end : next_character(text_, end) + (end == text_.size());
    }
    replaced_.append(text_, copied_);
    bool found = !matches_.empty();
    return Value::record({{"text", replacement_ ? std::string_view(replaced_) : std::string_view(text_)},
                          {"found", found},
                          {"matches", std::move(matches_)}});
  }

 private:
  bool find_from(std::size_t at) {
    return pattern_.Match(text_, at, text_.size(), RE2::UNANCHORED, groups_.data(),
                          static_cast<int>(groups_.size()));
  }

  void add_match(std::size_t begin, std::size_t end) {
    matches_.push_back(Value::record({{"text", text_.substr(begin, end - begin)},
                                      {"span", Value::list({begin, end})},
                                      {"groups", group_values(groups_)}}));
  }

  bool replace(std::size_t begin, std::size_t end) {
    replaced_.append(text_, copied_, begin - copied_);
    pattern_.Rewrite(&replaced_, *replacement_, groups_.data(), static_cast<int>(groups_.size()));
    copied_ = end;
    return replaced_.size() <= kMaxText;
  }

  RE2 const& pattern_;
  std::string const& text_;
  std::string const* replacement_;
  std::vector<re2::StringPiece> groups_;
  Value::List matches_;
  std::string replaced_;
  std::size_t copied_ = 0;
};

Result<Value> regex(Value const& inputs) {
  RE2::Options options(RE2::Quiet);
  RE2 pattern(inputs["find"].as_text(), options);
  if (!pattern.ok()) return bad_pattern(printable(pattern.error()));
  if (inputs["replace"].is_null()) return Search(pattern, inputs["text"].as_text(), nullptr).run();
  auto const& replacement = inputs["replace"].as_text();
  std::string problem;
  if (!pattern.CheckRewriteString(replacement, &problem)) {
    return Error(Code::invalid_argument, "input `replace`: " + printable(problem));
  }
  return Search(pattern, inputs["text"].as_text(), &replacement).run();
}

}  // namespace

std::vector<Function> regex_functions() {
  Function function{
      .name = "regex", .about = "Finds a regular expression in a text, and replaces it.", .call = regex};
  function.signature.inputs = {
      port("text", "text", "Where to look."),
      port("find", "text", "A regular expression as RE2 has them; `(?i)` in front ignores case."),
      option("replace", "text", {},
             "What each match becomes; `\\1` stands for the first group. Absent: nothing changes.")};
  function.signature.outputs = {port("text", "text", "The text, replaced if asked."),
                                port("found", "boolean", "Whether there is a match."),
                                port("matches", "list<{text: text, span: list<integer>, groups: list<text>}>",
                                     "All matches in order; spans are bytes of the input.")};
  return {function};
}

}  // namespace shoal::functions
