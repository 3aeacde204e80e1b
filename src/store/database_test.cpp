#include "store/database.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "os/file.h"

namespace shoal::store {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open_notes() {
    auto database = Database::open(file_);
    EXPECT_TRUE(database) << database.error().message();
    auto migrated =
        (*database)->migrate({"CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, more BLOB)"});
    EXPECT_TRUE(migrated) << migrated.error().message();
    return std::move(*database);
  }
  static std::int64_t count(Database& database) {
    auto statement = database.prepare("SELECT count(*) FROM notes");
    EXPECT_TRUE(statement->step().value());
    return statement->integer(0);
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-database").value();
  std::string const file_ = folder_.path() + "/sub/notes.db";
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  auto database = open_notes();
  ASSERT_TRUE(
      database->run("INSERT INTO notes VALUES(?, ?, ?)", 7, "größe", BlobView{std::string_view("a\0b", 3)}));
  ASSERT_TRUE(
      database->run("INSERT INTO notes VALUES(?, ?, ?)", 8, std::string_view(), std::optional<int>()));
  auto rows = database->prepare("SELECT id, text, more, id * 0.5 FROM notes ORDER BY id");
  ASSERT_TRUE(rows->step().value());
  EXPECT_EQ(rows->integer(0), 7);
  EXPECT_EQ(rows->text(1), "größe");
  EXPECT_EQ(rows->blob(2), std::string_view("a\0b", 3));
  EXPECT_EQ(rows->number(3), 3.5);
  ASSERT_TRUE(rows->step().value());
  EXPECT_FALSE(rows->is_null(1));
  EXPECT_TRUE(rows->is_null(2));
  EXPECT_FALSE(rows->step().value());
}

TEST_F(DatabaseTest, AStatementIsUsedAgainAfterItsEnd) {
  auto database = open_notes();
  auto insert = database->prepare("INSERT INTO notes(text) VALUES(?)");
  for (char const* text : {"a", "b"}) ASSERT_TRUE(insert->bind(1, text).run());
  EXPECT_EQ(count(*database), 2);
  EXPECT_EQ(database->last_row_id(), 2);
}

TEST_F(DatabaseTest, AFailedTransactionLeavesNothing) {
  auto database = open_notes();
  auto result = database->transaction([&]() -> Result<void> {
    TRY(database->run("INSERT INTO notes(text) VALUES('x')"));
    return Error(Code::cancelled, "no");
  });
  EXPECT_EQ(result.error().code(), Code::cancelled);
  EXPECT_EQ(count(*database), 0);
  ASSERT_TRUE(database->transaction([&] { return database->run("INSERT INTO notes(text) VALUES('x')"); }));
  EXPECT_EQ(count(*database), 1);
}

TEST_F(DatabaseTest, MigrationsRunOnceAndInOrder) {
  open_notes();
  auto database = Database::open(file_);
  auto migrated = (*database)->migrate({"this one ran before", "ALTER TABLE notes ADD COLUMN page INTEGER"});
  ASSERT_TRUE(migrated) << migrated.error().message();
  EXPECT_TRUE((*database)->prepare("SELECT page FROM notes"));
}

TEST_F(DatabaseTest, AFileOfANewerProgramIsRefused) {
  ASSERT_TRUE(open_notes()->execute("PRAGMA user_version=9"));
  auto database = Database::open(file_);
  EXPECT_EQ((*database)->migrate({"SELECT 1"}).error().code(), Code::unsupported);
}

TEST_F(DatabaseTest, AFailedMigrationChangesNothing) {
  auto database = open_notes();
  EXPECT_FALSE(database->migrate({"", "ALTER TABLE notes ADD COLUMN page INTEGER; nonsense"}));
  EXPECT_FALSE(database->prepare("SELECT page FROM notes"));
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsNamedWithTheRemedy) {
  std::string const bad = folder_.path() + "/bad.db";
  ASSERT_TRUE(os::write_file_atomically(bad, std::string(4096, 'x')));
  auto database = Database::open(bad);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), Code::invalid_argument);
  EXPECT_NE(database.error().message().find("bad.db"), std::string::npos);
  EXPECT_NE(database.error().message().find("move the file away"), std::string::npos);
}

TEST_F(DatabaseTest, AKeyThatExistsIsAlreadyExists) {
  auto database = open_notes();
  ASSERT_TRUE(database->run("INSERT INTO notes(id) VALUES(1)"));
  EXPECT_EQ(database->run("INSERT INTO notes(id) VALUES(1)").error().code(), Code::already_exists);
}

TEST_F(DatabaseTest, ThoseWhoMakeAFileAtOnceWaitForEachOther) {
  for (int round = 0; round < 20; ++round) {
    auto const file = folder_.path() + "/round-" + std::to_string(round) + ".db";
    std::vector<std::jthread> openers;
    for (int i = 0; i < 8; ++i) {
      openers.emplace_back([&] {
        auto database = Database::open(file);
        ASSERT_TRUE(database) << database.error().message();
        auto const migrated = (*database)->migrate({"CREATE TABLE notes(id INTEGER PRIMARY KEY)"});
        EXPECT_TRUE(migrated) << migrated.error().message();
      });
    }
  }
}

TEST_F(DatabaseTest, TwoWritersWaitForEachOther) {
  open_notes();
  auto write = [&] {
    auto database = Database::open(file_, Database::Durability::relaxed);
    for (int i = 0; i < 50; ++i) {
      auto written = (*database)->run("INSERT INTO notes(text) VALUES('x')");
      EXPECT_TRUE(written) << written.error().message();
    }
  };
  std::thread first(write);
  std::thread second(write);
  first.join();
  second.join();
  auto database = Database::open(file_);
  EXPECT_EQ(count(**database), 100);
}

TEST_F(DatabaseTest, AWriterThatNeverEndsIsBusy) {
  auto first = open_notes();
  ASSERT_TRUE(first->execute("BEGIN IMMEDIATE"));
  auto second = Database::open(file_, Database::Durability::full, 1);
  EXPECT_EQ((*second)->run("INSERT INTO notes(text) VALUES('x')").error().code(), Code::busy);
}

}  // namespace
}  // namespace shoal::store
