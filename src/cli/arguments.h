// What a verb takes, as data, and what was given to it. The options parser behind parse_arguments() is used
// in arguments.cpp only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shoal::cli {

class Session;

struct Option {
  std::string name;        // "--top"
  std::string short_name;  // "-q" or ""
  std::string value;       // what it takes, for people: "N"; "": nothing
  std::string about;
};

class Arguments {
 public:
  std::vector<std::string> positionals;
  // By the option's name; one without a value is there with an empty list.
  std::map<std::string, std::vector<std::string>, std::less<>> options;

  bool has(std::string_view option) const { return options.contains(option); }
  // The last one given, or the fallback.
  std::string value(std::string_view option, std::string const& fallback = {}) const;
  // All that were given, in order.
  std::vector<std::string> values(std::string_view option) const;
  // invalid_argument, unless it is a number of that range.
  Result<int> integer(std::string_view option, int fallback, int min, int max) const;
};

struct Verb {
  std::string name;         // "run" or "shelf add"
  std::string positionals;  // as the usage shows them: "NAME|FILE.yaml [INPUT…]"
  std::string about;        // one line
  std::string details;      // more, for --help; may be empty
  std::string example;
  int min_positionals = 0;
  int max_positionals = 0;  // -1: any number
  std::vector<Option> options;
  // Gives the exit status; an error is printed and has its own.
  std::function<Result<int>(Session&, Arguments const&)> run;
};

// -q, --json and --mirrors: every verb has them, and they may come before it too.
std::vector<Option> const& global_options();

// invalid_argument says what is wrong with `words` (those after the verb), with the nearest option.
Result<Arguments> parse_arguments(Verb const& verb, std::vector<std::string> const& words);

// A line for each option.
std::string describe(std::vector<Option> const& options);
// What `shoal VERB --help` prints.
std::string help(Verb const& verb);

}  // namespace shoal::cli
