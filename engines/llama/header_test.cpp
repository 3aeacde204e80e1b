// Files that are no models, or lie. Made here byte by byte, as a hostile one would be.
#include "engines/llama/header.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cmath>
#include <cstring>

#include "engines/llama/library.h"
#include "engines/llama/testing.h"

namespace shoal::llama_engine {
namespace {

constexpr std::uint32_t kUint32 = 4, kString = 8, kArray = 9;

template <typename T> std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

std::string text(std::string const& value) { return raw<std::uint64_t>(value.size()) + value; }
std::string text_pair(std::string const& key, std::string const& value) {
  return text(key) + raw(kString) + text(value);
}
std::string number_pair(std::string const& key, std::uint32_t value) {
  return text(key) + raw(kUint32) + raw(value);
}
std::string tokens_pair() {
  return text("tokenizer.ggml.tokens") + raw(kArray) + raw(kString) + raw<std::uint64_t>(2) + text("a") +
         text("b");
}
std::string one_tensor() {
  return text("token_embd.weight") + raw<std::uint32_t>(1) + raw<std::int64_t>(8) + raw<std::uint32_t>(0) +
         raw<std::uint64_t>(0);
}

std::string gguf(std::vector<std::string> const& pairs, std::int64_t tensors = 1) {
  std::string bytes = "GGUF" + raw<std::uint32_t>(3) + raw(tensors) +
                      raw<std::int64_t>(static_cast<std::int64_t>(pairs.size()));
  for (auto const& pair : pairs) bytes += pair;
  if (tensors == 1) bytes += one_tensor();
  bytes.resize((bytes.size() + 31) / 32 * 32);
  return bytes + std::string(32, '\0');
}

std::vector<std::string> good_pairs() {
  return {text_pair("general.architecture", "llama"),   number_pair("llama.context_length", 512),
          number_pair("llama.block_count", 2),          number_pair("llama.embedding_length", 8),
          number_pair("llama.attention.head_count", 2), tokens_pair()};
}

class MemoryFile {
 public:
  explicit MemoryFile(std::string const& bytes) : descriptor_(memfd_create("model", MFD_CLOEXEC)) {
    EXPECT_EQ(write(descriptor_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  engine::ModelFile file() const { return {"made.gguf", descriptor_, {}, {}}; }

 private:
  int descriptor_;
};

Result<Header> header_of(std::string const& bytes) {
  start_library();
  return read_header(MemoryFile(bytes).file());
}

TEST(Header, SaysWhatTheFileSays) {
  auto const header = header_of(gguf(good_pairs()));
  ASSERT_TRUE(header) << header.error().message();
  EXPECT_EQ(header->architecture, "llama");
  EXPECT_EQ(header->context_length, 512);
  EXPECT_EQ(header->vocabulary, 2);
  EXPECT_EQ(header->tensor_bytes, 32U);
  EXPECT_TRUE(header->causal);
  EXPECT_EQ(to_json(*header)["chat_template"], Json(false));
}

TEST(Header, WhatIsNoModelIsAnError) {
  auto const good = gguf(good_pairs());
  auto huge_string = good_pairs();
  huge_string.push_back(text("k") + raw(kString) + raw<std::uint64_t>(1ULL << 62));
  auto huge_array = good_pairs();
  huge_array.push_back(text("k") + raw(kArray) + raw(kUint32) + raw<std::uint64_t>(1ULL << 61));
  auto no_layers = good_pairs();
  no_layers[2] = number_pair("llama.block_count", 0);
  auto wrong_kind = good_pairs();
  wrong_kind[1] = text_pair("llama.context_length", "many");
  std::vector<std::string> const bad = {"",
                                        "GGUF",
                                        "%PDF-1.7",
                                        std::string(1000, '\0'),
                                        good.substr(0, 100),
                                        good.substr(0, good.size() - 32),
                                        gguf({}),
                                        gguf(good_pairs(), 1LL << 60),
                                        gguf(good_pairs(), -1),
                                        gguf(huge_string),
                                        gguf(huge_array),
                                        gguf(no_layers),
                                        gguf(wrong_kind)};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    auto const header = header_of(bad[i]);
    ASSERT_FALSE(header) << i;
    EXPECT_EQ(header.error().code(), Code::invalid_argument) << i << ": " << header.error().message();
  }
}

TEST(Header, EveryTruncationIsAnError) {
  auto const good = gguf(good_pairs());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(header_of(good.substr(0, size))) << size;
}

TEST(Header, APartOfAModelSaysThatOthersAreMissing) {
  auto pairs = good_pairs();
  pairs.push_back(number_pair("split.count", 3));
  auto const header = header_of(gguf(pairs));
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code(), Code::unsupported);
  EXPECT_NE(header.error().message().find("split into 3 files, and 1 came"), std::string::npos);
}

TEST(Header, AModelThatLacksItsTensorsFailsToLoad) {
  MemoryFile const file(gguf(good_pairs()));
  LlamaEngine engine;
  ASSERT_TRUE(engine.start());
  auto const loaded = engine.load(file.file(), [](double) { return true; });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Code::invalid_argument);
  EXPECT_NE(loaded.error().message().find("llama.cpp cannot load it"), std::string::npos)
      << loaded.error().message();
  EXPECT_FALSE(engine.probe(file.file()));
}

TEST(Header, WhatTheLibraryWouldTrustIsAskedFirst) {
  for (float const epsilon : {-1.0F, std::nanf(""), 1e30F}) {
    auto pairs = good_pairs();
    constexpr std::uint32_t kFloat32 = 6;
    pairs.push_back(text("llama.attention.layer_norm_rms_epsilon") + raw(kFloat32) + raw(epsilon));
    auto const header = header_of(gguf(pairs));
    ASSERT_FALSE(header) << epsilon;
    EXPECT_NE(header.error().message().find("epsilon"), std::string::npos) << header.error().message();
  }
  auto bytes = gguf(good_pairs());
  constexpr std::uint32_t kI8 = 24;
  bytes.replace(bytes.find("token_embd.weight") + 17 + 4 + 8, 4, raw(kI8));
  auto const header = header_of(bytes);
  ASSERT_FALSE(header);
  EXPECT_NE(header.error().message().find("of the type i8"), std::string::npos) << header.error().message();
}

TEST(Header, AnAssertionOfTheLibraryIsAnErrorOfTheLoad) {
  auto pairs = good_pairs();
  pairs.push_back(text_pair("tokenizer.ggml.model", "llama"));
  pairs.push_back(number_pair("llama.attention.layer_norm_rms_epsilon", 0));
  pairs.push_back(number_pair("llama.expert_used_count", 9));
  MemoryFile const file(gguf(pairs));
  LlamaEngine engine;
  ASSERT_TRUE(engine.start());
  auto const loaded = engine.load(file.file(), [](double) { return true; });
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("llama.cpp"), std::string::npos) << loaded.error().message();
}

TEST(Header, TheContextIsWhatWasTrainedAtMost) {
  Header header;
  header.context_length = 8192;
  EXPECT_EQ(context_options({}, header)->tokens, 4096);
  EXPECT_EQ(context_options(Json::object({{"context", 8192}}), header)->tokens, 8192);
  for (auto const& wrong : {Json(8193), Json(1), Json("big"), Json(-5)}) {
    EXPECT_FALSE(context_options(Json::object({{"context", wrong}}), header));
  }
  header.context_length = 2048;
  EXPECT_EQ(context_options({}, header)->tokens, 2048);
}

}  // namespace
}  // namespace shoal::llama_engine
