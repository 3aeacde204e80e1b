#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/pull.h"
#include "cli/testing.h"

namespace shoal::cli {
namespace {

using Kind = runtime::Event::Kind;

runtime::Event event(Kind kind, std::string step, double done, double total, std::string detail = {}) {
  runtime::Event made;
  made.kind = kind;
  made.step = std::move(step);
  made.done = done;
  made.total = total;
  made.detail = std::move(detail);
  return made;
}

// A session whose standard error is kept.
struct Stage {
  std::istringstream in;
  std::ostringstream out, error;
  TestClock clock;
  Environment environment;
  Session session;

  explicit Stage(Terminal terminal, std::vector<std::string> const& options = {})
      : environment{in, out, error, clock, terminal, "1", {}, {}, {}, {}},
        session(environment, arguments(options)) {}

  static Arguments arguments(std::vector<std::string> const& options) {
    Arguments made;
    for (auto const& option : options) made.options[option] = {};
    return made;
  }
  std::string taken() {
    auto text = error.str();
    error.str("");
    return text;
  }
};

Terminal const kTerminal{true, true, true, false, 80};
Terminal const kPlain{};

TEST(Progress, SaysHowFarItIsHowFastAndHowLong) {
  RunProgress progress;
  MonotonicTime now{};
  auto const tell = [&](runtime::Event const& told, Duration later) {
    progress.on_event(told, now);
    now += later;
    return progress.text(now, false);
  };
  using std::chrono::seconds;
  EXPECT_EQ(tell(event(Kind::step_started, "pages", 0, 0), seconds(1)), "pages");
  EXPECT_EQ(tell(event(Kind::step_progress, "draft", 5, 10, "tokens"), seconds(1)), "draft  5 of 10 tokens");
  EXPECT_EQ(tell(event(Kind::each_started, "read", 0, 24), seconds(1)), "read  0 of 24");
  EXPECT_EQ(tell(event(Kind::each_advanced, "read", 6, 24), seconds(2)), "read  6 of 24  2/s  9.0 s left");
  EXPECT_EQ(progress.text(now, true), "read  █████░░░░░░░░░░░░░░░  6 of 24  2/s  9.0 s left");
  // What a page tells of itself stands behind; that one has begun says nothing.
  EXPECT_EQ(tell(event(Kind::step_progress, "read[7]", 40, 100, "%"), seconds(0)),
            "read  6 of 24  2/s  9.0 s left › read[7]  40 of 100 %");
  EXPECT_EQ(tell(event(Kind::step_started, "read[8]", 0, 0), seconds(0)), "read  6 of 24  2/s  9.0 s left");
  EXPECT_EQ(tell(event(Kind::each_started, "read[8]/cut", 0, 3), seconds(0)),
            "read  6 of 24  2/s  9.0 s left › read[8]/cut  0 of 3");
}

TEST(Progress, RedrawsOneLineOnATerminalAFewTimesASecond) {
  Stage stage(kTerminal);
  stage.clock.advance(std::chrono::seconds(1));
  stage.session.show_progress("one");
  stage.session.show_progress("at once");
  EXPECT_EQ(stage.taken(), "\r\033[Kone");
  stage.clock.advance(std::chrono::milliseconds(150));
  stage.session.show_progress("two");
  EXPECT_EQ(stage.taken(), "\r\033[Ktwo");
  stage.session.note("a note");
  EXPECT_EQ(stage.taken(), "\r\033[Ka note\n");
  stage.session.end_progress();
  EXPECT_EQ(stage.taken(), "");
}

TEST(Progress, ElsewhereItIsALineNowAndThen) {
  Stage stage(kPlain);
  stage.clock.advance(std::chrono::seconds(9));
  stage.session.show_progress("early");
  stage.clock.advance(std::chrono::seconds(2));
  stage.session.show_progress("later");
  EXPECT_EQ(stage.taken(), "later\n");
}

TEST(Progress, QuietSaysNothingButErrors) {
  Stage stage(kTerminal, {"--quiet"});
  stage.clock.advance(std::chrono::hours(1));
  stage.session.show_progress("progress");
  stage.session.note("note");
  EXPECT_EQ(stage.taken(), "");
  stage.session.complain("broken");
  EXPECT_EQ(stage.taken(), "shoal: broken\n");
}

TEST(Progress, StepsWithinAListAreNotShown) {
  Stage stage(kPlain);
  Progress progress(stage.session, "a.pdf");
  auto const tell = [&](runtime::Event const& told) {
    stage.clock.advance(std::chrono::minutes(1));
    progress.on_event(told);
    return stage.taken();
  };
  EXPECT_EQ(tell(event(Kind::step_started, "pages", 0, 0)), "a.pdf  pages\n");
  EXPECT_EQ(tell(event(Kind::each_started, "read", 0, 2)), "a.pdf  read  0 of 2\n");
  EXPECT_EQ(tell(event(Kind::step_started, "read[0]", 0, 0)), "a.pdf  read  0 of 2\n");
  EXPECT_EQ(tell(event(Kind::each_advanced, "read", 1, 2)),
            "a.pdf  read  1 of 2  0.0083/s  2 min 0 s left\n");
  tell(event(Kind::each_advanced, "read", 2, 2));
  EXPECT_EQ(tell(event(Kind::step_started, "add", 0, 0)), "a.pdf  add\n");
}

TEST(Progress, ForeignTextCannotMoveTheCursor) {
  Stage stage(kTerminal);
  stage.session.note("evil\033[2Jname");
  EXPECT_EQ(stage.taken().find('\033'), std::string::npos);
  stage.session.print("evil\033[2Janswer");
  EXPECT_EQ(stage.out.str().find('\033'), std::string::npos);
}

TEST(Progress, APullHasRateAndTimeLeft) {
  store::PullProgress progress{"f", "https://x", 50'000'000, 100'000'000, 10'000'000};
  EXPECT_EQ(describe(progress), "50.0 MB of 100.0 MB  10.0 MB/s  5.0 s left");
  progress.bytes = progress.total;
  EXPECT_EQ(describe(progress), "100.0 MB of 100.0 MB  10.0 MB/s");
  progress.bytes_per_second = 0;
  EXPECT_EQ(describe(progress), "100.0 MB of 100.0 MB");
}

TEST(Session, OnlyAYesOrNothingIsConsent) {
  for (auto const& [answer, consent] : std::vector<std::pair<std::string, bool>>{
           {"\n", true}, {"y\n", true}, {"Yes\n", true}, {"n\n", false}, {"what\n", false}, {"", false}}) {
    Stage stage(kTerminal);
    stage.in.str(answer);
    EXPECT_EQ(stage.session.confirm("Pull?"), consent) << answer;
  }
}

}  // namespace
}  // namespace shoal::cli
