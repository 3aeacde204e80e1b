#include "value/extent.h"

#include <string>
#include <vector>

namespace shoal::value {
namespace {

struct Level {
  Value const* value;
  std::size_t next = 0;  // part to look at
};

std::size_t parts_of(Value const& value) {
  return value.is_list() ? value.as_list().size() : value.is_record() ? value.as_record().size() : 0;
}

Value const& part(Value const& value, std::size_t index) {
  return value.is_list() ? value.as_list()[index] : value.as_record()[index].second;
}

}  // namespace

Result<void> check_extent(Value const& value) {
  std::vector<Level> path = {{&value}};
  std::uint64_t seen = 1;
  while (!path.empty()) {
    auto& level = path.back();
    if (level.next == parts_of(*level.value)) {
      path.pop_back();
      continue;
    }
    auto const& inner = part(*level.value, level.next++);
    if (++seen > kMaxParts) {
      return Error(Code::invalid_argument, "a value has more than " + std::to_string(kMaxParts) +
                                               " parts when it is written out; make it of fewer");
    }
    if (parts_of(inner) == 0) continue;
    if (path.size() == static_cast<std::size_t>(kMaxDepth)) {
      return Error(Code::invalid_argument,
                   "a value is nested over " + std::to_string(kMaxDepth) + " levels deep; make it flatter");
    }
    path.push_back({&inner});
  }
  return {};
}

}  // namespace shoal::value
