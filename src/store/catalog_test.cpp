#include "store/catalog.h"

#include <gtest/gtest.h>

#include "store/source_kind.h"

#include <cstdlib>

#include "os/file.h"

namespace shoal::store {
namespace {

std::string const kHash(64, 'a');

std::string entry_text(std::string const& name, std::string const& more = {}) {
  return "shoal: 1\nname: " + name + "\nabout: A model.\nlicence: MIT\nengine: llama\n" + more +
         "files:\n  - {file: a.gguf, size: 10, sha256: " + kHash + ", sources: ['hf:o/r/a.gguf']}\n";
}

TEST(CatalogEntry, AllPartsAreRead) {
  auto entry = parse_catalog_entry(
      entry_text("m-1.5",
                 "tag: q4\npublisher: P\noperations: [generate, score]\nroles: [writer]\nmemory: 2GB\n"
                 "options: {context: 4096}\n"),
      "m.yaml");
  ASSERT_TRUE(entry) << entry.error().message();
  EXPECT_EQ(entry->full_name(), "m-1.5:q4");
  EXPECT_EQ(entry->licence, "MIT");
  EXPECT_EQ(entry->operations, (std::vector<std::string>{"generate", "score"}));
  EXPECT_EQ(entry->memory_bytes, 2'000'000'000u);
  EXPECT_EQ(entry->options["context"].as_integer(), 4096);
  EXPECT_EQ(entry->size(), 10u);
  EXPECT_EQ(entry->files[0].sha256.hex(), kHash);
  EXPECT_EQ(parse_catalog_entry(entry_text("m"), "m.yaml")->tag, "latest");
}

TEST(CatalogEntry, EveryProblemIsNamedWithItsPlace) {
  auto entry = parse_catalog_entry(
      "shoal: 2\nname: Bad Name\nlicense: MIT\nengine: llama\noptions: 3\nfiles:\n"
      "  - file: ../x\n    size: many\n    sha256: abc\n    sources: [nowhere, [\"file:/a\", {}]]\n",
      "m.yaml");
  ASSERT_FALSE(entry);
  std::string const text = entry.error().message();
  for (char const* expected :
       {"m.yaml:1:8: `shoal:`", "m.yaml:2:7: `name:`", "m.yaml:3:1: unknown key `license`",
        "did you mean `licence`", "`about:` is missing", "m.yaml:5:10: `options:`", "m.yaml:7:11: `file:`",
        "m.yaml:8:11: `size:`", "m.yaml:9:13: `sha256:`", "m.yaml:10:15: `nowhere` is no source",
        "m.yaml:10:36: a source is text"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\nin\n" << text;
  }
}

TEST(CatalogEntry, ItsJsonIsTheSameDocument) {
  auto text = entry_text(
      "m", "tag: q4\npublisher: \"P \\\"q\\\" é\"\nroles: [writer]\nmemory: 5\noptions: {a: [1, 2.5, x]}\n");
  auto entry = parse_catalog_entry(text, "m.yaml");
  ASSERT_TRUE(entry) << entry.error().message();
  entry->files[0].served_by = "file:/x";
  auto again = parse_catalog_entry(to_json(*entry).dump(2), "manifest.json");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(to_json(*again), to_json(*entry));
  EXPECT_EQ(again->files[0].served_by, "file:/x");
}

TEST(ModelNames, AreSmallAndPlain) {
  EXPECT_EQ(parse_model_name("qwen2.5-coder:q4_k_m")->tag, "q4_k_m");
  for (char const* text : {"", ":", "a:", ":a", "a/b", "../a", "A", "a:b:c", "a b", ".a", "a:.b"}) {
    EXPECT_FALSE(parse_model_name(text)) << text;
  }
}

TEST(Catalog, WithoutATagTheLatestOrFirstIsMeant) {
  Catalog catalog;
  for (char const* tag : {"b", "a"})
    catalog.add(*parse_catalog_entry(entry_text("m", std::string("tag: ") + tag + "\n"), "m"));
  EXPECT_EQ(catalog.find(ModelName{"m", ""})->tag, "a");
  EXPECT_EQ(catalog.find(ModelName{"m", "b"})->tag, "b");
  EXPECT_EQ(catalog.find(ModelName{"m", "c"}), nullptr);
  catalog.add(*parse_catalog_entry(entry_text("m"), "m"));
  EXPECT_EQ(catalog.find(ModelName{"m", ""})->tag, "latest");
  EXPECT_EQ(catalog.entries().size(), 3u);
}

TEST(Catalog, MirrorsAddSourcesByHashOrName) {
  Catalog catalog;
  catalog.add(*parse_catalog_entry(entry_text("m"), "m"));
  auto mirrors = parse_mirrors("shoal: 1\nmirrors:\n  - {sha256: " + kHash + ", sources: ['file:/later']}\n" +
                                   "  - {model: m, first: true, sources: ['file:/{1..2}']}\n" +
                                   "  - {model: other, sources: ['file:/no']}\n",
                               "mirrors.yaml");
  ASSERT_TRUE(mirrors) << mirrors.error().message();
  for (auto& mirror : *mirrors) catalog.add(mirror);
  auto const& entry = catalog.entries()[0];
  auto sources = catalog.sources(entry, entry.files[0]);
  ASSERT_EQ(sources.size(), 3u);
  EXPECT_EQ(sources[0].parts.size(), 2u);
  EXPECT_EQ(sources[1].text, "hf:o/r/a.gguf");
  EXPECT_EQ(sources[2].text, "file:/later");
}

TEST(Catalog, AMirrorNamesOneThing) {
  auto mirrors =
      parse_mirrors("shoal: 1\nmirrors:\n  - {sources: ['file:/a']}\n  - {model: m}\n", "mirrors.yaml");
  ASSERT_FALSE(mirrors);
  EXPECT_NE(mirrors.error().message().find("mirrors.yaml:3:5: a mirror names either"), std::string::npos);
  EXPECT_NE(mirrors.error().message().find("mirrors.yaml:4:5: `sources:` is missing"), std::string::npos);
}

TEST(Catalog, LaterFoldersWinAndBrokenDocumentsAreReported) {
  auto folder = os::TemporaryFolder::create("shoal-catalog").value();
  for (char const* name : {"/shipped", "/own"}) ASSERT_TRUE(os::make_folders(folder.path() + name));
  ASSERT_TRUE(os::write_file_atomically(folder.path() + "/shipped/m.yaml", entry_text("m")));
  ASSERT_TRUE(os::write_file_atomically(folder.path() + "/own/m.yaml", entry_text("m", "publisher: me\n")));
  ASSERT_TRUE(os::write_file_atomically(folder.path() + "/own/bad.yaml", "shoal: 1\n"));
  auto catalog = Catalog::load({folder.path() + "/shipped", folder.path() + "/own", folder.path() + "/none"},
                               {folder.path() + "/mirrors.yaml"});
  ASSERT_EQ(catalog.entries().size(), 1u);
  EXPECT_EQ(catalog.entries()[0].publisher, "me");
  EXPECT_EQ(catalog.entries()[0].origin, folder.path() + "/own/m.yaml");
  ASSERT_EQ(catalog.problems().size(), 1u);
  EXPECT_NE(catalog.problems()[0].message().find("bad.yaml"), std::string::npos);
}

TEST(Catalog, WhatShipsIsWhole) {
  std::string const root = SHOAL_SOURCE_DIR;
  auto catalog = Catalog::load({root + "/catalog"}, {root + "/demo/mirrors.yaml"});
  for (auto const& problem : catalog.problems()) ADD_FAILURE() << problem.message();
  EXPECT_FALSE(catalog.entries().empty());
  for (auto const& entry : catalog.entries()) {
    EXPECT_GT(entry.memory_bytes, entry.size()) << entry.full_name();
    for (auto const& file : entry.files) {
      auto sources = catalog.sources(entry, file);
      EXPECT_EQ(sources.front().parts.front().kind, &hf_source())
          << "the publisher comes first: " << entry.full_name();
      EXPECT_GT(sources.size(), file.sources.size()) << "the demo has a mirror of " << entry.full_name();
    }
  }
}

}  // namespace
}  // namespace shoal::store
