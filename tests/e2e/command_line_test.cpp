// The program as people use it: exit codes, messages, what a kill leaves behind.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "base/sha256.h"
#include "os/file.h"
#include "os/process.h"
#include "os/run_program.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

std::string const kProgram = std::string(SHOAL_BINARY_DIR) + "/bin/shoal";
std::string const kScans = std::string(SHOAL_SOURCE_DIR) + "/examples/scans";

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() : home_(os::TemporaryFolder::create("shoal cli").value()) {}

  os::Command command(std::vector<std::string> arguments) const {
    os::Command command;
    command.program = kProgram;
    command.arguments = std::move(arguments);
    command.environment =
        os::inherited_environment({"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
    command.environment.push_back("SHOAL_HOME=" + home_.path());
    command.environment.push_back("SHOAL_HOST=own");
    command.environment.push_back("HOME=" + home_.path());
    return command;
  }

  os::RunResult shoal(std::vector<std::string> arguments) const {
    auto result = os::run_program(command(std::move(arguments)), {.timeout = std::chrono::minutes(10)});
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : os::RunResult{};
  }

  // The code, and that the message says each of `words`.
  void expect_failure(std::vector<std::string> arguments, int code,
                      std::vector<std::string> const& words) const {
    auto const result = shoal(std::move(arguments));
    EXPECT_EQ(result.status.code, code) << result.status.describe() << "\n" << result.standard_error;
    EXPECT_EQ(result.status.signal, 0);
    // What `check` finds is its answer; everybody else's errors are no output.
    auto const said = result.standard_error + result.standard_output;
    for (auto const& word : words) {
      EXPECT_NE(said.find(word), std::string::npos) << word << " is not in: " << said;
    }
  }

  std::string write(std::string const& name, std::string const& bytes) const {
    auto const path = home_.path() + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    auto const result = shoal(std::move(arguments));
    auto parsed = Json::parse(result.standard_output);
    EXPECT_TRUE(parsed) << result.standard_output << result.standard_error;
    return parsed ? *parsed : Json();
  }

  os::TemporaryFolder home_;
};

std::string read_scan(std::string const& name) {
  return os::read_file(kScans + "/" + name, 1u << 30).value();
}

// Pages that have their text, 440 words each.
std::string long_book(int pages) {
  std::string text = "BT /F1 11 Tf 60 760 Td";
  for (int line = 0; line < 40; ++line)
    text += " (the quick brown fox jumps over a lazy dog and sleeps) Tj 0 -16 Td";
  text += " ET";
  std::string kids, objects;
  for (int page = 0; page < pages; ++page) {
    auto const number = std::to_string(5 + page);
    kids += number + " 0 R ";
    objects += number +
               " 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
               "/Resources << /Font << /F1 3 0 R >> >> >>\nendobj\n";
  }
  return "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count " +
         std::to_string(pages) + " /Kids [" + kids +
         "] >>\nendobj\n3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n4 0 obj\n"
         "<< /Length " +
         std::to_string(text.size()) + " >>\nstream\n" + text + "\nendstream\nendobj\n" + objects +
         "trailer << /Root 1 0 R >>\n%%EOF";
}

// The processes that `pid` started, which lie in its threads' lists.
std::vector<int> children_of(int pid) {
  std::vector<int> children;
  std::error_code gone;
  for (auto const& thread : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    std::ifstream in(thread.path() / "children");
    for (int child = 0; in >> child;) children.push_back(child);
  }
  return children;
}

// Waits until `pid` has a worker (not what tries a system call for a moment) and it is at work.
int wait_for_worker(int pid) {
  for (int i = 0; i < 100; ++i) {
    auto const before = children_of(pid);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    auto const after = children_of(pid);
    if (!before.empty() && before == after) return before.front();
  }
  return 0;
}

// Whether the process would hear Ctrl-C instead of being killed by it: bit 1 of its mask of caught signals.
bool hears_ctrl_c(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("SigCgt:"))
      return (std::stoull(line.substr(7), nullptr, 16) & (1u << (SIGINT - 1))) != 0;
  }
  return false;
}

