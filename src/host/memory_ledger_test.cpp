#include "host/memory_ledger.h"

#include <gtest/gtest.h>

#include "host/victims.h"

namespace shoal::host {
namespace {

constexpr std::uint64_t kMB = 1'000'000;

MemoryByDevice needs(std::vector<std::uint64_t> const& megabytes) {
  MemoryByDevice memory;
  for (auto const each : megabytes) {
    memory.emplace_back();
    memory.back().weights = each * kMB / 2;
    memory.back().cache = each * kMB / 2;
  }
  return memory;
}

TEST(MemoryLedger, EachDeviceHasItsBudget) {
  MemoryLedger ledger({1000 * kMB, 400 * kMB});
  EXPECT_TRUE(ledger.fits(needs({200, 400})));
  EXPECT_FALSE(ledger.fits(needs({200, 401})));
  ledger.set({1, "a"}, needs({200, 300}));
  EXPECT_FALSE(ledger.fits(needs({200, 200})));
  EXPECT_TRUE(ledger.fits(needs({800})));
  EXPECT_EQ(ledger.missing(MemoryLedger::Account::main, needs({900, 200})), (Bytes{100 * kMB, 100 * kMB}));
  ledger.release_all(1);
  EXPECT_TRUE(ledger.fits(needs({200, 200})));
}

TEST(MemoryLedger, WhatTheMachineCannotGiveNowIsNotGranted) {
  MemoryLedger ledger({1000 * kMB});
  ledger.limit_ram(500 * kMB);
  EXPECT_FALSE(ledger.can_ever_fit(needs({600})));
  EXPECT_TRUE(ledger.fits_budget(needs({600})));
  ledger.limit_ram(5000 * kMB);
  EXPECT_FALSE(ledger.fits(needs({1001})));
}

TEST(MemoryLedger, HelpersHaveTheirOwnShare) {
  MemoryLedger ledger({2000 * kMB});
  ledger.set({1, "a"}, needs({2000}));
  EXPECT_TRUE(ledger.fits(needs({90})));
  ledger.set({2, "h"}, needs({90}));
  ledger.set({3, "i"}, needs({90}));
  EXPECT_FALSE(ledger.fits(needs({90})));
}

TEST(Victims, AreTheCheapestAndNoMoreThanNeeded) {
  Candidate const cheap{1, "cheap", {300 * kMB}, 0.1, 1}, dear{2, "dear", {300 * kMB}, 5, 10},
      large{3, "large", {900 * kMB}, 1, 1};
  auto const names = [](std::optional<std::vector<Candidate>> const& chosen) {
    std::vector<std::string> models;
    if (!chosen) return models;
    for (auto const& each : *chosen) models.push_back(each.model);
    return models;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(choose_victims({dear, large, cheap}, {200 * kMB})), Names{"cheap"});
  EXPECT_EQ(names(choose_victims({dear, large, cheap}, {700 * kMB})), Names{"large"});
  EXPECT_FALSE(choose_victims({dear, large, cheap}, {1600 * kMB}));
  EXPECT_EQ(names(choose_victims({dear}, {0})), Names{});
}

}  // namespace
}  // namespace shoal::host
