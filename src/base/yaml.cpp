#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <limits>
#include <optional>
#include <streambuf>

#include "base/text.h"
#include "base/yaml_quotes.h"

namespace shoal {
namespace {

constexpr std::size_t kLargestText = 16 << 20;
constexpr std::size_t kDeepest = 64;
// The scanner keeps every token of a flow collection until it is closed, some hundred bytes each;
// this bounds what a hostile text can make it keep.
constexpr std::size_t kLargestValue = 1 << 20;
// A report that somebody reads.
constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kLongestMessage = 1000;

// What ends the parsing from inside the library's callbacks. Never leaves this file.
struct Refusal {
  Problem problem;
};

constexpr char const* kNoEnd = "a quoted text has no end";

// Turns the library's marks (lines and columns from 0, columns in bytes) into positions.
class Places {
 public:
  explicit Places(std::string_view text)
      : text_(text), ascii_(std::none_of(text.begin(), text.end(), [](char c) { return c & 0x80; })) {}

  Position at(YAML::Mark const& mark) const {
    if (mark.is_null() || mark.pos < mark.column) return {1, 1};
    return {mark.line + 1, 1 + (ascii_ ? mark.column : characters(mark))};
  }
  Position at_offset(std::size_t offset) const {
    YAML::Mark mark;
    auto before = text_.substr(0, offset);
    auto line_start = before.rfind('\n');
    mark.pos = static_cast<int>(before.size());
    mark.line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    mark.column =
        static_cast<int>(before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1));
    return at(mark);
  }
  // Whether a tab stands in the white space that begins the line of `mark`.
  bool has_tab_in_indentation(YAML::Mark const& mark) const {
    if (mark.pos < mark.column) return false;
    auto line = text_.substr(std::min(text_.size(), static_cast<std::size_t>(mark.pos - mark.column)));
    auto indentation = line.substr(0, line.find_first_not_of(" \t"));
    return indentation.find('\t') != std::string_view::npos;
  }
  // Where a quoted text begins at `mark` that is not closed.
  bool lacks_closing_quote(YAML::Mark const& mark) const {
    return (stands_at(mark, "\"") || stands_at(mark, "'")) &&
           !end_of_quoted(text_, static_cast<std::size_t>(mark.pos));
  }
  // What a forgotten or a doubled quote behind `from` may have to do with an error at `mark`.
  std::optional<Problem> quote_problem(std::size_t from, YAML::Mark const& mark) const {
    if (mark.pos < 0) return std::nullopt;
    auto const quoted = find_suspect_quote(text_, from, static_cast<std::size_t>(mark.pos));
    if (!quoted) return std::nullopt;
    auto const begin = at_offset(quoted->begin);
    if (!quoted->end) return Problem{begin, kNoEnd, ""};
    auto const end = at_offset(*quoted->end - 1);
    return Problem{begin,
                   "the quoted text that begins here ends in line " + std::to_string(end.line) + ", column " +
                       std::to_string(end.column) + ", and more follows",
                   text_[quoted->begin] == '"' ? "write `\\\"` for a quote within it"
                                               : "write `''` for a quote within it"};
  }
  bool stands_at(YAML::Mark const& mark, std::string_view expected) const {
    auto offset = static_cast<std::size_t>(mark.pos);
    return mark.pos >= 0 && offset < text_.size() && text_.substr(offset).starts_with(expected);
  }

 private:
  int characters(YAML::Mark const& mark) const {
    auto end = std::min(text_.size(), static_cast<std::size_t>(mark.pos));
    auto start = std::min(end, static_cast<std::size_t>(mark.pos - mark.column));
    auto is_first_byte = [](char c) { return (c & 0xC0) != 0x80; };
    return static_cast<int>(std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(start),
                                          text_.begin() + static_cast<std::ptrdiff_t>(end), is_first_byte));
  }

  std::string_view text_;
  bool ascii_;
};

// The text as a stream that ends early where the parser reads too far without an event.
class Source : public std::streambuf {
 public:
  explicit Source(std::string_view text) {
    // A streambuf wants a pointer to mutable bytes; nothing writes to them.
    auto* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
    last_event_ = begin;
  }

  void note_event() { last_event_ = gptr(); }
  bool ended_early() const { return ended_early_; }

 protected:
  std::streamsize xsgetn(char* out, std::streamsize size) override {
    if (static_cast<std::size_t>(gptr() - last_event_) > kLargestValue) {
      ended_early_ = true;
      return 0;
    }
    size = std::min<std::streamsize>(size, egptr() - gptr());
    std::copy_n(gptr(), size, out);
    setg(eback(), gptr() + size, egptr());
    return size;
  }

