// The files that a person names for what comes out: looked at before anything is run, and explained when they
// cannot be opened.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::cli {

// That there is a folder for `path`, and no folder in its place; `option` is what named it: "--out".
// not_found, invalid_argument.
Result<void> require_place(std::string const& path, std::string_view option);

// Why a file could not be opened for writing; `error_number` is the system's, 0 where it is not known.
Error cannot_open(std::string const& path, std::string_view option, int error_number);

}  // namespace shoal::cli
