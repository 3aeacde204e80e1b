#include "engines/llama/drafter.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

Tokens numbers(Token from, Token to) {
  Tokens tokens;
  for (auto token = from; token < to; ++token) tokens.push_back(token);
  return tokens;
}

Tokens copy(std::span<Token const> tokens) { return {tokens.begin(), tokens.end()}; }

// Steps that `answer` takes, and rows of guesses that were wrong.
struct Cost {
  int steps = 0, wasted = 0;
};
Cost write(Tokens const& prompt, Tokens const& answer, int sharing = 1) {
  Drafter drafter(prompt);
  Cost cost;
  for (std::size_t at = 0; at < answer.size(); ++cost.steps) {
    auto const guess = copy(drafter.guess(16));
    int right = 0;
    for (; right < static_cast<int>(guess.size()) && at + 1 < answer.size(); ++right) {
      if (guess[static_cast<std::size_t>(right)] != answer[at]) break;
      drafter.add(answer[at++]);
    }
    cost.wasted += static_cast<int>(guess.size()) - right;
    drafter.judge(static_cast<int>(guess.size()), right, sharing);
    drafter.add(answer[at++]);
  }
  return cost;
}

TEST(Drafter, GuessesNothingBeforeItSawThreeTokens) {
  auto const prompt = numbers(0, 50);
  Drafter drafter(prompt);
  for (auto const token : {10, 11}) {
    EXPECT_TRUE(drafter.guess(16).empty());
    drafter.add(token);
  }
  EXPECT_TRUE(drafter.guess(16).empty());
  drafter.add(12);
  EXPECT_EQ(copy(drafter.guess(16)), (Tokens{13, 14, 15}));
  EXPECT_EQ(copy(drafter.guess(2)), (Tokens{13, 14})) << "no more than wanted";
}

TEST(Drafter, ACopyTakesFewSteps) {
  auto const cost = write(numbers(0, 400), numbers(100, 300));
  EXPECT_LT(cost.steps, 25);
  EXPECT_LE(cost.wasted, 15) << "what it guesses beyond the end";
}

TEST(Drafter, FindsItsPlaceAgainAfterAChange) {
  auto answer = numbers(100, 300);
  for (std::size_t i = 20; i < answer.size(); i += 30) answer[i] = 7000;  // a word for another
  answer.erase(answer.begin() + 61, answer.begin() + 63);                 // two left out
  answer.insert(answer.begin() + 131, {8000, 8001});                      // two added
  auto const cost = write(numbers(0, 400), answer);
  EXPECT_LT(cost.steps, 60);
  EXPECT_LT(cost.wasted, 120);
}

TEST(Drafter, OfRepeatedWordsTakesThoseThatAreDue) {
  auto prompt = numbers(0, 40);
  for (std::size_t i = 8; i < 40; i += 8)
    std::copy_n(prompt.begin(), 4, prompt.begin() + static_cast<std::ptrdiff_t>(i));
  EXPECT_LT(write(prompt, prompt).steps, 12);
}

TEST(Drafter, StopsWhereItDoesNotPay) {
  auto const prompt = numbers(0, 2000);
  Tokens answer;  // three tokens of the prompt, then others: each guess is wrong
  for (Token i = 0; i < 250; ++i) {
    for (auto const token : {i * 7, i * 7 + 1, i * 7 + 2, 9000 + i}) answer.push_back(token);
  }
  auto const cost = write(prompt, answer);
  EXPECT_EQ(cost.steps, 1000);
  EXPECT_LT(cost.wasted, 40);
}

TEST(Drafter, WhatPaysAloneMayNotPayInASharedStep) {
  auto const prompt = numbers(0, 2000);
  Tokens answer;  // of each guess of three, one is right
  for (Token i = 0; i < 250; ++i) {
    for (Token j = 0; j < 4; ++j) answer.push_back(i * 7 + j);
    answer.push_back(9000 + i);
  }
  EXPECT_LT(write(prompt, answer).steps, 1050);
  auto const shared = write(prompt, answer, 3);
  EXPECT_GT(shared.steps, 1200);
  EXPECT_LT(shared.wasted, 40);
}

}  // namespace
}  // namespace shoal::llama_engine
