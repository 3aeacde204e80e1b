#include "cli/explain.h"

#include <gtest/gtest.h>

namespace shoal::cli {
namespace {

runtime::StepRecord step(std::string name, std::string state, double seconds, std::string key = "ab") {
  return {
      std::move(name), "ocr.recognize", std::move(state), std::move(key), state == "failed" ? "broken" : "",
      seconds};
}

TEST(Explain, ItemsOfAListAreOneLine) {
  auto const text =
      explain({{step("read[0]", "cached", 0), step("read[1]", "done", 2), step("read[3]", "done", 2),
                step("read[2]/x", "done", 1), step("add", "done", 1, "")},
               {"", "`page` is not as last time", "never ran before", "never ran before", "it writes"}},
              Json::array());
  EXPECT_EQ(text,
            "read[…]    1 cached, 2 ran  4.0 s  ocr.recognize  `page` is not as last time, and others\n"
            "read[…]/x  ran              1.0 s  ocr.recognize  never ran before\n"
            "add        ran              1.0 s  ocr.recognize  it writes\n");
}

TEST(Explain, ATaskTellsWhatWasTriedAndWhy) {
  auto const route = Json::parse(R"([{"task": "answer-from", "rung": "large", "passed": true, "tried": [
    {"rung": "small", "failed": [{"check": "not_empty", "reason": "`answer` is empty"}], "seconds": 1.5},
    {"rung": "broken", "failed": [], "error": {"code": "engine_failed", "message": "it died"}, "seconds": 0.5},
    {"rung": "large", "failed": [], "seconds": 2}]}])");
  EXPECT_EQ(explain({}, *route),
            "no step called an engine\n"
            "task answer-from: settled by large\n"
            "  1. small: failed not_empty: `answer` is empty (1.5 s)\n"
            "  2. broken: gave no answer: it died (500.0 ms)\n"
            "  3. large: passed its checks (2.0 s)\n");
}

TEST(Explain, SaysWhenNothingPassed) {
  auto const route = Json::parse(R"([{"task": "t", "rung": "a", "passed": false, "tried": []},
                                     {"task": "u", "rung": null, "passed": false, "tried": []}])");
  EXPECT_EQ(explain({}, *route),
            "no step called an engine\n"
            "task t: nothing passed the checks, the best is of a\n"
            "task u: no rung gave an answer\n");
}

}  // namespace
}  // namespace shoal::cli
