#include "engines/index/shelf_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "engines/index/database.h"
#include "engines/index/full_text.h"
#include "engines/index/test_folder.h"

namespace shoal::index_engine {
namespace {

using Change = ShelfIndex::Change;
using ::testing::HasSubstr;

std::unique_ptr<ShelfIndex> open(TestFolder const& folder) {
  auto index = ShelfIndex::open(folder.path(), 0);
  CHECK(index.has_value());
  return std::move(*index);
}

Change put(ShelfIndex& index, std::string const& name, std::vector<std::string> const& texts,
           std::string const& digest = "d", std::string const& title = "") {
  auto change = index.put({name, title, 3, "hash of " + name, digest}, passages_of(texts));
  CHECK(change.has_value());
  return *change;
}

// Names and ids of the hits, best first.
std::string found(ShelfIndex& index, std::string_view query, std::int64_t top = 10) {
  auto hits = index.search(query, top);
  if (!hits) return hits.error().message();
  std::string out;
  for (auto const& hit : *hits) out += (out.empty() ? "" : " ") + hit.document + ":" + hit.id;
  return out;
}

TEST(ShelfIndex, FindsWhatWasPut) {
  TestFolder folder;
  auto index = open(folder);
  EXPECT_EQ(put(*index, "pumps.pdf", {"How to prime a pump.", "Valves leak."}, "d", "Pumps"), Change::added);
  auto hits = index->search("priming the pumps", 10);
  ASSERT_TRUE(hits.has_value());
  ASSERT_EQ(hits->size(), 2u);  // the second by its title
  auto const& hit = hits->front();
  EXPECT_EQ(hit.id, "p1");
  EXPECT_EQ(hit.document, "pumps.pdf");
  EXPECT_EQ(hit.title, "Pumps");
  EXPECT_EQ(hit.page, 1);
  EXPECT_EQ(hit.text, "How to prime a pump.");
  EXPECT_EQ(hit.boxes, (std::vector<value::Box>{{72, 100.25, 540, 112}}));
  EXPECT_GT(hit.score, (*hits)[1].score);
  EXPECT_GT((*hits)[1].score, 0);
}

TEST(ShelfIndex, KeepsWhatItHasWhenOpenedAgain) {
  TestFolder folder;
  put(*open(folder), "a", {"alpha"});
  auto index = open(folder);
  EXPECT_EQ(found(*index, "alpha"), "a:p1");
  EXPECT_EQ(put(*index, "a", {"alpha"}), Change::unchanged);
}

TEST(ShelfIndex, ReplacesADocumentWhole) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a", {"alpha", "beta"}, "1");
  EXPECT_EQ(put(*index, "a", {"never looked at"}, "1"), Change::unchanged);
  EXPECT_EQ(put(*index, "a", {"gamma"}, "2"), Change::replaced);
  EXPECT_EQ(found(*index, "alpha beta"), "");
  EXPECT_EQ(found(*index, "gamma"), "a:p1");
  auto list = index->list();
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].passages, 1);
}

TEST(ShelfIndex, ListsByName) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "b.pdf", {"x"}, "d", "B");
  put(*index, "a.pdf", {}, "d", "A");
  auto list = index->list();
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].document.name, "a.pdf");
  EXPECT_EQ((*list)[0].passages, 0);
  EXPECT_EQ((*list)[1].document.title, "B");
  EXPECT_EQ((*list)[1].document.pages, 3);
  EXPECT_EQ((*list)[1].document.hash, "hash of b.pdf");
}

TEST(ShelfIndex, RemovesADocument) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "manual.pdf", {"alpha", "beta"});
  put(*index, "b", {"alpha"});
  EXPECT_EQ(index->remove("manual.pdf").value(), 2);
  EXPECT_EQ(found(*index, "alpha beta"), "b:p1");
  auto again = index->remove("manual.pdf");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code(), Code::not_found);
  put(*index, "manual.pdf", {"alpha"});
  EXPECT_THAT(index->remove("manuel.pdf").error().message(), HasSubstr("did you mean `manual.pdf`?"));
}

TEST(Search, RanksRareWordsAndManyWordsHigher) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a",
      {"the boiler and the valve", "boiler pressure rises", "boiler", "a boiler explosion in the mill",
       "the boiler room"});
  EXPECT_EQ(found(*index, "boiler explosion", 1), "a:p4");
  EXPECT_EQ(found(*index, "boiler", 100).size(), std::string("a:p1 a:p2 a:p3 a:p4 a:p5").size());
  EXPECT_EQ(found(*index, "Were there explosions of the boilers?", 1), "a:p4");  // one stem, no stop word
}