TEST_F(CommandLineTest, VersionAndHelpOpenNothing) {
  EXPECT_EQ(shoal({"--version"}).standard_output.substr(0, 6), "shoal ");
  EXPECT_EQ(shoal({"--help"}).status.code, 0);
  EXPECT_EQ(shoal({"run", "--help"}).status.code, 0);
  EXPECT_TRUE(fs::is_empty(home_.path()));
}

TEST_F(CommandLineTest, WrongWordsGetTheNearestRightOne) {
  expect_failure({"shlf"}, 2, {"shelf"});
  expect_failure({"run", "scan-to-txt", "x"}, 3, {"scan-to-txt", "scan-to-text"});
  expect_failure({"run", "scan-to-text", kScans + "/shelf-a.pdf", "--in", "langage=deu"}, 2,
                 {"langage", "language"});
  expect_failure({"run", "scan-to-text", home_.path() + "/missing.pdf"}, 3, {"missing.pdf"});
}

TEST_F(CommandLineTest, DocumentsWithMistakesAreToldAllAtOnceWithTheirPlaces) {
  auto const file = write("wrong.yaml", R"(shoal: 1
pipeline: wrong
inputs: {document: file}
steps:
  pages: {use: ocr.page, with: {document: $document}}
  text: {use: page-text, with: {page: $pagez}}
outputs: {text: $text}
)");
  expect_failure({"check", file}, 2, {"wrong.yaml:5:", "ocr.pages", "wrong.yaml:6:", "pagez"});
  auto const circle = write("circle.yaml", R"(shoal: 1
pipeline: circle
steps:
  a: {use: join, with: {texts: [$b]}}
  b: {use: join, with: {texts: [$a]}}
outputs: {text: $b}
)");
  expect_failure({"run", circle}, 2, {"circle.yaml:", "a", "b"});
}

TEST_F(CommandLineTest, FilesThatAreNoDocumentsAreNamed) {
  expect_failure({"run", "scan-to-text", write("notes.pdf", "these are no pages")}, 2, {"notes.pdf"});
  expect_failure({"run", "scan-to-text", write("empty.pdf", "")}, 2, {"empty.pdf"});
  expect_failure({"run", "scan-to-text",
                  write("no-pages.pdf",
                        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                        "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
                        "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n"
                        "0000000054 00000 n \ntrailer<</Size 3/Root 1 0 R>>\n"
                        "startxref\n101\n%%EOF\n")},
                 2, {"no-pages.pdf"});
  auto const whole = read_scan("shelf-a.pdf");
  expect_failure({"run", "scan-to-text", write("cut.pdf", whole.substr(0, whole.size() / 2))}, 2,
                 {"cut.pdf"});
}

TEST_F(CommandLineTest, AnEncryptedDocumentAsksForItsPassword) {
  auto const locked = home_.path() + "/locked.pdf";
  os::Command qpdf;
  auto const program = os::find_program("qpdf");
  if (!program) GTEST_SKIP() << "needs qpdf";
  qpdf.program = *program;
  qpdf.arguments = {"--encrypt", "secret", "secret", "256", "--", kScans + "/shelf-cd.pdf", locked};
  ASSERT_TRUE(os::run_program(qpdf)->status.ok());
  expect_failure({"run", "scan-to-text", locked}, 2, {"locked.pdf", "password"});
}

TEST_F(CommandLineTest, AModelWithTheWrongBytesIsNotKept) {
  auto const file = write("weights.gguf", "these are not the weights");
  write("catalog/wrong.yaml",
        "shoal: 1\nname: wrong\nabout: For a test.\nlicence: Apache-2.0\npublisher: nobody\n"
        "engine: llama\noperations: [generate]\nmemory: 1MB\nfiles:\n  - file: weights.gguf\n"
        "    size: 25\n    sha256: " +
            std::string(64, 'a') + "\n    sources: [\"file:" + file + "\"]\n");
  expect_failure({"pull", "wrong"}, 1, {"wrong", std::string(8, 'a')});
  EXPECT_FALSE(fs::exists(home_.path() + "/models/wrong/latest"));
  expect_failure({"run", "wrong.generate", "--in", "prompt=hello"}, 3, {"shoal pull wrong"});
}

