#include "http/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "http/crew.h"
#include "http/host_client.h"
#include "net/egress.h"
#include "runtime/files.h"

namespace shoal::http {
namespace {

using value::Value;

// A home with a host on a thread of this process, and a client of it. Functions run; no engine is started.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    auto name = (std::filesystem::temp_directory_path() / "shoal-serve-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    runtime_ = open();
    own_ = open();
  }
  ~ServerTest() override {
    stop_.request_stop();
    if (host_.joinable()) host_.join();
    client_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<runtime::Runtime> open() {
    runtime::Runtime::Options options;
    options.home = {folder_ + "/data", folder_ + "/config", folder_ + "/cache"};
    options.installation = {SHOAL_SOURCE_DIR "/engines", SHOAL_SOURCE_DIR};
    return runtime::Runtime::open(std::move(options), egress_, clock_).value();
  }
  void serve(std::optional<Duration> idle_exit = {}) {
    std::promise<void> ready;
    host_ = std::thread([&, idle_exit] {
      ServeOptions options;
      options.idle_exit = idle_exit;
      options.on_ready = [&] { ready.set_value(); };
      options.stop = stop_.get_token();
      EXPECT_TRUE(http::serve(*runtime_, clock_, options));
    });
    ready.get_future().wait();
  }
  void serve_a_client() {
    serve();
    client_ = HostClient::connect(*own_).value();
  }
  std::string write(std::string const& name, std::string_view text) {
    auto const file = folder_ + "/" + name;
    std::ofstream(file) << text;
    return file;
  }
  runtime::RunResult run(std::string const& what, Value inputs) {
    runtime::RunRequest request;
    request.inputs = std::move(inputs);
    request.on_event = [this](runtime::Event const& event) { events_.push_back(event); };
    return client_->run(what, request).value();
  }

  std::string folder_;
  SystemClock const clock_;
  net::Egress egress_;
  std::unique_ptr<runtime::Runtime> runtime_, own_;
  std::unique_ptr<HostClient> client_;
  std::vector<runtime::Event> events_;
  std::stop_source stop_;
  std::thread host_;
};

constexpr auto kGreet = R"(shoal: 1
pipeline: greet
inputs:
  name: text
steps:
  greeting: {use: template, with: {template: "Hello {{ $name }}!"}}
outputs:
  answer: $greeting.text
)";

constexpr auto kSame = R"(shoal: 1
pipeline: same
inputs:
  letter: file
steps:
  mark: {use: template, with: {template: "x"}}
outputs:
  letter: $letter
  mark: $mark.text
)";

