#include "cli/inputs.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/testing.h"

namespace shoal::cli {
namespace {

using value::Type;
using value::Value;

value::Port port(std::string name, std::string const& type, bool required = true) {
  value::Port made;
  made.name = std::move(name);
  made.type = *Type::parse(type);
  made.required = required;
  return made;
}

std::vector<value::Port> const kPorts = {port("text", "text"), port("language", "text", false),
                                         port("count", "integer")};

InputWords words(std::vector<std::string> positionals, std::vector<std::string> named = {}) {
  return {std::move(positionals), std::move(named), nullptr};
}

TEST(Inputs, PositionalsFillTheRequiredOnesInOrder) {
  auto const read = read_inputs(kPorts, false, words({"hello", "3"}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, Value::record({{"text", "hello"}, {"count", 3}}));
}

TEST(Inputs, AWordWithTheNameOfAnInputIsNotTakenForAnother) {
  for (auto const* word : {"language=deu", "langage=deu", "text=hello"}) {
    auto const read = read_inputs(kPorts, false, words({word, "3"}));
    ASSERT_FALSE(read) << word;
    EXPECT_NE(read.error().message().find("`--in "), std::string::npos) << read.error().message();
  }
  EXPECT_TRUE(read_inputs(kPorts, false, words({"x=1", "3"})));
  EXPECT_TRUE(read_inputs(kPorts, false, words({"3"}, {"text=language=deu"})));
}

TEST(Inputs, WhereNothingIsRequiredAPositionalFillsTheFirstText) {
  std::vector<value::Port> const ports = {port("messages", "json", false), port("prompt", "text", false),
                                          port("system", "text", false)};
  auto const read = read_inputs(ports, false, words({"hello"}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, Value::record({{"prompt", "hello"}}));
  EXPECT_FALSE(read_inputs(ports, false, words({"hello", "again"})));
  EXPECT_FALSE(read_inputs(kPorts, false, words({"hello", "3", "deu"})));
}

TEST(Inputs, APipeFillsTheFirstTextWhereNothingIsRequiredAndNothingIsSaid) {
  std::vector<value::Port> ports = {port("prompt", "text", false), port("messages", "json", false),
                                    port("count", "integer", false)};
  ports[2].fallback = Value(3);
  std::istringstream piped("hello");
  auto const read = read_inputs(ports, false, {{}, {"count=4"}, &piped});
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, Value::record({{"count", 4}, {"prompt", "hello"}}));
  std::istringstream other("not read");
  EXPECT_EQ(read_inputs(ports, false, {{}, {"messages=[]"}, &other}).value(),
            Value::record({{"messages", Value::list({})}}));
  EXPECT_EQ(other.tellg(), 0);
}

TEST(Inputs, APipeWithoutAnEndIsRefusedAndOneThatIsStoppedIsCancelled) {
  struct Endless : std::streambuf {
    char bytes[1 << 16] = {};
    int_type underflow() override { return setg(bytes, bytes, bytes + sizeof bytes), 0; }
  } endless;
  std::istream piped(&endless);
  auto const read = read_inputs({port("text", "text")}, false, {{}, {}, &piped});
  EXPECT_EQ(read.error().code(), Code::invalid_argument);
  std::stop_source stop;
  stop.request_stop();
  std::istringstream cut("half of i");
  EXPECT_EQ(read_inputs({port("text", "text")}, false, {{}, {}, &cut, stop.get_token()}).error().code(),
            Code::cancelled);
}

TEST(Inputs, WhatIsNamedIsNotFilledAgain) {
  auto const read = read_inputs(kPorts, false, words({"3"}, {"text=a=b", "language=deu"}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, Value::record({{"text", "a=b"}, {"language", "deu"}, {"count", 3}}));
}

TEST(Inputs, TextsAreLiteralOrFromFiles) {
  TestFolder folder;
  auto const file = folder.write("note.txt", "from a file\n");
  std::vector<value::Port> const one = {port("text", "text")};
  EXPECT_EQ((*read_inputs(one, false, words({"@" + file})))["text"], Value("from a file\n"));
  EXPECT_EQ((*read_inputs(one, false, words({}, {"text=@" + file})))["text"], Value("from a file\n"));
  EXPECT_EQ((*read_inputs(one, false, words({"@@handle"})))["text"], Value("@handle"));
  EXPECT_EQ((*read_inputs(one, false, words({"17"})))["text"], Value("17"));
  auto const latin = folder.write("latin.txt", "caf\xe9");
  EXPECT_EQ(read_inputs(one, false, words({"@" + latin})).error().code(), Code::invalid_argument);
  EXPECT_EQ(read_inputs(one, false, words({"@" + folder.path() + "/none"})).error().code(), Code::not_found);
}

TEST(Inputs, FilesArePaths) {
  TestFolder folder;
  auto const file = folder.write("a.pdf", "%PDF-1.7\n");
  std::vector<value::Port> const one = {port("document", "file")};
  auto const read = read_inputs(one, false, words({file}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)["document"].as_blob()->media_type(), "application/pdf");
  std::vector<value::Port> const many = {port("documents", "list<file>")};
  auto const list = read_inputs(many, false, words({"[\"" + file + "\", {\"$file\": \"" + file + "\"}]"}));
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ((*list)["documents"].as_list().size(), 2u);
  EXPECT_EQ((*list)["documents"].as_list()[0], (*list)["documents"].as_list()[1]);
}

TEST(Inputs, OtherTypesAreJson) {
  std::vector<value::Port> const ports = {port("n", "number"), port("yes", "boolean"),
                                          port("list", "list<text>"), port("any", "any")};
  auto const read = read_inputs(ports, false, words({"0.5", "true", "[\"a\"]", "not json"}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read,
            Value::record({{"n", 0.5}, {"yes", true}, {"list", Value::list({"a"})}, {"any", "not json"}}));
  EXPECT_EQ(read_inputs({port("n", "number")}, false, words({"many"})).error().message(),
            "input `n`: `many` is no number; write it as JSON (0.5)");
}

TEST(Inputs, APipeFillsTheLastRequiredTextOrWhereADashStands) {
  std::istringstream piped("from the pipe");
  InputWords rest = words({}, {"count=1"});
  rest.piped = &piped;
  EXPECT_EQ((*read_inputs(kPorts, false, rest))["text"], Value("from the pipe"));

  std::istringstream dashed("by dash");
  InputWords dash = words({"-", "2"});
  dash.piped = &dashed;
  EXPECT_EQ((*read_inputs(kPorts, false, dash))["text"], Value("by dash"));

  std::istringstream untouched("two are missing");
  InputWords two = words({});
  two.piped = &untouched;
  EXPECT_FALSE(read_inputs(kPorts, false, two));
  EXPECT_EQ(untouched.tellg(), 0);
}

TEST(Inputs, ErrorsSayWhatIsExpected) {
  EXPECT_EQ(read_inputs(kPorts, false, words({"a"})).error().message(),
            "input `count` (integer) is missing; it takes TEXT COUNT [--in language=text]");
  EXPECT_EQ(read_inputs(kPorts, false, words({"a", "1", "b"})).error().message(),
            "`b` is one input too many; it takes TEXT COUNT [--in language=text]");
  EXPECT_EQ(read_inputs(kPorts, false, words({}, {"languag=deu"})).error().message(),
            "there is no input `languag`; did you mean `language`?; the inputs are text, language, count");
  EXPECT_EQ(read_inputs(kPorts, false, words({}, {"count=1", "count=2"})).error().message(),
            "input `count` is given twice");
  EXPECT_FALSE(read_inputs(kPorts, false, words({}, {"count"})));
  EXPECT_TRUE(read_inputs({}, true, words({}, {"free=1"})));
}

TEST(Inputs, AJsonObjectMayGiveAFileByItsPath) {
  TestFolder folder;
  auto const file = folder.write("a.txt", "x");
  auto const read = read_inputs({port("document", "file"), port("text", "text")},
                                Json::object({{"document", file}, {"text", file}}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE((*read)["document"].is_blob());
  EXPECT_EQ((*read)["text"], Value(file));
  EXPECT_EQ(read_inputs(kPorts, Json::array()).error().message(), "expected an object of inputs, not array");
}

}  // namespace
}  // namespace shoal::cli