TEST_F(CommandLineTest, AModelFileThatIsNoneIsRefusedByItsWorker) {
  std::string const bytes = "GGUF" + std::string(1000, '\xff');
  auto const file = write("weights.gguf", bytes);
  write("catalog/hostile.yaml",
        "shoal: 1\nname: hostile\nabout: For a test.\nlicence: Apache-2.0\npublisher: nobody\n"
        "engine: llama\noperations: [generate]\nmemory: 1MB\nfiles:\n  - file: weights.gguf\n"
        "    size: " +
            std::to_string(bytes.size()) + "\n    sha256: " + sha256(bytes).hex() +
            "\n    sources: [\"file:" + file + "\"]\n");
  ASSERT_EQ(shoal({"pull", "hostile"}).status.code, 0);
  auto const result = shoal({"run", "hostile.generate", "--in", "prompt=hello"});
  EXPECT_NE(result.status.code, 0);
  EXPECT_EQ(result.status.signal, 0);
  EXPECT_NE(result.standard_error.find("hostile"), std::string::npos) << result.standard_error;
}

TEST_F(CommandLineTest, TheFirstCtrlCEndsTheWaitingForAPipeAndForAFifo) {
  auto const fifo = home_.path() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  auto const pipe = os::make_pipe().value();
  for (auto const& words : std::vector<std::vector<std::string>>{
           {"run", "split", "-"}, {"run", "split", "--each", "-"}, {"run", "split", "--each", fifo}}) {
    auto waiting = command(words);
    waiting.descriptors = {{0, pipe.read_end.get()}};
    auto const running = os::Process::spawn(waiting).value();
    while (!hears_ctrl_c(running->pid())) std::this_thread::yield();
    ASSERT_EQ(::kill(running->pid(), SIGINT), 0);
    auto const ended = running->wait_for(std::chrono::minutes(1));
    ASSERT_TRUE(ended) << words.back();
    EXPECT_EQ(ended->code, 130) << ended->describe();
  }
}

TEST_F(CommandLineTest, ABatchThatIsKilledGoesOnWithoutDoingALineTwice) {
  std::string lines, expected;
  for (int i = 0; i < 3000; ++i) {
    lines += "{\"value\": " + std::to_string(i) + "}\n";
    expected += "{\"value\":" + std::to_string(i) + "}\n";
  }
  auto const in = write("in.jsonl", lines);
  auto const out = home_.path() + "/out.jsonl";
  std::vector<std::string> const words = {"run", "echo.echo", "--each", in, "--out", out, "-q"};
  for (int kill = 0; kill < 5; ++kill) {
    auto const running = os::Process::spawn(command(words)).value();
    std::error_code missing;
    auto const before = fs::exists(out, missing) ? fs::file_size(out) : 0;
    while (!running->try_wait() && (!fs::exists(out, missing) || fs::file_size(out, missing) <= before)) {
    }
    running->kill();
    running->wait();
  }
  EXPECT_EQ(shoal(words).status.code, 0);
  EXPECT_EQ(os::read_file(out, 1u << 20).value(), expected);
}

TEST_F(CommandLineTest, ARunIsCancelledFromAnotherTerminal) {
  auto const running = os::Process::spawn(command({"run", "echo.sleep", "600"})).value();
  std::string run;
  for (int i = 0; i < 3000 && run.empty(); ++i) {
    auto const runs = json({"runs"}).as_array();
    if (!runs.empty()) run = runs.front()["run"].as_string();
  }
  ASSERT_FALSE(run.empty());
  EXPECT_EQ(json({"runs"}).as_array().front()["state"], Json("running"));
  auto const cancelled = json({"cancel", run});
  EXPECT_EQ(cancelled.as_array().front()["state"], Json("cancelled"));
  EXPECT_EQ(running->wait().code, 130);
  EXPECT_FALSE(fs::exists(home_.path() + "/host.mailbox")) << "it is removed by its owner";
}

