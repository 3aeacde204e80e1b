// Any bytes as a GGUF file: the header is refused with words, or what it says holds.

// rooms: engine
// engine: llama
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "engines/llama/file.h"
#include "engines/llama/header.h"
#include "engines/llama/library.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  shoal::llama_engine::start_library();
  shoal::llama_engine::Stream const file(std::tmpfile());
  CHECK(file && std::fwrite(data, 1, size, file.get()) == size && std::fflush(file.get()) == 0);
  auto const header = shoal::llama_engine::read_header({.name = "fuzz", .descriptor = fileno(file.get())});
  if (!header) {
    CHECK(!header.error().message().empty());
    return 0;
  }
  CHECK(header->layers > 0 && header->vocabulary > 0 && header->tensors > 0 && header->parts == 1);
  CHECK(header->tensor_bytes <= size);
  CHECK(shoal::Json::parse(shoal::llama_engine::to_json(*header).dump()));
  return 0;
}
