#include "functions/functions.h"

#include <gtest/gtest.h>

#include <set>

namespace shoal::functions {
namespace {

TEST(Functions, AreFoundByName) {
  for (auto function : all()) EXPECT_EQ(find(function->name), function);
  for (auto name : {"split", "join", "template", "regex", "select", "first", "flatten", "json", "json-text",
                    "page-text", "passages", "title", "cite"}) {
    EXPECT_NE(find(name), nullptr) << name;
  }
  EXPECT_EQ(find("splt"), nullptr);
  EXPECT_EQ(find(""), nullptr);
}

TEST(Functions, SayWhatTheyAreFor) {
  std::set<std::string> names;
  for (auto function : all()) {
    EXPECT_TRUE(names.insert(function->name).second) << function->name;
    EXPECT_FALSE(function->about.empty()) << function->name;
    EXPECT_NE(function->call, nullptr) << function->name;
    EXPECT_FALSE(function->signature.outputs.empty()) << function->name;
    for (auto const& port : function->signature.inputs) EXPECT_FALSE(port.about.empty()) << function->name;
    for (auto const& port : function->signature.outputs) EXPECT_FALSE(port.about.empty()) << function->name;
  }
}

}  // namespace
}  // namespace shoal::functions
