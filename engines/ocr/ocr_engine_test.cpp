#include "engines/ocr/ocr_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/yaml.h"
#include "engines/ocr/test_support.h"
#include "value/records.h"
#include "value/signature.h"

namespace shoal::ocr_engine {
namespace {

using testing::blob;
using testing::Context;
using testing::example;
using ::testing::HasSubstr;
using testing::line;
using testing::make_pdf;
using value::Value;

class OcrEngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    engine_ = new OcrEngine;
    ASSERT_TRUE(engine_->start());
    model_ = engine_->load({}, [](double) { return true; })->release();
    model_->set_cores(2);
  }
  static void TearDownTestSuite() {
    delete model_;
    delete engine_;
  }

  static Result<engine::Reply> call(std::string const& operation, Value const& inputs, int stop_at = -1) {
    Context context(stop_at);
    return model_->call({operation, inputs}, context);
  }
  static Value::List sheets(value::BlobPtr const& document) {
    Context context;
    auto const reply =
        model_->call({"pages", Value::record({{"document", document}, {"dpi", 300}})}, context);
    EXPECT_TRUE(reply) << reply.error().message();
    return context.parts;
  }
  static Value recognize(Value const& sheet, bool again = false) {
    auto reply = call("recognize", Value::record({{"page", sheet}, {"language", "eng"}, {"again", again}}));
    EXPECT_TRUE(reply) << reply.error().message();
    return reply ? reply->outputs["page"] : Value{};
  }

  static OcrEngine* engine_;
  static engine::Model* model_;
};
OcrEngine* OcrEngineTest::engine_ = nullptr;
engine::Model* OcrEngineTest::model_ = nullptr;

TEST_F(OcrEngineTest, ReadsAScannedPage) {
  auto all = sheets(example("shelf-cd.pdf"));
  ASSERT_EQ(all.size(), 8u);
  EXPECT_TRUE(value::conforms(all[1], value::sheet_type()));
  EXPECT_EQ(all[1]["text"].as_text(), "");
  auto reply = call("recognize", Value::record({{"page", all[1]}, {"language", "eng"}}));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_TRUE(value::conforms(reply->outputs["page"], value::page_type()));
  auto page = value::page_from(reply->outputs["page"]);
  EXPECT_THAT(page.text, HasSubstr("THE BOY APPRENTICED TO AN ENCHANTER"));
  EXPECT_THAT(page.text, HasSubstr("the King’s white horse was led\nout"));
  EXPECT_EQ(page.number, 2);
  EXPECT_EQ(page.source, "ocr");
  EXPECT_NEAR(page.width, 336, 0.1);
  EXPECT_EQ(reply->evidence["words"].as_integer(), static_cast<std::int64_t>(page.words.size()));
  EXPECT_EQ(reply->evidence["mean_confidence"].as_number(), page.confidence);
  for (auto const& word : page.words) {
    EXPECT_GE(word.box[0], 0);
    EXPECT_LT(word.box[0], word.box[2]);
    EXPECT_LE(word.box[2], page.width);
    EXPECT_LT(word.box[1], word.box[3]);
    EXPECT_LE(word.box[3], page.height);
  }
}

TEST_F(OcrEngineTest, PagesInParallelReadTheSame) {
  auto all = sheets(example("shelf-cd.pdf"));
  ASSERT_EQ(all.size(), 8u);
  Value together[2];
  std::thread first([&] { together[0] = recognize(all[0]); });
  std::thread second([&] { together[1] = recognize(all[7]); });
  first.join();
  second.join();
  EXPECT_EQ(together[0], recognize(all[0]));
  EXPECT_EQ(together[1], recognize(all[7]));
}

TEST_F(OcrEngineTest, TextThatIsThereIsNotRecognisedAgainUnlessAsked) {
  auto all = sheets(blob(make_pdf({{line(60, 700, 20, "Printed in Helvetica, here.")}})));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(recognize(all[0])["source"].as_text(), "text");
  EXPECT_EQ(recognize(all[0])["text"], all[0]["text"]);
  auto again = recognize(all[0], true);
  EXPECT_EQ(again["source"].as_text(), "ocr");
  EXPECT_EQ(again["text"].as_text(), "Printed in Helvetica, here.");
}

TEST_F(OcrEngineTest, ReadsAnImage) {
  auto all =
      sheets(blob(testing::make_tiff({{200, 100, 8, 300, 300, std::string(20000, '\xff')}}), "white.tiff"));
  ASSERT_EQ(all.size(), 1u);
  auto page = recognize(all[0]);
  EXPECT_EQ(page["text"].as_text(), "");
  EXPECT_EQ(page["width"].as_number(), 48);
}

TEST_F(OcrEngineTest, SaysWhatCannotBeRead) {
  auto text = call("pages", Value::record({{"document", blob("Dear Sir", "letter.txt")}}));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), Code::invalid_argument);
  EXPECT_THAT(text.error().message(), HasSubstr("letter.txt is neither a PDF nor a page image"));
  auto empty = call("pages", Value::record({{"document", blob("", "nothing.pdf")}}));
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message(), HasSubstr("nothing.pdf is empty"));
  auto unknown = call("transcribe", {});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("transcribe"));
}

TEST_F(OcrEngineTest, StopsWhenNobodyWantsTheAnswer) {
  auto all = sheets(example("shelf-cd.pdf"));
  for (int questions : {0, 1, 10}) {
    auto reply = call("recognize", Value::record({{"page", all[0]}, {"language", "eng"}}), questions);
    ASSERT_FALSE(reply) << questions;
    EXPECT_EQ(reply.error().code(), Code::cancelled);
  }
}

TEST(OcrManifest, HasPortsThatCanBeRead) {
  std::ifstream file(std::string(SHOAL_SOURCE_DIR) + "/engines/ocr/engine.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  auto manifest = Yaml::parse(text.str(), "engine.yaml");
  ASSERT_TRUE(manifest) << manifest.error().message();
  for (auto operation : {"pages", "recognize"}) {
    std::vector<Problem> problems;
    auto const* ports = manifest->find("operations")->find(operation);
    auto inputs = value::parse_ports(*ports->find("inputs"), problems);
    auto outputs = value::parse_ports(*ports->find("outputs"), problems);
    EXPECT_TRUE(problems.empty()) << to_error(problems, "engine.yaml").message();
    EXPECT_GE(inputs.size(), 3u);
    EXPECT_EQ(outputs.size(), 1u);
  }
}

}  // namespace
}  // namespace shoal::ocr_engine
