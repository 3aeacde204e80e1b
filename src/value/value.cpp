#include "value/value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace shoal::value {
namespace {

Value const kNull;

// One bit pattern for each content: no negative zero, one NaN.
std::uint64_t canonical_bits(double number) {
  if (std::isnan(number)) return std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
}

using FieldRefs = std::vector<Value::Field const*>;

// Appends the fields in the order of their names.
void append_sorted(Value::Record const& record, FieldRefs& out) {
  auto start = static_cast<std::ptrdiff_t>(out.size());
  for (auto const& field : record) out.push_back(&field);
  std::stable_sort(out.begin() + start, out.end(), [](auto a, auto b) { return a->first < b->first; });
}

using Pairs = std::vector<std::pair<Value const*, Value const*>>;

bool push_pairs(Value::List const& a, Value::List const& b, Pairs& pending) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) pending.emplace_back(&a[i], &b[i]);
  return true;
}

bool push_sorted_pairs(Value::Record const& a, Value::Record const& b, Pairs& pending) {
  FieldRefs left, right;
  append_sorted(a, left);
  append_sorted(b, right);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i]->first != right[i]->first) return false;
    pending.emplace_back(&left[i]->second, &right[i]->second);
  }
  return true;
}

bool push_pairs(Value::Record const& a, Value::Record const& b, Pairs& pending) {
  if (a.size() != b.size()) return false;
  auto before = pending.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first) {
      pending.resize(before);
      return push_sorted_pairs(a, b, pending);
    }
    pending.emplace_back(&a[i].second, &b[i].second);
  }
  return true;
}

// Compares what needs no further look and queues the parts of lists and records.
bool same_so_far(Value const& a, Value const& b, Pairs& pending) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::null: return true;
    case Value::Kind::boolean: return a.as_boolean() == b.as_boolean();
    case Value::Kind::integer: return a.as_integer() == b.as_integer();
    case Value::Kind::number: return canonical_bits(a.as_number()) == canonical_bits(b.as_number());
    case Value::Kind::text: return a.as_text() == b.as_text();
    case Value::Kind::list:
      return &a.as_list() == &b.as_list() || push_pairs(a.as_list(), b.as_list(), pending);
    case Value::Kind::record:
      return &a.as_record() == &b.as_record() || push_pairs(a.as_record(), b.as_record(), pending);
    case Value::Kind::blob: {
      auto left = a.as_blob(), right = b.as_blob();
      return left == right ||
             (left && right && left->size() == right->size() && left->hash() == right->hash());
    }
  }
  return false;
}

// Writes the canonical form of values into a hash: a tag for each kind, lengths before contents, so
// that no two different values give the same bytes. Collects small pieces, for the hash works in blocks.
class CanonicalWriter {
 public:
  Sha256 finish() {
    flush();
    return stream_.finish();
  }

  void tag(char tag) { buffer_.push_back(tag); }
  void number(std::uint64_t number) {
    std::array<char, 8> bytes;
    for (auto& byte : bytes) {
      byte = static_cast<char>(number & 0xff);
      number >>= 8;
    }
    buffer_.append(bytes.data(), bytes.size());
  }
  void bytes(std::string_view bytes) {
    if (buffer_.size() + bytes.size() > kBlock) flush();
    if (bytes.size() > kBlock) {
      stream_.update(bytes);
    } else {
      buffer_.append(bytes);
    }
  }
  void text(std::string_view text) {
    number(text.size());
    bytes(text);
  }

 private:
  static constexpr std::size_t kBlock = 16 * 1024;

  void flush() {
    stream_.update(buffer_);
    buffer_.clear();
  }

  Sha256Stream stream_;
  std::string buffer_;
};

struct Pending {
  std::string const* name;  // of a field, or nullptr
  Value const* value;
};

void queue_parts(Value const& value, std::vector<Pending>& pending, FieldRefs& sorted) {
  if (value.is_list()) {
    auto const& items = value.as_list();
    for (auto item = items.rbegin(); item != items.rend(); ++item) pending.push_back({nullptr, &*item});
    return;
  }
  sorted.clear();
  append_sorted(value.as_record(), sorted);
  for (auto field = sorted.rbegin(); field != sorted.rend(); ++field) {
    pending.push_back({&(*field)->first, &(*field)->second});
  }
}

