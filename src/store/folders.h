// The folders of models, as they lie on disk. Used by ModelStore and its helpers; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/catalog.h"
#include "store/models.h"

namespace shoal::store {

// Names of the folders in `folder`, sorted; hidden ones are left out.
std::vector<std::string> folders_in(std::string const& folder);
Result<void> remove_folder(std::string const& folder);
// What an attempt left that did nothing: the folder and those around it, up to three, as far as they are
// empty.
void remove_if_empty(std::string const& folder);
// What removing a folder would free: links, and what has other names, are not its own.
std::uint64_t own_bytes(std::string const& folder);

Result<CatalogEntry> read_manifest(std::string const& folder);
// The model of a folder. An error says what is wrong with it and the commands that mend it.
Result<Model> read_installed(std::string const& folder);

// What verify leaves in a folder whose files are not those that were pulled; its text says which.
std::string damage_file(std::string const& folder);

}  // namespace shoal::store
