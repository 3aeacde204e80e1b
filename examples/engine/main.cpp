// The engine `tally`, whole: it counts the words of a text file. docs/engines.md explains it.
#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "base/text.h"
#include "engine/engine.h"

namespace shoal::tally_engine {
namespace {

using value::Value;

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80); }

class Tally final : public engine::Model {
 public:
  Result<engine::Reply> call(engine::Call const& call, engine::CallContext& context) override {
    auto const text = call.inputs["document"].as_blob()->bytes();
    if (find_invalid_utf8(text)) return Error(Code::invalid_argument, "the document is not text in UTF-8");
    std::map<std::string, std::int64_t> counts;
    std::int64_t total = 0;
    for (auto at = text.begin(); (at = std::find_if(at, text.end(), is_letter)) != text.end(); ++total) {
      if (total % 4096 == 0 && context.cancelled()) return Error(Code::cancelled, "stopped");
      auto const begin = std::exchange(at, std::find_if_not(at, text.end(), is_letter));
      ++counts[to_lower_ascii({begin, at})];
    }
    std::vector<std::pair<std::string, std::int64_t>> words(counts.begin(), counts.end());
    std::stable_sort(words.begin(), words.end(), [](auto& a, auto& b) { return a.second > b.second; });
    words.resize(std::min(words.size(), static_cast<std::size_t>(call.inputs["top"].as_integer())));
    Value::List most;
    for (auto& [word, count] : words) most.push_back(Value::record({{"word", word}, {"count", count}}));
    return engine::Reply{Value::record({{"total", total}, {"words", std::move(most)}}), {}};
  }
};

class TallyEngine final : public engine::Engine {
 public:
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const&,
                                              std::function<bool(double)> const&) override {
    return std::make_unique<Tally>();
  }
};

}  // namespace
}  // namespace shoal::tally_engine

int main() {
  shoal::tally_engine::TallyEngine engine;
  return shoal::engine::serve(engine);
}