void write_head(Value const& value, CanonicalWriter& out) {
  switch (value.kind()) {
    case Value::Kind::null: return out.tag('0');
    case Value::Kind::boolean: return out.tag(value.as_boolean() ? 'T' : 'F');
    case Value::Kind::integer:
      return out.tag('i'), out.number(static_cast<std::uint64_t>(value.as_integer()));
    case Value::Kind::number: return out.tag('n'), out.number(canonical_bits(value.as_number()));
    case Value::Kind::text: return out.tag('s'), out.text(value.as_text());
    case Value::Kind::list: return out.tag('l'), out.number(value.as_list().size());
    case Value::Kind::record: return out.tag('r'), out.number(value.as_record().size());
    case Value::Kind::blob: {
      auto blob = value.as_blob();
      if (!blob) return out.tag('-');
      auto const& hash = blob->hash().bytes;
      out.tag('b');
      return out.bytes({reinterpret_cast<char const*>(hash.data()), hash.size()});
    }
  }
}

}  // namespace

std::string_view Value::kind_name() const {
  switch (kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::number: return "number";
    case Kind::text: return "text";
    case Kind::list: return "list";
    case Kind::record: return "record";
    case Kind::blob: return "file";
  }
  return "unknown";
}

bool Value::as_boolean(bool fallback) const {
  auto value = std::get_if<bool>(&data_);
  return value ? *value : fallback;
}

std::int64_t Value::as_integer(std::int64_t fallback) const {
  auto value = std::get_if<std::int64_t>(&data_);
  return value ? *value : fallback;
}

double Value::as_number(double fallback) const {
  if (auto value = std::get_if<double>(&data_)) return *value;
  auto integer = std::get_if<std::int64_t>(&data_);
  return integer ? static_cast<double>(*integer) : fallback;
}

std::string const& Value::as_text() const {
  static std::string const empty;
  auto value = std::get_if<std::shared_ptr<std::string const>>(&data_);
  return value ? **value : empty;
}

Value::List const& Value::as_list() const {
  static List const empty;
  auto value = std::get_if<std::shared_ptr<List const>>(&data_);
  return value ? **value : empty;
}

Value::Record const& Value::as_record() const {
  static Record const empty;
  auto value = std::get_if<std::shared_ptr<Record const>>(&data_);
  return value ? **value : empty;
}

BlobPtr Value::as_blob() const {
  auto value = std::get_if<BlobPtr>(&data_);
  return value ? *value : nullptr;
}

Value const& Value::operator[](std::string_view name) const {
  for (auto const& [key, value] : as_record()) {
    if (key == name) return value;
  }
  return kNull;
}

bool Value::contains(std::string_view name) const {
  auto const& fields = as_record();
  return std::any_of(fields.begin(), fields.end(), [&](auto const& field) { return field.first == name; });
}

Value Value::with(std::string_view name, Value field) const {
  Record fields = as_record();
  for (auto& [key, value] : fields) {
    if (key == name) {
      value = std::move(field);
      return fields;
    }
  }
  fields.emplace_back(name, std::move(field));
  return fields;
}

bool operator==(Value const& a, Value const& b) {
  Pairs pending{{&a, &b}};
  while (!pending.empty()) {
    auto [left, right] = pending.back();
    pending.pop_back();
    if (!same_so_far(*left, *right, pending)) return false;
  }
  return true;
}

Sha256 hash_of(Value const& value) {
  CanonicalWriter out;
  std::vector<Pending> pending{{nullptr, &value}};
  FieldRefs sorted;
  while (!pending.empty()) {
    auto [name, part] = pending.back();
    pending.pop_back();
    if (name) out.text(*name);
    write_head(*part, out);
    if (part->is_list() || part->is_record()) queue_parts(*part, pending, sorted);
  }
  return out.finish();
}

std::size_t size_of(Value const& value) {
  std::size_t bytes = 0;
  std::vector<Value const*> pending{&value};
  while (!pending.empty()) {
    auto const& part = *pending.back();
    pending.pop_back();
    bytes += sizeof(Value) + part.as_text().size();
    for (auto const& item : part.as_list()) pending.push_back(&item);
    for (auto const& [name, field] : part.as_record()) {
      bytes += sizeof(std::string) + name.size();
      pending.push_back(&field);
    }
    if (part.is_blob() && part.as_blob()) bytes += part.as_blob()->size();
  }
  return bytes;
}

}  // namespace shoal::value
