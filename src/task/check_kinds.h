// What a check is made of: its parameters as data, so that all are validated in one place, and a pure
// function. A new check is one entry in one of the tables. For this room only; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "task/checks.h"

namespace shoal::task {

// What may stand for a parameter. Paths are those of path.h; a lone one stands for a list of one.
enum class Takes {
  outputs,        // paths of outputs
  output_texts,   // paths of outputs that end in texts
  output_number,  // the path of a number in the outputs
  input_texts,    // paths of inputs that end in texts
  number,         // 0 and more
  count,          // a whole number, 0 and more
  texts,          // a list of texts
  name,           // a text
};

// What it is where the document does not say.
enum class Unsaid {
  refused,              // it must be said
  absent,               // the check does without
  text_outputs,         // all outputs of type text
  matching_text_input,  // the text input with the name of the output that the check is about, else the only
                        // one
  confidence_output,    // the output `confidence`, if there is a number of that name
};

struct Parameter {
  std::string_view name;
  Takes takes;
  Unsaid unsaid = Unsaid::refused;
  std::vector<std::string> known = {};  // of texts: those that are allowed, or empty
};

// The parameters of one check at work. Views hold as long as the specification and the attempt.
class Arguments {
 public:
  Arguments(value::Value const& parameters, Attempt const& attempt)
      : parameters_(parameters), attempt_(attempt) {}

  bool has(std::string_view name) const { return !parameters_[name].is_null(); }
  double number(std::string_view name) const { return parameters_[name].as_number(); }
  std::string const& name(std::string_view name) const { return parameters_[name].as_text(); }
  std::vector<std::string> list(std::string_view name) const;

  // The texts at the paths of a parameter.
  std::vector<std::string_view> output_texts(std::string_view parameter) const;
  std::vector<std::string_view> input_texts(std::string_view parameter) const;

  Attempt const& attempt() const { return attempt_; }

 private:
  value::Value const& parameters_;
  Attempt const& attempt_;
};

struct CheckKind {
  std::string_view name;
  std::string_view about;
  std::string_view short_form;  // the parameter that `- name: VALUE` gives; empty: there is no short form
  std::vector<Parameter> parameters;
  // Why the output does not pass, or nothing.
  std::optional<std::string> (*failure)(Arguments const& arguments);
  // What is wrong with the parameters together, or nothing; may be null.
  std::optional<std::string> (*misuse)(value::Value const& parameters) = nullptr;
};

// Of an output alone, and of an output beside an input.
std::vector<CheckKind> output_checks();
std::vector<CheckKind> comparing_checks();

// "`answer`", "`answer` and `title`".
std::string name_all(std::vector<std::string> const& names);

}  // namespace shoal::task
