// The check of a value that arrives: called for every value of every step, so the path to a fault is
// put together only once there is one.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "value/type.h"

namespace shoal::value {
namespace {

using Kind = Type::Kind;

constexpr int kMaxDepth = 128;

std::size_t bytes_per_item(std::string_view dtype) {
  if (dtype == "f64" || dtype == "i64") return 8;
  if (dtype == "f32" || dtype == "i32") return 4;
  if (dtype == "f16" || dtype == "i16") return 2;
  return 1;
}

// The recursion is as deep as the type, which Type::parse() limits; plain data of any depth is walked
// with a stack of its own.
class Conformance {
 public:
  bool check(Value const& value, Type const& type) {
    switch (type.kind()) {
      case Kind::any: return true;
      case Kind::text: return value.is_text() || wrong(value, "text");
      case Kind::integer: return value.is_integer() || wrong(value, "integer");
      case Kind::number: return value.is_number() || wrong(value, "number");
      case Kind::boolean: return value.is_boolean() || wrong(value, "boolean");
      case Kind::file:
      case Kind::video: return (value.is_blob() && value.as_blob()) || wrong(value, "file");
      case Kind::json: return check_plain(value);
      case Kind::list:
      case Kind::stream: return check_list(value, type);
      case Kind::record: return check_record(value, type);
      case Kind::image: return check_image(value);
      case Kind::audio: return check_audio(value);
      case Kind::tensor: return check_tensor(value, type);
    }
    return wrong(value, type.to_string());
  }

  Error error(std::string_view name) const {
    std::string path(name);
    for (auto step = path_.rbegin(); step != path_.rend(); ++step) path += *step;
    if (path.starts_with('.')) path.erase(0, 1);
    return Error(Code::invalid_argument, path.empty() ? problem_ : path + ": " + problem_);
  }

 private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool wrong(Value const& value, std::string const& wanted) {
    return fail("expected " + wanted + ", got " + std::string(value.kind_name()));
  }

  bool at_field(std::string const& name) {
    path_.push_back("." + name);
    return false;
  }

