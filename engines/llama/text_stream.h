// Turns a model's pieces of bytes into text that can be shown at once: never half a character, never the
// beginning of a stop text. Used by one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::llama_engine {

class TextStream {
 public:
  // Empty stop texts are ignored.
  explicit TextStream(std::vector<std::string> stops);

  // What can be shown now. Once stopped() it gives nothing more.
  std::string push(std::string_view piece);
  // The rest, when the model has ended by itself. Bytes of half a character become U+FFFD.
  std::string finish();
  // A stop text has come; it and what follows are cut off.
  bool stopped() const { return stopped_; }
  // All that was shown.
  std::string const& text() const { return text_; }

 private:
  std::size_t held_for_stop() const;
  std::string show(std::size_t bytes);

  std::vector<std::string> stops_;
  std::string waiting_;
  std::string text_;
  bool stopped_ = false;
};

}  // namespace shoal::llama_engine
