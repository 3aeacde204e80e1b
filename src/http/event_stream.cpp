#include "http/event_stream.h"

#include <utility>

namespace shoal::http {

std::string event_text(std::string const& number, std::string_view name, std::string_view data) {
  std::string text;
  if (!number.empty()) text += "id: " + number + "\n";
  return text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

Result<void> EventStreamReader::read(std::string_view piece) {
  auto const known = rest_.size();
  rest_ += piece;
  std::size_t begin = 0;
  for (auto end = rest_.find('\n', known); end != std::string::npos; end = rest_.find('\n', begin)) {
    TRY(take_line(std::string_view(rest_).substr(begin, end - begin)));
    begin = end + 1;
  }
  rest_.erase(0, begin);
  return {};
}

Result<void> EventStreamReader::take_line(std::string_view line) {
  constexpr std::string_view kName = "event: ", kData = "data: ";
  if (line.starts_with(kName)) name_ = line.substr(kName.size());
  if (line.starts_with(kData)) data_ += line.substr(kData.size());
  if (!line.empty()) return {};
  auto const name = std::exchange(name_, {}), data = std::exchange(data_, {});
  return name.empty() ? Result<void>() : on_event_(name, data);
}

}  // namespace shoal::http
