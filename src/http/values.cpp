#include "http/values.h"

#include "http/replies.h"

namespace shoal::http {

Json to_json(runtime::RunResult const& result, runtime::Blobs& blobs) {
  auto document = Json::object({{"run", result.run}});
  auto const outputs = result.outputs ? blobs.write(*result.outputs) : Result<Json>(result.outputs.error());
  if (outputs) {
    document.set("outputs", *outputs);
  } else {
    document.set("error", to_json(outputs.error()));
  }
  document.set("checks_failed", result.checks_failed);
  document.set("route", result.route.is_null() ? Json::array() : result.route);
  document.set("ledger", result.ledger);
  return document;
}

runtime::RunResult result_of(Json const& document, runtime::Blobs& blobs) {
  runtime::RunResult result;
  result.run = document["run"].as_string();
  if (document["error"].is_object()) {
    result.outputs = error_of(document["error"]);
  } else {
    result.outputs = blobs.read(document["outputs"]);
  }
  result.checks_failed = document["checks_failed"].as_bool();
  result.route = document["route"];
  result.ledger = document["ledger"];
  return result;
}

}  // namespace shoal::http
