#include "store/models.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "net/test_server.h"
#include "os/file.h"
#include "os/lock.h"
#include "store/testing.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;
using net::EgressPolicy;
using net::TestServer;
using Reply = TestServer::Reply;

using ModelsTest = StoreTest;

TEST_F(ModelsTest, APulledModelIsAPlainFileWithItsManifest) {
  auto store = open({right()});
  EXPECT_EQ(store->require("small").error().code(), Code::not_found);
  EXPECT_EQ(store->require("small").error().message(),
            "the model small:q4 is not on this machine: `shoal pull small` fetches it (3.0 MB)");
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_FALSE(pulled->was_installed);
  EXPECT_EQ(installed_bytes(), bytes_);
  EXPECT_EQ(files_left(), (std::vector<std::string>{"small/q4/manifest.json", "small/q4/small.gguf"}));

  auto model = store->require("small");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->path(), models_ + "/small/q4/small.gguf");
  EXPECT_EQ(model->content_hash(), sha256(bytes_));
  EXPECT_EQ(model->entry.files[0].served_by, right());
  EXPECT_TRUE(pull(*store)->was_installed);
}

TEST_F(ModelsTest, AnInstalledModelNeedsNoCatalogue) {
  ASSERT_TRUE(pull(*open({right()})));
  auto store = ModelStore::open({.folder = models_}, egress_, clock_).value();
  ASSERT_EQ(store->list().size(), 1u);
  EXPECT_TRUE(store->list()[0].installed());
  EXPECT_TRUE(store->require("small:q4"));
  EXPECT_TRUE(pull(*store)->was_installed);
}

TEST_F(ModelsTest, TheCatalogueMaySayMoreAboutTheSameFiles) {
  ASSERT_TRUE(pull(*open({right()})));
  Catalog catalog;
  auto newer = entry({"file:/elsewhere"}, bytes_);
  newer.roles = {"writer"};
  catalog.add(newer);
  auto store = ModelStore::open({.folder = models_, .catalog = std::move(catalog)}, egress_, clock_).value();
  auto model = store->require("small");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->entry.roles, newer.roles);
  EXPECT_EQ(model->entry.files[0].served_by, right());
  EXPECT_TRUE(pull(*store)->was_installed);
}

TEST_F(ModelsTest, ARelativeFolderIsMadeAbsolute) {
  auto const relative = fs::relative(models_).string();
  Catalog catalog;
  catalog.add(entry({right()}, bytes_));
  auto store = ModelStore::open({.folder = relative, .catalog = std::move(catalog)}, egress_, clock_).value();
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_TRUE(pulled->model.path().starts_with("/"));
}

TEST_F(ModelsTest, AnUnknownNameGetsTheNearest) {
  auto store = open({right()});
  auto found = store->find("smal");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Code::not_found);
  EXPECT_NE(found.error().message().find("did you mean `small`"), std::string::npos)
      << found.error().message();
  EXPECT_EQ(store->pull("smal", account_, {}).error().code(), Code::not_found);
  EXPECT_EQ(store->find("../small").error().code(), Code::invalid_argument);
}

TEST_F(ModelsTest, AWrongHashIsNamedAndTheNextSourceServes) {
  std::string wrong = bytes_;
  wrong[77] ^= 1;
  auto store = open({write("wrong.gguf", wrong), right()});
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.files[0].served_by, right());
  EXPECT_NE(notes_.find(sha256(wrong).hex()), std::string::npos) << notes_;
  EXPECT_NE(notes_.find(sha256(bytes_).hex()), std::string::npos) << notes_;
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, NothingStaysWhenNoSourceServes) {
  auto store = open({write("long.gguf", bytes_ + "x"), write("short.gguf", bytes_.substr(1)),
                     "file:" + folder_.path() + "/none", "http://127.0.0.1:1/x", "hf:org/repo/file"});
  auto pulled = pull(*store);
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code(), Code::unavailable);
  std::string const text = pulled.error().message();
  for (char const* expected : {"larger than the 3000000 bytes", "it has 2999999 bytes", "/none",
                               "127.0.0.1:1", "127.0.0.1:9", "mirrors.yaml"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
  }
  EXPECT_EQ(files_left(), std::vector<std::string>{});
  EXPECT_FALSE(store->require("small"));
}

TEST_F(ModelsTest, PartsAreJoinedInTheirOrder) {
  for (int i = 0; i < 3; ++i)
    write("part" + std::to_string(i), bytes_.substr(static_cast<std::size_t>(i) * 1'000'000, 1'000'000));
  auto store = open({"file:" + folder_.path() + "/part{0..2}"});
  std::uint64_t last = 0;
  auto pulled = pull(*store, {.on_progress = [&](PullProgress const& progress) {
    EXPECT_GE(progress.bytes, last);
    EXPECT_EQ(progress.total, 3'000'000u);
    last = progress.bytes;
  }});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(installed_bytes(), bytes_);
  EXPECT_EQ(last, 3'000'000u);
}

