// Types of ports and values, compared by structure. Written as in documents:
//   text integer number boolean json file image audio video any
//   list<T>   stream<T>   {name: T, other: T}   tensor<f32,[n,384]>
//   and the named records of records.h (page, sheet, passages, …).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "value/value.h"

namespace shoal::value {

class Type {
 public:
  enum class Kind { any, text, integer, number, boolean, json, file, image, audio, video, tensor, list, stream, record };
  using Field = std::pair<std::string, Type>;

  Type() = default;  // any
  explicit Type(Kind kind) : kind_(kind) {}
  static Type list(Type element);
  static Type stream(Type element);
  static Type record(std::vector<Field> fields, std::string name = {});

  // invalid_argument says what is wrong with `text` and proposes the nearest name.
  static Result<Type> parse(std::string_view text);

  Kind kind() const { return kind_; }
  // As it would be written; a named record gives its name.
  std::string to_string() const;
  Type const& element() const;                // of a list or stream
  std::vector<Field> const& fields() const;   // of a record
  Type const* field(std::string_view name) const;

  friend bool operator==(Type const& a, Type const& b);

 private:
  struct Parts;
  Kind kind_ = Kind::any;
  // Types are shared between ports and recursive; they are immutable, so sharing is safe.
  std::shared_ptr<Parts const> parts_;
};

// Whether a port of type `to` takes every value of type `from`: the same structure, with records
// allowed more fields, integer where number is wanted, anything for `any`, plain data for `json`.
bool assignable(Type const& from, Type const& to);

// Why `value` is not of `type`: invalid_argument with the path ("pages[3].words[0].box: …").
Result<void> conforms(Value const& value, Type const& type);

// "a value of `list<page>` cannot be used as `page`; map over it with `each:`" and the like.
std::string explain_mismatch(Type const& from, Type const& to);

}  // namespace shoal::value
