// What flows between steps: an immutable tree of scalars, lists, records and blobs. Copying one is
// cheap (lists and records are shared, which is why they are immutable); any thread may read.
//
// A type (type.h) says what a value means: `image`, `page` or `edits` are records, `file` is a blob.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "value/blob.h"

namespace shoal::value {

class Value {
 public:
  enum class Kind { null, boolean, integer, number, text, list, record, blob };
  using List = std::vector<Value>;
  using Field = std::pair<std::string, Value>;
  using Record = std::vector<Field>;

  Value() = default;  // null: nothing was given, or the step was skipped
  Value(bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(std::size_t value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(char const* value) : data_(std::make_shared<std::string const>(value)) {}
  Value(std::string_view value) : data_(std::make_shared<std::string const>(value)) {}
  Value(std::string value) : data_(std::make_shared<std::string const>(std::move(value))) {}
  Value(List value) : data_(std::make_shared<List const>(std::move(value))) {}
  Value(Record value) : data_(std::make_shared<Record const>(std::move(value))) {}
  Value(BlobPtr value) : data_(std::move(value)) {}

  static Value list(std::initializer_list<Value> items = {}) { return Value(List(items)); }
  static Value record(std::initializer_list<Field> fields = {}) { return Value(Record(fields)); }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  std::string_view kind_name() const;
  bool is_null() const { return kind() == Kind::null; }
  bool is_boolean() const { return kind() == Kind::boolean; }
  bool is_integer() const { return kind() == Kind::integer; }
  bool is_number() const { return kind() == Kind::number || is_integer(); }
  bool is_text() const { return kind() == Kind::text; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_record() const { return kind() == Kind::record; }
  bool is_blob() const { return kind() == Kind::blob; }

  // Readers that never fail: the fallback (or an empty one) where the kind is another.
  bool as_boolean(bool fallback = false) const;
  std::int64_t as_integer(std::int64_t fallback = 0) const;
  double as_number(double fallback = 0) const;
  std::string const& as_text() const;
  List const& as_list() const;
  Record const& as_record() const;
  BlobPtr as_blob() const;  // nullptr where it is none

  // A field's value, or null where there is none (also on what is no record).
  Value const& operator[](std::string_view name) const;
  bool contains(std::string_view name) const;
  // The same record with one field replaced or added (null counts as an empty record).
  Value with(std::string_view name, Value field) const;

  // By content: blobs by hash, integers and numbers differ (1 is not 1.0), field order is ignored.
  friend bool operator==(Value const& a, Value const& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::shared_ptr<std::string const>,
               std::shared_ptr<List const>, std::shared_ptr<Record const>, BlobPtr>
      data_;
};

// The content address: type-tagged (1, 1.0, "1" and true differ), independent of field order.
Sha256 hash_of(Value const& value);

// Roughly the bytes that the value holds in memory, blobs included.
std::size_t size_of(Value const& value);

}  // namespace shoal::value
