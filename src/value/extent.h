// How deep and how large a value is where it is written out. Values share their parts, so that a small
// document can make one that no memory holds and no walk ends; whoever makes values from a document's steps
// asks here first.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "value/value.h"

namespace shoal::value {

// As deep as Json::parse() allows.
inline constexpr int kMaxDepth = 128;
// Scalars, lists, records and blobs, each as often as it would be written.
inline constexpr std::uint64_t kMaxParts = 20'000'000;

// invalid_argument where the value is deeper than kMaxDepth or has more than kMaxParts. Time and memory are
// bounded by these.
Result<void> check_extent(Value const& value);

}  // namespace shoal::value
