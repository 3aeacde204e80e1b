// Types of ports and values, compared by structure. Written as in documents:
//   text integer number boolean json file image audio video any
//   list<T>   stream<T>   {name: T, other: T}   tensor<f32,[n,384]>
//   and the named records of records.h (page, sheet, passages, …).
// How values carry them: `file` and `video` are blobs; `image` is a record of width, height, stride,
// format (gray8 | rgb8), dpi and `pixels` (a blob); `audio` one of rate, channels and `samples` (a blob
// of interleaved f32); `tensor` one of dtype, shape and `data` (a blob); a finished stream is a list.
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
  enum class Kind {
    any,
    text,
    integer,
    number,
    boolean,
    json,
    file,
    image,
    audio,
    video,
    tensor,
    list,
    stream,
    record
  };
  using Field = std::pair<std::string, Type>;

  Type() = default;  // any
  explicit Type(Kind kind) : kind_(kind) {}
  static Type list(Type element);
  static Type stream(Type element);
  static Type record(std::vector<Field> fields, std::string name = {});

  static Type tensor(std::string dtype, std::vector<std::string> dimensions);  // "384", or a name: any size

  // invalid_argument says what is wrong with `text` and proposes the nearest name. Refused are texts
  // over 16 KiB and types nested deeper than 32.
  static Result<Type> parse(std::string_view text);

  Kind kind() const { return kind_; }
  // As it would be written; a named record gives its name.
  std::string to_string() const;
  Type const& element() const;               // of a list or stream
  std::vector<Field> const& fields() const;  // of a record
  Type const* field(std::string_view name) const;

  std::string const& dtype() const;                    // of a tensor
  std::vector<std::string> const& dimensions() const;  // of a tensor

  // By structure: a record's name does not count.
  friend bool operator==(Type const& a, Type const& b);

 private:
  struct Parts;
  Kind kind_ = Kind::any;
  // Types are shared between ports and recursive; they are immutable, so sharing is safe.
  std::shared_ptr<Parts const> parts_;
};

// Whether a port of type `to` takes every value of type `from`: the same structure, with records
// allowed more fields, integer where number is wanted, anything for `any`, plain data for `json`, a
// stream and a list of the same for each other. What comes from `any` is known only when it arrives:
// it may go anywhere, and conforms() decides then.
bool assignable(Type const& from, Type const& to);

// Why `value` (called `name` in messages) is not of `type`: invalid_argument with the path
// ("pages[3].words[0].box: …"). Null is of no type but `any` and `json`; yet a list may have null for
// an item that was skipped or failed. `json` is plain data without blobs, at most 128 levels deep.
Result<void> conforms(Value const& value, Type const& type, std::string_view name = {});

// "a value of `list<page>` cannot be used as `page`; map over it with `each:`" and the like.
std::string explain_mismatch(Type const& from, Type const& to);

}  // namespace shoal::value
