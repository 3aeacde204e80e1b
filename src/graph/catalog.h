// What steps can use, as the graph sees it. The runtime implements Callables over engines, functions,
// tasks, pipelines and the model store; nothing here runs anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "value/signature.h"

namespace shoal::graph {

using value::Effects;

// What a step gives to one input, as far as it is known before the run.
struct Argument {
  std::string name;
  value::Type type;
  value::Value const* literal = nullptr;  // nullptr: known at the run only
};

struct Callable {
  enum class Kind { operation, function, task, pipeline };
  // The output ports of a function whose types depend on what it is given ("first: list<T> → T"). Its
  // error becomes the problem of the step.
  using Infer = std::function<Result<std::vector<value::Port>>(std::vector<Argument> const&)>;

  Kind kind = Kind::operation;
  std::string name;  // canonical
  value::Signature signature;
  Infer infer;               // empty: signature.outputs hold as they are
  bool open_inputs = false;  // takes inputs besides those of the signature, of any type
  Effects effects = Effects::none;
  std::uint64_t model_memory = 0;  // that its model takes, estimated, in bytes; 0: not known, or it has none
  // The model it needs is not in the store: what to do, e.g. "`shoal pull smollm2-135m`, 98 MB".
  std::optional<std::string> missing_model;
};

class Callables {
 public:
  virtual ~Callables() = default;
  virtual std::optional<Callable> find(std::string_view name) const = 0;
  // All that find() knows, for proposals.
  virtual std::vector<std::string> names() const = 0;
  // Bytes that may be taken at once by all that runs. Nothing: not known.
  virtual std::optional<std::uint64_t> memory() const { return std::nullopt; }
};

// `root` and all pipelines it uses, also by way of others, each after those it uses: the order to
// check them in. `uses_of` gives the names that a pipeline uses, nothing for what is no pipeline.
// invalid_argument names the way around a circle ("a uses b uses a").
using UsesOf = std::function<std::optional<std::vector<std::string>>(std::string const& pipeline)>;
Result<std::vector<std::string>> order_of_use(std::string const& root, UsesOf const& uses_of);

}  // namespace shoal::graph
