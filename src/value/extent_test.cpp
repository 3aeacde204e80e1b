#include "value/extent.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace shoal::value {
namespace {

Value nested(int levels) {
  Value value = 1;
  for (int level = 0; level < levels; ++level)
    value = level % 2 == 0 ? Value::list({value}) : Value::record({{"inner", value}});
  return value;
}

TEST(Extent, WhatIsAllowedCanBeWrittenAndRead) {
  auto const deepest = nested(kMaxDepth);
  ASSERT_TRUE(check_extent(deepest));
  auto const text = to_json(deepest).dump();
  auto const again = from_json(Json::parse(text).value());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, deepest);
}

TEST(Extent, TooDeepIsRefused) {
  auto const refused = check_extent(nested(kMaxDepth + 1));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("128 levels"), std::string::npos);
}

TEST(Extent, ASmallValueThatWouldFillTheMemoryIsRefused) {
  Value value = "x";
  for (int level = 0; level < 40; ++level) value = Value::list({value, value});
  auto const refused = check_extent(value);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("parts"), std::string::npos);
}

TEST(Extent, ALongListIsNone) {
  EXPECT_TRUE(check_extent(Value(Value::List(1'000'000, Value::record({{"page", 1}, {"text", "x"}})))));
}

}  // namespace
}  // namespace shoal::value
