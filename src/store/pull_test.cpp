// Pulls of what no catalogue entry describes, from servers that speak as the real ones do.
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "base/text.h"
#include "net/test_server.h"
#include "store/testing.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;
using net::TestServer;
using Reply = TestServer::Reply;

// A model hub as the public one behaves: it leads to another host and says there what it links to; what it
// does not give it explains in headers and in a body.
class Hub {
 public:
  explicit Hub(std::string bytes)
      : bytes_(std::move(bytes)),
        cdn_([this](std::string const& request) { return serve(request); }, TestServer::Serving::at_once),
        hub_([this](std::string const& request) { return lead(request); }, TestServer::Serving::at_once) {}

  std::string address() const { return "http://" + hub_.host(); }
  TestServer const& hub() const { return hub_; }
  TestServer const& cdn() const { return cdn_; }
  std::string linked_hash;                        // instead of the right one
  std::vector<std::string> listed, listed_later;  // of Org/Repo
  std::string next_page;                          // instead of the hub's own
  std::atomic<int> broken_answers = 0;

 private:
  static std::string refusal(int status, std::string_view code, std::string_view message) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nX-Error-Code: " + std::string(code) +
           "\r\nX-Error-Message: " + std::string(message) +
           "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
           std::to_string(message.size()) + "\r\n\r\n" + std::string(message);
  }
  Reply lead(std::string const& request) const {
    auto const path = request.substr(4, request.find(' ', 4) - 4);
    if (path.starts_with("/Old/Name/")) {
      return {TestServer::status(307, "Location: " + replace_all(path, "/Old/Name/", "/Org/Repo/") + "\r\n")};
    }
    if (path.starts_with("/api/models/Old/Name/"))
      return {TestServer::status(307, "Location: " + replace_all(path, "/Old/Name/", "/Org/Repo/") + "\r\n")};
    if (path.starts_with("/api/models/Org/Repo/tree/main?recursive=true")) return list(path);
    if (path == "/Org/Gated/resolve/main/a.gguf" && request.find("Bearer the-token") == std::string::npos)
      return {refusal(401, "GatedRepo", "Access to model Org/Gated is restricted.")};
    if (path == "/Org/Repo/resolve/main/config.gguf")
      return {TestServer::ok("GGUF, small",
                             "ETag: \"5d41402abc4b2a76b9719d911017c592\"\r\nX-Repo-Commit: 1\r\n")};
    if (path.find("-of-00003.gguf") == std::string::npos && !path.ends_with("Model-1B.Q4_K_M.gguf") &&
        !path.ends_with("a.gguf"))
      return {refusal(404, "EntryNotFound", "Entry not found")};
    auto const hash = linked_hash.empty() ? sha256(bytes_).hex() : linked_hash;
    return {TestServer::status(302, "Location: " + cdn_.url("/xet/blob?X-Amz-Expires=3600&sig=1%2F2") +
                                        "\r\nX-Linked-Size: " + std::to_string(bytes_.size()) +
                                        "\r\nX-Linked-Etag: \"" + hash + "\"\r\nX-Repo-Commit: abc\r\n")};
  }
  // As the hub pages its lists: by a Link header with an address of its own.
  Reply list(std::string const& path) const {
    bool const is_rest = path.find("&cursor=rest") != std::string::npos;
    auto const& names = is_rest ? listed_later : listed;
    std::vector<std::string> items = {R"({"type":"directory","oid":"d","size":0,"path":"sub"})"};
    for (auto const& name : names) {
      items.push_back(R"({"type":"file","oid":"a1","size":)" + std::to_string(bytes_.size()) +
                      R"(,"lfs":{"oid":")" + sha256(bytes_).hex() + R"(","size":)" +
                      std::to_string(bytes_.size()) + R"(,"pointerSize":134},"path":")" + name + "\"}");
    }
    auto const more = is_rest || listed_later.empty()
                          ? ""
                          : "Link: <" + (next_page.empty() ? address() + path + "&cursor=rest" : next_page) +
                                ">; rel=\"next\"\r\n";
    return {TestServer::ok("[" + join(items, ",") + "]", "Content-Type: application/json\r\n" + more)};
  }
  Reply serve(std::string const& request) {
    auto answer = TestServer::ok_with_ranges(request, bytes_, "ETag: \"xet\"\r\nAccept-Ranges: bytes\r\n");
    if (broken_answers > 0 && request.find("bytes=0-0") == std::string::npos && broken_answers-- > 0)
      answer.resize(answer.size() / 3);
    return {std::move(answer)};
  }

  std::string const bytes_;
  TestServer cdn_;
  TestServer hub_;
};

