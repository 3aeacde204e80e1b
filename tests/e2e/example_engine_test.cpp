// The engine of docs/engines.md is one folder, and the host runs it like any other.
#include <gtest/gtest.h>

#include <future>

#include "host/host.h"
#include "value/signature.h"

namespace shoal::host {
namespace {

using value::Value;

class ExampleEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engines = load_manifests(std::string(SHOAL_BINARY_DIR) + "/examples/engines");
    ASSERT_TRUE(engines) << engines.error().message();
    host_ = Host::start({std::move(*engines), 2}, clock_).value();
  }

  // As a step would call it: inputs are bound to the ports of the manifest first.
  Result<Value> count(std::string text, Value::Record inputs = {}) {
    inputs.emplace_back(
        "document", value::Blob::own(std::move(text), {.media_type = "text/plain", .name = "letter.txt"}));
    JobSpec job;
    job.engine = "tally";
    job.operation = "count";
    auto const& ports = host_->find_engine("tally")->find("count")->signature.inputs;
    job.inputs = TRY(value::bind_inputs(ports, Value(std::move(inputs))));
    std::promise<JobReport> promise;
    job.on_done = [&](JobReport report) { promise.set_value(std::move(report)); };
    host_->submit(std::move(job));
    return promise.get_future().get().outputs;
  }

  SystemClock clock_;
  std::unique_ptr<Host> host_;
};

TEST_F(ExampleEngineTest, CountsWordsInTheSandbox) {
  auto const counted = count("The sea, the SEA.\nÜber alles: the end", {{"top", 2}});
  ASSERT_TRUE(counted) << counted.error().message();
  EXPECT_EQ((*counted)["total"], Value(8));
  EXPECT_EQ((*counted)["words"], Value::list({Value::record({{"word", "the"}, {"count", 3}}),
                                              Value::record({{"word", "sea"}, {"count", 2}})}));
  for (auto const& port : host_->find_engine("tally")->find("count")->signature.outputs) {
    auto const fits = value::conforms((*counted)[port.name], port.type, port.name);
    EXPECT_TRUE(fits) << fits.error().message();
  }
}

TEST_F(ExampleEngineTest, SaysWhatIsWrongWithItsInput) {
  auto const counted = count("caf\xe9");
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error(), Error(Code::invalid_argument, "the document is not text in UTF-8"));
}

}  // namespace
}  // namespace shoal::host
