// Whole documents of every kind, and some of the mutated ones; documents_long_test has all of these.
#include <gtest/gtest.h>

#include "tests/hostile/document_bombs.h"
#include "tests/hostile/document_kinds.h"

namespace shoal::hostile {
namespace {

void expect_words(DocumentCounts const& counts) {
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
  EXPECT_EQ(counts.worker_deaths, 0);
}

TEST(HostileDocuments, ImagesOfEveryModeAreRead) {
  auto const counts = run_documents("images of every mode", example_images());
  EXPECT_GE(counts.answers.size(), 29u);
  for (auto const& [name, answer] : counts.answers) {
    auto const* expected =
        name == "float.tiff" ? "float.tiff has pixels of more than 16 bits" : "quick brown fox";
    EXPECT_NE(answer.find(expected), std::string::npos) << name << ": " << answer;
  }
}

TEST(HostileDocuments, DocumentsThatAreMeantToHurtAreReadOrRefusedWithWords) {
  expect_words(run_documents("bombs", document_bombs()));
}

TEST(HostileDocuments, MutatedPdfsAreReadOrRefusedWithWords) {
  expect_words(run_documents("mutated PDFs", mutated_documents(example_pdfs(), 0, 40)));
}

TEST(HostileDocuments, MutatedImagesAreReadOrRefusedWithWords) {
  expect_words(run_documents("mutated images", mutated_documents(example_images(), 0, 40)));
}

}  // namespace
}  // namespace shoal::hostile
