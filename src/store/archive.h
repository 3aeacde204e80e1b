// One file out of a package's archive: a wheel (zip) or an npm package (tar, gzip). The library behind it,
// libarchive, is included by archive.cpp only. Nothing is ever written under a name that an archive gives.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::store {

// Gives the bytes of `member` to `sink`, in pieces, and ends with its first error. not_found: there is no
// such member; invalid_argument: the archive is damaged. Any thread.
Result<void> read_member(std::string const& archive, std::string const& member,
                         std::function<Result<void>(std::string_view)> const& sink);

}  // namespace shoal::store
