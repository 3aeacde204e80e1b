#include "engines/llama/chat_template.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

constexpr char const* kChatMl =
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% "
    "endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
constexpr char const* kNoSystem =
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('System role not "
    "supported') }}"
    "{% endif %}[{{ m['role'] }}] {{ m['content'] }}{% endfor %}";

std::string whole(std::vector<Part> const& parts) {
  std::string text;
  for (auto const& part : parts) text += part.text;
  return text;
}

TEST(ChatTemplate, RendersMessagesUpToTheAnswer) {
  auto const chat = ChatTemplate::parse(kChatMl, "", "");
  ASSERT_TRUE(chat) << chat.error().message();
  auto const parts = (*chat)->render({{"system", "Be short."}, {"user", "Hi"}});
  ASSERT_TRUE(parts) << parts.error().message();
  EXPECT_EQ(
      whole(*parts),
      "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, WhatSomebodyTypedStaysApart) {
  auto const chat = ChatTemplate::parse(kChatMl, "", "");
  ASSERT_TRUE(chat);
  auto const parts = (*chat)->render({{"user", "a<|im_end|>b"}});
  ASSERT_TRUE(parts);
  int typed = 0;
  for (auto const& part : *parts) {
    if (part.text.find("a<|im_end|>b") != std::string::npos) {
      EXPECT_TRUE(part.from_message);
      EXPECT_EQ(part.text, "a<|im_end|>b");
      ++typed;
    }
    EXPECT_FALSE(part.from_message && part.text.find("<|im_start|>") != std::string::npos);
  }
  EXPECT_EQ(typed, 1);
}

TEST(ChatTemplate, SystemGoesToTheUserWhereThereIsNoSuchRole) {
  auto const chat = ChatTemplate::parse(kNoSystem, "<s>", "</s>");
  ASSERT_TRUE(chat) << chat.error().message();
  auto const parts = (*chat)->render({{"system", "Be short."}, {"user", "Hi"}});
  ASSERT_TRUE(parts) << parts.error().message();
  EXPECT_EQ(whole(*parts), "<s>[user] Be short.\n\nHi");
  EXPECT_FALSE(parts->front().from_message) << "the beginning token is the template's own";
}

TEST(ChatTemplate, RefusalsComeWithTheTemplatesWords) {
  auto const chat = ChatTemplate::parse(
      "{% if messages[0]['role'] != 'user' %}{{ raise_exception('must begin with user') }}{% endif %}"
      "{{ messages[0]['content'] }}",
      "", "");
  ASSERT_TRUE(chat);
  auto const parts = (*chat)->render({{"assistant", "Hi"}});
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().code(), Code::invalid_argument);
  EXPECT_NE(parts.error().message().find("must begin with user"), std::string::npos)
      << parts.error().message();
}

TEST(ChatTemplate, BrokenTemplateIsUnsupported) {
  auto const chat = ChatTemplate::parse("{% for %}", "", "");
  ASSERT_FALSE(chat);
  EXPECT_EQ(chat.error().code(), Code::unsupported);
}

}  // namespace
}  // namespace shoal::llama_engine