  bool check_list(Value const& value, Type const& type) {
    if (!value.is_list()) return wrong(value, type.to_string());
    auto const& element = type.element();
    auto const& items = value.as_list();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].is_null() || check(items[i], element)) continue;
      path_.push_back("[" + std::to_string(i) + "]");
      return false;
    }
    return true;
  }

  bool check_record(Value const& value, Type const& type) {
    if (!value.is_record()) return wrong(value, type.to_string());
    auto const& given = value.as_record();
    auto const& wanted = type.fields();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      auto const& [name, field_type] = wanted[i];
      // Whoever makes records writes the fields in the order of the type, mostly.
      auto field = i < given.size() && given[i].first == name ? &given[i].second : find(given, name);
      if (!field) return missing(given, name);
      if (!check(*field, field_type)) return at_field(name);
    }
    return true;
  }

  static Value const* find(Value::Record const& record, std::string const& name) {
    for (auto const& [key, value] : record) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  bool missing(Value::Record const& given, std::string const& name) {
    std::vector<std::string> names;
    for (auto const& field : given) names.push_back(field.first);
    auto nearest = nearest_name(name, names);
    return fail("there is no field `" + name + "`" + (nearest ? " (there is `" + *nearest + "`)" : ""));
  }

  bool check_plain(Value const& value) {
    struct Part {
      Value const* value;
      int depth;
    };
    std::vector<Part> pending{{&value, 0}};
    while (!pending.empty()) {
      auto [part, depth] = pending.back();
      pending.pop_back();
      if (part->is_blob()) return fail("expected plain data, but there is a file in it");
      if (depth > kMaxDepth) return fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
      for (auto const& item : part->as_list()) pending.push_back({&item, depth + 1});
      for (auto const& field : part->as_record()) pending.push_back({&field.second, depth + 1});
    }
    return true;
  }

  // A whole number over 0 in field `name`, into `out`.
  bool count_field(Value const& value, std::string const& name, std::uint64_t& out) {
    auto const& field = value[name];
    if (!field.is_integer() || field.as_integer() <= 0) {
      fail("expected a whole number over 0");
      return at_field(name);
    }
    out = static_cast<std::uint64_t>(field.as_integer());
    return true;
  }

  bool blob_field(Value const& value, std::string const& name, BlobPtr& out) {
    out = value[name].as_blob();
    if (out) return true;
    wrong(value[name], "file");
    return at_field(name);
  }

  bool too_small(BlobPtr const& blob, std::string const& field, std::uint64_t needed) {
    fail("needs " + std::to_string(needed) + " bytes, has " + std::to_string(blob->size()));
    return at_field(field);
  }

  bool check_image(Value const& value) {
    if (!value.is_record()) return wrong(value, "image");
    std::uint64_t width = 0, height = 0, stride = 0;
    BlobPtr pixels;
    auto const& format = value["format"].as_text();
    if (format != "gray8" && format != "rgb8") return fail("expected gray8 or rgb8"), at_field("format");
    if (!count_field(value, "width", width) || !count_field(value, "height", height)) return false;
    if (!count_field(value, "stride", stride) || !blob_field(value, "pixels", pixels)) return false;
    if (!value["dpi"].is_number()) return wrong(value["dpi"], "number"), at_field("dpi");
    auto row = format == "rgb8" ? 3 : 1;
    if (stride / row < width)
      return fail("a row of " + std::to_string(width) + " pixels needs more"), at_field("stride");
    // Dividing, because the product may not fit.
    return pixels->size() / stride >= height || too_small(pixels, "pixels", stride * height);
  }

  bool check_audio(Value const& value) {
    if (!value.is_record()) return wrong(value, "audio");
    std::uint64_t rate = 0, channels = 0;
    BlobPtr samples;
    if (!count_field(value, "rate", rate) || !count_field(value, "channels", channels)) return false;
    if (!blob_field(value, "samples", samples)) return false;
    if (channels > 256) return fail("expected at most 256"), at_field("channels");
    if (samples->size() % (channels * sizeof(float)) == 0) return true;
    return fail("expected whole frames of f32"), at_field("samples");
  }

  bool check_tensor(Value const& value, Type const& type) {
    if (!value.is_record()) return wrong(value, type.to_string());
    if (value["dtype"].as_text() != type.dtype()) return fail("expected " + type.dtype()), at_field("dtype");
    auto const& shape = value["shape"].as_list();
    auto const& wanted = type.dimensions();
    if (shape.size() != wanted.size()) {
      return fail("expected " + std::to_string(wanted.size()) + " sizes, got " +
                  std::to_string(shape.size())),
             at_field("shape");
    }
    std::uint64_t bytes = bytes_per_item(type.dtype());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (!check_size(shape, wanted, i, bytes)) return at_field("shape");
    }
    BlobPtr data;
    if (!blob_field(value, "data", data)) return false;
    return data->size() == bytes || too_small(data, "data", bytes);
  }

  // Size `i` of a tensor: a given number, or a name that stands for one number throughout.
  bool check_size(Value::List const& shape, std::vector<std::string> const& wanted, std::size_t i,
                  std::uint64_t& bytes) {
    auto size = shape[i].as_integer(-1);
    if (size < 0) return fail("expected sizes of 0 or more");
    auto const& name = wanted[i];
    bool numeric = name[0] >= '0' && name[0] <= '9';
    if (numeric && std::to_string(size) != name)
      return fail("expected " + name + ", got " + std::to_string(size));
    auto first = static_cast<std::size_t>(std::find(wanted.begin(), wanted.end(), name) - wanted.begin());
    if (shape[first].as_integer() != size) return fail("the sizes for `" + name + "` differ");
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
      return fail("the tensor is too large");
    return true;
  }

  std::vector<std::string> path_;  // from the fault outward
  std::string problem_;
};

}  // namespace

Result<void> conforms(Value const& value, Type const& type, std::string_view name) {
  Conformance conformance;
  if (conformance.check(value, type)) return {};
  return conformance.error(name);
}

}  // namespace shoal::value