 private:
  char const* last_event_ = nullptr;
  bool ended_early_ = false;
};

// Plain scalars by the YAML 1.2 core schema (section 10.3.2).
bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  text = without_sign(text);
  auto exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!consists_of(without_sign(text.substr(exponent + 1)), kDigits)) return false;
    text = text.substr(0, exponent);
  }
  auto point = text.find('.');
  if (point == std::string_view::npos) return consists_of(text, kDigits);
  auto whole = text.substr(0, point);
  auto fraction = text.substr(point + 1);
  if (whole.empty()) return consists_of(fraction, kDigits);
  return consists_of(whole, kDigits) && (fraction.empty() || consists_of(fraction, kDigits));
}

std::optional<std::int64_t> to_integer(std::string_view text, int base) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> to_number(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string one_line_of(std::string_view library_message) {
  return printable(library_message.substr(0, 200));
}

// The library's words, where ours help more. The hint says what mends the usual cause.
// `last_event`: the offset of what was read last.
Problem explain(YAML::Exception const& exception, Places const& places, std::size_t last_event) {
  if (auto problem = places.quote_problem(last_event, exception.mark)) return *problem;
  std::string_view message = exception.msg;
  auto position = places.at(exception.mark);
  auto is = [&](char const* text) { return message.starts_with(text); };
  namespace Words = YAML::ErrorMsg;
  if (places.stands_at(exception.mark, "*") || is(Words::UNKNOWN_ANCHOR)) {
    return {position, "aliases are not accepted", "quote a text that begins with `*`"};
  }
  if (places.has_tab_in_indentation(exception.mark) || is(Words::TAB_IN_INDENTATION)) {
    return {position, "a tab in the indentation", "use spaces"};
  }
  if (is(Words::UNKNOWN_TOKEN))
    return {position, "a value cannot begin with this character", "quote the text"};
  if (is(Words::END_OF_MAP_FLOW))
    return {position, "expected `,` or `}`", "quote a text that begins with `{`"};
  if (is(Words::END_OF_SEQ_FLOW))
    return {position, "expected `,` or `]`", "quote a text that begins with `[`"};
  if (is(Words::END_OF_MAP))
    return {position, "expected a key of the mapping above", "check the indentation"};
  if (is(Words::END_OF_SEQ)) return {position, "expected `- ` of the list above", "check the indentation"};
  if (is(Words::MAP_VALUE)) return {position, "`:` cannot stand here", "quote a text that contains `: `"};
  if (is(Words::MAP_KEY)) return {position, "a key cannot stand here", "check the indentation"};
  if (is(Words::BLOCK_ENTRY)) return {position, "`- ` cannot stand here", "check the indentation"};
  if (is(Words::FLOW_END)) return {position, "this bracket closes nothing", "quote a text with brackets"};
  if (is(Words::EOF_IN_SCALAR)) return {position, kNoEnd, ""};
  if (is(Words::INVALID_ESCAPE)) {
    return {position, one_line_of(message), "write `\\\\` for a backslash, or use single quotes"};
  }
  return {position, one_line_of(message), ""};
}

}  // namespace

