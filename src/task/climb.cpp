#include "task/climb.h"

#include <utility>

#include "base/check.h"

namespace shoal::task {

std::optional<std::size_t> Climb::next() const {
  if (settled_ || tried_.size() == task_.ladder.size()) return std::nullopt;
  return tried_.size();
}

void Climb::answered(value::Value outputs, std::vector<Verdict> verdicts, Duration took) {
  auto const rung = next();
  CHECK(rung.has_value());
  std::erase_if(verdicts, [](Verdict const& verdict) { return verdict.passed; });
  settled_ = verdicts.empty();
  // Among equals the highest rung stands.
  if (settled_ || !best_ || verdicts.size() <= best_failures_) {
    best_ = Outcome{std::move(outputs), settled_, *rung};
    best_failures_ = verdicts.size();
  }
  tried_.push_back({task_.ladder[*rung].use, std::move(verdicts), std::nullopt, took});
}

void Climb::failed(Error error, Duration took) {
  auto const rung = next();
  CHECK(rung.has_value());
  tried_.push_back({task_.ladder[*rung].use, {}, std::move(error), took});
}

Result<Climb::Outcome> Climb::outcome() const {
  CHECK(!next().has_value());
  if (best_) return *best_;
  if (!tried_.empty()) return *tried_.back().error;
  return Error(Code::invalid_argument, "task `" + task_.name + "` has no rung; give its ladder one");
}

Json Climb::route() const {
  auto tried = Json::array();
  for (auto const& attempt : tried_) {
    auto failed = Json::array();
    for (auto const& verdict : attempt.failed) {
      failed.push(Json::object({{"check", verdict.check}, {"reason", verdict.reason}}));
    }
    auto entry = Json::object({{"rung", attempt.use}, {"failed", std::move(failed)}});
    if (attempt.error) {
      entry.set("error", Json::object({{"code", code_name(attempt.error->code())},
                                       {"message", attempt.error->message()}}));
    }
    entry.set("seconds", seconds(attempt.took));
    tried.push(std::move(entry));
  }
  return Json::object({{"task", task_.name},
                       {"rung", best_ ? Json(task_.ladder[best_->rung].use) : Json()},
                       {"passed", best_ && best_->passed},
                       {"tried", std::move(tried)}});
}

}  // namespace shoal::task