TEST_F(ServerTest, RunsWhatAClientWantsAndTellsWhatHappens) {
  serve_a_client();
  auto const file = write("greet.yaml", kGreet);
  auto const result = run(file, Value::record({{"name", "Ada"}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["answer"].as_text(), "Hello Ada!");
  ASSERT_GE(events_.size(), 2u);
  EXPECT_EQ(events_.front().kind, runtime::Event::Kind::run_started);
  EXPECT_EQ(events_.back().kind, runtime::Event::Kind::run_done);
  for (std::size_t i = 0; i < events_.size(); ++i) EXPECT_EQ(events_[i].sequence, i + 1);
  EXPECT_EQ(own_->journal().find(result.run).value().state, "done");
  EXPECT_EQ(client_->get("runs/" + result.run).value()["state"], Json("done"));
}

TEST_F(ServerTest, SeesDocumentsAsTheyAreNow) {
  serve_a_client();
  auto const file = write("greet.yaml", kGreet);
  EXPECT_TRUE(run(file, Value::record({{"name", "Ada"}})).outputs);
  auto changed = std::string(kGreet);
  changed.replace(changed.find("Hello"), 5, "Goodbye");
  write("greet.yaml", changed);
  EXPECT_EQ((*run(file, Value::record({{"name", "Ada"}})).outputs)["answer"].as_text(), "Goodbye Ada!");
  write("greet.yaml", "shoal: 1\npipeline: greet\n");
  EXPECT_EQ(run(file, Value::record({{"name", "Ada"}})).outputs.error().code(), Code::invalid_argument);
}

TEST_F(ServerTest, FilesGoThereAndBackWithoutBeingCopied) {
  serve_a_client();
  auto const text = write("letter.txt", "Dear Ada");
  auto const blob = runtime::open_file(text).value();
  auto const pipeline = write("same.yaml", kSame);
  auto const result = run(pipeline, Value::record({{"letter", Value(blob)}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  auto const& back = (*result.outputs)["letter"].as_blob();
  EXPECT_EQ(back->bytes(), "Dear Ada");
  EXPECT_EQ(back->name(), text);
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder_ + "/data/artifacts"))
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST_F(ServerTest, BytesWithoutAFileAreKeptInTheHome) {
  serve_a_client();
  auto const pipeline = write("same.yaml", kSame);
  value::Blob::Facts facts;
  facts.media_type = "text/plain";
  auto const result = run(pipeline, Value::record({{"letter", Value(value::Blob::own("piped in", facts))}}));
  ASSERT_TRUE(result.outputs) << result.outputs.error().message();
  EXPECT_EQ((*result.outputs)["letter"].as_blob()->bytes(), "piped in");
  EXPECT_EQ((*result.outputs)["letter"].as_blob()->media_type(), "text/plain");
}

TEST_F(ServerTest, ErrorsSayWhatAndKeepTheirCode) {
  serve_a_client();
  EXPECT_EQ(run("scan-to-txt", Value::record({})).outputs.error().code(), Code::not_found);
  EXPECT_EQ(client_->get("nonsense").error().code(), Code::not_found);
  EXPECT_EQ(client_->get("runs?limit=many").error().code(), Code::invalid_argument);
  EXPECT_EQ(client_->get("runs/zzzz").error().code(), Code::not_found);
  EXPECT_EQ(client_->get("runs/zzzz/events").error().code(), Code::not_found);
  EXPECT_EQ(client_->post("runs").error().code(), Code::invalid_argument);
  auto const relative = client_->run("./x.yaml", {}).value();
  EXPECT_NE(relative.outputs.error().message().find("absolute"), std::string::npos);
}

TEST_F(ServerTest, OneHostAHome) {
  serve_a_client();
  ServeOptions options;
  EXPECT_EQ(http::serve(*own_, clock_, options).error().code(), Code::busy);
  EXPECT_TRUE(client_->is_own_build().value());
  EXPECT_EQ(client_->get("state").value()["home"].as_string(), folder_ + "/data");
}

TEST_F(ServerTest, AFirstDocumentInANewFolderIsSeen) {
  serve_a_client();
  auto const question = Value::record({{"text", "a b"}});
  EXPECT_EQ(run("greet", Value::record({{"name", "Ada"}})).outputs.error().code(), Code::not_found);
  EXPECT_TRUE(run("split", question).outputs);
  std::filesystem::create_directories(folder_ + "/config/pipelines");
  write("config/pipelines/greet.yaml", kGreet);
  EXPECT_TRUE(run("greet", Value::record({{"name", "Ada"}})).outputs);
}

TEST_F(ServerTest, AnEndingHostLeavesRunsToTheNext) {
  serve_a_client();
  EXPECT_TRUE(run("split", Value::record({{"text", "a b"}})).outputs);
  EXPECT_TRUE(client_->post("stop"));
  host_.join();
  EXPECT_FALSE(client_->run("split", {})) << "its idle connection is dead, and nobody listens";
}

TEST_F(ServerTest, EndsSomeTimeAfterItsLastRun) {
  serve(std::chrono::milliseconds(1));
  if (auto client = HostClient::connect(*own_)) {
    runtime::RunRequest request;
    request.inputs = Value::record({{"text", "a b"}});
    (*client)->run("split", request);
  }
  host_.join();
  EXPECT_EQ(HostClient::connect(*own_).error().code(), Code::not_found);
}

TEST_F(ServerTest, OnlyWhatHasAMethodIsAnswered) {
  serve_a_client();
  auto const raw = net::LocalClient::connect(socket_of(*own_)).value();
  net::LocalRequest request;
  request.target = "/shoal/v1/state";
  request.method = "DELETE";
  EXPECT_EQ(raw->ask(request).value().status, 404);
  request.method = "GET";
  EXPECT_EQ(raw->ask(request).value().status, 200);
  request.target = "/shoal/v1/runs?background=true";
  request.method = "POST";
  request.body = R"({"run": "split", "inputs": {"text": "a b"}})";
  auto const started = raw->ask(request).value();
  EXPECT_EQ(started.status, 202);
  auto const id = Json::parse(started.body).value()["run"].as_string();
  request.target = "/shoal/v1/runs/" + id + "/events?after=1";
  request.method = "GET";
  request.body.clear();
  auto const events = raw->ask(request).value().body;
  EXPECT_TRUE(events.starts_with("id: 2\n")) << events;
  EXPECT_NE(events.find("event: result"), std::string::npos);
  EXPECT_EQ(client_->post("runs/" + id + "/cancel").error().code(), Code::not_found) << "it is over";
}

TEST_F(ServerTest, EventsOfOneClientNeverReachAnother) {
  serve_a_client();
  auto const file = write("greet.yaml", kGreet);
  struct Heard {
    std::vector<runtime::Event> events;
    std::string run;
  };
  auto const listen = [&](int number) {
    Heard heard;
    runtime::RunRequest request;
    request.inputs = Value::record({{"name", std::to_string(number)}});
    request.on_event = [&](runtime::Event const& event) { heard.events.push_back(event); };
    heard.run = client_->run(file, request).value().run;
    return heard;
  };
  std::vector<std::future<Heard>> clients;
  for (int number = 0; number < 8; ++number)
    clients.push_back(std::async(std::launch::async, listen, number));
  for (auto& client : clients) {
    auto const heard = client.get();
    ASSERT_FALSE(heard.events.empty());
    for (std::size_t i = 0; i < heard.events.size(); ++i) {
      EXPECT_EQ(heard.events[i].run, heard.run);
      EXPECT_EQ(heard.events[i].sequence, i + 1);
    }
  }
}

TEST_F(ServerTest, WhoReconnectsGetsWhatItMissed) {
  serve_a_client();
  auto const run_id = run(write("greet.yaml", kGreet), Value::record({{"name", "Ada"}})).run;
  auto const again = [&](std::size_t after) {
    auto const raw = net::LocalClient::connect(socket_of(*own_)).value();
    net::LocalRequest request;
    request.target = "/shoal/v1/runs/" + run_id + "/events?after=" + std::to_string(after);
    return raw->ask(request).value().body;
  };
  ASSERT_GE(events_.size(), 2u);
  for (std::size_t after = 0; after <= events_.size(); ++after) {
    auto const text = again(after);
    for (std::size_t number = 1; number <= events_.size(); ++number) {
      bool const told = ("\n" + text).find("\nid: " + std::to_string(number) + "\n") != text.npos;
      EXPECT_EQ(told, number > after) << "event " << number << " after " << after;
    }
    EXPECT_NE(text.find("event: result"), std::string::npos);
  }
}

TEST_F(ServerTest, EndsWhenItIsTold) {
  serve_a_client();
  EXPECT_TRUE(client_->post("stop"));
  host_.join();
  EXPECT_EQ(HostClient::connect(*own_).error().code(), Code::not_found);
  EXPECT_FALSE(std::filesystem::exists(socket_of(*own_)));
}

TEST_F(ServerTest, EndsWhenNobodyWantsAnything) {
  serve(std::chrono::milliseconds(1));
  host_.join();
  EXPECT_EQ(HostClient::connect(*own_).error().code(), Code::not_found);
}

TEST(Crew, OutlivesWorkThatThrows) {
  bool done = false;
  {
    Crew crew(1);
    EXPECT_TRUE(crew.run([] { throw std::runtime_error("broken"); }));
    while (!crew.run([&] { done = true; })) std::this_thread::yield();
  }
  EXPECT_TRUE(done);
}

TEST(Crew, DoesWhatItCanAndRefusesMore) {
  std::promise<void> gate;
  auto const open = gate.get_future().share();
  int done = 0;
  {
    Crew crew(2);
    EXPECT_TRUE(crew.run([&] {
      open.wait();
      ++done;
    }));
    EXPECT_TRUE(crew.run([open] { open.wait(); }));
    EXPECT_EQ(crew.run([] {}).error().code(), Code::busy);
    gate.set_value();
  }
  EXPECT_EQ(done, 1) << "it waits for its work";
}

}  // namespace
}  // namespace shoal::http