// Builds the tree from the library's events, in place: while a collection is open nothing is added
// to the one around it, so the pointers in `open_` stay valid.
class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(Places const& places, Source& source) : places_(places), source_(source) {
    root_.position_ = {1, 1};  // where no event tells, as in an empty text
  }

  Yaml take_root() { return std::move(root_); }
  Position last_position() const { return last_position_; }
  std::size_t last_offset() const { return last_offset_; }

  void OnDocumentStart(YAML::Mark const& mark) override {
    note(mark);
    if (++documents_ == 1) return;
    if (places_.stands_at(mark, "---"))
      refuse(mark, "a second document", "put each document into its own file");
    refuse(mark, "this does not belong to the document above", "check the indentation and the quotes");
  }
  void OnDocumentEnd() override {}
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not accepted", "write the value again, or quote a text that begins with `*`");
  }
  void OnAnchor(YAML::Mark const& mark, std::string const&) override {
    refuse(mark, "anchors are not accepted", "quote a text that begins with `&`");
  }
  void OnNull(YAML::Mark const& mark, YAML::anchor_t) override {
    note(mark);
    if (expects_key()) refuse(mark, "a key is missing here", "quote it if it is meant to be a text");
    Yaml& node = add(mark);
    // The library names the next token, which may be lines away, as the place of a value left out.
    if (open_.empty() || !open_.back().node->is_mapping()) return;
    auto key_position = open_.back().node->entries_.back().key_position;
    if (node.position_.line != key_position.line) node.position_ = key_position;
  }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t,
                std::string const& text) override {
    note(mark);
    if (places_.lacks_closing_quote(mark)) refuse(mark, kNoEnd, "");
    bool plain = tag == "?";
    if ((!plain && tag != "!") || places_.stands_at(mark, "!")) refuse_tag(mark);
    if (expects_key()) return add_key(mark, text);
    Yaml& node = add(mark);
    node.text_ = text;
    node.kind_ = Yaml::Kind::string;
    if (plain) set_type(node);
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, Yaml::Kind::sequence);
  }
  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, Yaml::Kind::mapping);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override {
    refuse_duplicate_keys(*open_.back().node);
    open_.pop_back();
  }

 private:
  struct Open {
    Yaml* node;
    bool expects_key;
  };

  [[noreturn]] void refuse(YAML::Mark const& mark, std::string message, std::string hint) const {
    throw Refusal{{places_.at(mark), std::move(message), std::move(hint)}};
  }
  [[noreturn]] void refuse_tag(YAML::Mark const& mark) const {
    refuse(mark, "tags are not accepted", "quote a text that begins with `!`");
  }
  void note(YAML::Mark const& mark) {
    source_.note_event();
    last_position_ = places_.at(mark);
    last_offset_ = static_cast<std::size_t>(std::max(0, mark.pos));
  }
  bool expects_key() const { return !open_.empty() && open_.back().expects_key; }

  // The place of the next value: the root, a new item, or the value of the last key.
  Yaml& add(YAML::Mark const& mark) {
    Yaml* node = &root_;
    if (!open_.empty()) {
      auto& parent = open_.back();
      parent.expects_key = parent.node->is_mapping();
      node = parent.expects_key ? &parent.node->entries_.back().value : &parent.node->items_.emplace_back();
    }
    node->position_ = places_.at(mark);
    return *node;
  }
  void add_key(YAML::Mark const& mark, std::string const& text) {
    open_.back().node->entries_.push_back({text, places_.at(mark), {}});
    open_.back().expects_key = false;
  }
  void open(YAML::Mark const& mark, std::string const& tag, Yaml::Kind kind) {
    note(mark);
    if (tag != "?" || places_.stands_at(mark, "!")) refuse_tag(mark);
    if (expects_key()) refuse(mark, "a key must be a plain name", "quote a text that begins with a bracket");
    if (open_.size() >= kDeepest) {
      refuse(mark, "nested deeper than " + std::to_string(kDeepest) + " levels", "");
    }
    Yaml& node = add(mark);
    node.kind_ = kind;
    open_.push_back({&node, kind == Yaml::Kind::mapping});
  }

  static void set_type(Yaml& node) {
    std::string_view text = node.text_;
    if (text.empty() || std::string_view("-+.0123456789tTfF").find(text[0]) == std::string_view::npos) return;
    if (is_any_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
      node.kind_ = Yaml::Kind::boolean;
      node.boolean_ = text.size() == 4;
      return;
    }
    auto base_8_or_16 = text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 0;
    auto integer = base_8_or_16 == 0                 ? to_integer(text, 10)
                   : text.substr(2).starts_with('-') ? std::nullopt
                                                     : to_integer(text.substr(2), base_8_or_16);
    if (integer) {
      node.kind_ = Yaml::Kind::integer;
      node.integer_ = *integer;
      return;
    }
    auto number = std::optional<double>();
    if (is_any_of(without_sign(text), {".inf", ".Inf", ".INF"})) {
      number = std::numeric_limits<double>::infinity() * (text[0] == '-' ? -1 : 1);
    } else if (is_any_of(text, {".nan", ".NaN", ".NAN"})) {
      number = std::numeric_limits<double>::quiet_NaN();
    } else if (is_decimal(text)) {
      number = to_number(text);  // beyond the range of a double it stays a text
    }
    if (!number) return;
    node.kind_ = Yaml::Kind::number;
    node.number_ = *number;
  }

  static void refuse_duplicate_keys(Yaml const& mapping) {
    std::vector<Yaml::Entry const*> sorted;
    sorted.reserve(mapping.entries().size());
    for (auto const& entry : mapping.entries()) sorted.push_back(&entry);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](auto const* a, auto const* b) { return a->key < b->key; });
    auto same_key = [](auto const* a, auto const* b) { return a->key == b->key; };
    auto first = std::adjacent_find(sorted.begin(), sorted.end(), same_key);
    if (first == sorted.end()) return;
    auto const& again = **(first + 1);
    throw Refusal{{again.key_position,
                   "the key `" + again.key + "` was given before, in line " +
                       std::to_string((*first)->key_position.line),
                   ""}};
  }

  Places const& places_;
  Source& source_;
  Yaml root_;
  std::vector<Open> open_;
  Position last_position_{1, 1};
  std::size_t last_offset_ = 0;
  int documents_ = 0;
};

