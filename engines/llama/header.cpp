#include "engines/llama/header.h"

#include <ggml-cpu.h>
#include <gguf.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include "base/text.h"
#include "engines/llama/file.h"
#include "engines/llama/library.h"

namespace shoal::llama_engine {
namespace {

// The library ends the process when a value is read as a type that it is not, so the type is asked first.
class Reader {
 public:
  explicit Reader(gguf_context* gguf) : gguf_(gguf) {}

  std::optional<std::string> text(std::string const& key) const {
    auto const id = gguf_find_key(gguf_, key.c_str());
    if (id < 0 || gguf_get_kv_type(gguf_, id) != GGUF_TYPE_STRING) return std::nullopt;
    return gguf_get_val_str(gguf_, id);
  }

  std::optional<std::int64_t> integer(std::string const& key) const {
    auto const id = gguf_find_key(gguf_, key.c_str());
    if (id < 0) return std::nullopt;
    switch (gguf_get_kv_type(gguf_, id)) {
      case GGUF_TYPE_UINT8: return gguf_get_val_u8(gguf_, id);
      case GGUF_TYPE_INT8: return gguf_get_val_i8(gguf_, id);
      case GGUF_TYPE_UINT16: return gguf_get_val_u16(gguf_, id);
      case GGUF_TYPE_INT16: return gguf_get_val_i16(gguf_, id);
      case GGUF_TYPE_UINT32: return gguf_get_val_u32(gguf_, id);
      case GGUF_TYPE_INT32: return gguf_get_val_i32(gguf_, id);
      case GGUF_TYPE_INT64: return gguf_get_val_i64(gguf_, id);
      case GGUF_TYPE_UINT64: {
        auto const value = gguf_get_val_u64(gguf_, id);
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
        return static_cast<std::int64_t>(value);
      }
      default: return std::nullopt;
    }
  }

  std::optional<bool> boolean(std::string const& key) const {
    auto const id = gguf_find_key(gguf_, key.c_str());
    if (id < 0 || gguf_get_kv_type(gguf_, id) != GGUF_TYPE_BOOL) return std::nullopt;
    return gguf_get_val_bool(gguf_, id);
  }

  std::int64_t array_size(std::string const& key) const {
    auto const id = gguf_find_key(gguf_, key.c_str());
    if (id < 0 || gguf_get_kv_type(gguf_, id) != GGUF_TYPE_ARRAY) return 0;
    return static_cast<std::int64_t>(gguf_get_arr_n(gguf_, id));
  }

 private:
  gguf_context* gguf_;
};

struct FreeGguf {
  void operator()(gguf_context* gguf) const { gguf_free(gguf); }
};
using Gguf = std::unique_ptr<gguf_context, FreeGguf>;

// A download cut short has a good header.
Result<void> check_length(gguf_context* gguf, std::FILE* stream) {
  std::uint64_t needed = 0;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i) {
    needed = std::max<std::uint64_t>(needed, gguf_get_tensor_offset(gguf, i) + gguf_get_tensor_size(gguf, i));
  }
  needed += gguf_get_data_offset(gguf);
  auto const length = std::fseek(stream, 0, SEEK_END) == 0 ? std::ftell(stream) : -1;
  if (length >= 0 && static_cast<std::uint64_t>(length) >= needed) return {};
  return Error(Code::invalid_argument, "the GGUF file is cut short: it has " + std::to_string(length) +
                                           " of " + std::to_string(needed) + " bytes; fetch it again");
}

Result<Gguf> open_gguf(Stream const& stream) {
  forget_library_error();
  try {
    Gguf gguf(gguf_init_from_file_ptr(stream.get(), {.no_alloc = true, .ctx = nullptr}));
    if (gguf) {
      TRY(check_length(gguf.get(), stream.get()));
      return gguf;
    }
    return Error(Code::invalid_argument,
                 "not a usable GGUF file: " + library_error("its header cannot be read"));
  } catch (std::exception const& thrown) {
    return Error(Code::invalid_argument, std::string("not a usable GGUF file: ") + thrown.what());
  }
}

Error unusable(std::string const& why) {
  return Error(Code::invalid_argument, "not a usable GGUF file: " + why);
}

// What the library multiplies with without asking whether it can.
Result<void> check_tensors(gguf_context* gguf) {
  for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i) {
    auto const type = gguf_get_tensor_type(gguf, i);
    std::string_view const name = gguf_get_tensor_name(gguf, i);
    if (!name.ends_with(".weight") || ggml_get_type_traits_cpu(type)->vec_dot) continue;
    return unusable("its weights " + printable(name) + " are of the type " + ggml_type_name(type) +
                    ", which is for other things");
  }
  return {};
}