TEST_F(ModelsTest, AMissingPartIsNoModel) {
  write("part0", bytes_.substr(0, 1'500'000));
  auto store = open({"file:" + folder_.path() + "/part{0..1}", right()});
  ASSERT_TRUE(pull(*store));
  EXPECT_NE(notes_.find("part1"), std::string::npos);
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, TheHubServesUnderItsPath) {
  TestServer server([&](auto&) { return Reply{TestServer::ok(bytes_)}; });
  auto store = open({"hf:org/repo/dir/small.gguf@v2"}, "http://" + server.host());
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_TRUE(server.requests()[0].starts_with("GET /org/repo/resolve/v2/dir/small.gguf HTTP/1.1\r\n"));
  EXPECT_GT(account_.report().by_destination.at(server.host()).bytes_in, bytes_.size());
  EXPECT_GT(account_.report().total.bytes_out, 0u);
}

TEST_F(ModelsTest, AConnectionThatBreaksIsTakenUpAgain) {
  TestServer server([&, first = true](std::string const& request) mutable {
    auto answer = TestServer::ok_with_ranges(request, bytes_);
    if (std::exchange(first, false)) answer.resize(answer.size() / 2);
    return Reply{answer};
  });
  auto store = open({server.url("/small.gguf")});
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_NE(server.requests()[1].find("Range: bytes=1"), std::string::npos);
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, TheNextPullContinuesAndAnotherBeginningDoesNoHarm) {
  std::atomic<int> mode = 0;  // 0: half, then nothing; 1: whole
  TestServer server([&](std::string const& request) {
    auto answer = TestServer::ok_with_ranges(request, bytes_);
    if (mode == 0)
      answer = request.find("Range") == std::string::npos ? answer.substr(0, answer.size() / 2)
                                                          : TestServer::status(503);
    return Reply{answer};
  });
  auto store = open({server.url("/small.gguf")});
  ASSERT_FALSE(pull(*store));
  std::string const partial = ".incoming/small/q4/small.gguf.part";
  EXPECT_EQ(files_left(), (std::vector<std::string>{partial, partial + ".state"}));
  mode = 1;
  ASSERT_TRUE(pull(*store));
  EXPECT_NE(server.requests().back().find("Range: bytes=1"), std::string::npos);
  EXPECT_EQ(installed_bytes(), bytes_);

  ASSERT_TRUE(store->remove("small"));
  ASSERT_TRUE(os::make_folders(models_ + "/.incoming/small/q4"));
  ASSERT_TRUE(os::write_file_atomically(models_ + "/" + partial, std::string(1'000'000, 'x')));
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, ALocalPolicyLetsOnlyFilesServe) {
  TestServer server([&](auto&) { return Reply{TestServer::ok(bytes_)}; });
  net::EgressAccount none(EgressPolicy{});
  auto refused = open({server.url("/x"), "pypi:some-model==1.0/x"})->pull("small", none, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::refused) << refused.error().message();
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(open({server.url("/x"), right()})->pull("small", none, {}));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ModelsTest, AFileThatIsNoModelIsSaidOnceAndLeavesNothing) {
  auto const file = folder_.path() + "/wrong.yaml";
  ASSERT_TRUE(os::write_file_atomically(file, "a: 1\n"));
  std::vector<std::string> notes;
  PullOptions options;
  options.on_note = [&](std::string_view note) { notes.emplace_back(note); };
  auto store = open({right()});
  net::EgressAccount account(EgressPolicy{});
  auto const refused = store->pull("import:" + file, account, options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("no GGUF file"), std::string::npos) << refused.error().message();
  EXPECT_EQ(notes, std::vector<std::string>()) << "the error says it";
  EXPECT_FALSE(fs::exists(models_ + "/.incoming"));
}

TEST_F(ModelsTest, WhatAKilledPullLeftIsRemoved) {
  ASSERT_TRUE(os::make_folders(models_ + "/.incoming/small/q4/package-abc"));
  ASSERT_TRUE(os::write_file_atomically(models_ + "/.incoming/small/q4/package-abc/x.whl", "half"));
  ASSERT_TRUE(os::write_file_atomically(models_ + "/.incoming/small/q4/small.gguf", "half"));
  auto store = open({right()});
  EXPECT_FALSE(store->require("small"));
  ASSERT_TRUE(pull(*store));
  EXPECT_EQ(files_left(), (std::vector<std::string>{"small/q4/manifest.json", "small/q4/small.gguf"}));
}

