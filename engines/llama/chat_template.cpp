#include "engines/llama/chat_template.h"

#include <jinja/caps.h>
#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <json.h>

#include <algorithm>
#include <exception>

#include "engines/llama/template_budget.h"

namespace shoal::llama_engine {

struct ChatTemplate::Program {
  std::string source, beginning, end;
  jinja::program syntax;
  jinja::caps abilities;
};

namespace {

void fold_system_into_user(std::vector<Message>& messages) {
  if (messages.empty() || messages.front().role != "system") return;
  auto const user = std::find_if(messages.begin(), messages.end(),
                                 [](auto const& message) { return message.role == "user"; });
  if (user == messages.end()) {
    messages.front().role = "user";
    return;
  }
  user->content = messages.front().content + "\n\n" + user->content;
  messages.erase(messages.begin());
}

common_json as_json(std::vector<Message> const& messages, bool typed_content) {
  auto list = common_json::array();
  for (auto const& message : messages) {
    auto one = common_json::object();
    one["role"] = message.role;
    if (typed_content) {
      auto part = common_json::object();
      part["type"] = "text";
      part["text"] = message.content;
      auto parts = common_json::array();
      parts.push_back(part);
      one["content"] = parts;
    } else {
      one["content"] = message.content;
    }
    list.push_back(one);
  }
  return list;
}

}  // namespace

ChatTemplate::ChatTemplate(std::unique_ptr<Program> program) : program_(std::move(program)) {}
ChatTemplate::~ChatTemplate() = default;

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::parse(std::string const& source,
                                                          std::string const& beginning,
                                                          std::string const& end) {
  try {
    auto program = std::make_unique<Program>();
    program->source = source;
    program->beginning = beginning;
    program->end = end;
    jinja::lexer lexer;
    auto const tokens = lexer.tokenize(source);
    TRY(check_nesting(tokens));
    program->syntax = jinja::parse_from_tokens(tokens);
    add_bounds(program->syntax);
    TemplateBudget const budget;
    program->abilities = jinja::caps_get(program->syntax);
    if (!budget.spent().empty())
      return Error(Code::unsupported, "the model's chat template " + budget.spent());
    return std::unique_ptr<ChatTemplate>(new ChatTemplate(std::move(program)));
  } catch (std::exception const& thrown) {
    return Error(Code::unsupported,
                 std::string("the model's chat template cannot be read: ") + thrown.what());
  }
}

Result<std::vector<Part>> ChatTemplate::render(std::vector<Message> messages) const {
  auto const& abilities = program_->abilities;
  if (!abilities.supports_system_role) fold_system_into_user(messages);
  TemplateBudget const budget;
  try {
    jinja::context context(program_->source);
    auto given = common_json::object();
    given["messages"] = as_json(messages, !abilities.supports_string_content);
    jinja::global_from_json(context, given, true);
    auto own = common_json::object();
    own["bos_token"] = program_->beginning;
    own["eos_token"] = program_->end;
    own["add_generation_prompt"] = true;
    jinja::global_from_json(context, own, false);
    auto const rendered =
        jinja::runtime::gather_string_parts(jinja::runtime(context).execute(program_->syntax));
    std::vector<Part> parts;
    for (auto const& part : rendered->val_str.parts) parts.push_back({part.val, part.is_input});
    return parts;
  } catch (std::exception const& thrown) {
    if (!budget.spent().empty())
      return Error(Code::unsupported, "the model's chat template " + budget.spent());
    return Error(Code::invalid_argument,
                 std::string("the model's chat template refuses these messages: ") + thrown.what());
  }
}

}  // namespace shoal::llama_engine
