// Tests of an output: pure functions of (inputs, outputs, evidence), each of which passes or says in words
// that a person can read why it does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "value/signature.h"
#include "value/value.h"

namespace shoal::task {

// `- not_empty` or `- keeps: [numbers, urls]` or `- edit_ratio: {max: 0.3}`.
struct CheckSpec {
  std::string name;
  value::Value arguments;  // null, a list or a record, as written
  Position position;
};

struct Verdict {
  std::string check;
  bool passed = true;
  std::string reason;  // when it did not
};

// What a rung gave, as the checks see it.
struct Attempt {
  value::Value const& inputs;   // the task's, a record
  value::Value const& outputs;  // a record
  Json const& evidence;         // numbers the engine had already
};

// A check's name, its arguments and ports exist and fit: problems with positions otherwise.
void validate(CheckSpec const& spec, value::Signature const& signature, std::vector<Problem>& problems);
// A valid check with all its parameters named, as run_checks() wants them: check() of a task does that.
CheckSpec completed(CheckSpec spec, value::Signature const& signature);
// In order. A text that is null counts as empty, a number that is null or missing is below every limit. A
// check passes where the boolean output that its `unless` names is true.
std::vector<Verdict> run_checks(std::vector<CheckSpec> const& specs, Attempt const& attempt);
// Names with a line about each, for help and proposals.
struct CheckDescription {
  std::string name, about;
};
std::vector<CheckDescription> all_checks();

}  // namespace shoal::task
