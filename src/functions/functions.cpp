#include "functions/functions.h"

#include <algorithm>

#include "functions/groups.h"

namespace shoal::functions {
namespace {

std::vector<Function> make_table() {
  std::vector<Function> table;
  for (auto group : {text_functions, regex_functions, data_functions, page_functions, passage_functions,
                     title_functions, citation_functions, rank_functions, sentence_functions,
                     support_functions, hocr_functions, missing_page_functions}) {
    auto functions = group();
    std::move(functions.begin(), functions.end(), std::back_inserter(table));
  }
  std::sort(table.begin(), table.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  return table;
}

}  // namespace

std::vector<Function const*> const& all() {
  static std::vector<Function> const table = make_table();
  static std::vector<Function const*> const pointers = [] {
    std::vector<Function const*> out;
    for (auto const& function : table) out.push_back(&function);
    return out;
  }();
  return pointers;
}

Function const* find(std::string_view name) {
  auto const& functions = all();
  auto at = std::lower_bound(
      functions.begin(), functions.end(), name,
      [](Function const* function, std::string_view wanted) { return function->name < wanted; });
  return at != functions.end() && (*at)->name == name ? *at : nullptr;
}

}  // namespace shoal::functions
