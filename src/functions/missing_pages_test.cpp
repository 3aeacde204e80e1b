#include <gtest/gtest.h>

#include "functions/test_call.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

Value inputs(int sheets, std::vector<std::tuple<int, std::string, std::string>> const& failed) {
  Value::List list, errors;
  for (int i = 0; i < sheets; ++i)
    list.push_back(
        value::to_value(value::Sheet{value::Blob::own("x", {.name = "b.pdf"}), i + 11, 300, 1, 1, {}}));
  for (auto const& [item, code, message] : failed)
    errors.push_back(Value::record({{"item", item}, {"code", code}, {"message", message}}));
  return Value::record({{"sheets", std::move(list)}, {"errors", std::move(errors)}});
}

TEST(MissingPages, AreNamedWithTheReason) {
  auto const missing =
      outputs_of("missing-pages", inputs(3, {{0, "invalid_argument", "page 11 of a.pdf is damaged"},
                                             {2, "engine_failed", "two workers died"}}))["missing"];
  EXPECT_EQ(
      missing,
      Value::list({Value::record({{"page", 11}, {"reason", "page 11 of a.pdf is damaged"}}),
                   Value::record(
                       {{"page", 13}, {"reason", "page 13 of b.pdf could not be read: two workers died"}})}));
  EXPECT_EQ(outputs_of("missing-pages", inputs(3, {}))["missing"], Value::list());
  EXPECT_EQ(outputs_of("missing-pages", inputs(0, {}))["missing"], Value::list());
}

TEST(MissingPages, ADocumentWithoutAnyPageLeftIsAnError) {
  auto const one = call("missing-pages", inputs(1, {{0, "unsupported", "page 11 is too large"}}));
  EXPECT_EQ(one.error(), Error(Code::unsupported, "page 11 is too large"));
  auto const both =
      call("missing-pages",
           inputs(2, {{0, "invalid_argument", "page 11 is damaged"}, {1, "engine_failed", "died"}}));
  EXPECT_EQ(both.error().code(), Code::invalid_argument);
  EXPECT_EQ(both.error().message(), "none of the 2 pages could be read; the first: page 11 is damaged");
}

TEST(MissingPages, WhatIsNotThePagesOwnFaultIsAnError) {
  auto const failed = call("missing-pages", inputs(3, {{1, "not_found", "Tesseract has no language `xyz`"}}));
  EXPECT_EQ(failed.error(), Error(Code::not_found, "Tesseract has no language `xyz`"));
}

}  // namespace
}  // namespace shoal::functions
