// Brings the bytes of one model file from one of its sources into a file. Used by ModelStore, which chooses
// the sources; blocks the calling thread.
#pragma once

#include "base/result.h"
#include "store/part_file.h"
#include "store/source.h"
#include "store/source_kind.h"

namespace shoal::store {

// Brings what is missing of `file` from all parts of `source`; parts that an earlier try has brought whole
// are not fetched again. Errors are about the source, unless file.disk_error() is set or the code is
// `cancelled`.
Result<void> fetch(Assembly const& source, PartFile& file, FetchContext const& context);

}  // namespace shoal::store
