// Files of the user as values. Any thread.
#pragma once

#include <istream>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "value/blob.h"
#include "value/json.h"

namespace shoal::runtime {

// The file as a blob. `name`: what it is called for people; the path as given where it is empty. A small one
// is read now. A large one is hashed now and held open, its descriptor handed to workers: Blob::still() says
// when others changed it since. Never mapped here, where a file that is cut short would end the process.
// `stop` ends the hashing.
Result<value::BlobPtr> open_file(std::string const& path, std::string const& name = {},
                                 std::stop_token const& stop = {});

// What the first bytes of the file are, whatever it is called: a media type, "text/plain" for UTF-8, "" for
// an empty file, "application/octet-stream" for what is not known. Errors as open_file().
Result<std::string> media_type_of_bytes(std::string const& path);

// For inputs that come as JSON: {"$file": path}.
value::BlobReader read_files();

// A file, a FIFO or a pipe to read through; when `stop` is requested it ends, even where nobody writes.
Result<std::unique_ptr<std::istream>> open_stream(std::string const& path, std::stop_token stop);

// One name of a folder, which stays where it belongs: no slash, no colon, no dot in front, at most 100 bytes.
bool is_plain_name(std::string_view name);
// invalid_argument, unless it is one. `what` is named: "shelf".
Result<void> require_plain_name(std::string_view what, std::string_view name);

// Keeps other processes from what `path` names, until it is destroyed. busy: one has it.
Result<std::shared_ptr<void const>> claim_file(std::string const& path);

}  // namespace shoal::runtime
