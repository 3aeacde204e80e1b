#include "store/hubs.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "os/file.h"

namespace shoal::store {
namespace {

constexpr std::string_view kPublicHub = "https://huggingface.co";
constexpr std::string_view kPublicOllamaRegistry = "https://registry.ollama.ai";
constexpr std::uint64_t kMaxTokenBytes = 4096;

std::string variable(char const* name) {
  char const* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string address(char const* name, std::string_view otherwise) {
  std::string text = variable(name);
  if (text.empty()) text = otherwise;
  while (text.ends_with('/')) text.pop_back();
  return text;
}

std::string hub_token() {
  std::string token = variable("HF_TOKEN");
  if (token.empty()) {
    std::string file = variable("HF_TOKEN_PATH");
    if (file.empty() && !variable("HF_HOME").empty()) file = variable("HF_HOME") + "/token";
    if (file.empty()) file = variable("HOME") + "/.cache/huggingface/token";
    token = os::read_file(file, kMaxTokenBytes).value_or("");
  }
  return std::string(trim(token));
}

}  // namespace

Hubs Hubs::from_environment() {
  return {.hf = address("HF_ENDPOINT", kPublicHub),
          .hf_token = hub_token(),
          .ollama = address("SHOAL_OLLAMA_REGISTRY", kPublicOllamaRegistry)};
}

}  // namespace shoal::store
