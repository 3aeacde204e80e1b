#include "engines/llama/text_stream.h"

#include <algorithm>

#include "base/text.h"

namespace shoal::llama_engine {
namespace {

// Bytes at the end of `text` that begin a character which more bytes may complete.
std::size_t unfinished_character(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    auto const byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;  // goes on with a character that began earlier
    std::size_t const length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](auto const& stop) { return stop.empty(); });
}

// The longest end of what waits that may become a stop text.
std::size_t TextStream::held_for_stop() const {
  std::size_t held = 0;
  for (std::string_view const stop : stops_) {
    for (auto length = std::min(stop.size() - 1, waiting_.size()); length > held; --length) {
      if (waiting_.ends_with(stop.substr(0, length))) held = length;
    }
  }
  return held;
}

std::string TextStream::show(std::size_t bytes) {
  auto shown = make_valid_utf8(std::string_view(waiting_).substr(0, bytes));
  waiting_.erase(0, bytes);
  text_ += shown;
  return shown;
}

std::string TextStream::push(std::string_view piece) {
  if (stopped_) return {};
  waiting_ += piece;
  auto first = std::string::npos;
  for (auto const& stop : stops_) first = std::min(first, waiting_.find(stop));
  if (first != std::string::npos) {
    stopped_ = true;
    return show(first);
  }
  return show(waiting_.size() - std::max(held_for_stop(), unfinished_character(waiting_)));
}

std::string TextStream::finish() { return stopped_ ? std::string() : show(waiting_.size()); }

}  // namespace shoal::llama_engine
