#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

std::vector<Option> all_options(Verb const& verb) {
  auto options = verb.options;
  options.insert(options.end(), global_options().begin(), global_options().end());
  return options;
}

std::string command_of(Verb const& verb) { return verb.name.empty() ? "shoal" : "shoal " + verb.name; }

Error usage_error(Verb const& verb, std::string message) {
  return Error(Code::invalid_argument, std::move(message) + "; see `" + command_of(verb) + " --help`");
}

Error unknown_option(Verb const& verb, std::string const& word) {
  std::vector<std::string> names = {"--help"};
  for (auto const& option : all_options(verb)) names.push_back(option.name);
  auto const name = word.substr(0, word.find('='));
  auto const hint = suggest(name, names);
  return usage_error(verb, "`" + command_of(verb) + "` has no option `" + name + "`" + hint +
                               "; a text that begins with `-` comes after `--`");
}

// The words that are no options, in order. A lone `-` is one of them.
Result<std::vector<std::string>> positionals_of(Verb const& verb, std::vector<std::string> const& remaining) {
  std::vector<std::string> found;
  bool only_positionals = false;
  for (auto const& word : remaining) {
    if (!only_positionals && word == "--") {
      only_positionals = true;
    } else if (!only_positionals && word.size() > 1 && word[0] == '-') {
      return unknown_option(verb, word);
    } else {
      found.push_back(word);
    }
  }
  auto const count = static_cast<int>(found.size());
  if (count < verb.min_positionals)
    return usage_error(verb, "something is missing: " + command_of(verb) + " " + verb.positionals);
  if (verb.max_positionals >= 0 && count > verb.max_positionals) {
    return usage_error(verb, "`" + found[static_cast<std::size_t>(verb.max_positionals)] +
                                 "` is too much for `" + command_of(verb) + "`");
  }
  return found;
}

std::string indented(std::string const& text, std::string const& by) {
  return by + replace_all(text, "\n", "\n" + by);
}

}  // namespace

std::string Arguments::value(std::string_view option, std::string const& fallback) const {
  auto const found = options.find(option);
  return found == options.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  auto const found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

Result<int> Arguments::integer(std::string_view option, int fallback, int min, int max) const {
  if (!has(option)) return fallback;
  auto const text = value(option);
  auto const number = Json::parse(text);
  if (!number || !number->is_integer() || number->as_integer() < min || number->as_integer() > max) {
    return Error(Code::invalid_argument, "`" + std::string(option) + " " + text + "`: a whole number from " +
                                             std::to_string(min) + " to " + std::to_string(max) +
                                             " is expected");
  }
  return static_cast<int>(number->as_integer());
}

std::vector<Option> const& global_options() {
  static std::vector<Option> const options = {
      {"--quiet", "-q", "", "No notes, no progress, no ledger line"},
      {"--json", "", "", "Standard output is one JSON document"},
      {"--mirrors", "", "FILE", "Another file of mirrors, as docs/models.md describes it; may be repeated"},
  };
  return options;
}

// Positionals are what the parser leaves over: it would take one in brackets, `[1, 2]`, for a list of its
// own.
Result<Arguments> parse_arguments(Verb const& verb, std::vector<std::string> const& words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  auto const options = all_options(verb);
  std::vector<std::vector<std::string>> values(options.size());
  std::vector<CLI::Option*> parsed;
  for (std::size_t i = 0; i < options.size(); ++i) {
    auto const& option = options[i];
    auto const name = option.short_name.empty() ? option.name : option.short_name + "," + option.name;
    parsed.push_back(option.value.empty() ? app.add_flag(name)
                                          : app.add_option(name, values[i])->allow_extra_args(false));
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (CLI::ParseError const& error) {
    return usage_error(verb, error.what());
  }
  Arguments arguments;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (parsed[i]->count() > 0) arguments.options[options[i].name] = std::move(values[i]);
  }
  arguments.positionals = TRY(positionals_of(verb, app.remaining()));
  return arguments;
}

std::string describe(std::vector<Option> const& options) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& option : options) {
    auto const names = (option.short_name.empty() ? "" : option.short_name + ", ") + option.name;
    rows.push_back({"  " + names + (option.value.empty() ? "" : " " + option.value), option.about});
  }
  return table(rows);
}

std::string help(Verb const& verb) {
  std::string text = verb.about + ".\n\n  shoal " + verb.name;
  if (!verb.positionals.empty()) text += " " + verb.positionals;
  text += " [options]\n";
  if (!verb.details.empty()) text += "\n" + verb.details + "\n";
  text += "\nOptions:\n" + describe(all_options(verb));
  return text + "\nExample:\n" + indented(verb.example, "  ") + "\n";
}

}  // namespace shoal::cli
