// A model's chat template: messages to the text that the model was trained on. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace shoal::llama_engine {

struct Message {
  std::string role;  // system, user, assistant, tool
  std::string content;
};

// A stretch of rendered text: by the template, where special tokens are meant, or from a message, where they
// are what somebody typed.
struct Part {
  std::string text;
  bool from_message = false;
};

class ChatTemplate {
 public:
  // `source` is Jinja. `beginning` and `end` are the model's tokens of these kinds, by name.
  static Result<std::unique_ptr<ChatTemplate>> parse(std::string const& source, std::string const& beginning,
                                                     std::string const& end);
  ~ChatTemplate();

  // Ends where the assistant's answer begins. A template without a system role gets the system's message at
  // the head of the user's first. invalid_argument: the template refuses these messages, with its own words.
  Result<std::vector<Part>> render(std::vector<Message> messages) const;

 private:
  struct Program;
  explicit ChatTemplate(std::unique_ptr<Program> program);

  std::unique_ptr<Program> program_;
};

}  // namespace shoal::llama_engine
