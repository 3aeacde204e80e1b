#include "engines/llama/resident.h"

#include <algorithm>

namespace shoal::llama_engine {

int Resident::reusable(std::span<Token const> tokens, int rows, Reuse reuse) const {
  if (rows != rows_) return 0;
  // The last token is always evaluated: its logits are wanted.
  auto const most = std::min(tokens.size() - 1, tokens_.size());
  auto const common = static_cast<int>(
      std::mismatch(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(most), tokens_.begin())
          .first -
      tokens.begin());
  if (common > prompt_ && reuse == Reuse::all) return common;
  return std::min(common, exact_) / rows * rows;
}

void Resident::cut(int length) {
  // Recurrent and sliding-window memories cannot drop a tail; they start anew.
  if (length > 0 && !compute_.forget(0, length)) length = 0;
  if (length == 0) compute_.clear();
  tokens_.resize(static_cast<std::size_t>(length));
  prompt_ = std::min(prompt_, length);
  exact_ = std::min(exact_, length);
}

void Resident::drop() { cut(0); }

Result<void> Resident::evaluate_from(int begin, int end, std::span<Token const> tokens,
                                     engine::CallContext const& context) {
  batch_.clear();
  for (int i = begin; i < end; ++i) {
    auto const last = i + 1 == static_cast<int>(tokens.size());
    batch_.add(tokens[static_cast<std::size_t>(i)], i, 0, last ? Rows::Logits::wanted : Rows::Logits::none);
  }
  auto evaluated = compute_.evaluate(batch_, context);
  if (!evaluated) {
    cut(begin);
    return evaluated;
  }
  tokens_.insert(tokens_.end(), tokens.begin() + begin, tokens.begin() + end);
  return {};
}

Result<Resident::Held> Resident::hold(std::span<Token const> tokens, int rows, Reuse reuse,
                                      engine::CallContext& context) {
  CHECK(!tokens.empty());
  cut(reusable(tokens, rows, reuse));
  Held held{.reused = static_cast<int>(tokens_.size())};
  rows_ = rows;
  auto const size = static_cast<int>(tokens.size());
  for (int begin = held.reused; begin < size;) {
    auto const end = std::min(size, (begin / rows + 1) * rows);
    TRY(evaluate_from(begin, end, tokens, context));
    if (exact_ == begin) exact_ = end;
    prompt_ = end;
    held.last_row = end - begin - 1;
    if (end < size) context.progress(end, size, "prompt tokens");
    begin = end;
  }
  return held;
}

Result<void> Resident::append(Token token, engine::CallContext const& context) {
  auto const position = static_cast<int>(tokens_.size());
  batch_.clear();
  batch_.add(token, position, 0, Rows::Logits::wanted);
  auto evaluated = compute_.evaluate(batch_, context);
  if (evaluated) {
    tokens_.push_back(token);
  } else {
    cut(position);
  }
  return evaluated;
}

}  // namespace shoal::llama_engine
