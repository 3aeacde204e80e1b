#include "store/hub_listing.h"

#include <gtest/gtest.h>

namespace shoal::store {
namespace {

using Paths = std::vector<std::string>;

std::vector<HubFile> files(Paths const& paths) {
  std::vector<HubFile> files;
  for (auto const& path : paths) files.push_back({path, 1'000'000});
  return files;
}

TEST(HubListing, OnlyFilesWithAGoodPathAreRead) {
  auto const read = read_hub_listing(
      R"([{"type":"file","path":"a.gguf","size":7,"oid":"1"},{"type":"directory","path":"b","size":0},
          {"type":"file","path":"../x.gguf","size":1},{"type":"file","size":1},7,
          {"type":"file","path":"c/d.gguf"}])",
      "Org/Repo");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].size, 7u);
  EXPECT_EQ((*read)[1].path, "c/d.gguf");
  for (auto const* text : {"", "{}", "{\"error\": \"x\"}", "[1"})
    EXPECT_EQ(read_hub_listing(text, "Org/Repo").error().code(), Code::invalid_argument) << text;
}

TEST(HubListing, TheNextPageIsFoundAmongLinks) {
  EXPECT_EQ(next_page("<https://h/a?cursor=x%3D>; rel=\"next\""), "https://h/a?cursor=x%3D");
  EXPECT_EQ(next_page("<https://h/1>; rel=\"first\", <https://h/2>; rel=\"next\""), "https://h/2");
  for (auto const* header :
       {"", "<", "<>", "<https://h/1>; rel=\"prev\"", "rel=\"next\"", "> rel=\"next\" <"})
    EXPECT_EQ(next_page(header), "") << header;
}

TEST(HubListing, OneModelNeedsNoWord) {
  EXPECT_EQ(choose_hub_model(files({"README.md", "mmproj-a-f16.gguf", "imatrix.gguf", "a.gguf"}), "O/R", "")
                .value(),
            Paths{"a.gguf"});
  EXPECT_EQ(choose_hub_model(files({"README.md"}), "O/R", "").error().code(), Code::not_found);
}

TEST(HubListing, AWordIsAQuantisationOrAName) {
  auto const all = files({"a-Q4_0.gguf", "a-UD-Q4_K_XL.gguf", "a-Q4_K_XL.gguf", "old/b-Q4_0.gguf", "c.gguf"});
  EXPECT_EQ(choose_hub_model(all, "O/R", "ud-q4_k_xl").value(), Paths{"a-UD-Q4_K_XL.gguf"});
  EXPECT_EQ(choose_hub_model(all, "O/R", "Q4_K_XL").value(), Paths{"a-Q4_K_XL.gguf"});
  EXPECT_EQ(choose_hub_model(all, "O/R", "C").value(), Paths{"c.gguf"});
  EXPECT_EQ(choose_hub_model(all, "O/R", "b-q4_0").value(), Paths{"old/b-Q4_0.gguf"});
  auto const two = choose_hub_model(all, "O/R", "q4_0").error();
  EXPECT_EQ(two.code(), Code::invalid_argument);
  EXPECT_EQ(two.message(),
            "O/R has 2 models called q4_0; say which:\n  shoal pull hf:O/R/a-Q4_0.gguf   1.0 MB\n"
            "  shoal pull hf:O/R/old/b-Q4_0.gguf   1.0 MB");
}

TEST(HubListing, PartsAreOneChoice) {
  auto const all = files({"a-q8_0-00002-of-00002.gguf", "a-q8_0-00001-of-00002.gguf", "a-q4_0.gguf"});
  EXPECT_EQ(choose_hub_model(all, "O/R", "q8_0").value(),
            (Paths{"a-q8_0-00001-of-00002.gguf", "a-q8_0-00002-of-00002.gguf"}));
  EXPECT_NE(choose_hub_model(all, "O/R", "").error().message().find("hf:O/R:q8_0   2.0 MB in 2 files"),
            std::string::npos);
  EXPECT_EQ(choose_hub_model(files({"a-00001-of-00000.gguf"}), "O/R", "").error().code(),
            Code::invalid_argument);
}

}  // namespace
}  // namespace shoal::store
