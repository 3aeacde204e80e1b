// Where hf: and ollama: sources are. The one place that knows the publishers' own addresses. Values.
#pragma once

#include <string>

namespace shoal::store {

struct Hubs {
  std::string hf;        // "https://…", without a slash at its end
  std::string hf_token;  // for that host only; may be empty
  std::string ollama;    // the registry of names without a host

  // HF_ENDPOINT, HF_TOKEN (or the file HF_TOKEN_PATH, else HF_HOME/token), as the hub's own client reads
  // them, and SHOAL_OLLAMA_REGISTRY; else the public ones.
  static Hubs from_environment();
};

}  // namespace shoal::store
