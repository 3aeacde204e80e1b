#include "os/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include "os/system_error.h"

namespace shoal::os {

void Descriptor::close() {
  // The number is free again even when close reports an error, so there is nothing to repeat.
  if (handle_ >= 0) ::close(handle_);
  handle_ = -1;
}

Result<Descriptor> Descriptor::duplicate() const {
  int const copy = fcntl(handle_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return last_system_error("duplicating a descriptor");
  return Descriptor(copy);
}

Result<void> open_standard_streams() {
  int handle = 0;
  while (handle >= 0 && handle <= STDERR_FILENO) {
    // The lowest number that is free; above those three it is given back.
    handle = ::open("/dev/null", O_RDWR);
    if (handle < 0) return last_system_error("opening /dev/null");
  }
  ::close(handle);
  return {};
}

Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return last_system_error("making a pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace shoal::os
