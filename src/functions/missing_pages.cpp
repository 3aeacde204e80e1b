// missing-pages: which pages of a document could not be read, and whether one can go on without them.
#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "functions/groups.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

// What a page may be to blame for: it is damaged, cannot be read by this program, or ended the worker that
// read it. All else (no language file, no memory) would happen to any page.
constexpr std::array kOfThePage = {Code::invalid_argument, Code::unsupported, Code::engine_failed};

Result<Code> code_of(Value const& error) {
  auto const& name = error["code"].as_text();
  if (auto const code = code_from_name(name)) return *code;
  return Error(Code::invalid_argument, "`" + name + "` is no code of an error");
}

// A sentence that names the page and its document.
std::string reason_of(Value const& sheet, std::string const& message) {
  auto const page = "page " + std::to_string(sheet["number"].as_integer());
  if (message.starts_with(page + " ")) return message;
  auto const document = sheet["document"].as_blob();
  auto const of = document && !document->name().empty() ? " of " + printable(document->name()) : "";
  return page + of + " could not be read: " + message;
}

Result<Value> missing_pages(Value const& inputs) {
  auto const& sheets = inputs["sheets"].as_list();
  auto const& errors = inputs["errors"].as_list();
  Value::List missing;
  for (auto const& error : errors) {
    auto const code = TRY(code_of(error));
    auto const& message = error["message"].as_text();
    if (std::find(kOfThePage.begin(), kOfThePage.end(), code) == kOfThePage.end())
      return Error(code, message);
    auto const item = static_cast<std::size_t>(error["item"].as_integer());
    if (item >= sheets.size())
      return Error(Code::invalid_argument, "there is no sheet " + std::to_string(item));
    missing.push_back(
        Value::record({{"page", sheets[item]["number"]}, {"reason", reason_of(sheets[item], message)}}));
  }
  if (missing.empty() || errors.size() < sheets.size())
    return Value::record({{"missing", std::move(missing)}});
  auto const& first = errors.front()["message"].as_text();
  return Error(TRY(code_of(errors.front())), sheets.size() == 1
                                                 ? first
                                                 : "none of the " + std::to_string(sheets.size()) +
                                                       " pages could be read; the first: " + first);
}

}  // namespace

std::vector<Function> missing_page_functions() {
  Function function{.name = "missing-pages",
                    .about = "Says which pages of a document could not be read.",
                    .call = missing_pages};
  function.signature.inputs = {port("sheets", "list<sheet>", "The pages of the document."),
                               port("errors", "list<{item: integer, code: text, message: text}>",
                                    "`$step.errors` of the step that read each of them. An error that is not "
                                    "the page's own, and one on "
                                    "every page, is an error here, too.")};
  function.signature.outputs = {
      port("missing", "list<{page: integer, reason: text}>", "The pages that could not be read, and why.")};
  return {function};
}

}  // namespace shoal::functions
