#include "cli/progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace shoal::cli {
namespace {

constexpr int kBarWidth = 20;
constexpr auto kLongEnough = std::chrono::seconds(2);  // to say how fast it goes

std::string whole(double number) { return std::to_string(std::llround(number)); }

// Two figures: "1.2", "0.035", "140".
std::string rate(double per_second) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), per_second < 10 ? "%.2g" : "%.0f", per_second);
  return text.data();
}

// "words[7]/clean" → "words"
bool is_within(std::string const& step, std::string const& list) {
  return step.size() > list.size() && step.starts_with(list) && step[list.size()] == '[';
}

std::string how_far(runtime::Event const& event) {
  if (event.kind != runtime::Event::Kind::step_progress || event.total <= 0) return event.step;
  return event.step + "  " + whole(event.done) + " of " + whole(event.total) +
         (event.detail.empty() ? "" : " " + event.detail);
}

}  // namespace

std::string progress_bar(double done, double total) {
  auto const full = static_cast<int>(std::lround(std::clamp(done / total, 0.0, 1.0) * kBarWidth));
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "░";
  return text;
}

std::string pace(double done, double total, Duration elapsed) {
  if (elapsed < kLongEnough || done <= 0) return {};
  auto const per_second = done / seconds(elapsed);
  auto const text = rate(per_second) + "/s";
  if (done >= total) return text;
  return text + "  " + human_seconds(std::ceil((total - done) / per_second)) + " left";
}

void RunProgress::on_event(runtime::Event const& event, MonotonicTime now) {
  using Kind = runtime::Event::Kind;
  auto const list =
      std::find_if(lists_.begin(), lists_.end(), [&](auto const& each) { return each.step == event.step; });
  switch (event.kind) {
    case Kind::each_started:
      if (event.total > 0) lists_.push_back({event.step, 0, event.total, now});
      return;
    case Kind::each_advanced:
      if (list == lists_.end()) {  // of a stream, whose items come one by one
        if (event.done < event.total) lists_.push_back({event.step, event.done, event.total, now});
        return;
      }
      list->done = event.done;
      list->total = event.total;
      if (event.done >= event.total) lists_.erase(list);
      return;
    case Kind::step_started:
    case Kind::step_progress: current_ = how_far(event); return;
    case Kind::run_started:
    case Kind::step_chunk:
    case Kind::step_cached:
    case Kind::step_done:
    case Kind::step_failed:
    case Kind::run_done:
    case Kind::run_failed: return;
  }
}

std::string RunProgress::text(MonotonicTime now, bool with_bars) const {
  std::vector<std::string> parts;
  // Of lists within a list, that of one item stands for all: the others look like it.
  std::string outer;
  for (auto const& list : lists_) {
    if (!outer.empty() && !is_within(list.step, outer)) continue;
    auto part = list.step + "  ";
    if (with_bars && outer.empty()) part += progress_bar(list.done, list.total) + "  ";
    part += whole(list.done) + " of " + whole(list.total);
    auto const speed = pace(list.done, list.total, now - list.started);
    parts.push_back(speed.empty() || !outer.empty() ? part : part + "  " + speed);
    outer = list.step;
  }
  auto const count = current_.find("  ");
  if (!current_.empty() && (outer.empty() || (is_within(current_, outer) && count != std::string::npos)))
    parts.push_back(current_);
  return join(parts, " › ");
}

void Progress::on_event(runtime::Event const& event) {
  auto const now = session_.environment().clock.now();
  run_.on_event(event, now);
  auto const text = run_.text(now, session_.environment().terminal.error);
  if (!text.empty()) session_.show_progress(label_.empty() ? text : label_ + "  " + text);
}

}  // namespace shoal::cli
