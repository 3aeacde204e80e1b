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

std::string first_of(std::string first, std::string const& second) { return first.empty() ? second : first; }

std::string hub_token() {
  auto token = first_of(variable("HF_TOKEN"), variable("HUGGING_FACE_HUB_TOKEN"));
  if (token.empty()) {
    auto const cache = first_of(variable("XDG_CACHE_HOME"), variable("HOME") + "/.cache");
    auto const folder = first_of(variable("HF_HOME"), cache + "/huggingface");
    token =
        os::read_file(first_of(variable("HF_TOKEN_PATH"), folder + "/token"), kMaxTokenBytes).value_or("");
  }
  return std::string(trim(token));
}

std::vector<std::string> login_files() {
  auto const home = variable("HOME");
  std::vector<std::string> files;
  if (auto const file = variable("REGISTRY_AUTH_FILE"); !file.empty()) files.push_back(file);
  files.push_back(first_of(variable("DOCKER_CONFIG"), home + "/.docker") + "/config.json");
  if (auto const folder = variable("XDG_RUNTIME_DIR"); !folder.empty())
    files.push_back(folder + "/containers/auth.json");
  files.push_back(first_of(variable("XDG_CONFIG_HOME"), home + "/.config") + "/containers/auth.json");
  return files;
}

}  // namespace

Hubs Hubs::from_environment() {
  return {.hf = address("HF_ENDPOINT", kPublicHub),
          .hf_token = hub_token(),
          .ollama = address("SHOAL_OLLAMA_REGISTRY", kPublicOllamaRegistry),
          .registry_logins = login_files()};
}

}  // namespace shoal::store
