#include "cli/cli.h"

#include <algorithm>
#include <cerrno>
#include <ostream>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

constexpr std::string_view kAbout =
    "Hosts many small models on this machine and chains them into typed pipelines.";

// Whether it is the first word of several verbs.
bool is_family(std::string const& word, std::vector<Verb> const& verbs) {
  return !word.empty() && std::any_of(verbs.begin(), verbs.end(),
                                      [&](auto const& verb) { return verb.name.starts_with(word + " "); });
}

// Of all verbs, or of a family.
std::string overview(std::vector<Verb> const& verbs, std::string const& family) {
  std::string text =
      std::string(kAbout) + "\n\n  shoal VERB …        shoal VERB --help        shoal --version\n\n";
  std::vector<std::vector<std::string>> rows;
  for (auto const& verb : verbs) {
    if (family.empty() || verb.name.starts_with(family + " ")) rows.push_back({"  " + verb.name, verb.about});
  }
  text += table(rows);
  text += "\nOptions of every verb:\n";
  for (auto const& option : global_options()) {
    text +=
        "  " + option.name + (option.value.empty() ? "" : " " + option.value) + "  " + option.about + "\n";
  }
  return text + "\nExample:\n  shoal shelf add letters.pdf && shoal shelf ask \"Who wrote in March?\"\n";
}

// The words of a command line, apart.
struct Words {
  std::string verb;               // up to two words; "" where there is none
  std::vector<std::string> rest;  // without the verb, global options that came before it included
};

bool is_global(std::string const& word, bool with_value) {
  auto const& options = global_options();
  return std::any_of(options.begin(), options.end(), [&](auto const& option) {
    return option.value.empty() != with_value && (word == option.name || word == option.short_name);
  });
}

Words split_words(std::vector<std::string> const& words, std::vector<Verb> const& verbs) {
  Words split;
  std::size_t at = 0;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    split.rest.push_back(words[at]);
    if (is_global(words[at], true) && at + 1 < words.size()) split.rest.push_back(words[++at]);
  }
  if (at < words.size()) split.verb = words[at++];
  if (is_family(split.verb, verbs) && at < words.size() && !words[at].starts_with('-'))
    split.verb += " " + words[at++];
  split.rest.insert(split.rest.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return split;
}

bool asks_for(std::vector<std::string> const& words, std::string_view long_name,
              std::string_view short_name) {
  auto const end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end,
                     [&](auto const& word) { return word == long_name || word == short_name; });
}

Error unknown_verb(std::string const& name, std::vector<Verb> const& verbs) {
  std::vector<std::string> names;
  for (auto const& verb : verbs) names.push_back(verb.name);
  auto const members = std::count_if(names.begin(), names.end(),
                                     [&](auto const& each) { return each.starts_with(name + " "); });
  if (members > 0) {
    std::string text = "`shoal " + name + "` wants one more word:";
    for (auto const& each : names) {
      if (each.starts_with(name + " ")) text += " " + each.substr(name.size() + 1);
    }
    return Error(Code::invalid_argument, text);
  }
  // A family of verbs is meant by its first word, too.
  for (auto const& verb : verbs) {
    auto const space = verb.name.find(' ');
    names.push_back(verb.name.substr(0, space));
    if (space != std::string::npos && verb.name.substr(space + 1) == name)
      return Error(Code::invalid_argument,
                   "there is no verb `" + name + "`; did you mean `shoal " + verb.name + "`?");
  }
  names.emplace_back("--version");
  names.emplace_back("--help");
  auto const question = did_you_mean(name, names);
  return Error(Code::invalid_argument, "there is no verb `" + name + "`; " +
                                           (question.empty() ? "" : question + " ") +
                                           "`shoal --help` lists them");
}

int fail(Environment& environment, Error const& error, bool json) {
  if (json) environment.output << to_json(error).dump(2) << std::endl;
  print_error(environment, error.message());
  return exit_status(error.code());
}

int perform(Environment& environment, Verb const& verb, std::vector<std::string> const& words) {
  auto const arguments = parse_arguments(verb, words);
  if (!arguments) return fail(environment, arguments.error(), asks_for(words, "--json", "--json"));
  Session session(environment, *arguments);
  auto const status = verb.run(session, *arguments);
  session.end_progress();
  if (!status) return fail(environment, status.error(), session.json());
  if (environment.output.flush()) return *status;
  // Whoever read it, `head` say, has seen enough.
  if (errno != EPIPE) print_error(environment, "standard output could not be written");
  return *status == 0 ? 1 : *status;
}

}  // namespace

int run(Environment& environment, std::vector<std::string> const& words) {
  auto const verbs = all_verbs();
  auto const split = split_words(words, verbs);
  auto const found =
      std::find_if(verbs.begin(), verbs.end(), [&](auto const& verb) { return verb.name == split.verb; });
  if (found != verbs.end()) {
    if (!asks_for(split.rest, "--help", "-h")) return perform(environment, *found, split.rest);
    environment.output << help(*found);
    return 0;
  }
  if (asks_for(words, "--version", "--version")) {
    environment.output << "shoal " << environment.version << "\n";
    return 0;
  }
  if (split.verb == "help" && !split.rest.empty()) {
    auto asked = split.rest;
    asked.emplace_back("--help");
    return run(environment, asked);
  }
  if (split.verb.empty() || split.verb == "help" || is_family(split.verb, verbs)) {
    if (asks_for(words, "--help", "-h") || split.verb == "help") {
      environment.output << overview(verbs, split.verb == "help" ? std::string() : split.verb);
      return 0;
    }
  }
  if (!split.verb.empty())
    return fail(environment, unknown_verb(split.verb, verbs), asks_for(words, "--json", "--json"));
  Verb greeting;
  greeting.run = [](Session& session, Arguments const&) { return show_next_steps(session); };
  return perform(environment, greeting, split.rest);
}

}  // namespace shoal::cli
