#include "cli/shelf_files.h"

#include <gtest/gtest.h>

#include "cli/testing.h"

namespace shoal::cli {
namespace {

TEST(ShelfFiles, FoldersGiveTheDocumentsBelowThem) {
  TestFolder folder;
  auto const second = folder.write("b/two.PDF", "x");
  auto const first = folder.write("a.tiff", "x");
  auto const notes = folder.write("notes.txt", "x");
  folder.write("program.exe", "x");
  auto const found = find_documents({folder.path(), second, folder.path() + "/missing.pdf"});
  EXPECT_EQ(found.files, (std::vector<std::string>{first, second, notes, folder.path() + "/missing.pdf"}));
  EXPECT_TRUE(found.errors.empty());
}

TEST(ShelfFiles, AFolderWithoutDocumentsIsAnError) {
  TestFolder folder;
  folder.write("program.exe", "x");
  auto const found = find_documents({folder.path()});
  EXPECT_TRUE(found.files.empty());
  ASSERT_EQ(found.errors.size(), 1u);
  EXPECT_EQ(found.errors[0].code(), Code::not_found);
}

TEST(ShelfFiles, AnEndlessSearchEnds) {
  TestFolder folder;
  for (int i = 0; i < 20; ++i) folder.write("a/" + std::to_string(i) + ".txt", "x");
  auto const cut = find_documents({folder.path()}, 10);
  EXPECT_TRUE(cut.is_cut);
  EXPECT_TRUE(are_surprisingly_many(cut));
  EXPECT_EQ(count_of(cut), "at least 9 documents");  // and the folder itself
  auto const named = folder.path() + "/a/3.txt";
  auto const whole = find_documents({folder.path(), named}, 1000);
  EXPECT_FALSE(are_surprisingly_many(whole));
  EXPECT_EQ(whole.in_folders, 20u);
  EXPECT_EQ(find_documents({named}).in_folders, 0u);
}

TEST(ShelfFiles, ADocumentsKindIsInItsName) {
  EXPECT_EQ(adding_pipeline("a/b.PDF"), "shelf-add");
  EXPECT_EQ(adding_pipeline("b.md"), "shelf-add-text");
  EXPECT_EQ(adding_pipeline("b.jsonl"), "shelf-add-records");
  EXPECT_EQ(adding_pipeline("scan"), "shelf-add");
}

TEST(ShelfFiles, ADocumentsBytesDecideAndItsNameOnlyWhatTheyLeaveOpen) {
  EXPECT_EQ(*adding_pipeline("a.txt", "application/pdf"), "shelf-add");
  EXPECT_EQ(*adding_pipeline("a.pdf", "text/plain"), "shelf-add-text");
  EXPECT_EQ(*adding_pipeline("letter", "text/plain"), "shelf-add-text");
  EXPECT_EQ(*adding_pipeline("a.jsonl", "text/plain"), "shelf-add-records");
  EXPECT_EQ(*adding_pipeline("a.bmp", "application/octet-stream"), "shelf-add");
  EXPECT_EQ(*adding_pipeline("a.txt", ""), "shelf-add-text");
  EXPECT_EQ(adding_pipeline("a.pdf", "").error().message(), "the file is empty");
  for (auto const& [name, type] : {std::pair("a.pdf", "application/zip"), {"a.jsonl", "application/pdf"}}) {
    auto const refused = adding_pipeline(name, type);
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().message().find(type), std::string::npos) << refused.error().message();
  }
}

TEST(ShelfFiles, APlaceIsAPageOrLines) {
  EXPECT_EQ(to_string(place_in("b.pdf", 3, 0, "x\ny")), ", page 3");
  EXPECT_EQ(to_string(place_in("b.jsonl", 3, 0, "x\ny")), ", line 3");
  EXPECT_EQ(to_string(place_in("b.md", 0, 120, "x\ny\nz")), ", lines 120–122");
  EXPECT_EQ(to_string(place_in("b.txt", 2, 120, "x")), ", page 2, line 120");
  EXPECT_EQ(to_string(place_in("b.md", 0, 0, "x")), "");
}

TEST(ShelfFiles, NamesAreAbsoluteAndShownShort) {
  auto const here = std::filesystem::current_path().string();
  EXPECT_EQ(document_name("x/../a.pdf"), here + "/a.pdf");
  EXPECT_EQ(shown_name(here + "/sub/a.pdf"), "sub/a.pdf");
  EXPECT_EQ(shown_name("/elsewhere/a.pdf"), "/elsewhere/a.pdf");
  EXPECT_EQ(shown_name("/two\nlines.pdf"), "/two\\nlines.pdf") << "a list has a line for each";
}

TEST(ShelfFiles, AFolderMeansWhatLiesBelowIt) {
  std::vector<std::string> const names = {"/a/one.pdf", "/a/b/two.pdf", "/ab/three.pdf"};
  EXPECT_EQ(documents_in("/a", names), (std::vector<std::string>{"/a/one.pdf", "/a/b/two.pdf"}));
  EXPECT_EQ(documents_in("/a/b/", names), std::vector<std::string>{"/a/b/two.pdf"});
  EXPECT_EQ(documents_in("/a/../", names), names);
  EXPECT_TRUE(documents_in("/a/on", names).empty());
}

TEST(ShelfFiles, ADocumentIsMeantByItsPathOrItsLastPart) {
  std::vector<std::string> const names = {"/a/one.pdf", "/b/two.pdf", "/c/two.pdf"};
  EXPECT_EQ(*find_document("/c/two.pdf", names), "/c/two.pdf");
  EXPECT_EQ(*find_document("one.pdf", names), "/a/one.pdf");
  EXPECT_EQ(find_document("two.pdf", names).error().code(), Code::invalid_argument);
  auto const missing = find_document("onne.pdf", names);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_NE(missing.error().message().find("did you mean `one.pdf`?"), std::string::npos);
}

}  // namespace
}  // namespace shoal::cli
