// What one answer has come to: its text as it grows, how sure the model was, why it ended. Used by one
// thread.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engines/llama/sampler.h"
#include "engines/llama/text_stream.h"
#include "engines/llama/vocabulary.h"
#include "value/value.h"

namespace shoal::llama_engine {

class Answer {
 public:
  struct Shape {
    int max_tokens = 0;
    std::vector<std::string> stops;
    bool json = false;           // the text is parsed
    bool truncated = false;      // the prompt was, and the answer says so
    bool probabilities = false;  // each token is given with its own
  };
  Answer(Vocabulary const& vocabulary, Shape shape);

  // What of the text can be shown now.
  std::string add(Sampler::Choice choice);
  bool ended() const { return !finish_.empty(); }
  // Once it has ended: the text that was still held back.
  std::string rest() { return stream_.finish(); }

  // Without the token that ended it.
  int generated() const { return generated_; }
  void describe(Json& evidence) const;
  // Error checks_failed where the JSON was cut.
  Result<value::Value> outputs() const;

 private:
  Vocabulary const& vocabulary_;
  Shape shape_;
  TextStream stream_;
  std::vector<double> log_probabilities_;  // of each token, the one that ended the answer included
  value::Value::List tokens_;
  int generated_ = 0;
  std::string finish_;
};

}  // namespace shoal::llama_engine