class PullTest : public StoreTest {
 protected:
  std::unique_ptr<ModelStore> bare(Hubs hubs = {}) {
    return ModelStore::open({.folder = models_, .hubs = std::move(hubs)}, egress_, clock_).value();
  }
  std::string bytes_of(Model const& model) const {
    return os::read_file(model.path(), 1u << 30).value_or("none");
  }
};

TEST_F(PullTest, TheHubsFileGetsANameAManifestAndItsHash) {
  Hub hub(bytes_);
  auto store = bare({.hf = hub.address(), .hf_token = "the-token"});
  auto pulled = store->pull("hf:Org/Repo/Model-1B.Q4_K_M.gguf", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  auto const& entry = pulled->model.entry;
  EXPECT_EQ(entry.full_name(), "model-1b:q4_k_m");
  EXPECT_EQ(entry.engine, "llama");
  EXPECT_EQ(entry.files[0].sha256, sha256(bytes_));
  EXPECT_EQ(entry.files[0].served_by, "hf:Org/Repo/Model-1B.Q4_K_M.gguf");
  EXPECT_EQ(bytes_of(pulled->model), bytes_);
  EXPECT_EQ(files_left(), (std::vector<std::string>{"model-1b/q4_k_m/Model-1B.Q4_K_M.gguf",
                                                    "model-1b/q4_k_m/manifest.json"}));
  ASSERT_TRUE(bare()->require("model-1b"));

  auto const requests = hub.cdn().requests().size();
  auto again = store->pull("hf:Org/Repo/Model-1B.Q4_K_M.gguf", account_, {});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(again->was_installed);
  EXPECT_EQ(hub.cdn().requests().size(), requests + 1);  // it was asked, nothing was fetched
  EXPECT_NE(hub.cdn().requests().back().find("Range: bytes=0-0"), std::string::npos);
}

TEST_F(PullTest, TheTokenGoesToTheHubOnly) {
  Hub hub(bytes_);
  auto pulled =
      bare({.hf = hub.address(), .hf_token = "the-token"})->pull("hf:Old/Name/a.gguf", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  for (auto const& request : hub.hub().requests())
    EXPECT_NE(request.find("Authorization: Bearer the-token"), std::string::npos) << request;
  ASSERT_FALSE(hub.cdn().requests().empty());
  for (auto const& request : hub.cdn().requests()) EXPECT_EQ(request.find("the-token"), std::string::npos);
}

TEST_F(PullTest, WhatTheHubRefusesIsSaidWithTheRemedy) {
  Hub hub(bytes_);
  auto gated = bare({.hf = hub.address()})->pull("hf:Org/Gated/a.gguf", account_, {});
  ASSERT_FALSE(gated);
  EXPECT_EQ(gated.error().code(), Code::refused);
  EXPECT_NE(gated.error().message().find("set HF_TOKEN"), std::string::npos) << gated.error().message();
  EXPECT_TRUE(
      bare({.hf = hub.address(), .hf_token = "the-token"})->pull("hf:Org/Gated/a.gguf", account_, {}));
  auto missing = bare({.hf = hub.address()})->pull("hf:Org/Repo/none.gguf", account_, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::not_found) << missing.error().message();
}

TEST_F(PullTest, ARepositoryIsListedAndItsModelOfTheQuantisationIsTaken) {
  Hub hub(bytes_);
  hub.listed = {"README.md", "mmproj-Model-1B-f16.gguf", "Model-1B.Q8_0.gguf"};
  hub.listed_later = {"Model-1B.Q4_K_M.gguf"};
  auto store = bare({.hf = hub.address(), .hf_token = "the-token"});
  auto pulled = store->pull("hf:Old/Name:q4_k_m", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.full_name(), "model-1b:q4_k_m");
  EXPECT_EQ(pulled->model.entry.files[0].served_by, "hf:Old/Name/Model-1B.Q4_K_M.gguf");
  EXPECT_TRUE(store->pull("hf:Old/Name:Q4_K_M", account_, {})->was_installed);
  for (auto const& request : hub.hub().requests())
    EXPECT_NE(request.find("Bearer the-token"), std::string::npos) << request;

  auto const several = store->pull("hf:Org/Repo", account_, {}).error();
  EXPECT_EQ(several.code(), Code::invalid_argument);
  EXPECT_EQ(
      several.message(),
      "hf:Org/Repo: Org/Repo has 2 models; say which:\n  shoal pull hf:Org/Repo:Q4_K_M   3.0 MB\n  shoal "
      "pull hf:Org/Repo:Q8_0   3.0 MB");
  auto const none = store->pull("hf:Org/Repo:Q2_K", account_, {}).error();
  EXPECT_EQ(none.code(), Code::not_found);
  EXPECT_NE(none.message().find("no `Q2_K`; it has\n  shoal pull hf:Org/Repo:Q4_K_M"), std::string::npos)
      << none.message();
}

TEST_F(PullTest, AListThatGoesOnAtAnotherHostIsNotFollowed) {
  TestServer other([](auto&) { return Reply{TestServer::ok("[]")}; });
  Hub hub(bytes_);
  hub.listed_later = {"x.gguf"};
  hub.next_page = other.url("/api/models/Org/Repo/tree/main");
  auto const pulled = bare({.hf = hub.address(), .hf_token = "the-token"})->pull("hf:Org/Repo", account_, {});
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code(), Code::unavailable);
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(PullTest, AModelInSeveralFilesComesWhole) {
  Hub hub(bytes_);
  std::vector<std::string> const parts = {"sub/Big.Q8_0-00001-of-00003.gguf",
                                          "sub/Big.Q8_0-00002-of-00003.gguf",
                                          "sub/Big.Q8_0-00003-of-00003.gguf"};
  hub.listed = {parts[2], parts[0], parts[1]};
  auto store = bare({.hf = hub.address()});
  auto pulled = store->pull("hf:Org/Repo", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  auto const& entry = pulled->model.entry;
  EXPECT_EQ(entry.full_name(), "big:q8_0");
  ASSERT_EQ(entry.files.size(), 3u);
  EXPECT_TRUE(pulled->model.path().ends_with("/big/q8_0/Big.Q8_0-00001-of-00003.gguf"));
  EXPECT_EQ(entry.files[2].served_by, "hf:Org/Repo/" + parts[2]);
  EXPECT_EQ(entry.size(), 3 * bytes_.size());
  // Any of them means all.
  EXPECT_TRUE(store->pull("hf:Org/Repo/" + parts[1], account_, {})->was_installed);
  EXPECT_TRUE(store->verify("big", {})->problems.empty());

  hub.listed = {parts[0], parts[2]};
  auto const incomplete = store->pull("hf:Org/Repo", account_, {.as = "other"}).error();
  EXPECT_EQ(incomplete.code(), Code::not_found);
  EXPECT_NE(incomplete.message().find("of the 3 parts"), std::string::npos) << incomplete.message();
}

TEST_F(PullTest, APlanSaysWhatWouldComeAndFetchesNothing) {
  Hub hub(bytes_);
  Catalog catalog;
  catalog.add(entry({"hf:Org/Repo/a.gguf", right()}, bytes_));
  auto store = ModelStore::open({.folder = models_, .catalog = catalog, .hubs = {.hf = hub.address()}},
                                egress_, clock_)
                   .value();
  auto plan = store->plan("small", account_, {}).value();
  EXPECT_FALSE(plan.is_here);
  EXPECT_EQ(plan.bytes_to_fetch(), bytes_.size());
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].sources[0].text, "hf:Org/Repo/a.gguf");
  EXPECT_EQ(plan.files[0].sources[1].text, right());
  EXPECT_TRUE(hub.hub().requests().empty());
  EXPECT_EQ(files_left(), std::vector<std::string>{});

  auto const by_source = store->plan("hf:Org/Repo/Model-1B.Q4_K_M.gguf", account_, {.as = "mine"}).value();
  EXPECT_EQ(by_source.entry.full_name(), "mine:latest");
  EXPECT_EQ(by_source.bytes_to_fetch(), bytes_.size());
  EXPECT_EQ(files_left(), std::vector<std::string>{});

  ASSERT_TRUE(store->pull("small", account_, {}));
  plan = store->plan("small", account_, {}).value();
  EXPECT_TRUE(plan.is_here);
  EXPECT_EQ(plan.bytes_to_fetch(), 0u);
  // The same bytes under another name are linked.
  auto const twin = store->plan("hf:Org/Repo/Model-1B.Q4_K_M.gguf", account_, {.as = "mine"}).value();
  EXPECT_FALSE(twin.is_here);
  EXPECT_EQ(twin.bytes_to_fetch(), 0u);
  EXPECT_TRUE(twin.files[0].linked_from.ends_with("/small/q4/small.gguf"));
}

TEST_F(PullTest, APlanCountsWhatABrokenPullLeft) {
  std::atomic<bool> is_broken = true;
  TestServer server([&](std::string const& request) {
    auto answer = TestServer::ok_with_ranges(request, bytes_, "ETag: \"one\"\r\n");
    if (is_broken && request.find("bytes=0-0") == std::string::npos)
      answer = request.find("Range") == std::string::npos ? answer.substr(0, answer.size() / 2)
                                                          : TestServer::status(503);
    return Reply{answer};
  });
  auto const url = server.url("/model.gguf");
  ASSERT_FALSE(bare()->pull(url, account_, {}));
  auto const plan = bare()->plan(url, account_, {}).value();
  EXPECT_GT(plan.bytes_here(), bytes_.size() / 3);
  EXPECT_EQ(plan.bytes_here() + plan.bytes_to_fetch(), bytes_.size());
}

TEST_F(PullTest, ASmallFileComesFromTheHubItself) {
  Hub hub(bytes_);
  auto pulled = bare({.hf = hub.address()})->pull("hf:Org/Repo/config.gguf", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(bytes_of(pulled->model), "GGUF, small");
  EXPECT_EQ(pulled->model.entry.full_name(), "config:latest");
}

TEST_F(PullTest, AHubThatLinksToOtherBytesIsLeftBeforeTheyCome) {
  Hub hub(bytes_);
  hub.linked_hash = std::string(64, 'a');
  Catalog catalog;
  catalog.add(entry({"hf:Org/Repo/a.gguf", right()}, bytes_));
  auto store = ModelStore::open({.folder = models_, .catalog = catalog, .hubs = {.hf = hub.address()}},
                                egress_, clock_)
                   .value();
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.files[0].served_by, right());
  EXPECT_NE(notes_.find(hub.linked_hash), std::string::npos) << notes_;
  EXPECT_TRUE(hub.cdn().requests().empty());
}

TEST_F(PullTest, ALargeFileComesOverSeveralConnectionsAndSurvivesBrokenOnes) {
  auto const large = sample_bytes(70'000'000);
  Hub hub(large);
  hub.broken_answers = 3;
  auto pulled = bare({.hf = hub.address()})->pull("hf:Org/Repo/Model-1B.Q4_K_M.gguf", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_TRUE(bytes_of(pulled->model) == large);
  std::size_t with_end = 0;
  for (auto const& request : hub.cdn().requests()) {
    auto const range = request.find("Range: bytes=");
    if (range != std::string::npos && request.find("bytes=0-0") == std::string::npos) ++with_end;
  }
  EXPECT_GE(with_end, 2u);
}

TEST_F(PullTest, TheCataloguesSourceAndHashMeanTheCataloguesModel) {
  Hub hub(bytes_);
  Catalog catalog;
  catalog.add(entry({right()}, bytes_));
  auto store = ModelStore::open({.folder = models_, .catalog = catalog, .hubs = {.hf = hub.address()}},
                                egress_, clock_)
                   .value();
  auto by_hash = store->pull("hf:Org/Repo/a.gguf", account_, {});
  ASSERT_TRUE(by_hash) << by_hash.error().message();
  EXPECT_EQ(by_hash->model.entry.full_name(), "small:q4");
  EXPECT_EQ(by_hash->model.entry.files[0].served_by, "hf:Org/Repo/a.gguf");
  auto by_source = store->pull(right(), account_, {});
  ASSERT_TRUE(by_source) << by_source.error().message();
  EXPECT_EQ(by_source->model.entry.full_name(), "small:q4");
  EXPECT_TRUE(by_source->was_installed);
}

TEST_F(PullTest, WhatIsNoModelIsRefusedAtItsFirstBytes) {
  std::string const page = "<!DOCTYPE html><title>Sign in</title>" + std::string(5'000'000, ' ');
  TestServer server([&](auto& request) { return Reply{TestServer::ok_with_ranges(request, page)}; });
  auto pulled = bare()->pull(server.url("/org/repo/blob/main/a.gguf"), account_, {});
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code(), Code::unsupported);
  EXPECT_NE(pulled.error().message().find("it is a web page"), std::string::npos) << pulled.error().message();
  EXPECT_EQ(files_left(), std::vector<std::string>{});
  EXPECT_EQ(bare()->pull("file:" + folder_.path() + "/x-00001-of-00002.gguf", account_, {}).error().code(),
            Code::not_found);
}

TEST_F(PullTest, AnotherModelsNameIsNotTaken) {
  auto store = open({right()});
  auto const other = write("small-q4_0.gguf", "GGUF other");
  auto const different = write("sub.gguf", "GGUF different");
  auto taken = store->pull(other, account_, {.as = "small:q4"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::already_exists);
  EXPECT_NE(taken.error().message().find("--as NAME"), std::string::npos) << taken.error().message();
  ASSERT_TRUE(store->pull(other, account_, {.as = "mine"}));
  EXPECT_EQ(store->pull(different, account_, {.as = "mine"}).error().code(), Code::already_exists);
  EXPECT_TRUE(store->pull(other, account_, {.as = "mine"})->was_installed);
  write("small-q4_0.gguf", "GGUF newer");
  auto newer = store->pull(other, account_, {.as = "mine"});
  ASSERT_TRUE(newer) << newer.error().message();
  EXPECT_FALSE(newer->was_installed);
  EXPECT_EQ(bytes_of(newer->model), "GGUF newer");
}

TEST_F(PullTest, AFileOfUnknownHashGoesOnOnlyWhileItIsTheSame) {
  auto const newer = sample_bytes(3'000'000, 7);
  std::atomic<int> mode = 0;  // 0: half, 1: the rest, 2: another file
  TestServer server([&](std::string const& request) {
    auto answer = TestServer::ok_with_ranges(request, mode == 2 ? newer : bytes_,
                                             mode == 2 ? "ETag: \"two\"\r\n" : "ETag: \"one\"\r\n");
    bool const is_question = request.find("bytes=0-0") != std::string::npos;
    if (mode == 0 && !is_question)
      answer = request.find("Range") == std::string::npos ? answer.substr(0, answer.size() / 2)
                                                          : TestServer::status(503);
    return Reply{answer};
  });
  auto const url = server.url("/model.gguf");
  ASSERT_FALSE(bare()->pull(url, account_, {}));
  EXPECT_EQ(files_left().size(), 2u);
  mode = 1;
  auto pulled = bare()->pull(url, account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(bytes_of(pulled->model), bytes_);
  EXPECT_NE(server.requests().back().find("Range: bytes=1"), std::string::npos);

  ASSERT_TRUE(bare()->remove("model"));
  mode = 0;
  ASSERT_FALSE(bare()->pull(url, account_, {}));
  mode = 2;
  auto other = bare()->pull(url, account_, {});
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_EQ(bytes_of(other->model), newer);
}

TEST_F(PullTest, PartsThatAreDoneAreNotFetchedAgain) {
  std::atomic<bool> is_broken = true;
  TestServer server([&](std::string const& request) {
    auto const part = static_cast<std::size_t>(request[request.find("/part") + 5] - '0');
    if (part == 2 && is_broken) return Reply{TestServer::status(503)};
    return Reply{TestServer::ok(bytes_.substr(part * 1'000'000, 1'000'000))};
  });
  auto store = open({server.url("/part{0..2}")});
  ASSERT_FALSE(pull(*store));
  is_broken = false;
  auto const before = server.requests().size();
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(installed_bytes(), bytes_);
  ASSERT_EQ(server.requests().size(), before + 1);
  EXPECT_TRUE(server.requests().back().starts_with("GET /part2 "));
}

TEST_F(PullTest, WhatIsHereAlreadyIsLinked) {
  auto first = open({right()});
  ASSERT_TRUE(pull(*first));
  Catalog catalog;
  catalog.add(entry({"http://127.0.0.1:1/none"}, bytes_, "twin"));
  auto store = ModelStore::open({.folder = models_, .catalog = catalog}, egress_, clock_).value();
  auto twin = store->pull("twin", account_, {});
  ASSERT_TRUE(twin) << twin.error().message();
  EXPECT_EQ(twin->model.entry.files[0].served_by, right());
  EXPECT_TRUE(fs::equivalent(twin->model.path(), models_ + "/small/q4/small.gguf"));
  EXPECT_LT(store->remove("twin")->freed_bytes, 10'000u);  // the manifest
  EXPECT_EQ(installed_bytes(), bytes_);
}

// A child pulls and is killed at some point of it, again and again; then a pull that is left alone must end
// right.
TEST_F(PullTest, TwentyKillsAtRandomPointsEndRight) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "this sanitizer lets the child of a process with threads start none";
#endif
  auto const large = sample_bytes(40'000'000);
  Hub hub(large);
  Catalog catalog;
  catalog.add(entry({"hf:Org/Repo/a.gguf"}, large));
  auto const open_store = [&] {
    return ModelStore::open({.folder = models_, .catalog = catalog, .hubs = {.hf = hub.address()}}, egress_,
                            clock_)
        .value();
  };
  auto const began = clock_.now();
  ASSERT_TRUE(open_store()->pull("small", account_, {}));
  auto const whole_us = static_cast<std::int64_t>(seconds(clock_.now() - began) * 1e6);
  ASSERT_TRUE(open_store()->remove("small"));

  std::mt19937 random(20);
  int killed = 0;
  for (int i = 0; i < 20; ++i) {
    auto const after_us = std::uniform_int_distribution<std::int64_t>(1, whole_us)(random);
    pid_t const child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      itimerval timer{};
      timer.it_value = {after_us / 1'000'000, after_us % 1'000'000};
      ::setitimer(ITIMER_REAL, &timer, nullptr);  // nobody handles its signal: it kills
      auto pulled = open_store()->pull("small", account_, {});
      _exit(pulled ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) ++killed;
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    auto const here = open_store()->require("small");
    if (here) {
      EXPECT_TRUE(bytes_of(*here) == large);
      ASSERT_TRUE(open_store()->remove("small"));
    }
  }
  EXPECT_GE(killed, 1);
  auto pulled = open_store()->pull("small", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_TRUE(bytes_of(pulled->model) == large);
  EXPECT_EQ(files_left(), (std::vector<std::string>{"small/q4/manifest.json", "small/q4/small.gguf"}));
}

}  // namespace
}  // namespace shoal::store
