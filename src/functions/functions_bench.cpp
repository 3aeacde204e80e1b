// What a step costs besides the runtime, and what a page costs on its way to the shelf.
#include <benchmark/benchmark.h>

#include "functions/functions.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

value::Page page_of_words(int words) {
  value::Page page;
  page.number = 1;
  page.width = 612;
  for (int i = 0; i < words; ++i) {
    auto x = 40.0 + i % 10 * 53, y = 40.0 + i / 10 * 14;
    page.words.push_back(
        {"word" + std::to_string(i) + (i % 13 == 12 ? "." : ""), {x, y, x + 48, y + 12}, 0.9, i / 10});
    page.text += page.words.back().text + (i % 10 == 9 ? "\n" : " ");
  }
  return page;
}

void run(benchmark::State& state, std::string_view name, Value const& inputs) {
  auto function = find(name);
  for (auto _ : state) benchmark::DoNotOptimize(function->call(inputs));
}

void find_function(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(find("passages"));
}
BENCHMARK(find_function);

void select_field(benchmark::State& state) {
  run(state, "select",
      Value::record({{"from", value::to_value(page_of_words(500))}, {"path", "words[10].text"}}));
}
BENCHMARK(select_field);

void fill_template(benchmark::State& state) {
  run(state, "template",
      Value::record({{"template", "Answer {{ question }} from {{ text }}"},
                     {"question", "why?"},
                     {"text", "because"}}));
}
BENCHMARK(fill_template);

void regex_replace(benchmark::State& state) {
  run(state, "regex",
      Value::record({{"text", page_of_words(500).text}, {"find", "word(\\d+)"}, {"replace", "\\1"}}));
}
BENCHMARK(regex_replace);

void passages_of_page(benchmark::State& state) {
  auto pages = Value::list({value::to_value(page_of_words(500))});
  run(state, "passages", Value::record({{"pages", pages}, {"document", "a.pdf"}, {"title", "A"}}));
}
BENCHMARK(passages_of_page);

void title_of_ten_pages(benchmark::State& state) {
  Value::List pages(10, value::to_value(page_of_words(500)));
  run(state, "title", Value::record({{"pages", pages}, {"name", "a.pdf"}}));
}
BENCHMARK(title_of_ten_pages);

void cite_one_of_twenty_passages(benchmark::State& state) {
  auto pages = Value::list({value::to_value(page_of_words(2000))});
  auto outputs =
      find("passages")->call(Value::record({{"pages", pages}, {"document", "a.pdf"}, {"title", "A"}}));
  run(state, "cite",
      Value::record({{"quotes", Value::list({"word1500 word1501 word1502"})},
                     {"passages", (*outputs)["passages"]},
                     {"answer", "yes"}}));
}
BENCHMARK(cite_one_of_twenty_passages);

}  // namespace
}  // namespace shoal::functions
