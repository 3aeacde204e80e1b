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