TEST(Search, LooksForStopWordsOnlyWhenThereIsNothingElse) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a", {"to be or not to be", "the engine"});
  EXPECT_EQ(found(*index, "to be or not to be"), "a:p1");
  EXPECT_EQ(found(*index, "what is the engine"), "a:p2");
}

TEST(Search, TakesAnyTextAsAQuery) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a", {"text AND NEAR title"});
  for (auto const* query :
       {"", " ", "\"", "text\"", "(((", "title:", "* ^ - +", "NEAR(text, 3)", "a OR OR b", "text*",
        "'; DROP TABLE words; --", "\xff\xfe", "{text} : near", "AND", "x\"y\"z"}) {
    auto const hits = index->search(query, 10);
    EXPECT_TRUE(hits.has_value()) << query << ": " << hits.error().message();
  }
  EXPECT_EQ(found(*index, "\"NEAR(text, 3)\""), "a:p1");
  EXPECT_EQ(found(*index, std::string(100'000, 'x') + " text"), "a:p1");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "w" + std::to_string(i) + " ";
  put(*index, "b", {many});
  EXPECT_EQ(found(*index, many), "b:p1");
}

TEST(Search, WorksInGermanChineseAndArabic) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "de", {"Die Größe der Straße wird gemessen.", "Der Kessel ist alt."});
  put(*index, "zh", {"水泵在启动前必须先灌水。", "阀门漏水时应更换。"});
  put(*index, "ar", {"يجب ملء المِضَخَّة بالماء أولاً.", "الصمام القديم في المكتبة"});
  EXPECT_EQ(found(*index, "Wie ist die GROSSE der Strasse?"), "de:p1");
  EXPECT_EQ(found(*index, "水泵怎么启动？", 1), "zh:p1");
  EXPECT_EQ(found(*index, "阀门", 1), "zh:p2");
  EXPECT_EQ(found(*index, "泵"), "zh:p1");
  EXPECT_EQ(found(*index, "المضخة"), "ar:p1");
  EXPECT_EQ(found(*index, "المكتبه"), "ar:p2");
}

TEST(Search, ScoresFrequentWordsWhereRareOnesWereFound) {
  TestFolder folder;
  auto index = open(folder);
  // More passages than are scored for a frequent word.
  std::vector<std::string> texts(21'000, "common filler");
  texts[20'500] = "common filler rare";
  texts[20'501] = "filler rare other";
  put(*index, "a", texts);
  EXPECT_EQ(found(*index, "common rare"), "a:p20501 a:p20502");
}

TEST(ShelfIndex, StopsWhenToldTo) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a", {"alpha"});
  int asked = 0;
  index->set_stop([&] { return ++asked > 2; });
  auto change = index->put({"b", "", 0, "h", "d"}, passages_of(std::vector<std::string>(500, "beta gamma")));
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().code(), Code::cancelled);
  index->set_stop(nullptr);
  EXPECT_EQ(found(*index, "beta"), "");
  EXPECT_EQ(found(*index, "alpha"), "a:p1");
  EXPECT_EQ(put(*index, "b", {"beta"}), Change::added);
}

TEST(ShelfIndex, WritesNothingButItsOwnFiles) {
  TestFolder folder;
  auto index = open(folder);
  put(*index, "a", std::vector<std::string>(1000, "alpha beta"));
  std::set<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"index.db", "index.db-wal"}));
  index.reset();
  EXPECT_FALSE(std::filesystem::exists(folder.database() + "-wal"));
}

TEST(ShelfIndex, IsOpenedByOneAtATime) {
  TestFolder folder;
  auto index = open(folder);
  auto second = ShelfIndex::open(folder.path(), 0);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), Code::busy);
}

void overwrite(std::string const& file, std::streamoff at, std::string const& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(at);
  stream << bytes;
  CHECK(stream.good());
}

TEST(ShelfIndex, KeepsTheLineOfAPassage) {
  TestFolder folder;
  auto passages = passages_of({"alpha"});
  passages[0].line = 120;
  ASSERT_TRUE(open(folder)->put({"a.txt", "", 0, "h", "d"}, passages).has_value());
  EXPECT_EQ(open(folder)->search("alpha", 1)->at(0).line, 120);
}

