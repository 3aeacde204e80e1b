// Which process this is, and of which build of the program: two processes of one home have to agree about
// what they say to each other.
#pragma once

#include <string>

namespace shoal::runtime {

// Equal for processes of the same program file, different once it was built or installed anew. Any thread.
std::string const& own_build();
int own_process_id();

}  // namespace shoal::runtime
