#include <gtest/gtest.h>

#include "tests/hostile/document_bombs.h"
#include "tests/hostile/document_kinds.h"

namespace shoal::hostile {
namespace {

// With SHOAL_HOSTILE_SEED in the environment only the file of that seed, as a failure names it.
DocumentCounts run_500(std::string const& what, std::vector<Document> const& whole) {
  auto const* seed = std::getenv("SHOAL_HOSTILE_SEED");
  return run_documents(what, seed ? mutated_documents(whole, std::strtoull(seed, nullptr, 10), 1)
                                  : mutated_documents(whole, 0, 500));
}

TEST(HostileDocuments, EachOf500PdfsIsReadOrRefusedWithWords) {
  auto const counts = run_500("mutated PDFs", example_pdfs());
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
}

TEST(HostileDocuments, WhatTakesTooLongIsRefusedAndHarmsNobodyElse) {
  auto documents = slow_document_bombs();
  for (auto& other : example_images()) documents.push_back(std::move(other));
  auto const counts = run_documents("slow bombs and images of every mode", std::move(documents));
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
  EXPECT_EQ(counts.worker_deaths, 0);
  EXPECT_GT(counts.read, 28);
}

TEST(HostileDocuments, EachOf500ImagesIsReadOrRefusedWithWords) {
  auto const counts = run_500("mutated images", example_images());
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
}

}  // namespace
}  // namespace shoal::hostile
