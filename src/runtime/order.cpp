#include "runtime/order.h"

#include <array>

#include "runtime/blobs.h"

namespace shoal::runtime {
namespace {

// Inputs over this size lie in the artifact store.
constexpr std::size_t kInlineBytes = 64u << 10;

constexpr std::array<std::string_view, host::kJobClasses> kClasses = {"interactive", "normal", "batch"};

host::JobClass class_of(std::string_view name) {
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    if (kClasses[i] == name) return static_cast<host::JobClass>(i);
  }
  return host::JobClass::normal;
}

}  // namespace

Result<Json> write_order(Runtime const& runtime, std::string const& what, RunRequest const& request) {
  auto order = Json::object({{"what", what}});
  write_part(request.part, order);
  order.set("strict", !request.accept_failed_checks);
  order.set("class", kClasses[static_cast<std::size_t>(request.job_class)]);
  auto inputs = TRY(Blobs(runtime).write(request.inputs));
  auto text = inputs.dump();
  if (text.size() <= kInlineBytes) return order.set("inputs", std::move(inputs));
  auto const blob = value::Blob::own(std::move(text), {.media_type = "application/json"});
  TRY(runtime.keep(*blob));
  return order.set("inputs_in", value::describe_blob(blob));
}

Result<void> read_order(Runtime const& runtime, Json const& order, RunRequest& request) {
  Blobs blobs(runtime, request.stop);
  request.what = order["what"].as_string();
  request.part = TRY(read_part(order));
  request.accept_failed_checks = !order["strict"].as_bool();
  request.job_class = class_of(order["class"].as_string());
  auto inputs = order["inputs"];
  if (order.contains("inputs_in")) {
    value::Blob::Facts facts;
    facts.hash = TRY(Sha256::from_hex(order["inputs_in"]["$artifact"].as_string()));
    inputs = TRY(Json::parse(TRY(runtime.kept(std::move(facts)).within("its inputs"))->bytes()));
  }
  request.inputs = TRY(blobs.read(inputs));
  return {};
}

Result<void> require_resumable(RunRecord const& record) {
  if (record.state == "done" || record.state == "running")
    return Error(Code::refused,
                 record.state == "done" ? "it is done, there is nothing to resume" : "it is running");
  if (!record.order.is_null()) return {};
  return Error(Code::unsupported, "version " + record.program +
                                      " of shoal, which began it, did not keep its inputs; run it anew");
}

void collect_artifacts(Json const& order, store::ArtifactStore const& artifacts, std::set<Sha256>& into) {
  collect_artifacts(order.dump(), into);
  auto const inputs = Sha256::from_hex(order["inputs_in"]["$artifact"].as_string());
  if (!inputs) return;
  if (auto const text = artifacts.get(*inputs)) collect_artifacts(text->bytes(), into);
}

}  // namespace shoal::runtime
