// A shelf in its worker's sandbox, where nothing but its folder can be written.
#include <gtest/gtest.h>

#include <future>

#include "host/host.h"
#include "os/file.h"
#include "value/records.h"

namespace shoal::host {
namespace {

using value::Value;

class IndexTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engines = load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines");
    ASSERT_TRUE(engines) << engines.error().message();
    engines_ = std::move(*engines);
    start();
  }

  void start() {
    host_.reset();  // gives the shelf back first
    host_ = Host::start({engines_, 2}, clock_).value();
  }

  Result<Value> call(std::string operation, Value inputs) {
    std::promise<JobReport> promise;
    JobSpec job;
    job.engine = "index";
    job.operation = std::move(operation);
    job.inputs = std::move(inputs).with("shelf", "books");
    job.model = ModelSpec{"books", "", folder_.path(), {}};
    job.on_done = [&](JobReport report) { promise.set_value(std::move(report)); };
    host_->submit(std::move(job));
    return promise.get_future().get().outputs;
  }

  Result<Value> add(std::string name, std::string text) {
    value::Passage passage;
    passage.id = "1";
    passage.text = std::move(text);
    return call("add", Value::record({{"name", std::move(name)},
                                      {"document", value::Blob::own("bytes", {})},
                                      {"title", ""},
                                      {"passages", Value::list({value::to_value(passage)})}}));
  }

  Result<Value> search(char const* query) {
    return call("search", Value::record({{"query", query}, {"top", 10}}));
  }

  SystemClock clock_;
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-shelf").value();
  std::vector<Manifest> engines_;
  std::unique_ptr<Host> host_;
};

TEST_F(IndexTest, AShelfIsWrittenAndReadInTheSandbox) {
  auto const added = add("a", "the boiler");
  ASSERT_TRUE(added) << added.error().message();
  EXPECT_EQ((*added)["state"], Value("added"));
  auto const hits = search("boilers");
  ASSERT_TRUE(hits) << hits.error().message();
  EXPECT_EQ((*hits)["hits"].as_list().size(), 1u);
}

TEST_F(IndexTest, AShelfOutlivesItsWorker) {
  ASSERT_TRUE(add("a", "the boiler"));
  start();
  auto const again = add("a", "the boiler");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ((*again)["state"], Value("unchanged"));
  EXPECT_EQ((*call("remove", Value::record({{"name", "a"}})))["removed"], Value(1));
  EXPECT_EQ((*search("boilers"))["hits"].as_list().size(), 0u);
}

}  // namespace
}  // namespace shoal::host
