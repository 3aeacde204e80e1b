// What the executor runs: the steps in an order that works, names replaced by slots. Made from a
// checked document only. Immutable; any number of runs and threads may share one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "graph/binding.h"
#include "graph/catalog.h"
#include "graph/check.h"
#include "graph/expression.h"
#include "value/signature.h"
#include "value/value.h"

namespace shoal::graph {

// What is called in the place of a step that failed.
struct PlannedStandIn {
  std::uint32_t callable = 0;  // in Plan::callables
  Binding inputs;
  std::vector<std::string> ports;  // of it, in the places of the step's
};

// How to run a step:
//   Without `each`: holds(when) → call with evaluate(inputs), store the record of outputs in the slot;
//   otherwise store evaluate(otherwise), or null where there is none.
//   With `each`: the same for every item of evaluate(each), with Environment::item set; an item that
//   `when` refuses is left out where there is no `otherwise`. gather() makes the slot's value.
//   With `repeat`: call again with evaluate(carry) in place of the inputs of these names while
//   holds(condition), both with Environment::turn set, at most at_most times in all; the outputs of the last
//   turn are the step's.
//   After an error, and `retry` more tries: on_error fail ends the run; skip stores null, or leaves
//   the item out and keeps its error.
//   With a stand-in: call that in the step's place, with Environment::fault set, for an item as for the
//   whole.
//   With `follows`: the items may be called as the stream gives them, each once all other dependencies are
//   done; the step that it follows need not be done.
struct PlannedStep {
  std::string id;
  Position position;
  std::uint32_t callable = 0;  // in Plan::callables
  Binding inputs;              // a record by port; defaults are not filled in
  std::optional<Binding> each;
  std::optional<Expression> when;
  std::optional<Binding> otherwise;  // `else:`, as a record by port
  std::optional<ParsedLoop> repeat;
  OnError on_error = OnError::fail;
  std::optional<PlannedStandIn> stand_in;
  int retry = 0;
  std::optional<Duration> timeout;
  bool cache = true;
  std::uint64_t memory = 0;                 // bytes that it takes while it runs, besides its model
  std::vector<value::Port> ports;           // of the outputs, as others see them
  std::vector<std::uint32_t> dependencies;  // steps that must be done before, each once, ascending
  std::vector<std::uint32_t> dependents;    // steps that wait for this one, each once, ascending
  std::vector<std::uint32_t> reads;         // slots, each once, ascending
  // Of a step whose `each` is the stream of an operation, of which it reads nothing else.
  struct Stream {
    std::uint32_t step;
    std::string port;
  };
  std::optional<Stream> follows;
  std::vector<std::uint32_t> followers;  // steps that follow a stream of this one, ascending
};

struct PlannedOutput {
  std::string name;
  Binding binding;
};

struct Plan {
  std::string name;
  std::string file;
  value::Signature signature;
  std::vector<Callable> callables;
  std::vector<PlannedStep> steps;  // each behind all that it depends on
  std::vector<PlannedOutput> outputs;
  // How many steps read each slot, and one more where an output reads it: count down as steps end, a
  // value whose count is 0 can be dropped.
  std::vector<std::uint32_t> readers;

  std::size_t slot_count() const { return signature.inputs.size() + steps.size(); }
  std::uint32_t input_slot(std::size_t input) const { return static_cast<std::uint32_t>(input); }
  std::uint32_t step_slot(std::size_t step) const {
    return static_cast<std::uint32_t>(signature.inputs.size() + step);
  }
};

Plan plan(Checked checked);

// Sets who waits for whom, and who reads what, by what the steps and outputs read.
void connect(Plan& plan);

// The pipeline's outputs as a record, once all steps are done.
Result<value::Value> evaluate_outputs(Plan const& plan, Environment const& environment);

// What a stand-in gave, under the names of the step's outputs.
value::Value stand_in_outputs(PlannedStep const& step, value::Value const& given);

// An item of a step with `each` that failed.
struct ItemError {
  std::size_t item = 0;
  Error error;
};

// The slot's value of a step with `each`: a record with a list for every port, in the order of the
// items. Items without a record (left out) are null in `items` and have no place in the lists. Under
// `on_error: skip` the `errors` are a list of their own (typing.h).
value::Value gather(PlannedStep const& step, std::vector<value::Value> const& items,
                    std::vector<ItemError> const& errors = {});

}  // namespace shoal::graph
