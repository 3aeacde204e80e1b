#include "cli/progress.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace shoal::cli {
namespace {

constexpr int kBarWidth = 20;

std::string bar(double done, double total) {
  auto const full = static_cast<int>(std::lround(std::clamp(done / total, 0.0, 1.0) * kBarWidth));
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "░";
  return text;
}

std::string whole(double number) { return std::to_string(std::llround(number)); }

}  // namespace

std::string describe_progress(runtime::Event const& event, bool with_bar) {
  if (event.total <= 0) return event.step + (event.detail.empty() ? "" : "  " + event.detail);
  auto text = event.step + "  ";
  if (with_bar) text += bar(event.done, event.total) + "  ";
  text += whole(event.done) + " of " + whole(event.total);
  if (event.kind == runtime::Event::Kind::step_progress && !event.detail.empty()) text += " " + event.detail;
  return text;
}

void Progress::show(runtime::Event const& event) {
  auto const text = describe_progress(event, session_.environment().terminal.error);
  session_.show_progress(label_.empty() ? text : label_ + "  " + text);
}

void Progress::on_event(runtime::Event const& event) {
  using Kind = runtime::Event::Kind;
  switch (event.kind) {
    case Kind::each_started:
      if (event.total > 0) ++lists_under_way_;
      return show(event);
    case Kind::each_advanced:
      if (event.done >= event.total) --lists_under_way_;
      return show(event);
    case Kind::step_started:
    case Kind::step_progress:
      if (lists_under_way_ == 0) show(event);
      return;
    case Kind::run_started:
    case Kind::step_chunk:
    case Kind::step_cached:
    case Kind::step_done:
    case Kind::step_failed:
    case Kind::run_done:
    case Kind::run_failed: return;
  }
}

}  // namespace shoal::cli
