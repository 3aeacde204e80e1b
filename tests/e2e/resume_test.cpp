#include "resume_test.h"

#include <algorithm>

namespace shoal {
namespace {

TEST(Resume, RunsThatAreKilledEndAlike) { expect_the_same_after_kills(7, 5, 2); }

TEST(Resume, AFailedRunGoesOnFromWhereItWasOnceTheCauseIsMended) {
  Chain const chain;
  auto const gate =
      chain.write("gate.yaml",
                  "shoal: 1\npipeline: gate\ninputs: {text: text}\nsteps:\n"
                  "  first: {use: echo.write, with: {value: $text}}\n"
                  "  last: {use: missing-yet, with: {text: $first.value}}\noutputs: {text: $last.text}\n");
  auto const part = [&](std::string const& pattern) {
    chain.write(
        "pipelines/missing-yet.yaml",
        "shoal: 1\npipeline: missing-yet\ninputs: {text: text}\nsteps:\n"
        "  r: {use: regex, with: {text: $text, find: \"" +
            pattern +
            "\", replace: x}}\n"
            "  n: {use: select, with: {from: $r.matches, path: \"[0]\"}}\noutputs: {text: $r.text, n: $n}\n");
  };
  part("no such thing");
  auto const failed = chain.run({"run", gate, "an apple", "--json", "-q"});
  EXPECT_EQ(failed.status.code, 3) << failed.standard_error;
  auto const run = chain.json({"runs", "--json"}).as_array().at(0)["run"].as_string();

  part("apple");
  auto const result = chain.json(Chain::resume(run));
  EXPECT_EQ(result["outputs"]["text"].as_string(), "an x");
  EXPECT_EQ(result["run"].as_string(), run);
  auto const record = chain.json({"show", run, "--json"});
  EXPECT_EQ(record["state"].as_string(), "done");
  EXPECT_EQ(Chain::writes(record), (std::map<std::string, int>{{"first", 1}}));

  auto const again = chain.run(Chain::resume(run));
  EXPECT_NE(again.status.code, 0);
  EXPECT_NE(again.standard_error.find("nothing to resume"), std::string::npos) << again.standard_error;
}

TEST(Resume, AnInputThatHasChangedIsNamed) {
  Chain const chain;
  auto const document = chain.write("read.yaml",
                                    "shoal: 1\npipeline: read\ninputs: {file: file}\nsteps:\n"
                                    "  wait: {use: echo.fail, with: {message: not yet}}\n"
                                    "  text: {use: file-text, with: {file: $file}}\n"
                                    "outputs: {text: $text, wait: $wait}\n");
  auto const input = chain.write("input.txt", "before");
  EXPECT_NE(chain.run({"run", document, input, "-q"}).status.code, 0);
  chain.write("input.txt", "after");
  auto const run = chain.json({"runs", "--json"}).as_array().at(0)["run"].as_string();
  auto const refused = chain.run(Chain::resume(run));
  EXPECT_NE(refused.status.code, 0);
  EXPECT_NE(refused.standard_error.find("input.txt"), std::string::npos) << refused.standard_error;
  EXPECT_NE(refused.standard_error.find("changed"), std::string::npos) << refused.standard_error;
}

}  // namespace
}  // namespace shoal
