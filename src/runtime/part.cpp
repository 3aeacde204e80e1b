#include "runtime/part.h"

#include "base/text.h"
#include "graph/part.h"

namespace shoal::runtime {
namespace {

constexpr std::size_t kMostNamed = 5;

}  // namespace

void write_part(std::optional<Part> const& part, Json& order) {
  if (part) order.set(part->alone ? "only" : "until", part->step);
}

Result<std::optional<Part>> read_part(Json const& order) {
  std::optional<Part> part;
  for (auto const* key : {"until", "only"}) {
    if (!order.contains(key)) continue;
    if (part) return Error(Code::invalid_argument, "a run has `until` or `only`, not both");
    if (!order[key].is_string())
      return Error(Code::invalid_argument, "`" + std::string(key) + "` is the name of a step");
    part = Part{order[key].as_string(), std::string_view(key) == "only"};
  }
  return part;
}

Result<Target> part_of(Target const& target, Part const& part) {
  auto const* pipeline = std::get_if<std::shared_ptr<LinkedPipeline const>>(&target.what);
  if (!pipeline) {
    return Error(Code::invalid_argument,
                 "`" + target.name + "` is no pipeline and has no step `" + printable(part.step) + "`");
  }
  auto linked = std::make_shared<LinkedPipeline>();
  linked->plan = TRY(graph::part_until((*pipeline)->plan, part.step));
  linked->callables = (*pipeline)->callables;
  return Target{target.name, std::shared_ptr<LinkedPipeline const>(std::move(linked))};
}

Result<void> require_cached(std::vector<StepRecord> const& explored, std::string const& step) {
  std::vector<std::string> missing;
  for (auto const& record : explored) {
    if (record.state != "cached" && step_of(record.step) != step) missing.push_back("`" + record.step + "`");
  }
  if (missing.empty()) return {};
  auto const more = missing.size() > kMostNamed ? missing.size() - kMostNamed : 0;
  missing.resize(missing.size() - more);
  auto const names = join(missing, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
  return Error(Code::not_found, "step `" + step + "` needs what is not in the cache: " + names +
                                    "; `--until " + step + "` runs that first");
}

}  // namespace shoal::runtime