TEST_F(CommandLineTest, ARunWhoseProcessWasKilledIsInterruptedAndNobodyIsAskedToCancelIt) {
  auto const running = os::Process::spawn(command({"run", "echo.sleep", "600"})).value();
  Json::Array runs;
  while (runs.empty()) runs = json({"runs"}).as_array();
  ASSERT_EQ(runs.front()["state"], Json("running"));
  running->kill();
  running->wait();
  auto const cancelled = json({"cancel", runs.front()["run"].as_string()});
  EXPECT_EQ(cancelled.as_array().front()["state"], Json("interrupted"));
  EXPECT_EQ(json({"runs"}).as_array().front()["state"], Json("interrupted"));
}

TEST_F(CommandLineTest, AKilledWorkerCostsTimeAndNothingElse) {
  auto const running = os::Process::spawn(command({"run", "scan-to-text", kScans + "/shelf-be.pdf"})).value();
  auto const worker = wait_for_worker(running->pid());
  ASSERT_GT(worker, 0);
  ASSERT_EQ(::kill(worker, SIGKILL), 0);
  auto const status = running->wait();
  EXPECT_TRUE(status.ok()) << status.describe();
  EXPECT_EQ(json({"runs"}).as_array().at(0)["state"].as_string(), "done");
}

TEST_F(CommandLineTest, InterruptingCancelsCleanly) {
  auto const running = os::Process::spawn(command({"run", "scan-to-text", kScans + "/shelf-be.pdf"})).value();
  ASSERT_GT(wait_for_worker(running->pid()), 0);
  ASSERT_EQ(::kill(running->pid(), SIGINT), 0);
  EXPECT_EQ(running->wait().code, 130);
  EXPECT_EQ(json({"runs"}).as_array().at(0)["state"].as_string(), "cancelled");
}

TEST_F(CommandLineTest, AfterAKillTheRunIsInterruptedAndItsFinishedStepsAreNotRepeated) {
  auto const running = os::Process::spawn(command({"run", "scan-to-text", kScans + "/shelf-be.pdf"})).value();
  auto const worker = wait_for_worker(running->pid());
  ASSERT_GT(worker, 0);
  auto const run = json({"runs"}).as_array().at(0)["run"].as_string();
  // A page must have been read: until then there is nothing that need not be repeated.
  auto const has_read_a_page = [&] {
    auto const shown = json({"show", run});
    auto const& steps = shown["steps"].as_array();
    return std::any_of(steps.begin(), steps.end(), [](Json const& step) {
      return step["callable"] == Json("ocr.recognize") && step["state"] == Json("done");
    });
  };
  while (!has_read_a_page()) std::this_thread::yield();
  running->kill();
  running->wait();
  for (int i = 0; i < 200 && fs::exists("/proc/" + std::to_string(worker)); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(fs::exists("/proc/" + std::to_string(worker))) << "a worker outlived its host";
  auto const again = json({"run", "scan-to-text", kScans + "/shelf-be.pdf"});
  EXPECT_GT(again["ledger"]["cached"].as_integer(), 0);
  auto const runs = json({"runs"}).as_array();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["state"].as_string(), "done");
  EXPECT_EQ(runs[1]["state"].as_string(), "interrupted");
}

TEST_F(CommandLineTest, ALongBookThatHasItsTextIsAddedWhole) {
  auto const added = json({"shelf", "add", write("book.pdf", long_book(700))});
  ASSERT_EQ(added["files"].as_array().size(), 1u) << added.dump();
  EXPECT_EQ(added["files"].as_array()[0]["state"], Json("added")) << added.dump();
  EXPECT_GE(added["files"].as_array()[0]["passages"].as_integer(), 700) << added.dump();
}

TEST_F(CommandLineTest, ASecondCommandWaitsForTheFirstAndSaysForWhom) {
  auto const first = os::Process::spawn(command({"run", "echo.sleep", "--in", "seconds=3"})).value();
  ASSERT_GT(wait_for_worker(first->pid()), 0);
  auto const second = shoal({"run", "echo.echo", "--in", "value=hello"});
  EXPECT_TRUE(second.status.ok()) << second.standard_error;
  EXPECT_NE(second.standard_error.find(std::to_string(first->pid())), std::string::npos)
      << second.standard_error;
  EXPECT_TRUE(first->wait().ok());
}

