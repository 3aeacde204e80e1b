// Files of the user as values. Any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "value/blob.h"
#include "value/json.h"

namespace shoal::runtime {

// The file as a blob; its name is the path as given. A small one is read now. A large one is hashed now and
// held open, its descriptor handed to workers: Blob::still() says when others changed it since. Never mapped
// here, where a file that is cut short would end the process.
Result<value::BlobPtr> open_file(std::string const& path);

// For inputs that come as JSON: {"$file": path}.
value::BlobReader read_files();

}  // namespace shoal::runtime
