// Values as people read them in a terminal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/value.h"

namespace shoal::cli {

// Text as it is, numbers and yes/no in words, blobs by type and size, all else as indented JSON.
std::string render(value::Value const& value);
// What a person expects from the outputs of a run: a lone output by itself; of several, `answer` or `text`
// alone where there is one with something in it, an empty `text` too; else a block `name: value` each.
std::string render_outputs(value::Value const& outputs);

// "; did you mean `pages`?", or "" when all are far: for the middle of a message.
std::string suggest(std::string_view name, std::vector<std::string> const& candidates);

// Columns with two spaces between them; the last one is not padded. Empty for no rows.
std::string table(std::vector<std::vector<std::string>> const& rows);
// The same for a terminal of that width: columns at the end for which there is no room are left out, but for
// the first. The last one may be broken by the terminal where it has some.
std::string table(std::vector<std::vector<std::string>> const& rows, int width);
// At most `width` characters, the last one `…` where something was cut. Line feeds become spaces.
std::string fit(std::string_view text, int width);
// Characters, not bytes.
int width_of(std::string_view text);

}  // namespace shoal::cli
