// How the functions are put together from their groups, one .cpp file each. For this room only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "functions/functions.h"

namespace shoal::functions {

std::vector<Function> text_functions();          // split, join, template
std::vector<Function> regex_functions();         // regex
std::vector<Function> data_functions();          // select, first, flatten, json, json-text
std::vector<Function> page_functions();          // page-text, text-pages, record-pages, file-text
std::vector<Function> passage_functions();       // passages
std::vector<Function> title_functions();         // title
std::vector<Function> citation_functions();      // cite
std::vector<Function> rank_functions();          // rank
std::vector<Function> sentence_functions();      // sentences
std::vector<Function> support_functions();       // support
std::vector<Function> hocr_functions();          // hocr
std::vector<Function> missing_page_functions();  // missing-pages

// Ports, their types written as in documents.
inline value::Port port(std::string name, std::string_view type, std::string about) {
  auto parsed = value::Type::parse(type);
  CHECK(parsed.has_value());
  value::Port port;
  port.name = std::move(name);
  port.type = *parsed;
  port.about = std::move(about);
  return port;
}

// May be absent: then `fallback`, or null.
inline value::Port option(std::string name, std::string_view type, value::Value fallback, std::string about) {
  auto made = port(std::move(name), type, std::move(about));
  made.required = false;
  if (!fallback.is_null()) made.fallback = std::move(fallback);
  return made;
}

}  // namespace shoal::functions
