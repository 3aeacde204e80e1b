#include "value/records.h"

#include <utility>

namespace shoal::value {
namespace {

Type of(Type::Kind kind) { return Type(kind); }
Type text() { return of(Type::Kind::text); }
Type integer() { return of(Type::Kind::integer); }
Type number() { return of(Type::Kind::number); }
Type box_list() { return Type::list(Type::list(number())); }

// All named types, made once. Later ones are made of earlier ones.
struct NamedTypes {
  Type word = Type::record(
      {{"text", text()}, {"box", Type::list(number())}, {"confidence", number()}, {"line", integer()}},
      "word");
  Type page = Type::record({{"number", integer()},
                            {"width", number()},
                            {"height", number()},
                            {"text", text()},
                            {"words", Type::list(word)},
                            {"confidence", number()},
                            {"source", text()}},
                           "page");
  Type sheet = Type::record({{"document", of(Type::Kind::file)},
                             {"number", integer()},
                             {"dpi", integer()},
                             {"width", number()},
                             {"height", number()},
                             {"text", text()}},
                            "sheet");
  Type passage = Type::record({{"id", text()},
                               {"document", text()},
                               {"title", text()},
                               {"page", integer()},
                               {"text", text()},
                               {"boxes", box_list()},
                               {"score", number()}},
                              "passage");
  Type citation = Type::record(
      {{"document", text()}, {"page", integer()}, {"quote", text()}, {"boxes", box_list()}}, "citation");
  Type edit = Type::record(
      {{"span", Type::list(integer())}, {"replacement", text()}, {"kind", text()}, {"reason", text()}},
      "edit");
  Type label = Type::record({{"label", text()}, {"score", number()}}, "label");
  Type candidate = Type::record({{"span", Type::list(integer())},
                                 {"replacement", text()},
                                 {"kind", text()},
                                 {"source", text()},
                                 {"score", number()}},
                                "candidate");
  // Times are rationals: [numerator, denominator] in seconds.
  Type spoken_word = Type::record({{"text", text()},
                                   {"start", Type::list(integer())},
                                   {"end", Type::list(integer())},
                                   {"confidence", number()}},
                                  "spoken-word");
  Type transcript = Type::record({{"text", text()}, {"language", text()}, {"words", Type::list(spoken_word)}},
                                 "transcript");

  std::vector<std::pair<std::string, Type>> by_name = {
      {"word", word},
      {"page", page},
      {"pages", Type::list(page)},
      {"sheet", sheet},
      {"sheets", Type::list(sheet)},
      {"passage", passage},
      {"passages", Type::list(passage)},
      {"citation", citation},
      {"citations", Type::list(citation)},
      {"edit", edit},
      {"edits", Type::list(edit)},
      {"label", label},
      {"labels", Type::list(label)},
      {"candidate", candidate},
      {"candidates", Type::list(candidate)},
      {"spoken-word", spoken_word},
      {"transcript", transcript},
  };
};

NamedTypes const& all_named() {
  static NamedTypes const types;
  return types;
}

Value with_line(Value record, std::int64_t line) { return line > 0 ? record.with("line", line) : record; }

Value boxes_value(std::vector<Box> const& boxes) {
  Value::List list;
  list.reserve(boxes.size());
  for (auto const& box : boxes) list.push_back(to_value(box));
  return list;
}

Box box_from(Value const& value) {
  Box box{};
  auto const& numbers = value.as_list();
  for (std::size_t i = 0; i < box.size() && i < numbers.size(); ++i) box[i] = numbers[i].as_number();
  return box;
}

std::vector<Box> boxes_from(Value const& value) {
  std::vector<Box> boxes;
  boxes.reserve(value.as_list().size());
  for (auto const& box : value.as_list()) boxes.push_back(box_from(box));
  return boxes;
}

Word word_from(Value const& value) {
  Word word;
  word.text = value["text"].as_text();
  word.box = box_from(value["box"]);
  word.confidence = value["confidence"].as_number(1);
  word.line = value["line"].as_integer();
  return word;
}

}  // namespace

Type const& page_type() { return all_named().page; }
Type const& sheet_type() { return all_named().sheet; }
Type const& passage_type() { return all_named().passage; }
Type const& citation_type() { return all_named().citation; }

Value to_value(Box const& box) { return Value::list({box[0], box[1], box[2], box[3]}); }

Value to_value(Word const& word) {
  return Value::record({{"text", word.text},
                        {"box", to_value(word.box)},
                        {"confidence", word.confidence},
                        {"line", word.line}});
}

Value to_value(Page const& page) {
  Value::List words;
  words.reserve(page.words.size());
  for (auto const& word : page.words) words.push_back(to_value(word));
  return with_line(Value::record({{"number", page.number},
                                  {"width", page.width},
                                  {"height", page.height},
                                  {"text", page.text},
                                  {"words", std::move(words)},
                                  {"confidence", page.confidence},
                                  {"source", page.source}}),
                   page.line);
}

Value to_value(Sheet const& sheet) {
  return Value::record({{"document", sheet.document},
                        {"number", sheet.number},
                        {"dpi", sheet.dpi},
                        {"width", sheet.width},
                        {"height", sheet.height},
                        {"text", sheet.text}});
}

Value to_value(Passage const& passage) {
  return with_line(Value::record({{"id", passage.id},
                                  {"document", passage.document},
                                  {"title", passage.title},
                                  {"page", passage.page},
                                  {"text", passage.text},
                                  {"boxes", boxes_value(passage.boxes)},
                                  {"score", passage.score}}),
                   passage.line);
}

Value to_value(Citation const& citation) {
  return with_line(Value::record({{"document", citation.document},
                                  {"page", citation.page},
                                  {"quote", citation.quote},
                                  {"boxes", boxes_value(citation.boxes)}}),
                   citation.line);
}

Page page_from(Value const& value) {
  Page page;
  page.number = value["number"].as_integer();
  page.width = value["width"].as_number();
  page.height = value["height"].as_number();
  page.text = value["text"].as_text();
  page.words.reserve(value["words"].as_list().size());
  for (auto const& word : value["words"].as_list()) page.words.push_back(word_from(word));
  page.confidence = value["confidence"].as_number(1);
  page.source = value["source"].as_text();
  page.line = value["line"].as_integer();
  return page;
}

Sheet sheet_from(Value const& value) {
  Sheet sheet;
  sheet.document = value["document"].as_blob();
  sheet.number = value["number"].as_integer();
  sheet.dpi = value["dpi"].as_integer(sheet.dpi);
  sheet.width = value["width"].as_number();
  sheet.height = value["height"].as_number();
  sheet.text = value["text"].as_text();
  return sheet;
}

Passage passage_from(Value const& value) {
  Passage passage;
  passage.id = value["id"].as_text();
  passage.document = value["document"].as_text();
  passage.title = value["title"].as_text();
  passage.page = value["page"].as_integer();
  passage.text = value["text"].as_text();
  passage.boxes = boxes_from(value["boxes"]);
  passage.score = value["score"].as_number();
  passage.line = value["line"].as_integer();
  return passage;
}

Type const* find_named_type(std::string_view name) {
  for (auto const& [key, type] : all_named().by_name) {
    if (key == name) return &type;
  }
  return nullptr;
}

std::vector<std::string> named_types() {
  std::vector<std::string> names;
  for (auto const& entry : all_named().by_name) names.push_back(entry.first);
  return names;
}

}  // namespace shoal::value
