// A GGUF file in parts that a test may bend one by one, and small models made of them. The format stands in
// ggml's docs/gguf.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shoal::hostile {

enum GgufType : std::uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64
};

// Little-endian bytes of a number; a string with its length before it; an array with its type and count.
template <typename T> std::string raw(T value) {
  return {reinterpret_cast<char const*>(&value), sizeof value};
}
std::string counted(std::string const& text);
std::string array_of(std::vector<std::string> const& texts);
template <typename T> std::string array_of(GgufType type, std::vector<T> const& numbers) {
  auto bytes = raw(type) + raw<std::uint64_t>(numbers.size());
  for (auto const number : numbers) bytes += raw(number);
  return bytes;
}

struct GgufPair {
  std::string key;
  std::uint32_t type = 0;
  std::string bytes;  // of the value
};

struct GgufTensor {
  std::string name;
  std::vector<std::int64_t> dimensions;
  std::uint32_t type = 0;  // ggml's; 0 is f32
  std::uint64_t offset = 0;
  std::string data;
};

struct GgufFile {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::optional<std::uint64_t> told_tensors, told_pairs;  // where they are not the truth
  std::vector<GgufPair> pairs;
  std::vector<GgufTensor> tensors;

  GgufPair* find(std::string const& key);
  void set(std::string const& key, std::uint32_t type, std::string bytes);
  // The offsets of the tensors as their data lie one behind the other.
  void lay_out();
  // Magic, counts, pairs and tensor descriptions.
  std::string header() const;
  std::string bytes() const;
};

enum class Tokenizer { sentencepiece, bpe };
// A model of the llama architecture that llama.cpp loads and runs: 2 layers, 32 wide, 300 tokens.
GgufFile tiny_model(Tokenizer tokenizer);

}  // namespace shoal::hostile
