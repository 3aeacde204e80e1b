#include "cli/pull_plan.h"

#include <vector>

#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

std::string size_of(store::PlannedFile const& planned) {
  return planned.file.size > 0 ? human_bytes(planned.file.size) : "size not known before it comes";
}

// "from hf:…, else file:…", or why nothing would come.
std::string way_of(store::PlannedFile const& planned) {
  if (!planned.linked_from.empty()) return "linked from " + planned.linked_from;
  std::vector<std::string> sources;
  for (auto const& source : planned.sources) sources.push_back(source.text);
  auto way = "from " + join(sources, ", else ");
  if (planned.bytes_here > 0) way += "; " + human_bytes(planned.bytes_here) + " of it are here already";
  return way;
}

}  // namespace

std::string describe_plan(store::PullPlan const& plan) {
  if (plan.is_here) return plan.entry.full_name() + " is here already: nothing would be fetched";
  std::string text =
      plan.entry.full_name() + " would be pulled: " + human_bytes(plan.bytes_to_fetch()) + " to fetch";
  if (plan.bytes_here() > 0) text += ", " + human_bytes(plan.bytes_here()) + " here already";
  std::vector<std::vector<std::string>> rows;
  for (auto const& planned : plan.files)
    rows.push_back({"  " + planned.file.file, size_of(planned), way_of(planned)});
  return text + "\n" + table(rows);
}

Json document_of_plan(store::PullPlan const& plan) {
  Json files = Json::array();
  for (auto const& planned : plan.files) {
    Json sources = Json::array();
    for (auto const& source : planned.sources) sources.push(source.text);
    files.push(
        Json::object({{"file", planned.file.file},
                      {"bytes", planned.file.size > 0 ? Json(planned.file.size) : Json()},
                      {"bytes_here", planned.bytes_here},
                      {"sources", std::move(sources)},
                      {"linked_from", planned.linked_from.empty() ? Json() : Json(planned.linked_from)}}));
  }
  return Json::object({{"name", plan.entry.name},
                       {"tag", plan.entry.tag},
                       {"installed", plan.is_here},
                       {"bytes", plan.entry.size()},
                       {"bytes_here", plan.bytes_here()},
                       {"bytes_to_fetch", plan.bytes_to_fetch()},
                       {"files", std::move(files)}});
}

}  // namespace shoal::cli
