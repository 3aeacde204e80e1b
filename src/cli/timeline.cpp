#include "cli/timeline.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

constexpr std::size_t kMostRows = 200;

// The parts of a call's time, one after the other.
struct Part {
  std::string_view name, mark;
};
constexpr std::array<Part, 4> kParts = {{{"queue", "·"}, {"load", "░"}, {"cores", "▒"}, {"run", "█"}}};
constexpr std::string_view kCachedMark = "◇";

struct Span {
  runtime::StepRecord const* step;
  double start = 0;               // since the run began
  std::array<double, 4> parts{};  // as in kParts, in seconds
  double end() const { return start + parts[0] + parts[1] + parts[2] + parts[3]; }
};

std::vector<Span> spans_of(Trace const& trace) {
  std::vector<Span> spans;
  for (auto const& traced : trace.steps) {
    auto const& step = traced.step;
    Span span{&step, std::max(0.0, seconds(step.started - trace.run.started)), {}};
    auto const& waited = step.waited;
    span.parts = {std::max(0.0, waited.all - waited.load - waited.cores), waited.load, waited.cores,
                  std::max(0.0, step.seconds - waited.all)};
    spans.push_back(span);
  }
  std::stable_sort(spans.begin(), spans.end(),
                   [](auto const& a, auto const& b) { return a.start < b.start; });
  return spans;
}

double length_of(Trace const& trace, std::vector<Span> const& spans) {
  double length = trace.run.ended ? seconds(*trace.run.ended - trace.run.started) : 0;
  for (auto const& span : spans) length = std::max(length, span.end());
  return length;
}

std::string bar(Span const& span, double length, int width) {
  auto const cell_of = [&](double time) {
    return std::min(width - 1, length > 0 ? static_cast<int>(time / length * width) : 0);
  };
  std::vector<std::string_view> cells(static_cast<std::size_t>(width), " ");
  double time = span.start;
  auto const fill = [&](double to, std::string_view mark) {
    for (int cell = cell_of(time); cell <= cell_of(to); ++cell) cells[static_cast<std::size_t>(cell)] = mark;
    time = to;
  };
  if (span.step->state == "cached") fill(span.start, kCachedMark);
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    if (span.parts[part] > 0) fill(time + span.parts[part], kParts[part].mark);
  }
  std::string text = "|";
  for (auto const cell : cells) text += cell;
  return text + "|";
}

std::string waits_of(Span const& span) {
  constexpr double kWorthSaying = 0.001;
  std::vector<std::string> waits;
  for (std::size_t part = 0; part + 1 < kParts.size(); ++part) {
    if (span.parts[part] >= kWorthSaying)
      waits.push_back(std::string(kParts[part].name) + " " + human_seconds(span.parts[part]));
  }
  return join(waits, ", ");
}

std::string place_of(runtime::StepRecord const& step) {
  if (step.worker == 0) return {};
  return "worker " + std::to_string(step.worker) + ", " + std::to_string(step.cores) +
         (step.cores == 1 ? " core" : " cores");
}

std::vector<std::string> row_of(Span const& span, double length, int width) {
  auto const& step = *span.step;
  auto const ran = step.state == "done" ? human_seconds(span.parts[3]) : step.state;
  return {step.step.empty() ? step.callable : step.step, bar(span, length, width), ran, place_of(step),
          waits_of(span)};
}

}  // namespace

std::string timeline(Trace const& trace, int bar_width) {
  auto const& run = trace.run;
  auto const spans = spans_of(trace);
  auto const length = length_of(trace, spans);
  auto text = "run " + run.run + "  " + run.name + "  " + run.state + ", " + human_seconds(length) + "\n";
  if (spans.empty()) return text + "no step called an engine\n";
  if (std::all_of(spans.begin(), spans.end(),
                  [](auto const& each) { return each.step->started == WallTime(); }))
    return text + "no times were kept when this ran\n";
  std::vector<std::string> marks;
  for (auto const& part : kParts) marks.push_back(std::string(part.mark) + " " + std::string(part.name));
  text += join(marks, "  ") + "  " + std::string(kCachedMark) + " cached\n";
  std::vector<std::vector<std::string>> rows = {{"step", "", "ran", "by", "waited"}};
  for (std::size_t i = 0; i < std::min(kMostRows, spans.size()); ++i)
    rows.push_back(row_of(spans[i], length, bar_width));
  text += table(rows);
  if (spans.size() > kMostRows)
    text += "… and " + std::to_string(spans.size() - kMostRows) + " more; `--json` has all\n";
  return text;
}

Json timeline_document(Trace const& trace) {
  auto const spans = spans_of(trace);
  Json steps = Json::array();
  for (auto const& span : spans) {
    Json step = Json::object({{"step", span.step->step},
                              {"callable", span.step->callable},
                              {"state", span.step->state},
                              {"start_seconds", span.start}});
    for (std::size_t part = 0; part < kParts.size(); ++part)
      step.set(std::string(kParts[part].name) + "_seconds", span.parts[part]);
    step.set("worker", span.step->worker == 0 ? Json() : Json(span.step->worker));
    steps.push(step.set("cores", span.step->cores));
  }
  auto const& run = trace.run;
  return Json::object({{"run", run.run},
                       {"name", run.name},
                       {"state", run.state},
                       {"started", to_rfc3339(run.started)},
                       {"seconds", length_of(trace, spans)},
                       {"steps", std::move(steps)}});
}

}  // namespace shoal::cli
