// page-text, text-pages, record-pages and file-text: between files, pages and text.
#include <string>

#include "base/text.h"
#include "functions/groups.h"
#include "functions/passages.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

constexpr std::size_t kMaxText = 64 << 20;

Result<Value> page_text(Value const& inputs) {
  auto const& between = inputs["between"].as_text();
  std::string text;
  bool first = true;
  for (auto const& page : inputs["pages"].as_list()) {
    if (page.is_null()) continue;
    if (!first) text += between;
    first = false;
    auto const& own = page["text"].as_text();
    // One way to end a page, whatever the page's own text ends with.
    auto end = own.find_last_not_of(" \t\r\n\f");
    text.append(own, 0, end == std::string::npos ? 0 : end + 1);
    if (text.size() > kMaxText) {
      return Error(Code::invalid_argument, "the pages have more than 64 MiB of text; take fewer of them");
    }
  }
  return Value::record({{"text", std::move(text)}});
}

Value page_of(std::string_view text, std::int64_t number, std::int64_t line = 0) {
  value::Page page;
  page.number = number;
  page.line = line;
  page.text = text;
  page.source = "text";
  return value::to_value(page);
}

Result<Value> text_pages(Value const& inputs) {
  std::string_view text = inputs["text"].as_text();
  bool many = text.find('\f') != std::string_view::npos;
  Value::List pages;
  if (!many) {
    pages.push_back(page_of(text, 0, 1));
    return Value::record({{"pages", std::move(pages)}});
  }
  // A form feed at the end closes the last page and begins none.
  if (text.ends_with('\f')) text.remove_suffix(1);
  std::int64_t line = 1;
  for (auto part : split(text, '\f')) {
    pages.push_back(page_of(part, static_cast<std::int64_t>(pages.size()) + 1, line));
    line = line_at(line, part, part.size());
  }
  return Value::record({{"pages", std::move(pages)}});
}

// "Title\n\nText" of a line of JSON; its number is the line's.
Result<Value> record_page(std::string_view line, std::int64_t number) {
  auto const record = Json::parse(line);
  auto const where = "line " + std::to_string(number);
  if (!record) return Error(Code::invalid_argument, where + " is no JSON: " + record.error().message());
  if (!(*record)["text"].is_string()) {
    return Error(
        Code::invalid_argument,
        where + " is no object with a `text`; write {\"id\": …, \"title\": …, \"text\": …} in each line");
  }
  auto const title = std::string(trim((*record)["title"].as_string()));
  return page_of(
      title.empty() ? (*record)["text"].as_string() : title + "\n\n" + (*record)["text"].as_string(), number);
}

Result<Value> record_pages(Value const& inputs) {
  Value::List pages;
  std::int64_t number = 0;
  for (auto line : split(inputs["text"].as_text(), '\n')) {
    ++number;
    if (!trim(line).empty()) pages.push_back(TRY(record_page(line, number)));
  }
  return Value::record({{"pages", std::move(pages)}});
}

Result<Value> file_text(Value const& inputs) {
  auto const file = inputs["file"].as_blob();
  if (file->size() > kMaxText) {
    return Error(Code::invalid_argument,
                 "the file has " + human_bytes(file->size()) + " of text; 64 MiB are allowed");
  }
  auto bytes = file->bytes();
  TRY(file->still());
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  if (bytes.find('\0') != std::string_view::npos) {
    return Error(Code::invalid_argument,
                 "`" + printable(file->name()) + "` is not a text file in UTF-8: it has bytes of value 0");
  }
  if (auto const wrong = find_invalid_utf8(bytes); wrong && inputs["strict"].as_boolean()) {
    return Error(Code::invalid_argument,
                 "`" + printable(file->name()) + "` is not a text file in UTF-8: byte " +
                     std::to_string(*wrong + 1) + " is none of it; convert it, for example with iconv");
  }
  return Value::record({{"text", replace_all(make_valid_utf8(bytes), "\r\n", "\n")}});
}

}  // namespace

std::vector<Function> page_functions() {
  Function joined{.name = "page-text", .about = "Joins the texts of pages.", .call = page_text};
  joined.signature.inputs = {
      port("pages", "list<page>", "The pages; items that are null are left out."),
      option("between", "text", "\n\n", "What stands between two pages: a blank line, or a form feed.")};
  joined.signature.outputs = {port("text", "text", "The text of all pages.")};

  Function pages{.name = "text-pages",
                 .about = "Makes pages of a text, which has none or ends each with a form feed.",
                 .call = text_pages};
  pages.signature.inputs = {port("text", "text", "The text.")};
  pages.signature.outputs = {
      port("pages", "list<page>",
           "Pages from 1 on, or one with number 0; they have the lines that they begin on, and no words.")};

  Function records{.name = "record-pages",
                   .about = "Makes pages of JSON lines, of each object's `title` and `text`.",
                   .call = record_pages};
  records.signature.inputs = {port("text", "text", "A JSON object a line; empty lines are left out.")};
  records.signature.outputs = {
      port("pages", "list<page>", "Each has the number of its line; they have no words.")};

  Function file{.name = "file-text", .about = "Reads a text file.", .call = file_text};
  file.signature.inputs = {port("file", "file", "Text in UTF-8; bytes that are none become U+FFFD."),
                           option("strict", "boolean", false, "Bytes that are no UTF-8 are an error.")};
  file.signature.outputs = {port("text", "text", "Its text, lines ending in \\n.")};
  return {joined, pages, records, file};
}

}  // namespace shoal::functions
