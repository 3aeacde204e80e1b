#include "runtime/streams.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "runtime/provenance.h"

namespace shoal::runtime {
namespace {

// A frame for each item would be one too many.
constexpr int kGivenAtOnce = host::kPartsAhead / 2;
// Of a list in the cache, before it gets a file.
constexpr std::size_t kTextBytes = 64u << 10;
constexpr std::size_t kBeginning = 60;

bool is_stream(value::Port const& port) { return port.type.kind() == value::Type::Kind::stream; }

}  // namespace

void Pace::give_back_one() {
  if (++owed_ < kGivenAtOnce) return;
  if (int const parts = owed_.exchange(0); parts > 0) host_.give_credit(job_, parts);
}

Streams::Streams(std::string const& name, value::Signature const& signature, value::Value const& inputs,
                 StepCache& cache, Lists lists)
    : name_(name), signature_(signature), inputs_(inputs), cache_(cache) {
  for (auto const& port : signature.outputs) {
    if (is_stream(port) && lists == Lists::in_cache && kept_port_.empty()) kept_port_ = port.name;
  }
  if (!kept_port_.empty()) text_ = "{" + Json(kept_port_).dump() + ":[";
}

bool Streams::has(std::string_view port) const {
  auto const* output = signature_.output(port);
  return output && is_stream(*output);
}

Result<void> Streams::add(std::string const& port, value::Value const& item) {
  auto const number = ++counts_[port];
  auto const fits = value::conforms(item, signature_.output(port)->type.element());
  if (!fits) {
    return Error(Code::engine_failed, "`" + name_ + "` gave a wrong item " + std::to_string(number) +
                                          " of `" + port + "`: " + fits.error().message());
  }
  if (!in_cache(port)) {
    lists_[port].push_back(item);
  } else if (auto const kept = broken_ ? Result<void>() : keep(item); !kept) {
    broken_ = true;
    log_warning("the step cache could not be written: " + kept.error().message());
  }
  return {};
}

Result<void> Streams::keep(value::Value const& item) {
  auto const json = TRY(cache_.encode(item, inputs_));
  if (begins_.size() < kBeginning) begins_ += json.substr(0, kBeginning - begins_.size()) + ",";
  bytes_ += json.size() + 1;
  items_.update(json + ",");
  return write(counts_[kept_port_] > 1 ? "," + json : json);
}

Result<void> Streams::write(std::string_view json) {
  if (artifact_) return artifact_->append(json);
  text_ += json;
  if (text_.size() <= kTextBytes) return {};
  artifact_ = TRY(cache_.artifacts().begin());
  return artifact_->append(std::exchange(text_, {}));
}

value::Value Streams::complete(value::Value outputs) {
  // An engine may give the whole list in the end and no items before.
  if (counts_.empty() && !outputs[kept_port_].is_null()) kept_port_.clear();
  for (auto const& port : signature_.outputs) {
    if (!is_stream(port) || in_cache(port.name)) continue;
    auto const list = lists_.find(port.name);
    if (list != lists_.end()) {
      outputs = outputs.with(port.name, list->second);
    } else if (outputs[port.name].is_null() && port.required) {
      outputs = outputs.with(port.name, value::Value::List());
    }
  }
  return outputs;
}

std::optional<StepCache::Encoded> Streams::encode(value::Value const& outputs) {
  if (kept_port_.empty() || broken_) return std::nullopt;
  auto const kept = [&]() -> Result<StepCache::Encoded> {
    value::Value::Record others;
    for (auto const& field : outputs.as_record()) {
      if (field.first != kept_port_) others.push_back(field);
    }
    auto const rest = TRY(cache_.encode(others, inputs_));  // "{…}"
    TRY(write(others.empty() ? "]}" : "]," + rest.substr(1)));
    if (!artifact_) return StepCache::Encoded{text_, std::nullopt};
    return StepCache::Encoded{{}, TRY(artifact_->keep())};
  }();
  if (kept) return *kept;
  log_warning("the step cache could not be written: " + kept.error().message());
  return std::nullopt;
}

Json Streams::describe(value::Value const& outputs) {
  auto fields = runtime::describe(outputs);
  if (!kept_port_.empty()) {
    fields.set(kept_port_, Json::object({{"$value", items_.finish().hex()},
                                         {"bytes", bytes_},
                                         {"begins", make_valid_utf8("[" + begins_)}}));
  }
  return fields;
}

}  // namespace shoal::runtime
