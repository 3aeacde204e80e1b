// The folder that `shoal new plugin` writes is an engine: it compiles, and the host runs it like any other.
#include <gtest/gtest.h>

#include <future>

#include "host/host.h"
#include "os/file.h"

namespace shoal::host {
namespace {

using value::Value;

TEST(NewPlugin, AnswersInTheSandbox) {
  auto engines = load_manifests(std::string(SHOAL_BINARY_DIR) + "/tests/e2e/plugins");
  ASSERT_TRUE(engines) << engines.error().message();
  SystemClock clock;
  auto const host = Host::start({std::move(*engines), 1}, clock).value();
  auto const shout = [&](std::string_view text) {
    JobSpec job;
    job.engine = "loud";
    job.operation = "shout";
    job.inputs = Value::record({{"text", text}});
    std::promise<JobReport> promise;
    job.on_done = [&](JobReport report) { promise.set_value(std::move(report)); };
    host->submit(std::move(job));
    return promise.get_future().get().outputs;
  };
  auto const answer = shout("hello");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ((*answer)["text"], Value("HELLO!"));
  EXPECT_EQ(shout("").error(), Error(Code::invalid_argument, "there is nothing to shout"));
}

TEST(NewPlugin, IsBuiltByOneLine) {
  EXPECT_EQ(os::read_file(SHOAL_WRITTEN "/loud/CMakeLists.txt", 1000).value(), "shoal_engine(loud)\n");
}

}  // namespace
}  // namespace shoal::host
