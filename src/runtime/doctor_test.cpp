#include "runtime/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "os/file.h"

namespace shoal::runtime {
namespace {

using State = Finding::State;

class Doctor : public testing::Test {
 protected:
  Doctor() {
    request_.home = os::Home{root() + "/data", root() + "/config", root() + "/cache"};
    request_.installation = os::Installation{SHOAL_SOURCE_DIR "/engines", SHOAL_SOURCE_DIR};
  }

  std::string root() const { return folder_.path(); }
  Finding find(std::string const& subject) const {
    for (auto const& finding : examine(request_)) {
      if (finding.subject == subject) return finding;
    }
    return {State::broken, "not found: " + subject, "", ""};
  }

  os::TemporaryFolder folder_ = *os::TemporaryFolder::create("doctor-test-");
  DoctorRequest request_;
};

TEST_F(Doctor, LooksAtTheMachineAndTheHome) {
  EXPECT_EQ(find("processor").state, State::good);
  EXPECT_EQ(find("data folder").state, State::good);
  EXPECT_EQ(find("models").state, State::weak) << "none is installed";
  auto const findings = examine(request_);
  auto const is_sandbox = [](auto const& finding) { return finding.subject.starts_with("sandbox: "); };
  EXPECT_GE(std::count_if(findings.begin(), findings.end(), is_sandbox), 3);
  EXPECT_TRUE(std::filesystem::is_empty(root())) << "looking leaves nothing behind";
}

TEST_F(Doctor, DamagedDatabasesAndAWrongClockAreFound) {
  std::filesystem::create_directories(root() + "/data");
  std::filesystem::create_directories(root() + "/cache");
  EXPECT_EQ(find("journal of runs").subject, "not found: journal of runs") << "nothing was run yet";
  std::ofstream(root() + "/data/runs.db")
      << "this is no database, and long enough to have been one: " << std::string(200, 'x');
  EXPECT_EQ(find("journal of runs").state, State::broken);
  std::filesystem::rename(root() + "/data/runs.db", root() + "/data/runs.db.damaged");
  EXPECT_EQ(find("journal of runs").state, State::weak) << "what was set aside is told";
  EXPECT_EQ(find("clock").state, State::weak) << "1970";
  request_.now = WallTime(std::chrono::hours(24 * 365 * 60));
  EXPECT_EQ(find("clock").state, State::good);
}

TEST_F(Doctor, AnEngineThatCannotStartAndAnOcrWithoutLanguagesAreBroken) {
  EXPECT_EQ(find("engine ocr").state, State::broken) << "the source tree has no programs";
  auto const engines = root() + "/engines";
  std::filesystem::create_directories(engines + "/ocr");
  std::ofstream(engines + "/ocr/engine.yaml")
      << "shoal: 1\nengine: ocr\nversion: \"1\"\nprogram: /bin/true\nsandbox: {read: [" << root()
      << "/data]}\noperations: {x: {outputs: {y: text}}}\n";
  request_.installation->engines = engines;
  EXPECT_EQ(find("engine ocr").state, State::good);
  EXPECT_EQ(find("languages of the OCR").state, State::broken);
  std::filesystem::create_directories(root() + "/data");
  std::ofstream(root() + "/data/deu.traineddata") << "x";
  EXPECT_EQ(find("languages of the OCR").detail, "deu");
}

TEST_F(Doctor, EveryFindingThatIsNotGoodSaysWhatToDo) {
  std::filesystem::create_directories(root() + "/data/models/smollm2-135m/q4_1");
  request_.installation = os::Installation{root() + "/none", root() + "/none"};
  request_.mirror_files = {"/no/such/mirrors.yaml"};
  for (auto const& finding : examine(request_)) {
    EXPECT_TRUE(finding.state == State::good || !finding.remedy.empty()) << finding.subject;
  }
  EXPECT_EQ(find("engines").state, State::broken);
  EXPECT_EQ(find("mirrors").state, State::weak);
}

TEST_F(Doctor, AModelWhoseFileIsCutShortIsBroken) {
  auto const folder = root() + "/data/models/smollm2-135m/q4_1";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/SmolLM2-135M-Instruct.Q4_1.gguf") << "GGUF";
  auto const finding = find("model smollm2-135m:q4_1");
  EXPECT_EQ(finding.state, State::broken);
  EXPECT_NE(finding.remedy.find("shoal pull smollm2-135m:q4_1"), std::string::npos);
}

TEST_F(Doctor, AHomeThatCannotBeIsBroken) {
  std::ofstream(root() + "/file") << "x";
  request_.home = os::Home{root() + "/file/data", root() + "/config", root() + "/cache"};
  EXPECT_EQ(find("data folder").state, State::broken);
  request_.home = Error(Code::not_found, "HOME is not set");
  EXPECT_EQ(find("home").state, State::broken);
}

}  // namespace
}  // namespace shoal::runtime
