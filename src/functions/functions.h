// The built-in nodes that need no model: split, join, template, regex, select, passages, cite … A
// function is pure and total: the same inputs give the same outputs, any input gives outputs or an
// Error that names what is wrong, and none reads a file, a clock or the locale. Plain data and plain
// functions, made once and never changed; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "value/signature.h"

namespace shoal::functions {

// What a step gives to one input, as far as it is known before the run.
struct Argument {
  std::string name;
  value::Type type;
  value::Value const* literal = nullptr;  // nullptr: known at the run only
};

struct Function {
  std::string name;
  std::string about;
  value::Signature signature;
  // Takes inputs besides those of the signature, of any type.
  bool open_inputs = false;
  // The outputs where their types depend on what is given ("first: list<T> → T"); nullptr: those of
  // the signature. An error is a problem of the step that uses the function.
  Result<std::vector<value::Port>> (*infer)(std::vector<Argument> const&) = nullptr;
  // `inputs` come from value::bind_inputs(): of their types, defaults filled in. With open_inputs the
  // further ones follow. Gives a record by output port.
  Result<value::Value> (*call)(value::Value const& inputs) = nullptr;
};

// All functions, by name.
std::vector<Function const*> const& all();
// nullptr where there is none.
Function const* find(std::string_view name);

}  // namespace shoal::functions
