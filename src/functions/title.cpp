// title: what a document is called, from the look of its first pages. A line gains by being large, at the
// top, in capitals, or at the head of several pages, and loses by reading like a sentence.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/characters.h"
#include "base/text.h"
#include "functions/groups.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

constexpr std::size_t kPagesForTitle = 3;
constexpr std::size_t kPagesForHeads = 10;
constexpr std::size_t kLinesAtTop = 12;
constexpr std::size_t kHeadLines = 2;
constexpr double kGoodEnough = 1.25;

struct Line {
  std::string text;
  double height = 0;  // points, the median of its words; 0: unknown
  double width = 0;
  bool blank_after = false;
};

double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

Line line_of(std::vector<value::Word const*> const& words) {
  Line line;
  std::vector<double> heights;
  double left = INFINITY, right = -INFINITY;
  for (auto word : words) {
    line.text += (line.text.empty() ? "" : " ") + word->text;
    heights.push_back(word->box[3] - word->box[1]);
    left = std::min(left, word->box[0]);
    right = std::max(right, word->box[2]);
  }
  line.height = median(heights);
  line.width = right - left;
  return line;
}

std::vector<Line> lines_of_words(value::Page const& page) {
  std::vector<Line> lines;
  std::vector<value::Word const*> current;
  for (auto const& word : page.words) {
    if (!current.empty() && current.back()->line != word.line) {
      lines.push_back(line_of(current));
      if (lines.size() == kLinesAtTop) return lines;
      current.clear();
    }
    current.push_back(&word);
  }
  if (!current.empty()) lines.push_back(line_of(current));
  return lines;
}

std::vector<Line> lines_of_text(value::Page const& page) {
  std::vector<Line> lines;
  for (auto part : split(page.text, '\n')) {
    auto text = trim(part);
    if (!text.empty()) {
      if (lines.size() == kLinesAtTop) break;
      lines.push_back({std::string(text), 0, 0, false});
    } else if (!lines.empty()) {
      lines.back().blank_after = true;
    }
  }
  return lines;
}

std::vector<Line> top_lines(value::Page const& page) {
  return page.words.empty() ? lines_of_text(page) : lines_of_words(page);
}

std::string_view without_roman_number(std::string_view line) {
  auto space = line.find_last_of(' ');
  if (space == std::string_view::npos) return line;
  auto number = line.substr(space + 1);
  return number.find_first_not_of("ivxlc") == std::string_view::npos ? line.substr(0, space) : line;
}

// Without Markdown's marks and punctuation at the ends; with `numbers` false also without what numbers a
// page: "12 THE ISLAND." → "THE ISLAND", "PREFACE. vii" → "PREFACE".
std::string bare(std::string_view line, bool numbers) {
  if (!numbers) line = without_roman_number(trim(line));
  std::size_t begin = line.size(), end = 0;
  for (std::size_t at = 0; at < line.size();) {
    auto start = at;
    auto c = next_code_point(line, at);
    if (!is_word_part(c) || (!numbers && is_digit(c))) continue;
    begin = std::min(begin, start);
    end = at;
  }
  if (begin >= end) return {};
  // A question is no statement without its mark.
  if (end < line.size() && (line[end] == '?' || line[end] == '!' || line[end] == ')')) ++end;
  return std::string(line.substr(begin, end - begin));
}

// What is the same on all pages of a book or a chapter.
std::string head_of(std::string_view line) { return to_lower_ascii(bare(line, false)); }

struct Letters {
  int all = 0, upper = 0, lower = 0, others = 0, words = 0, characters = 0;
};

Letters count_letters(std::string_view text) {
  Letters count;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    auto c = next_code_point(text, at);
    bool part = is_word_part(c);
    ++count.characters;
    if (part && !is_digit(c)) ++count.all;
    if (!part && !is_space(c)) ++count.others;
    count.upper += is_upper(c);
    count.lower += is_lower(c);
    count.words += part && (!in_word || is_unspaced(c));
    in_word = part;
  }
  return count;
}

bool is_section_name(std::string const& text) {
  static std::vector<std::string> const names = {"preface",
                                                 "contents",
                                                 "table of contents",
                                                 "introduction",
                                                 "index",
                                                 "chapter",
                                                 "appendix",
                                                 "abstract",
                                                 "vorwort",
                                                 "inhalt",
                                                 "inhaltsverzeichnis",
                                                 "einleitung",
                                                 "kapitel",
                                                 "目录",
                                                 "前言",
                                                 "مقدمة",
                                                 "المحتويات"};
  auto lower = to_lower_ascii(text);
  return std::any_of(names.begin(), names.end(), [&](auto const& name) {
    return lower == name || (name == "chapter" && lower.starts_with("chapter ") && lower.size() < 16);
  });
}

