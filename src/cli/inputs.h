// The inputs of a run from the words of a command line or a line of JSON, by the types of the ports. Files
// are opened here; nothing is run.
#pragma once

#include <istream>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "value/signature.h"

namespace shoal::cli {

struct InputWords {
  std::vector<std::string> positionals;  // fill the required inputs that are not named, in order
  std::vector<std::string> named;        // "name=value"
  std::istream* piped = nullptr;         // standard input, where no person types it
  std::stop_token stop = {};             // ends the reading of it
};

// A record. Of a word for a port of text: `@FILE` is the file's text, `@@…` a text that begins with `@`.
// Files are paths. `-` stands for standard input, which also fills a single required text or file that is
// left and, where nothing is required and nothing without a default is given, the first text that may be. All
// other types are JSON. invalid_argument names the input, what is expected, and the nearest name.
Result<value::Value> read_inputs(std::vector<value::Port> const& ports, bool open_inputs,
                                 InputWords const& words);

// Only what is named; a required input may be missing.
Result<value::Value> read_named_inputs(std::vector<value::Port> const& ports, bool open_inputs,
                                       std::vector<std::string> const& named);

// A JSON object by input; a string in place of a file is its path.
Result<value::Value> read_inputs(std::vector<value::Port> const& ports, Json const& object);

// "DOCUMENT [--in language=text]…": what a command line gives.
std::string usage_of(std::vector<value::Port> const& ports);

}  // namespace shoal::cli
