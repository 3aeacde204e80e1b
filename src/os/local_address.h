// Unix sockets with a name in the file system, however long that name is. Any thread.
// Elsewhere: the same on macOS, with names of at most 103 bytes; AF_UNIX or a named pipe on Windows.
#pragma once

#include <string>

#include "base/result.h"
#include "os/descriptor.h"

namespace shoal::os {

// A listening stream socket that never blocks, for this user alone. Takes over the name that a killed process
// left: whoever calls this owns what lies around it (see FileLock). The name stays until it is removed.
Result<Descriptor> listen_at(std::string const& path);

// A stream socket connected to who listens at `path`. not_found: nobody does.
Result<Descriptor> connect_to(std::string const& path);

}  // namespace shoal::os
