// The parts of a text that must survive a rewrite: numbers, addresses, code, placeholders. For this room
// only; any thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::task {

// What parts_of() finds: "numbers", "urls", "emails", "code", "placeholders".
std::vector<std::string> kinds_of_parts();

// The parts of that kind, each once, written alike where they mean the same: digits of all scripts as 0 … 9.
//   numbers       12  3,5  1.234.567,89  ٣٫٥ (as 3.5); "1,2,3" are three numbers
//   urls          a scheme with :// or www., without the punctuation behind it
//   emails        name@host.tld
//   code          what stands between ` and `, or between ``` fences
//   placeholders  {name} {{ name }} ${name} %s %1$d <0>
std::set<std::string> parts_of(std::string_view text, std::string_view kind);

}  // namespace shoal::task
