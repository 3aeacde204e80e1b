// Files of the user as values. Any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "value/blob.h"
#include "value/json.h"

namespace shoal::runtime {

// The file as a blob: hashed now, mapped, its descriptor handed to workers. Its name is the path as given.
Result<value::BlobPtr> open_file(std::string const& path);

// For inputs that come as JSON: {"$file": path}.
value::BlobReader read_files();

}  // namespace shoal::runtime