namespace {

// What YAML does not allow in a text, and what the library would not refuse (it takes the byte 4 for
// the end of the text).
std::optional<Problem> find_bad_character(std::string_view text, Places const& places) {
  if (auto offset = find_invalid_utf8(text)) return Problem{places.at_offset(*offset), "not valid UTF-8", ""};
  auto is_control = [](char c) {
    return (c >= 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
  };
  auto bad = std::find_if(text.begin(), text.end(), is_control);
  if (bad == text.end()) return std::nullopt;
  return Problem{places.at_offset(static_cast<std::size_t>(bad - text.begin())),
                 "the control character " + std::to_string(static_cast<int>(*bad)) + " is not allowed",
                 "in double quotes it can be written as an escape"};
}

// The root, or throws Refusal or the library's exceptions.
Yaml build(Source& source, YamlBuilder& builder) {
  std::istream stream(&source);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) continue;
  return builder.take_root();
}

}  // namespace

Result<Yaml> Yaml::parse(std::string_view text, std::string_view file) {
  if (text.size() > kLargestText) {
    return Error(Code::invalid_argument, std::string(file) + ": " + human_bytes(text.size()) +
                                             " of YAML; up to " + human_bytes(kLargestText) +
                                             " are accepted");
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Places places(text);
  if (auto problem = find_bad_character(text, places)) return to_error({*problem}, file);

  Source source(text);
  YamlBuilder builder(places, source);
  auto problem = std::optional<Problem>();
  try {
    auto root = build(source, builder);
    if (!source.ended_early()) return root;
  } catch (Refusal const& refusal) {
    problem = refusal.problem;
  } catch (YAML::Exception const& exception) {
    problem = explain(exception, places, builder.last_offset());
  }
  if (source.ended_early()) {
    problem = {builder.last_position(),
               "a value after this place is longer than " + human_bytes(kLargestValue),
               "put it into a file of its own"};
  }
  return to_error({*problem}, file);
}

namespace {

// A message may quote a name, and a name may have a million characters.
std::string at_most(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  return make_valid_utf8(text.substr(0, bytes)) + "…";
}

}  // namespace

std::string to_string(Problem const& problem, std::string_view file) {
  std::string text(file);
  text.append(":").append(std::to_string(problem.position.line));
  text.append(":").append(std::to_string(problem.position.column));
  text.append(": ").append(at_most(problem.message, kLongestMessage));
  if (!problem.hint.empty()) text.append(" (").append(problem.hint).append(")");
  return text;
}

Error to_error(std::vector<Problem> problems, std::string_view file) {
  std::stable_sort(problems.begin(), problems.end(), [](Problem const& a, Problem const& b) {
    return std::pair(a.position.line, a.position.column) < std::pair(b.position.line, b.position.column);
  });
  std::vector<std::string> lines;
  for (auto const& problem : problems) {
    if (lines.size() == kMostProblems) {
      lines.push_back("… and " + std::to_string(problems.size() - kMostProblems) + " more problems");
      break;
    }
    lines.push_back(to_string(problem, file));
  }
  return Error(Code::invalid_argument, join(lines, "\n"));
}

std::string_view Yaml::kind_name() const {
  switch (kind_) {
    case Kind::null: return "null";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::number: return "number";
    case Kind::string: return "string";
    case Kind::sequence: return "sequence";
    case Kind::mapping: return "mapping";
  }
  return "";
}

Yaml const* Yaml::find(std::string_view key) const {
  for (auto const& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Json Yaml::to_json() const {
  switch (kind_) {
    case Kind::null: return Json();
    case Kind::boolean: return Json(boolean_);
    case Kind::integer: return Json(integer_);
    case Kind::number: return Json(number_);
    case Kind::string: return Json(text_);
    case Kind::sequence: {
      Json::Array items;
      items.reserve(items_.size());
      for (auto const& item : items_) items.push_back(item.to_json());
      return Json(std::move(items));
    }
    case Kind::mapping: break;
  }
  Json::Object members;
  members.reserve(entries_.size());
  for (auto const& entry : entries_) members.emplace_back(entry.key, entry.value.to_json());
  return Json(std::move(members));
}

}  // namespace shoal
