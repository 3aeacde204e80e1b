#include "runtime/mending.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/file.h"
#include "runtime/journal.h"

namespace shoal::runtime {
namespace {

RunRecord record(int i) {
  RunRecord made;
  made.run = "run" + std::to_string(i);
  made.name = std::string(500, 'n');
  made.started = WallTime(std::chrono::seconds(i));
  return made;
}

// Pages in the middle become noise; the beginning of the file stays what SQLite expects.
void damage(std::string const& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  for (auto at = 2 * 4096; at < 40 * 4096; at += 7) stream.seekp(at).put('\x5a');
}

TEST(Mending, AJournalThatTurnsOutToBeDamagedIsSetAsideAndGoesOn) {
  auto const folder = os::TemporaryFolder::create("shoal-mend").value();
  auto const file = folder.path() + "/runs.db";
  {
    auto const journal = Journal::open(file, {}).value();
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(journal->run_started(record(i)));
  }
  damage(file);
  auto const journal = Journal::open(file, {});
  ASSERT_TRUE(journal) << journal.error().message();
  auto const runs = (*journal)->runs(1000);
  ASSERT_TRUE(runs) << runs.error().message();
  EXPECT_TRUE(runs->empty());
  EXPECT_TRUE(std::filesystem::exists(file + ".damaged"));
  ASSERT_TRUE((*journal)->run_started(record(1)));
  EXPECT_EQ(Journal::open(file, {}).value()->runs(10).value().size(), 1u) << "the new one is on disk";
}

TEST(Mending, NothingIsPutAsideWhileAnotherMayUseItAndWhoComesLaterTakesTheNewOne) {
  auto const folder = os::TemporaryFolder::create("shoal-mend").value();
  auto const file = folder.path() + "/runs.db";
  {
    auto const journal = Journal::open(file, {}).value();
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(journal->run_started(record(i)));
  }
  auto const meanwhile = Journal::open(file, [&]() -> Result<std::shared_ptr<void const>> {
                           // Somebody with the right to has mended it before this one may.
                           EXPECT_TRUE(Journal::open(file, {}).value()->runs(1));
                           return std::shared_ptr<void const>();
                         }).value();
  auto const refused = Journal::open(file, [] {
                         return Result<std::shared_ptr<void const>>(Error(Code::busy, "process 1 uses it"));
                       }).value();
  damage(file);
  auto const runs = refused->runs(1000);
  ASSERT_FALSE(runs);
  EXPECT_NE(runs.error().message().find("process 1 uses it"), std::string::npos) << runs.error().message();
  EXPECT_FALSE(std::filesystem::exists(file + ".damaged"));
  ASSERT_TRUE(meanwhile->runs(1000));
  EXPECT_TRUE(std::filesystem::exists(file + ".damaged"));
  EXPECT_FALSE(std::filesystem::exists(file + ".damaged-2"));
}

TEST(Journal, KeepsTheNewestRunsAndSteps) {
  auto const folder = os::TemporaryFolder::create("shoal-journal").value();
  auto const journal = Journal::open(folder.path() + "/runs.db", {}).value();
  for (int i = 0; i < 30; ++i) {
    auto run = record(i);
    ASSERT_TRUE(journal->run_started(run));
    ASSERT_TRUE(
        journal->steps_ended(run.run, {{"a", "f", "done", "", "", 0}, {"b", "f", "done", "", "", 0}}));
    run.state = i == 3 ? "running" : "done";
    ASSERT_TRUE(journal->run_ended(run));
  }
  ASSERT_TRUE(journal->prune({100, 1000}));
  EXPECT_EQ(journal->runs(100)->size(), 30u);
  ASSERT_TRUE(journal->prune({10, 12}));
  auto const runs = journal->runs(100).value();
  ASSERT_EQ(runs.size(), 11u);  // and the one that is still running
  EXPECT_EQ(runs.front().run, "run29");
  EXPECT_EQ(runs.back().run, "run3");
  EXPECT_EQ(journal->steps("run29")->size(), 2u);
  EXPECT_EQ(journal->steps("run21")->size(), 0u);
}

TEST(Mending, AnErrorOfTheQuestionIsNoDamage) {
  struct Tables {
    std::unique_ptr<store::Database> database;
  };
  auto const folder = os::TemporaryFolder::create("shoal-mend").value();
  auto const file = folder.path() + "/x.db";
  auto const mending =
      Mending<Tables>::open(file, OnDamage::drop, {}, [](std::string const& path) -> Result<Tables> {
        return Tables{TRY(store::Database::open(path))};
      }).value();
  ASSERT_TRUE(mending->use([](Tables& tables) { return tables.database->execute("CREATE TABLE kept(a)"); }));
  int calls = 0;
  auto const result = mending->use([&](Tables&) -> Result<void> {
    ++calls;
    return Error(Code::invalid_argument, "a wrong question");
  });
  EXPECT_FALSE(result);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(mending->use([](Tables& tables) { return tables.database->execute("SELECT * FROM kept"); }));
}

}  // namespace
}  // namespace shoal::runtime
