#include "engines/llama/room.h"

namespace shoal::llama_engine {
namespace {

std::string larger_context(Room const& room) {
  if (room.trained <= room.available) return "use a model with a longer context";
  return "load the model with the option `context` (up to " + std::to_string(room.trained) + ")";
}

}  // namespace

Result<void> Room::check(std::int64_t tokens, std::int64_t more, std::string_view what) const {
  auto const needed = tokens + more;
  if (needed <= available) return {};
  auto message =
      "needs " + std::to_string(needed) + " tokens (" + std::string(what) + " " + std::to_string(tokens);
  if (more > 0) message += ", max_tokens " + std::to_string(more);
  message += "), available " + std::to_string(available) + ": shorten " + std::string(what) + " by " +
             std::to_string(needed - available);
  if (more > 0 && tokens < available)
    message += ", or ask for max_tokens " + std::to_string(available - tokens);
  return Error(Code::invalid_argument, message + ", or " + larger_context(*this));
}

Result<void> Room::check_bytes(Vocabulary const& vocabulary, std::size_t bytes, std::string_view what) const {
  auto const least = static_cast<std::int64_t>(vocabulary.least_tokens(bytes));
  if (least <= available) return {};
  return Error(Code::invalid_argument, "needs at least " + std::to_string(least) + " tokens (" +
                                           std::string(what) + ", " + std::to_string(bytes) +
                                           " bytes), available " + std::to_string(available) + ": shorten " +
                                           std::string(what) + ", or " + larger_context(*this));
}

}  // namespace shoal::llama_engine
