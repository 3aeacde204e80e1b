#include "cli/render.h"

#include <algorithm>

#include "base/text.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

std::string describe(value::Blob const& blob) {
  auto text = blob.media_type() + ", " + human_bytes(blob.size());
  if (!blob.name().empty()) text += " (" + blob.name() + ")";
  return text;
}

bool says_something(value::Value const& value) { return value.is_text() && !trim(value.as_text()).empty(); }

std::string block(std::string const& name, value::Value const& value) {
  auto const text = render(value);
  return name + (text.find('\n') == std::string::npos ? ": " : ":\n") + text;
}

std::vector<int> widths_of(std::vector<std::vector<std::string>> const& rows) {
  std::vector<int> widths;
  for (auto const& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], width_of(row[column]));
  }
  return widths;
}

}  // namespace

std::string render(value::Value const& value) {
  using Kind = value::Value::Kind;
  switch (value.kind()) {
    case Kind::null: return "nothing";
    case Kind::boolean: return value.as_boolean() ? "yes" : "no";
    case Kind::text: return value.as_text();
    case Kind::blob: return describe(*value.as_blob());
    case Kind::integer:
    case Kind::number:
    case Kind::list:
    case Kind::record: break;
  }
  return value::to_json(value).dump(2);
}

std::string render_outputs(value::Value const& outputs) {
  auto const& fields = outputs.as_record();
  if (fields.size() == 1) return render(fields.front().second);
  for (auto const* name : {"answer", "text"}) {
    if (says_something(outputs[name])) return outputs[name].as_text();
  }
  // A blank page has a text, too: an empty one.
  if (outputs["text"].is_text()) return {};
  std::vector<std::string> blocks;
  for (auto const& [name, value] : fields) blocks.push_back(block(name, value));
  return join(blocks, "\n");
}

std::string table(std::vector<std::vector<std::string>> const& rows, int width) {
  constexpr int kBreakable = 24;  // less of a text in a line is no text
  auto const widths = widths_of(rows);
  std::size_t columns = 0;
  for (int used = 0; columns < widths.size(); ++columns) {
    if (columns > 0 && used + std::min(widths[columns], kBreakable) > width) break;
    used += widths[columns] + 2;
  }
  auto shown = rows;
  for (auto& row : shown) row.resize(std::min(row.size(), columns));
  return table(shown);
}

std::string suggest(std::string_view name, std::vector<std::string> const& candidates) {
  auto const question = did_you_mean(name, candidates);
  return question.empty() ? question : "; " + question;
}

std::string table(std::vector<std::vector<std::string>> const& rows) {
  auto const widths = widths_of(rows);
  std::string text;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += row[column];
      if (column + 1 == row.size()) break;
      auto const gap = widths[column] - width_of(row[column]) + 2;
      line.append(static_cast<std::size_t>(gap), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string fit(std::string_view text, int width) {
  auto const line = replace_all(std::string(text), "\n", " ");
  if (width_of(line) <= width) return line;
  std::string cut;
  std::size_t offset = 0;
  for (int i = 0; i + 1 < width; ++i) append_utf8(cut, next_code_point(line, offset));
  return cut + "…";
}

int width_of(std::string_view text) {
  int width = 0;
  for (std::size_t offset = 0; offset < text.size(); ++width) next_code_point(text, offset);
  return width;
}

}  // namespace shoal::cli