// How much `line` reads like a title by its letters alone.
double score_of_text(std::string const& raw, std::string const& text) {
  auto letters = count_letters(text);
  if (letters.all < 2 || letters.characters > 120 || letters.words > 40) return -10;
  double score = 0;
  bool unspaced = letters.upper + letters.lower == 0;
  if (!unspaced && letters.words > 14) score -= 2;
  if (letters.upper + letters.lower >= 4 && letters.upper >= 4 * letters.lower) score += 1;
  if (letters.all * 10 < letters.characters * 6) score -= 2;
  if (letters.others * 4 > letters.all) score -= 2;
  std::size_t at = 0;
  if (is_lower(next_code_point(text, at))) score -= 1.5;
  auto last = trim(raw).empty() ? ' ' : trim(raw).back();
  if (last == ',' || last == ';' || last == '-') score -= 1.5;
  if ((last == '.' || raw.ends_with("。")) && letters.words > 6) score -= 1;
  if (is_section_name(text)) score -= 1;
  if (raw.starts_with("# ")) score += 3;
  return score;
}

class TitleFinder {
 public:
  explicit TitleFinder(std::vector<value::Page> const& pages) {
    std::vector<double> heights, widths;
    for (auto const& page : pages) {
      for (auto const& word : page.words) heights.push_back(word.box[3] - word.box[1]);
      widths.push_back(page.width);
      pages_.push_back(top_lines(page));
      count_heads(pages_.back());
    }
    body_height_ = median(heights);
    page_width_ = median(widths);
  }

  // "" where no line is good enough.
  std::string find() const {
    double best = kGoodEnough;
    std::string title;
    for (std::size_t page = 0; page < std::min(pages_.size(), kPagesForTitle); ++page) {
      auto const& lines = pages_[page];
      for (std::size_t i = 0; i < lines.size(); ++i) {
        auto score = score_of(page, i);
        if (score <= best) continue;
        best = score;
        title = bare(lines[i].text, !is_head(lines[i])) + second_line(lines, i);
      }
    }
    return title;
  }

 private:
  void count_heads(std::vector<Line> const& lines) {
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < std::min(lines.size(), kHeadLines); ++i) {
      auto text = head_of(lines[i].text);
      if (!text.empty() && std::find(seen.begin(), seen.end(), text) == seen.end()) seen.push_back(text);
    }
    for (auto const& text : seen) ++heads_[text];
  }

  // Whether several pages begin with it.
  bool is_head(Line const& line) const {
    auto head = heads_.find(head_of(line.text));
    return head != heads_.end() && head->second > 1;
  }

  double relative_height(Line const& line) const { return body_height_ > 0 ? line.height / body_height_ : 1; }

  double score_of(std::size_t page, std::size_t i) const {
    auto const& line = pages_[page][i];
    auto score = score_of_text(line.text, bare(line.text, false)) - 0.25 * static_cast<double>(page);
    if (score < -5) return score;
    score += std::clamp((relative_height(line) - 1.1) * 3, 0.0, 3.0);
    if (is_head(line)) score += 1.5;
    if (i == 0) score += 0.5;
    if (line.width > 0 && line.width < 0.6 * page_width_) score += 0.25;
    if (line.width == 0 && line.blank_after) score += 1;
    return score;
  }

  // A large title may take two lines.
  std::string second_line(std::vector<Line> const& lines, std::size_t i) const {
    if (i + 1 >= lines.size() || relative_height(lines[i]) < 1.4) return {};
    auto ratio = lines[i + 1].height / lines[i].height;
    if (ratio < 0.85 || ratio > 1.18) return {};
    auto text = bare(lines[i + 1].text, true);
    return text.empty() ? std::string() : " " + text;
  }

  std::vector<std::vector<Line>> pages_;
  std::map<std::string, int> heads_;  // how many pages begin with it
  double body_height_ = 0, page_width_ = 0;
};

// "/books/the_island.pdf" → "the island".
std::string name_as_title(std::string_view name) {
  name = name.substr(std::min(name.find_last_of("/\\") + 1, name.size()));
  auto dot = name.rfind('.');
  if (dot != std::string_view::npos && dot > 0 && name.size() - dot <= 6) name = name.substr(0, dot);
  return replace_all(std::string(name), "_", " ");
}

Result<Value> find_title(Value const& inputs) {
  std::vector<value::Page> pages;
  for (auto const& page : inputs["pages"].as_list()) {
    if (pages.size() == kPagesForHeads) break;
    if (!page.is_null()) pages.push_back(value::page_from(page));
  }
  auto title = TitleFinder(pages).find();
  return Value::record({{"title", title.empty() ? name_as_title(inputs["name"].as_text()) : title}});
}

}  // namespace

std::vector<Function> title_functions() {
  Function function{
      .name = "title",
      .about = "Finds the title of a document at the top of its first pages, else takes the file's name.",
      .call = find_title};
  function.signature.inputs = {port("pages", "list<page>", "The pages from the first on."),
                               option("name", "text", "", "The file's name or path.")};
  function.signature.outputs = {
      port("title", "text", "One line; empty where there is neither title nor name.")};
  return {function};
}

}  // namespace shoal::functions
