// References and expressions of pipeline documents: `$words.page.text`, `$read.confidence < 0.9 and
// size($pages) > 0`. They are total: no I/O, no loops, no recursion; the grammar stands in
// docs/pipelines.md. Plain data, immutable once checked, evaluated by any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "value/value.h"

namespace shoal::graph {

// Where a text of a document stands, to give the position of a part of it. In block scalars and
// behind escapes the parts are not followed: they have the position of the whole.
struct Place {
  Position position;
  std::size_t exact = 0;  // so many bytes of the text stand in the document as they are
  Position at(std::string_view text, std::size_t offset) const;
};

// `.field` or, with an index ≥ 0, `[index]`.
struct Segment {
  std::string field;
  std::int64_t index = -1;
};

inline constexpr std::uint32_t kUnresolved = 0xffffffff;  // before check()
inline constexpr std::uint32_t kItem = 0xfffffffe;        // the item of the step's `each`
inline constexpr std::uint32_t kTurn = 0xfffffffc;        // what the last turn of the step's `repeat` gave
inline constexpr std::uint32_t kFault = 0xfffffffb;       // why the step failed, for its `on_error`
inline constexpr std::size_t kMaxNameBytes = 128;
inline constexpr std::size_t kMaxDepth = 64;  // of parentheses and `not`, and of a reference's path

// `$name.field[0]`. check() finds the slot that `name` means and puts the port of a step with one
// output port in front of the path where it was left out.
struct Reference {
  std::string name;
  std::vector<Segment> path;
  Position position;
  std::uint32_t slot = kUnresolved;
};

std::string to_string(Reference const& reference);

// Whether it reads a slot of the plan, and not something that only its own step knows.
inline bool reads_slot(Reference const& reference) { return reference.slot < kFault; }

// What references read: the pipeline's inputs and then the outputs of its steps (a record by port),
// by slot; null where a step was skipped.
struct Environment {
  std::span<value::Value const> slots;
  value::Value const* item = nullptr;   // of the step's `each`
  value::Value const* turn = nullptr;   // the outputs of the last turn of the step's `repeat`
  value::Value const* fault = nullptr;  // {code, message}: why the step failed
};

// The value that is meant. Null has null fields and items, a field that is not there is null; an
// index behind the end, and a path into what has no fields or items, is invalid_argument.
Result<value::Value> evaluate(Reference const& reference, Environment const& environment);

// A letter or `_`, then letters, digits, `_` and `-`; at most kMaxNameBytes.
bool is_name(std::string_view text);
// Reads `name.field[0]` from `offset` on, which moves behind it. Nothing where there is no name, or one
// or a path that is longer than any may be.
std::optional<Reference> scan_reference(std::string_view text, std::size_t& offset);
// The `$reference` that `text` is from end to end, or nothing.
std::optional<Reference> parse_reference(std::string_view text, Place const& place);

// An expression as code for a stack machine, so that neither checking nor evaluating recurses.
struct Expression {
  enum class Op : std::uint8_t {
    literal,    // push literals[argument]
    reference,  // push the value of references[argument]
    size,       // the top's size
    invert,     // `not`
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,  // of the two on top
    in,
    jump_if_false,  // `and`: the top is false: leave false and go to argument; otherwise drop it
    jump_if_true,   // `or`
    boolean,        // the right side of `and`, `or`: the top must be a boolean
  };
  struct Instruction {
    Op op;
    std::uint32_t argument = 0;
    Position position;
  };

  std::vector<Instruction> code;
  std::vector<value::Value> literals;
  std::vector<Reference> references;
  Position position;
};

// Adds what is wrong to `problems` and returns nothing then.
std::optional<Expression> parse_expression(std::string_view text, Place const& place,
                                           std::vector<Problem>& problems);

// `==` and `!=` compare anything, numbers by what they amount to (1 == 1.0); unlike kinds are not
// equal. `<` and its like compare two numbers or two texts (by code point); with null they are false,
// with anything else invalid_argument. `and`, `or`, `not` take booleans, null counts as false.
// `in` finds an item in a list or a text in a text. size() counts items, fields, characters or bytes.
Result<value::Value> evaluate(Expression const& expression, Environment const& environment);

// Whether a `when` lets its step run: the expression is true; null is false.
Result<bool> holds(Expression const& expression, Environment const& environment);

}  // namespace shoal::graph
