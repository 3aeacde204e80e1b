// The pipelines of examples/, run as examples/README.md says.
#include <gtest/gtest.h>

#include "open_runtime.h"
#include "os/file.h"
#include "runtime/runtime.h"

namespace shoal::runtime {
namespace {

using value::Value;

class ExamplesTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_runtime(home_.path(), egress_, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    runtime_ = std::move(*opened);
  }

  Result<Value> run(std::string const& pipeline, value::BlobPtr document) {
    return run(pipeline, Value::record({{"document", std::move(document)}}));
  }

  Result<Value> run(std::string const& pipeline, Value inputs) {
    RunRequest request;
    auto const name =
        TRY(runtime_->library().add_file(std::string(SHOAL_SOURCE_DIR) + "/examples/pipelines/" + pipeline));
    request.inputs = std::move(inputs);
    return runtime_->run(name, std::move(request)).outputs;
  }

  os::TemporaryFolder home_ = os::TemporaryFolder::create("shoal-examples").value();
  SystemClock clock_;
  net::Egress egress_;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(ExamplesTest, YearsOfAText) {
  auto const text = "Founded in 1843, burnt in 1866; rebuilt with 12345 stones until 1871.";
  auto const answer =
      run("years.yaml", value::Blob::own(text, {.media_type = "text/plain", .name = "a.txt"}));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ((*answer)["text"], Value("1843\n1866\n1871"));
}

TEST_F(ExamplesTest, ATextWithoutBrackets) {
  auto const answer =
      run("without-brackets.yaml", Value::record({{"text", "One (two (three) (four)) five ((six))."}}));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ((*answer)["text"], Value("One five."));
}

TEST_F(ExamplesTest, TitlePageOfAScan) {
  auto const file = std::string(SHOAL_SOURCE_DIR) + "/examples/scans/shelf-cd.pdf";
  auto bytes = os::read_file(file, 64u << 20);
  ASSERT_TRUE(bytes) << bytes.error().message();
  auto const answer =
      run("title-page.yaml",
          value::Blob::own(std::move(*bytes), {.media_type = "application/pdf", .name = "shelf-cd.pdf"}));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_NE((*answer)["title"].as_text().find("THE CHILD OF THE MOAT"), std::string::npos);
  auto const& text = (*answer)["text"].as_text();
  EXPECT_TRUE(text.starts_with((*answer)["title"].as_text() + "\n\n")) << text;
  EXPECT_NE(text.find("She unlocked it and peered in"), std::string::npos) << text;
}

}  // namespace
}  // namespace shoal::runtime