TEST_F(ModelsTest, TwoPullsOfOneModelFetchItOnce) {
  TestServer server([&](auto&) { return Reply{TestServer::ok(bytes_)}; });
  auto store = open({server.url("/x")});
  std::atomic<int> fetched = 0;
  auto work = [&] {
    auto pulled = store->pull("small", account_, {});
    ASSERT_TRUE(pulled) << pulled.error().message();
    if (!pulled->was_installed) ++fetched;
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  EXPECT_EQ(fetched, 1);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ModelsTest, AWaitingPullSaysForWhomAndCanBeStopped) {
  auto store = open({right()});
  ASSERT_TRUE(os::make_folders(models_ + "/.locks"));
  auto lock = os::FileLock::acquire(models_ + "/.locks/small:q4", "a test", {});
  ASSERT_TRUE(lock);
  std::stop_source stop;
  auto pulled = pull(*store, {.on_note = [&](std::string_view note) { notes_ += note, stop.request_stop(); },
                              .stop = stop.get_token()});
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code(), Code::cancelled);
  EXPECT_NE(notes_.find("a test"), std::string::npos);
}

TEST_F(ModelsTest, AStopEndsAPullAndNothingIsInPlace) {
  std::stop_source stop;
  TestServer server([&](auto&) {
    stop.request_stop();
    return Reply{TestServer::ok(bytes_).substr(0, 1000), true};
  });
  auto store = open({server.url("/x"), right()});
  auto pulled = pull(*store, {.stop = stop.get_token()});
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code(), Code::cancelled);
  EXPECT_FALSE(store->require("small"));
}

TEST_F(ModelsTest, AFullDiskIsSaidAndWhatHasComeStays) {
  TestServer server([&](auto& request) { return Reply{TestServer::ok_with_ranges(request, bytes_)}; });
  auto store = open({server.url("/x"), right()});
  ASSERT_TRUE(os::make_folders(models_));
  auto const before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  rlimit const small{1'000'000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  auto pulled = pull(*store);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  ASSERT_FALSE(pulled);
  EXPECT_EQ(notes_, "");  // another source would not help
  EXPECT_NE(pulled.error().message().find("are here and stay"), std::string::npos)
      << pulled.error().message();
  EXPECT_FALSE(store->require("small"));
  EXPECT_TRUE(fs::exists(models_ + "/.incoming/small/q4/small.gguf.part"));
  ASSERT_TRUE(pull(*store));
  EXPECT_NE(server.requests().back().find("Range: bytes="), std::string::npos);
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, AModelWithoutRoomIsNotBegun) {
  Catalog catalog;
  auto huge = entry({right()}, bytes_);
  huge.files[0].size = 1ull << 60;
  catalog.add(huge);
  auto store = ModelStore::open({.folder = models_, .catalog = std::move(catalog)}, egress_, clock_).value();
  auto pulled = pull(*store);
  ASSERT_FALSE(pulled);
  EXPECT_NE(pulled.error().message().find("there is no room"), std::string::npos);
}

TEST_F(ModelsTest, AFileThatWasChangedIsNotInstalledAnyMore) {
  auto store = open({right()});
  ASSERT_TRUE(pull(*store));
  ASSERT_TRUE(os::write_file_atomically(models_ + "/small/q4/small.gguf", "cut"));
  EXPECT_FALSE(store->require("small"));
  ASSERT_TRUE(pull(*store));
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(ModelsTest, ANewVersionReplacesTheOld) {
  ASSERT_TRUE(pull(*open({right()})));
  Catalog catalog;
  catalog.add(entry({write("new.gguf", "new")}, "new"));
  auto store = ModelStore::open({.folder = models_, .catalog = std::move(catalog)}, egress_, clock_).value();
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_FALSE(pulled->was_installed);
  EXPECT_EQ(installed_bytes(), "new");
}

TEST_F(ModelsTest, RemovedIsGone) {
  auto store = open({right()});
  EXPECT_EQ(store->remove("small").error().code(), Code::not_found);
  ASSERT_TRUE(pull(*store));
  ASSERT_TRUE(store->remove("small"));
  EXPECT_EQ(files_left(), std::vector<std::string>{});
  EXPECT_FALSE(fs::exists(models_ + "/small"));
  EXPECT_EQ(store->list().size(), 1u);  // in the catalogue still
}

// Needs the machine's package clients to reach their indexes.
TEST_F(ModelsTest, TheDemosSmallModelComesFromItsMirror) {
  if (std::getenv("SHOAL_TEST_NETWORK") == nullptr) GTEST_SKIP() << "SHOAL_TEST_NETWORK is not set";
  std::string const root = SHOAL_SOURCE_DIR;
  auto catalog = Catalog::load({root + "/catalog"}, {root + "/demo/mirrors.yaml"});
  auto store = ModelStore::open(
                   {.folder = models_, .catalog = std::move(catalog), .hubs = {.hf = "http://127.0.0.1:9"}},
                   egress_, clock_)
                   .value();
  std::uint64_t reports = 0;
  auto pulled = store->pull("smollm2-135m", account_, {.on_progress = [&](auto&) { ++reports; }});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_TRUE(pulled->model.entry.files[0].served_by.starts_with("pypi:"));
  EXPECT_GT(reports, 0u);
  EXPECT_GT(account_.report().by_destination.at("client:pip").bytes_in, 50'000'000u);
}

}  // namespace
}  // namespace shoal::store
