#include "base/characters.h"

#include <gtest/gtest.h>

#include <string_view>

namespace shoal {
namespace {

void expect_all(std::u32string_view of_the_kind, std::u32string_view others, bool (*kind)(char32_t)) {
  for (auto c : of_the_kind) EXPECT_TRUE(kind(c)) << "U+" << std::hex << static_cast<unsigned>(c);
  for (auto c : others) EXPECT_FALSE(kind(c)) << "U+" << std::hex << static_cast<unsigned>(c);
}

TEST(Characters, Space) {
  expect_all(U" \t\n\r\v\f\u0085\u00A0\u1680\u2003\u2028\u202F\u3000", U"a_\u200B\u00AD\uFEFF中", is_space);
  expect_all(U"\n\r\u0085\u2028", U" \t\u00A0", is_line_end);
}

TEST(Characters, WhatHasNoMeaning) {
  expect_all(U"\u00AD\u200B\u200D\u200F\u202A\u2060\uFEFF\u0640", U"a1é中 ", is_ignorable);
  expect_all(U"\x01\x7F\u0090\uE000\uFFFD\U0010FFFF\uFFFE", U"aéж中ع😀\u00A0-", is_meaningless);
}

TEST(Characters, WordsOfFourScripts) {
  expect_all(U"aZ5éßжΩ中かعيน٤ªµ²", U" -_.,;!?×÷،؟。「」《€→…·\u200B\u0640", is_word_part);
  expect_all(U"中文。、「かカ，ㄅ", U"aéжع한 .", is_unspaced);
}

TEST(Characters, Case) {
  expect_all(U"azéßőжω", U"AZÉŐЖΩ1中ع", is_lower);
  expect_all(U"AZÉŐЖΩẞ", U"azéßőжω1中ع", is_upper);
  EXPECT_EQ(to_lower(U'A'), U'a');
  EXPECT_EQ(to_lower(U'Ő'), U'ő');
  EXPECT_EQ(to_lower(U'Ж'), U'ж');
  EXPECT_EQ(to_lower(U'ẞ'), U'ß');
  EXPECT_EQ(to_lower(U'×'), U'×');
  EXPECT_EQ(to_lower(U'中'), U'中');
}

TEST(Characters, Digits) {
  expect_all(U"0٤９७", U"²aⅣ中", is_digit);
  EXPECT_EQ(digit_value(U'7'), 7);
  EXPECT_EQ(digit_value(U'٤'), 4);
  EXPECT_EQ(digit_value(U'９'), 9);
  EXPECT_EQ(digit_value(U'²'), std::nullopt);
  EXPECT_EQ(digit_value(U'a'), std::nullopt);
}

}  // namespace
}  // namespace shoal