// As the first format had it.
void make_old(TestFolder const& folder) {
  Database database(folder.database());
  ASSERT_TRUE(database.connect(0).has_value());
  auto const full_text = FullText::add_to(database);
  ASSERT_TRUE(database.script("ALTER TABLE passages DROP COLUMN line; PRAGMA user_version=1").has_value());
}

TEST(ShelfIndex, AnOlderFormatIsMadeAnew) {
  TestFolder folder;
  put(*open(folder), "a", {"alpha"});
  make_old(folder);
  for (int again = 0; again < 2; ++again) {
    auto index = open(folder);
    EXPECT_EQ(found(*index, "alpha"), "a:p1");
    EXPECT_EQ(index->search("alpha", 1)->at(0).line, 0);
    EXPECT_EQ(put(*index, "a", {"alpha"}), Change::unchanged);
  }
}

TEST(ShelfIndex, RefusesANewerFormat) {
  TestFolder folder;
  put(*open(folder), "a", {"alpha"});
  overwrite(folder.database(), 60, std::string("\0\0\0\x09", 4));  // the format's number in SQLite's header
  auto index = ShelfIndex::open(folder.path());
  ASSERT_FALSE(index.has_value());
  EXPECT_EQ(index.error().code(), Code::unsupported);
  EXPECT_THAT(index.error().message(), HasSubstr("written by a newer shoal (format 9"));
}

TEST(ShelfIndex, RefusesAnotherProgramsDatabase) {
  TestFolder folder;
  put(*open(folder), "a", {"alpha"});
  overwrite(folder.database(), 68, std::string("\0\0\0\x09", 4));  // the application's number
  EXPECT_THAT(ShelfIndex::open(folder.path()).error().message(), HasSubstr("is not the index of a shelf"));
}

TEST(ShelfIndex, SaysThatItIsDamaged) {
  TestFolder folder;
  std::ofstream(folder.database()) << std::string(8192, 'x');
  auto index = ShelfIndex::open(folder.path());
  ASSERT_FALSE(index.has_value());
  EXPECT_EQ(index.error().code(), Code::invalid_argument);
  EXPECT_THAT(index.error().message(), HasSubstr("index.db"));
  EXPECT_THAT(index.error().message(), HasSubstr("delete that file and add the documents again"));
}

TEST(ShelfIndex, SaysThatItIsDamagedWhenThatShowsLater) {
  TestFolder folder;
  put(*open(folder), "a", std::vector<std::string>(300, "alpha beta gamma"));
  auto const size = static_cast<std::streamoff>(std::filesystem::file_size(folder.database()));
  overwrite(folder.database(), 4096, std::string(static_cast<std::size_t>(size - 4096), '\xa5'));
  auto index = ShelfIndex::open(folder.path());
  auto const error = index ? (*index)->search("alpha", 10).error() : index.error();
  EXPECT_EQ(error.code(), Code::invalid_argument) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("damaged"));
}

// In the child: replaces the same documents again and again, each time with 20 passages that name the round,
// and tells of every round, until it is killed.
[[noreturn]] void write_until_killed(TestFolder const& folder, int out) {
  auto index = open(folder);
  for (int round = 0;; ++round) {
    auto const word = "round" + std::to_string(round);
    put(*index, "doc" + std::to_string(round % 3), std::vector<std::string>(20, word + " some text to index"),
        word);
    CHECK(write(out, "x", 1) == 1);
  }
}

TEST(ShelfIndex, SurvivesAKillInTheMiddleOfAWrite) {
  for (int rounds : {1, 4, 9, 15}) {
    TestFolder folder;
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    auto const child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(folder, pipe_ends[1]);
    for (int i = 0; i < rounds; ++i) {
      char byte;
      ASSERT_EQ(read(pipe_ends[0], &byte, 1), 1);
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);

    auto index = open(folder);
    auto list = index->list();
    ASSERT_TRUE(list.has_value());
    EXPECT_GE(list->size(), static_cast<std::size_t>(std::min(rounds, 3)));
    for (auto const& [document, passages] : *list) {
      EXPECT_EQ(passages, 20);
      EXPECT_EQ(index->search(document.digest, 1000).value().size(), 20u);
    }
    EXPECT_EQ(index->search("index", 1000).value().size(), list->size() * 20);
  }
}

}  // namespace
}  // namespace shoal::index_engine
