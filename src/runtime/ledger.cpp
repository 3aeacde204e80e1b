#include "runtime/ledger.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace shoal::runtime {
namespace {

std::uint64_t count_of(Json const& json) { return static_cast<std::uint64_t>(json.as_integer()); }

// To so many parts of one.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

}  // namespace

std::uint64_t Ledger::tokens_in() const {
  std::uint64_t sum = 0;
  for (auto const& [name, use] : models) sum += use.tokens_in;
  return sum;
}

std::uint64_t Ledger::tokens_out() const {
  std::uint64_t sum = 0;
  for (auto const& [name, use] : models) sum += use.tokens_out;
  return sum;
}

Json to_json(Ledger const& ledger) {
  Json models = Json::object();
  for (auto const& [name, use] : ledger.models) {
    models.set(
        name,
        Json::object({{"calls", use.calls}, {"tokens_in", use.tokens_in}, {"tokens_out", use.tokens_out}}));
  }
  Json rungs = Json::object();
  for (auto const& [name, settled] : ledger.rungs) rungs.set(name, settled);
  return Json::object({{"rungs", std::move(rungs)},
                       {"models", std::move(models)},
                       {"tokens", Json::object({{"in", ledger.tokens_in()}, {"out", ledger.tokens_out()}})},
                       {"calls", ledger.calls},
                       {"cached", ledger.cached},
                       {"core_seconds", rounded(ledger.core_seconds, 1000)},
                       {"seconds", rounded(seconds(ledger.elapsed), 1000)},
                       {"peak_memory_bytes", ledger.peak_memory_bytes},
                       {"energy_joules", Json::object({{"value", rounded(ledger.energy_joules, 10)},
                                                       {"method", ledger.energy_method}})},
                       {"bytes_off_machine", ledger.bytes_off_machine}});
}

Json sum_of(std::vector<Json> const& ledgers) {
  Ledger sum;
  double elapsed = 0;
  for (auto const& each : ledgers) {
    for (auto const& [name, use] : each["models"].as_object()) {
      auto& model = sum.models[name];
      model.calls += count_of(use["calls"]);
      model.tokens_in += count_of(use["tokens_in"]);
      model.tokens_out += count_of(use["tokens_out"]);
    }
    for (auto const& [name, settled] : each["rungs"].as_object()) sum.rungs[name] += count_of(settled);
    sum.calls += count_of(each["calls"]);
    sum.cached += count_of(each["cached"]);
    sum.core_seconds += each["core_seconds"].as_number();
    sum.peak_memory_bytes = std::max(sum.peak_memory_bytes, count_of(each["peak_memory_bytes"]));
    sum.energy_joules += each["energy_joules"]["value"].as_number();
    auto const& method = each["energy_joules"]["method"].as_string();
    if (sum.energy_method.empty()) sum.energy_method = method;
    if (!method.empty() && sum.energy_method != method)
      sum.energy_method = "partly measured, partly estimated";
    sum.bytes_off_machine += count_of(each["bytes_off_machine"]);
    elapsed += each["seconds"].as_number();
  }
  sum.elapsed = from_seconds(elapsed);
  return to_json(sum);
}

std::string summary(Json const& ledger) {
  std::vector<std::string> parts;
  std::vector<std::string> models;
  for (auto const& [name, use] : ledger["models"].as_object()) models.push_back(name);
  parts.push_back(models.empty() ? "no model" : join(models, " + "));
  auto const in = ledger["tokens"]["in"].as_integer();
  auto const out = ledger["tokens"]["out"].as_integer();
  if (in + out > 0) parts.push_back(std::to_string(in) + " + " + std::to_string(out) + " tokens");
  if (auto const cached = ledger["cached"].as_integer(); cached > 0)
    parts.push_back(std::to_string(cached) + " cached");
  parts.push_back(human_seconds(ledger["seconds"].as_number()));
  parts.push_back(human_seconds(ledger["core_seconds"].as_number()) + " of a core");
  parts.push_back(human_bytes(static_cast<std::uint64_t>(ledger["peak_memory_bytes"].as_integer())) +
                  " peak");
  auto const left = ledger["bytes_off_machine"].as_integer();
  parts.push_back(left == 0 ? "nothing left this machine"
                            : human_bytes(static_cast<std::uint64_t>(left)) + " left this machine");
  return join(parts, " · ");
}

}  // namespace shoal::runtime
