// A catalogue for the tests, the benchmark and the fuzzer of this room, its ports written as in
// documents. Nothing of the program includes it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/yaml.h"
#include "graph/catalog.h"
#include "value/signature.h"

namespace shoal::graph {

inline std::vector<value::Port> ports_of(std::string_view text) {
  std::vector<Problem> problems;
  auto yaml = Yaml::parse(text, "ports");
  CHECK(yaml.has_value());
  auto ports = value::parse_ports(*yaml, problems);
  CHECK(problems.empty());
  return ports;
}

class TestCatalog final : public Callables {
 public:
  // Returns the new one, to change what is special about it.
  Callable& add(std::string name, std::string_view inputs, std::string_view outputs,
                Callable::Kind kind = Callable::Kind::operation) {
    Callable callable;
    callable.kind = kind;
    callable.name = name;
    callable.signature.inputs = ports_of(inputs);
    callable.signature.outputs = ports_of(outputs);
    return callables_[std::move(name)] = std::move(callable);
  }

  std::optional<Callable> find(std::string_view name) const override {
    auto found = callables_.find(name);
    if (found == callables_.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::uint64_t> memory() const override { return 8'000'000'000; }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (auto const& entry : callables_) names.push_back(entry.first);
    return names;
  }

 private:
  std::map<std::string, Callable, std::less<>> callables_;
};

// What the tests' documents use.
inline TestCatalog test_catalog() {
  using Kind = Callable::Kind;
  TestCatalog catalog;
  catalog.add("ocr.pages",
              "{document: {type: file, accept: [application/pdf]}, dpi: {type: integer, default: 300, min: "
              "72, max: 600}}",
              "{pages: list<sheet>}");
  catalog.add("ocr.recognize", "{page: sheet, language: {type: text, default: eng, one_of: [eng, deu]}}",
              "{page: page}");
  catalog.add("pages-one-by-one", "{document: file}", "{pages: stream<sheet>}");
  catalog.add("clean-ocr", "{page: page}", "{page: page}", Kind::task);
  catalog.add("page-text", "{pages: list<page>}", "{text: text}", Kind::function);
  catalog.add("upper", "{text: text}", "{text: text}", Kind::function);
  catalog.add("concatenate", "{first: text, second: text}", "{text: text}", Kind::function);
  catalog.add("split", "{text: text, size: {type: integer, default: 100}}",
              "{parts: list<text>, count: integer}", Kind::function);
  catalog.add("join", "{parts: 'list<{name: text, count: integer}>'}", "{text: text}");
  catalog.add("keywords", "{text: text}", "{labels: '{words: list<text>}'}");
  catalog.add("spell-out", "{number: integer, language: {type: text, default: eng}}", "{text: text}",
              Kind::function);
  catalog.add("maybe", "{text: {type: text, required: false}}", "{text: {type: text, required: false}}");
  catalog.add("ask", "{prompt: text, options: {type: json, required: false, schema: {type: object}}}",
              "{reply: json}");
  catalog.add("index.add", "{text: text}", "{}").effects = Effects::writes;
  catalog.add("index.search", "{query: text}", "{hits: list<text>}").effects = Effects::reads;
  catalog.add("huge.generate", "{prompt: text}", "{text: text}").model_memory = 6'000'000'000;
  catalog.add("tiny.generate", "{prompt: text}", "{text: text}").missing_model = "`shoal pull tiny`, 98 MB";
  auto& first = catalog.add("first", "{list: list<any>}", "{item: any}", Kind::function);
  first.infer = [](std::vector<Argument> const& arguments) -> Result<std::vector<value::Port>> {
    for (auto const& argument : arguments) {
      if (argument.name != "list") continue;
      auto ports = ports_of("{item: any}");
      ports[0].type = argument.type.element();
      return ports;
    }
    return Error(Code::invalid_argument, "there is nothing to take the first of");
  };
  auto& record = catalog.add("record", "{}", "{record: any}", Kind::function);
  record.open_inputs = true;
  record.infer = [](std::vector<Argument> const& arguments) -> Result<std::vector<value::Port>> {
    std::vector<value::Type::Field> fields;
    for (auto const& argument : arguments) fields.emplace_back(argument.name, argument.type);
    auto ports = ports_of("{record: any}");
    ports[0].type = value::Type::record(std::move(fields));
    return ports;
  };
  return catalog;
}

}  // namespace shoal::graph
