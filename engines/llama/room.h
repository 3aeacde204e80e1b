// Whether a call's tokens fit the model's context: said before anything is computed, never cut.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

struct Room {
  std::int64_t available = 0;  // tokens that the context holds
  std::int64_t trained = 0;    // tokens that it could be loaded with

  // invalid_argument with needed, available and the remedy. `what` names the part that the caller can
  // shorten.
  Result<void> check(std::int64_t tokens, std::int64_t more, std::string_view what) const;
  // The same by bytes, before a text far too long is split into tokens.
  Result<void> check_bytes(Vocabulary const& vocabulary, std::size_t bytes, std::string_view what) const;
};

}  // namespace shoal::llama_engine