TEST_F(CommandLineTest, AShelfKeepsWhatIsGoodAndReportsWhatIsNot) {
  auto const folder = home_.path() + "/my papers";
  fs::create_directories(folder);
  fs::copy_file(kScans + "/shelf-cd.pdf", folder + "/tales.pdf");
  write("my papers/broken.pdf", "%PDF-1.4 and nothing more");
  auto const added = shoal({"shelf", "add", folder});
  EXPECT_EQ(added.status.code, 1);
  EXPECT_NE(added.standard_output.find("tales.pdf"), std::string::npos);
  EXPECT_NE(added.standard_error.find("broken.pdf"), std::string::npos);

  auto const again = shoal({"shelf", "add", folder + "/tales.pdf"});
  EXPECT_EQ(again.status.code, 0);
  EXPECT_NE(again.standard_output.find("unchanged"), std::string::npos) << again.standard_output;

  auto hits = json({"shelf", "search", "Holwick"})["hits"].as_array();
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0]["page"].as_integer(), 7);
  EXPECT_NE(hits[0]["file"].as_string().find("tales.pdf"), std::string::npos);

  // A changed file replaces its pages.
  fs::copy_file(kScans + "/shelf-a.pdf", folder + "/tales.pdf", fs::copy_options::overwrite_existing);
  EXPECT_NE(shoal({"shelf", "add", folder + "/tales.pdf"}).standard_output.find("replaced"),
            std::string::npos);
  EXPECT_TRUE(json({"shelf", "search", "Holwick"})["hits"].as_array().empty());
  EXPECT_FALSE(json({"shelf", "search", "Kessab"})["hits"].as_array().empty());

  auto const removed = shoal({"shelf", "rm", folder});
  EXPECT_NE(removed.standard_output.find(": 1 document removed"), std::string::npos)
      << removed.standard_output << removed.standard_error;
  EXPECT_TRUE(json({"shelf", "search", "Kessab"})["hits"].as_array().empty());
}

TEST_F(CommandLineTest, WhatGoesOnAShelfIsReadAsItsBytesSay) {
  auto const text = write("letter.pdf", "The lighthouse was built by Anna Berg.\n");
  ASSERT_EQ(shoal({"shelf", "add", text}).status.code, 0);
  EXPECT_EQ(json({"shelf", "search", "lighthouse"})["hits"].as_array().at(0)["lines"].dump(), "[1,1]");
  auto const scan = write("tales.txt", read_scan("shelf-cd.pdf"));
  ASSERT_EQ(shoal({"shelf", "add", scan}).status.code, 0);
  EXPECT_EQ(json({"shelf", "search", "Holwick"})["hits"].as_array().at(0)["page"].as_integer(), 7);
  EXPECT_NE(shoal({"shelf", "add", write("blank.txt", "")}).standard_output.find("but the file is empty"),
            std::string::npos);

  // One document's status is its own; that of many only where they failed alike.
  auto const gone = home_.path() + "/gone.pdf", empty = write("empty.pdf", "");
  expect_failure({"shelf", "add", gone}, 3, {"gone.pdf", "no such file"});
  expect_failure({"shelf", "add", gone, home_.path() + "/away.txt"}, 3, {"away.txt"});
  expect_failure({"shelf", "add", empty}, 2, {"empty.pdf: the file is empty"});
  expect_failure({"shelf", "add", write("a.pdf", "PK\x03\x04 more")}, 2, {"a.pdf", "application/zip"});
  expect_failure({"shelf", "add", gone, empty}, 1, {});
  expect_failure({"shelf", "add", gone, text}, 1, {});
}

// A scan of eight pages, with the object of page `number` made something else.
std::string damaged_scan(int number) {
  auto bytes = read_scan("shelf-cd.pdf");
  std::size_t at = 0;
  for (int i = 0; i < number; ++i) at = bytes.find("/Type /Page ", at + 1);
  EXPECT_NE(at, std::string::npos);
  auto const begin = bytes.rfind(" obj", at);
  bytes.replace(begin, at - begin, at - begin, ' ');
  return bytes;
}

