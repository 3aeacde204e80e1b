#include <algorithm>

#include "base/text.h"
#include "cli/completion.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

constexpr int kMostRuns = 50;

using Names = std::vector<std::string>;

Result<Names> documents_of(Session& session, runtime::Library::DocumentKind kind) {
  Names names;
  for (auto const& document : TRY(session.home())->library().documents(kind)) names.push_back(document.name);
  return names;
}

Result<Names> models_of(Session& session) {
  Names names;
  for (auto const& model : TRY(session.home())->models().list()) names.push_back(model.entry.full_name());
  return names;
}

Result<Names> runs_of(Session& session) {
  Names names;
  for (auto const& run : TRY(TRY(session.home())->journal().runs(kMostRuns))) names.push_back(run.run);
  return names;
}

Result<Names> engines_of(Session& session) {
  Names names;
  for (auto const& engine : TRY(session.home())->library().engines()) {
    if (!engine.for_tests) names.push_back(engine.engine);
  }
  return names;
}

// What may follow a verb that wants a name. Others take files, or words of the user.
Result<Names> names_for(Session& session, std::string const& verb) {
  using Kind = runtime::Library::DocumentKind;
  if (verb == "run") return TRY(session.home())->library().names();
  if (verb == "pipelines") return documents_of(session, Kind::pipeline);
  if (verb == "tasks") return documents_of(session, Kind::task);
  if (verb == "engines") return engines_of(session);
  if (verb == "cancel" || verb == "resume" || verb == "ledger") return runs_of(session);
  if (verb == "pull" || verb == "rm" || verb == "verify" || verb == "pin" || verb == "stop")
    return models_of(session);
  if (verb == "new") return Names{"pipeline", "task", "plugin"};
  if (verb == "completion") return Names{"bash", "zsh", "fish"};
  if (verb != "show") return Names();
  auto names = TRY(session.home())->library().names();
  for (auto const& more : {TRY(models_of(session)), TRY(runs_of(session))})
    names.insert(names.end(), more.begin(), more.end());
  return names;
}

Result<int> completion(Session& session, Arguments const& arguments) {
  static Names const kShells = {"bash", "zsh", "fish"};
  auto const& shell = arguments.positionals.front();
  if (shell == "names") {
    Names const verb(arguments.positionals.begin() + 1, arguments.positionals.end());
    auto const names = TRY(names_for(session, join(verb, " ")));
    if (!names.empty()) session.print(join(names, "\n"));
    return 0;
  }
  auto const known = std::find(kShells.begin(), kShells.end(), shell);
  if (known == kShells.end()) {
    return Error(Code::invalid_argument, "there is no completion for `" + printable(shell) + "`" +
                                             suggest(shell, kShells) + "; there is for " +
                                             join(kShells, ", "));
  }
  auto const verbs = all_verbs();
  auto const text = shell == "bash"  ? bash_completion(verbs)
                    : shell == "zsh" ? zsh_completion(verbs)
                                     : fish_completion(verbs);
  if (session.json()) {
    session.print_json(Json::object({{"shell", shell}, {"script", text}}));
  } else {
    session.print(text);
  }
  return 0;
}

}  // namespace

Verb completion_verb() {
  Verb verb;
  verb.name = "completion";
  verb.positionals = "bash|zsh|fish";
  verb.about = "Print a script that completes verbs, options and names in a shell";
  verb.details =
      "bash: put `source <(shoal completion bash)` into ~/.bashrc. zsh: `source <(shoal completion zsh)` "
      "into "
      "~/.zshrc, behind\n"
      "compinit. fish: `shoal completion fish > ~/.config/fish/completions/shoal.fish`.";
  verb.example = "shoal completion bash";
  verb.min_positionals = 1;
  verb.max_positionals = 3;
  verb.run = completion;
  return verb;
}

}  // namespace shoal::cli
