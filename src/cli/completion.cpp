#include "cli/completion.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace shoal::cli {
namespace {

std::string first_word(std::string const& name) { return name.substr(0, name.find(' ')); }

// The first words of verbs of two: "shelf".
std::set<std::string> families_of(std::vector<Verb> const& verbs) {
  std::set<std::string> families;
  for (auto const& verb : verbs) {
    if (verb.name.find(' ') != std::string::npos) families.insert(first_word(verb.name));
  }
  return families;
}

std::string members_of(std::vector<Verb> const& verbs, std::string const& family) {
  std::vector<std::string> members;
  for (auto const& verb : verbs) {
    if (verb.name.starts_with(family + " ")) members.push_back(verb.name.substr(family.size() + 1));
  }
  return join(members, " ");
}

std::string first_words(std::vector<Verb> const& verbs) {
  std::vector<std::string> words;
  for (auto const& verb : verbs) {
    if (std::find(words.begin(), words.end(), first_word(verb.name)) == words.end())
      words.push_back(first_word(verb.name));
  }
  return join(words, " ");
}

std::vector<Option> options_of(Verb const& verb) {
  auto options = verb.options;
  options.insert(options.end(), global_options().begin(), global_options().end());
  options.push_back({"--help", "-h", "", "What it does, its options and an example"});
  return options;
}

std::string option_names(Verb const& verb) {
  std::vector<std::string> names;
  for (auto const& option : options_of(verb)) names.push_back(option.name);
  return join(names, " ");
}

// By what its help calls the words that follow it. Where names are meant, files are not offered beside them.
bool takes_files(Verb const& verb) {
  auto const is_in = [&](std::string_view word) { return verb.positionals.find(word) != std::string::npos; };
  return is_in("FILE") || is_in("PATH") || is_in("INPUT");
}

// Whose value is a file, as a pattern of `case`.
std::string file_options(std::vector<Verb> const& verbs) {
  std::set<std::string> names;
  for (auto const& verb : verbs) {
    for (auto const& option : options_of(verb)) {
      if (option.value.find("FILE") != std::string::npos) names.insert(option.name);
    }
  }
  return join({names.begin(), names.end()}, "|");
}

// The lines that bash and zsh have in common: which words `$verb` may be followed by.
std::string cases(std::vector<Verb> const& verbs, std::string const& indent) {
  std::string text;
  for (auto const& verb : verbs) {
    text += indent + "'" + verb.name + "') options='" + option_names(verb) + "'" +
            (takes_files(verb) ? " files=yes" : "") + " ;;\n";
  }
  return text;
}

std::string family_cases(std::vector<Verb> const& verbs, std::string const& indent) {
  std::string text;
  for (auto const& family : families_of(verbs))
    text += indent + family + ") members='" + members_of(verbs, family) + "' ;;\n";
  return text;
}

// In single quotes of fish.
std::string quoted(std::string const& text) {
  return "'" + replace_all(replace_all(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// What bash and zsh have in common: from the words in `given` to the verb and its options. `second` is the
// index of the second word, `offer` completes by `$members`.
std::string find_verb(std::vector<Verb> const& verbs, std::string const& second, std::string const& offer) {
  return "  case $verb in\n" + family_cases(verbs, "    ") +
         "  esac\n  if [[ -n $members ]]; then\n    if [[ -z ${given[" + second + "]} ]]; then\n      " +
         offer + "\n      return\n    fi\n    verb=\"$verb ${given[" + second +
         "]}\"\n  fi\n  case $verb in\n" + cases(verbs, "    ") + "  esac\n";
}

}  // namespace

std::string bash_completion(std::vector<Verb> const& verbs) {
  return R"sh(# Completes `shoal` in bash: source <(shoal completion bash)
_shoal() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb= members= options= files= i
  local -a given=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -* ]] || given+=("${COMP_WORDS[i]}")
  done
  verb=${given[0]}
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W ')sh" +
         first_words(verbs) + R"sh( --help --version' -- "$current"))
    return
  fi
)sh" + find_verb(verbs, "1", R"sh(COMPREPLY=($(compgen -W "$members" -- "$current")))sh") +
         R"sh(  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(shoal completion names "$verb" 2>/dev/null)" -- "$current"))
    case $previous in )sh" +
         file_options(verbs) + R"sh() files=yes; COMPREPLY=() ;; esac
    # A file's name may have spaces.
    [[ -z $files ]] || while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _shoal shoal
)sh";
}

std::string zsh_completion(std::vector<Verb> const& verbs) {
  return R"sh(#compdef shoal
# Completes `shoal` in zsh: source <(shoal completion zsh), or this text as the file _shoal in a folder of $fpath.
_shoal() {
  local verb members options files word current=${words[CURRENT]}
  local -a given
  for word in ${words[2,CURRENT-1]}; do
    [[ $word == -* ]] || given+=($word)
  done
  verb=${given[1]}
  if [[ -z $verb ]]; then
    compadd -- )sh" +
         first_words(verbs) + R"sh( --help --version
    return
  fi
)sh" + find_verb(verbs, "2", "compadd -- ${=members}") +
         R"sh(  if [[ $current == -* ]]; then
    compadd -- ${=options}
  else
    compadd -- ${(f)"$(shoal completion names "$verb" 2>/dev/null)"}
    [[ -z $files ]] || _files
  fi
}
compdef _shoal shoal
)sh";
}

std::string fish_completion(std::vector<Verb> const& verbs) {
  std::string text = "# Completes `shoal` in fish: shoal completion fish | source\n";
  auto const families = families_of(verbs);
  std::set<std::string> told;
  for (auto const& verb : verbs) {
    auto const first = first_word(verb.name);
    bool const member = families.contains(first);
    if (told.insert(first).second) {
      text += "complete -c shoal -f -n __fish_use_subcommand -a " + first + " -d " +
              quoted(member ? members_of(verbs, first) : verb.about) + "\n";
    }
    auto here = "__fish_seen_subcommand_from " + first;
    if (member) {
      auto const word = verb.name.substr(first.size() + 1);
      text += "complete -c shoal -f -n '" + here + "; and not __fish_seen_subcommand_from " +
              members_of(verbs, first) + "' -a " + word + " -d " + quoted(verb.about) + "\n";
      here += "; and __fish_seen_subcommand_from " + word;
    }
    for (auto const& option : options_of(verb)) {
      text += "complete -c shoal -n '" + here + "' -l " + option.name.substr(2) +
              (option.value.empty() ? "" : " -r") + " -d " + quoted(option.about) + "\n";
    }
    text += std::string("complete -c shoal") + (takes_files(verb) ? "" : " -f") + " -n '" + here +
            "' -a '(shoal completion names " + replace_all(verb.name, " ", "\\ ") + " 2>/dev/null)'\n";
  }
  return text;
}

}  // namespace shoal::cli
