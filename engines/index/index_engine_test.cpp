#include "engines/index/index_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/index/test_folder.h"

namespace shoal::index_engine {
namespace {

using value::Value;

class Context final : public engine::CallContext {
 public:
  void chunk(std::string_view, Value) override {}
  void progress(double, double, std::string_view) override {}
  bool cancelled() const override { return cancelled_; }
  void give_up(Error) override {}
  void cancel() { cancelled_ = true; }

 private:
  bool cancelled_ = false;
};

class IndexEngineTest : public ::testing::Test {
 protected:
  IndexEngineTest() {
    IndexEngine engine;
    CHECK(engine.start().has_value());
    engine::ModelFile file;
    file.folder = folder_.path();
    auto loaded = engine.load(file, nullptr);
    CHECK(loaded.has_value());
    model_ = std::move(*loaded);
  }

  Result<Value> call(std::string const& operation, Value const& inputs) {
    auto reply = TRY(model_->call({operation, inputs}, context_));
    return reply.outputs;
  }

  Result<Value> add(std::string const& name, std::string const& content,
                    std::vector<std::string> const& texts) {
    Value::List passages;
    for (auto const& passage : passages_of(texts)) passages.push_back(value::to_value(passage));
    return call("add", Value::record({{"shelf", "books"},
                                      {"name", name},
                                      {"document", value::Blob::own(content, {})},
                                      {"title", "A title"},
                                      {"passages", std::move(passages)},
                                      {"pages", 2}}));
  }

  TestFolder folder_;
  Context context_;
  std::unique_ptr<engine::Model> model_;
};

Value added(int passages, char const* state) {
  return Value::record({{"added", passages}, {"state", state}});
}

TEST_F(IndexEngineTest, AddsOnceAndReplacesWhatChanged) {
  EXPECT_EQ(add("a.pdf", "bytes", {"one", "two"}).value(), added(2, "added"));
  EXPECT_EQ(add("a.pdf", "bytes", {"one", "two"}).value(), added(0, "unchanged"));
  EXPECT_EQ(add("a.pdf", "bytes", {"one", "three"}).value(), added(2, "replaced"));  // read better
  EXPECT_EQ(add("a.pdf", "other", {"one", "three"}).value(), added(2, "replaced"));  // another file
  EXPECT_EQ(add("b.pdf", "other", {"one", "three"}).value(), added(2, "added"));
}

TEST_F(IndexEngineTest, SearchesListsAndRemoves) {
  ASSERT_TRUE(add("a.pdf", "bytes", {"the boiler", "the valve"}).has_value());
  auto const hits =
      call("search", Value::record({{"shelf", "books"}, {"query", "boilers"}, {"top", 5}})).value()["hits"];
  ASSERT_TRUE(value::conforms(hits, value::Type::list(value::passage_type())).has_value());
  ASSERT_EQ(hits.as_list().size(), 1u);
  EXPECT_EQ(hits.as_list()[0]["document"].as_text(), "a.pdf");
  auto const hash = sha256("bytes").hex();
  EXPECT_EQ(call("list", Value::record({{"shelf", "books"}})).value()["documents"],
            Value::list({Value::record(
                {{"name", "a.pdf"}, {"title", "A title"}, {"pages", 2}, {"passages", 2}, {"hash", hash}})}));
  EXPECT_EQ(call("remove", Value::record({{"shelf", "books"}, {"name", "a.pdf"}})).value(),
            Value::record({{"removed", 2}}));
  EXPECT_EQ(call("search", Value::record({{"query", "boilers"}, {"top", 5}})).value()["hits"], Value::list());
}

TEST_F(IndexEngineTest, StopsWhenTheCallIsCancelled) {
  ASSERT_TRUE(add("a.pdf", "bytes", {"the boiler"}).has_value());
  context_.cancel();
  auto const outcome = add("b.pdf", "bytes", std::vector<std::string>(500, "some words"));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), Code::cancelled);
}

TEST_F(IndexEngineTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(call("guess", {}).error().code(), Code::not_found);
  EXPECT_EQ(add("", "bytes", {}).error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace shoal::index_engine
