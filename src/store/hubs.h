// Where hf: and ollama: sources are. The one place that knows the publishers' own addresses. Values.
#pragma once

#include <string>
#include <vector>

namespace shoal::store {

struct Hubs {
  std::string hf;                            // "https://…", without a slash at its end
  std::string hf_token;                      // for that host only; may be empty
  std::string ollama;                        // the registry of names without a host
  std::vector<std::string> registry_logins;  // files that `docker login` and `podman login` write

  // HF_ENDPOINT, HF_TOKEN (or its old name HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH, else
  // HF_HOME/token), as the hub's own client reads them, and SHOAL_OLLAMA_REGISTRY; else the public ones.
  // Logins: of REGISTRY_AUTH_FILE, DOCKER_CONFIG and where these programs keep them otherwise.
  static Hubs from_environment();
};

}  // namespace shoal::store