TEST_F(CommandLineTest, OnePageThatCannotBeReadIsNamedAndTheOthersAreRead) {
  auto const file = write("tales.pdf", damaged_scan(3));
  auto const read = shoal({"run", "scan-to-text", file});
  EXPECT_EQ(read.status.code, 0);
  EXPECT_NE(read.standard_error.find("page 3 of " + file + " is damaged"), std::string::npos)
      << read.standard_error;
  EXPECT_NE(read.standard_output.find("Holwick"), std::string::npos);
  auto const outputs = json({"run", "scan-to-text", file})["outputs"];
  EXPECT_EQ(outputs["pages"].as_array().size(), 7u);
  EXPECT_EQ(outputs["missing"].as_array().at(0)["page"].as_integer(), 3);

  auto const added = shoal({"shelf", "add", file});
  EXPECT_EQ(added.status.code, 0);
  EXPECT_NE(added.standard_output.find("without 1 page that could not be read"), std::string::npos)
      << added.standard_output;
  EXPECT_NE(added.standard_error.find("shoal: page 3 of " + file + " is damaged"), std::string::npos)
      << added.standard_error;
  EXPECT_EQ(json({"shelf", "search", "Holwick"})["hits"].as_array().at(0)["page"].as_integer(), 7);
  EXPECT_EQ(json({"shelf", "list"})["documents"].as_array().at(0)["pages"].as_integer(), 8);
  auto const again = json({"shelf", "add", file})["files"].as_array().at(0);
  EXPECT_EQ(again["state"].as_string(), "unchanged");
  EXPECT_EQ(again["missing"].as_array().at(0)["page"].as_integer(), 3);
}

TEST_F(CommandLineTest, ATextFileIsCitedByItsLines) {
  auto const file =
      write("notes.txt", "First.\n\nThe lighthouse was built\nby Anna Berg.\n\fA second page.\n");
  ASSERT_EQ(shoal({"shelf", "add", file}).status.code, 0);
  auto const hit = json({"shelf", "search", "lighthouse"})["hits"].as_array().at(0);
  EXPECT_EQ(hit["lines"].dump(), "[1,4]");
  auto const second = shoal({"shelf", "search", "second"}).standard_output;
  EXPECT_NE(second.find("notes.txt, page 2, line 5\n"), std::string::npos) << second;
}

// Copies the models that the demo pulled, where it did.
bool borrow_models(std::string const& home) {
  auto const* models = std::getenv("SHOAL_TEST_MODELS");
  if (!models || !fs::exists(std::string(models) + "/qwen2.5-coder-0.5b")) return false;
  fs::create_directory_symlink(models, home + "/models");
  return true;
}

TEST_F(CommandLineTest, AQuestionIsAnsweredWithItsPageOrNotAtAll) {
  if (!borrow_models(home_.path())) GTEST_SKIP() << "needs the demo's models in SHOAL_TEST_MODELS";
  ASSERT_EQ(shoal({"shelf", "add", kScans + "/shelf-cd.pdf"}).status.code, 0);
  auto const answer = json({"shelf", "ask", "Who broke the lid off the pouncet box?"});
  EXPECT_FALSE(answer["abstained"].as_bool(true));
  EXPECT_NE(answer["answer"].as_string().find("Edward"), std::string::npos) << answer.dump();
  auto const& citation = answer["citations"].as_array().at(0);
  EXPECT_EQ(citation["page"].as_integer(), 4);
  EXPECT_NE(citation["file"].as_string().find("shelf-cd.pdf"), std::string::npos);
  EXPECT_NE(citation["quote"].as_string().find("pouncet"), std::string::npos);
  EXPECT_FALSE(citation["boxes"].as_array().empty());
  EXPECT_EQ(answer["ledger"]["bytes_off_machine"].as_integer(-1), 0);
  EXPECT_GT(answer["ledger"]["tokens"]["in"].as_integer(), 0);

  auto const nothing = json({"shelf", "ask", "What is the boiling point of mercury?"});
  EXPECT_TRUE(nothing["abstained"].as_bool());
  EXPECT_TRUE(nothing["citations"].as_array().empty());
}

}  // namespace
}  // namespace shoal
