// Where a check looks: a port, then fields, with lists passed through: `citations.quote` are the quotes of
// all citations. For this room only; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "value/signature.h"
#include "value/value.h"

namespace shoal::task {

// The type at the end of `path`, `any` where it is known at the run only. invalid_argument says which part
// does not exist and what would; `side` is "input" or "output".
Result<value::Type> type_at(std::string_view path, std::vector<value::Port> const& ports,
                            std::string_view side);
// A type with the lists around it taken away.
value::Type without_lists(value::Type type);

// All values at the end of `path` in a record of ports, which must outlive them. Null is among them only
// where no list is on the way to it.
std::vector<value::Value const*> values_at(std::string_view path, value::Value const& ports);
// The same with lists at the end passed through as well.
std::vector<value::Value const*> leaves_at(std::string_view path, value::Value const& ports);
// The texts among the leaves; null counts as an empty text.
std::vector<std::string_view> texts_at(std::string_view path, value::Value const& ports);

}  // namespace shoal::task
