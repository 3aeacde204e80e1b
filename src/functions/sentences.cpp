// sentences: passages cut into sentences, each a passage of its own.
#include <set>
#include <string>
#include <tuple>

#include "functions/citations.h"
#include "functions/groups.h"
#include "functions/passages.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

Result<Value> cut(Value const& inputs) {
  Value::List sentences;
  // Passages of a page overlap.
  std::set<std::tuple<std::string, std::int64_t, std::string>> seen;
  for (auto const& each : inputs["passages"].as_list()) {
    auto const passage = value::passage_from(each);
    int number = 0;
    for (auto const part : cut_into_sentences(passage.text)) {
      auto sentence = passage;
      sentence.id += "." + std::to_string(++number);
      sentence.text = passage.text.substr(part.begin, part.size());
      sentence.boxes = boxes_of(passage, part);
      sentence.line = line_at(passage.line, passage.text, part.begin);
      if (seen.emplace(sentence.document, sentence.page, sentence.text).second) {
        sentences.push_back(value::to_value(sentence));
      }
    }
  }
  return Value::record({{"sentences", std::move(sentences)}});
}

}  // namespace

std::vector<Function> sentence_functions() {
  Function function{
      .name = "sentences", .about = "Cuts passages into sentences, each a passage of its own.", .call = cut};
  function.signature.inputs = {port("passages", "passages", "What to cut; their order is kept.")};
  function.signature.outputs = {
      port("sentences", "passages", "Each once, with the boxes of its lines and its passage's score.")};
  return {function};
}

}  // namespace shoal::functions