// The same of numbers that it reads into a computation.
Result<void> check_numbers(gguf_context* gguf) {
  for (std::int64_t i = 0; i < gguf_get_n_kv(gguf); ++i) {
    std::string_view const key = gguf_get_key(gguf, i);
    if (!key.ends_with("_epsilon") || gguf_get_kv_type(gguf, i) != GGUF_TYPE_FLOAT32) continue;
    auto const value = gguf_get_val_f32(gguf, i);
    if (!(value >= 0 && value < 1)) return unusable("its " + printable(key) + " is " + std::to_string(value));
  }
  return {};
}

// What the library would take on trust and then divide by, or allocate.
Result<void> check(Header const& header) {
  auto const limit = [](std::string const& what, std::int64_t value, std::int64_t most) -> Result<void> {
    if (value > 0 && value <= most) return {};
    return unusable("its " + what + " is " + std::to_string(value));
  };
  TRY(limit("context length", header.context_length, std::int64_t{1} << 28));
  TRY(limit("number of layers", header.layers, 4096));
  TRY(limit("embedding length", header.width, std::int64_t{1} << 20));
  TRY(limit("vocabulary", header.vocabulary, std::int64_t{1} << 24));
  return limit("number of tensors", header.tensors, std::int64_t{1} << 20);
}

Result<void> add_weights(gguf_context* gguf, Header& header) {
  header.tensors += gguf_get_n_tensors(gguf);
  for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i)
    header.tensor_bytes += gguf_get_tensor_size(gguf, i);
  TRY(check_tensors(gguf));
  return check_numbers(gguf);
}

// What the other files of a model in several ones have.
Result<void> add_parts(engine::ModelFile const& file, Header& header) {
  auto const known = static_cast<std::int64_t>(std::max<std::size_t>(file.parts.size(), 1));
  if (header.parts != known) {
    return Error(Code::unsupported, "the model is split into " + std::to_string(header.parts) +
                                        " files, and " + std::to_string(known) +
                                        " came: name one of them to `shoal pull`, which takes all");
  }
  for (std::size_t i = 1; i < file.parts.size(); ++i) {
    auto const stream = TRY(open_part(file.parts[i]));
    auto const gguf = TRY(open_gguf(stream).within(file.parts[i]));
    TRY(add_weights(gguf.get(), header).within(file.parts[i]));
  }
  return {};
}

}  // namespace

Result<Header> read_header(engine::ModelFile const& file) {
  auto const gguf = TRY(open_gguf(TRY(open_stream(file))));
  Reader const reader(gguf.get());
  Header header;
  header.architecture = printable(reader.text("general.architecture").value_or(""));
  if (header.architecture.empty()) {
    return Error(Code::invalid_argument,
                 "the GGUF file names no architecture (general.architecture), so it is no model");
  }
  auto const of_architecture = [&](char const* key) {
    return reader.integer(header.architecture + "." + key).value_or(0);
  };
  header.name = printable(reader.text("general.name").value_or(""));
  header.context_length = of_architecture("context_length");
  header.layers = of_architecture("block_count");
  header.width = of_architecture("embedding_length");
  header.heads = of_architecture("attention.head_count");
  header.vocabulary = reader.array_size("tokenizer.ggml.tokens");
  header.parts = std::max<std::int64_t>(1, reader.integer("split.count").value_or(1));
  header.causal = reader.boolean(header.architecture + ".attention.causal").value_or(true);
  header.chat_template = reader.text("tokenizer.chat_template").value_or("");
  TRY(add_weights(gguf.get(), header));
  TRY(add_parts(file, header));
  TRY(check(header));
  return header;
}

Json to_json(Header const& header) {
  return Json::object({{"format", "gguf"},
                       {"architecture", header.architecture},
                       {"name", header.name},
                       {"context_length", header.context_length},
                       {"layers", header.layers},
                       {"embedding_length", header.width},
                       {"heads", header.heads},
                       {"vocabulary", header.vocabulary},
                       {"tensors", header.tensors},
                       {"tensor_bytes", header.tensor_bytes},
                       {"generates", header.causal},
                       {"chat_template", !header.chat_template.empty()}});
}

Result<ContextOptions> context_options(Json const& options, Header const& header) {
  constexpr std::int64_t kDefault = 4096, kLeast = 64;
  auto const& wanted = options["context"];
  if (wanted.is_null()) return ContextOptions{std::min(kDefault, header.context_length)};
  auto const tokens = wanted.as_integer(-1);
  if (tokens >= kLeast && tokens <= header.context_length) return ContextOptions{tokens};
  return Error(Code::invalid_argument, "the option context is " + wanted.dump() + "; this model takes " +
                                           std::to_string(kLeast) + " to " +
                                           std::to_string(header.context_length));
}

}  // namespace shoal::llama_engine
