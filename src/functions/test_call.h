// Calls a function as the runtime does, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "functions/functions.h"

namespace shoal::functions {

inline Result<value::Value> call(std::string_view name, value::Value const& inputs) {
  auto function = find(name);
  if (!function) return Error(Code::not_found, "no function " + std::string(name));
  auto known = inputs;
  value::Value::Record further;
  if (function->open_inputs) {
    value::Value::Record own;
    for (auto const& field : inputs.as_record()) {
      (function->signature.input(field.first) ? own : further).push_back(field);
    }
    known = own;
  }
  auto bound = TRY(value::bind_inputs(function->signature.inputs, known));
  for (auto const& [key, field] : further) bound = bound.with(key, field);
  auto outputs = TRY(function->call(bound));
  // What it gives is what it says it gives.
  for (auto const& port : function->signature.outputs)
    TRY(value::conforms(outputs[port.name], port.type, port.name));
  return outputs;
}

inline value::Value outputs_of(std::string_view name, value::Value const& inputs) {
  auto outputs = call(name, inputs);
  EXPECT_TRUE(outputs) << name << ": " << (outputs ? "" : outputs.error().message());
  return outputs ? *outputs : value::Value();
}

inline std::string problem_of(std::string_view name, value::Value const& inputs) {
  auto outputs = call(name, inputs);
  return outputs ? "" : outputs.error().message();
}

}  // namespace shoal::functions
