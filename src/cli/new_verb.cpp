#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

// Each works as it stands and needs no model. NAME becomes the name, and INCLUDE #include: this file includes
// none of them.
constexpr std::string_view kPipeline = R"(shoal: 1
pipeline: NAME
about: Put a mark in front of every line.   # one sentence; `shoal pipelines` shows it

# What it takes. `shoal run NAME.yaml TEXT` fills what has no default, in order; `--in mark=*` fills any.
inputs:
  text: text
  mark: {type: text, default: "- ", about: What stands in front}

# What happens: each step uses something by name. `shoal engines`, `shoal pipelines` and `shoal tasks` list what there is,
# `shoal show split` says what `split` takes and gives. `$text` is an input, `$lines` what the step `lines` gave.
steps:
  lines: {use: split, with: {text: $text}}
  marked: {use: template, each: $lines, as: line, with: {template: "{{ $mark }}{{ $line }}"}}
  whole: {use: join, with: {texts: $marked}}

# What comes out. An output named `text` or `answer` is what `shoal run` prints.
outputs:
  text: $whole
)";

constexpr std::string_view kTask = R"(shoal: 1
task: NAME
about: Make one space of several.   # one sentence; `shoal tasks` shows it
inputs:
  text: text
outputs:
  text: text

# Ways to do it, the smallest first. Each is anything with these inputs and outputs: a function, a pipeline, a model's
# operation such as `smollm2-135m.generate`. A larger one runs only when the answer of a smaller one fails a check.
ladder:
  - {use: regex, with: {find: "[ \t]+", replace: " "}}

# What every answer must pass. docs/tasks.md has all of them.
checks:
  - not_empty
  - keeps: [numbers]
)";

constexpr std::string_view kManifest =
    R"(# What the engine NAME is and can do. Put this folder into `engines/` of Shoal's source tree and build:
# `shoal engines NAME` then has it, and `shoal run NAME.shout TEXT` runs it. docs/engines.md has all keys.
shoal: 1
engine: NAME
version: "1"   # raise it when outputs change: what was cached is made anew
about: Says it louder.
models: none
models_per_worker: many
operations:
  shout:
    about: The text with capital letters (ASCII) and a mark of exclamation.
    effects: none   # the same inputs give the same outputs, so they are cached
    inputs: {text: text}
    outputs: {text: text}
)";

constexpr std::string_view kProgram =
    R"(// The worker of the engine NAME: it runs in a sandbox without network and answers calls. src/engine/engine.h is the SDK.
INCLUDE <algorithm>

INCLUDE "engine/engine.h"

namespace {

using namespace shoal;

class Shout final : public engine::Model {
 public:
  // Inputs are of the types in engine.yaml, defaults filled in.
  Result<engine::Reply> call(engine::Call const& call, engine::CallContext&) override {
    auto text = call.inputs["text"].as_text();
    if (text.empty()) return Error(Code::invalid_argument, "there is nothing to shout");
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return engine::Reply{value::Value::record({{"text", text + "!"}}), {}};
  }
};

class ShoutEngine final : public engine::Engine {
 public:
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const&, std::function<bool(double)> const&) override {
    return std::make_unique<Shout>();
  }
};

}  // namespace

int main() {
  ShoutEngine engine;
  return shoal::engine::serve(engine);
}
)";

constexpr std::string_view kBuild = "shoal_engine(NAME)\n";

struct NewFile {
  std::string path;
  std::string_view text;
};

std::vector<NewFile> files_for(std::string const& kind, std::string const& name) {
  if (kind == "pipeline") return {{name + ".yaml", kPipeline}};
  if (kind == "task") return {{name + ".yaml", kTask}};
  return {
      {name + "/engine.yaml", kManifest}, {name + "/main.cpp", kProgram}, {name + "/CMakeLists.txt", kBuild}};
}

Result<void> check_name(std::string const& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  bool const good = !name.empty() && name.size() <= 100 &&
                    name.find_first_not_of(kLetters) == std::string::npos && name.front() >= 'a' &&
                    name.front() <= 'z';
  if (good) return {};
  return Error(Code::invalid_argument,
               "`" + printable(name) +
                   "` is no name for it: small letters, digits and `-`, a letter first, such "
                   "as `tidy-notes`");
}

// Fails where it is there, however short ago it came.
Result<void> write_new(NewFile const& file, std::string const& name) {
  auto const text = replace_all(replace_all(std::string(file.text), "INCLUDE", "#include"), "NAME", name);
  auto* const stream = std::fopen(file.path.c_str(), "wxe");
  if (!stream)
    return Error(Code::unavailable, "`" + file.path + "` could not be made; may you write in this folder?");
  bool const written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (std::fclose(stream) == 0 && written) return {};
  return Error(Code::unavailable, "`" + file.path + "` could not be written; is the disk full?");
}

Result<int> make_new(Session& session, Arguments const& arguments) {
  static std::vector<std::string> const kKinds = {"pipeline", "task", "plugin"};
  auto const& kind = arguments.positionals[0];
  auto const& name = arguments.positionals[1];
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    return Error(Code::invalid_argument, "`" + printable(kind) + "` is nothing that can be made new" +
                                             suggest(kind, kKinds) + "; it is one of " + join(kKinds, ", "));
  }
  TRY(check_name(name));
  auto const files = files_for(kind, name);
  std::error_code failed;
  for (auto const& file : files) {
    if (fs::exists(fs::symlink_status(file.path, failed)))
      return Error(Code::already_exists, "`" + file.path + "` is there already; nothing was changed");
  }
  if (kind == "plugin") fs::create_directories(name, failed);
  Json paths = Json::array();
  for (auto const& file : files) {
    TRY(write_new(file, name));
    paths.push(file.path);
    if (!session.json()) session.print(file.path);
  }
  if (session.json())
    session.print_json(Json::object({{"kind", kind}, {"name", name}, {"files", std::move(paths)}}));
  session.note(kind == "plugin" ? "its engine.yaml says how to build it"
                                : "try `shoal check " + files.front().path + "` and `shoal run " +
                                      files.front().path + " \"some text\"`");
  return 0;
}

}  // namespace

Verb new_verb() {
  Verb verb;
  verb.name = "new";
  verb.positionals = "pipeline|task|plugin NAME";
  verb.about = "Begin a pipeline, a task or an engine with a small document that works";
  verb.details =
      "Writes NAME.yaml into this folder, or the folder NAME for a plugin. Every part of it is explained in "
      "the\n"
      "document. What is there already is never overwritten.";
  verb.example = "shoal new pipeline tidy-notes\nshoal new task squeeze";
  verb.min_positionals = 2;
  verb.max_positionals = 2;
  verb.run = make_new;
  return verb;
}

}  // namespace shoal::cli
