#include "os/system_error.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace shoal::os {
namespace {

struct Entry {
  int number;
  Code code;
  char const* words;
};

// Permission is `unavailable`, not `refused`: the system forbids it, not a policy of ours.
constexpr Entry kTable[] = {
    {ENOENT, Code::not_found, "no such file or folder"},
    {ESRCH, Code::not_found, "no such process"},
    {ENXIO, Code::not_found, "no such device"},
    {ENODEV, Code::not_found, "no such device"},
    {EEXIST, Code::already_exists, "it exists already"},
    {ENOTEMPTY, Code::already_exists, "the folder is not empty"},
    {EACCES, Code::unavailable, "permission denied"},
    {EPERM, Code::unavailable, "not permitted"},
    {EROFS, Code::unavailable, "the file system is read-only"},
    {ENOSPC, Code::unavailable, "the disk is full"},
    {EDQUOT, Code::unavailable, "the disk quota is used up"},
    {EFBIG, Code::unavailable, "the file would be larger than allowed"},
    {EIO, Code::unavailable, "the device reports an input/output error"},
    {EPIPE, Code::unavailable, "the other end is closed"},
    {ECONNRESET, Code::unavailable, "the other end is closed"},
    {ENOMEM, Code::out_of_memory, "out of memory"},
    {EMFILE, Code::busy, "this process has too many open files"},
    {ENFILE, Code::busy, "the system has too many open files"},
    {EAGAIN, Code::busy, "no resources for it now"},
    {EBUSY, Code::busy, "it is in use"},
    {ETXTBSY, Code::busy, "the program is being written to"},
    {ETOOMANYREFS, Code::busy, "too many descriptors are on their way"},
    {EISDIR, Code::invalid_argument, "it is a folder"},
    {ENOTDIR, Code::invalid_argument, "a part of the path is not a folder"},
    {EINVAL, Code::invalid_argument, "invalid argument"},
    {ENAMETOOLONG, Code::invalid_argument, "the name is too long"},
    {ELOOP, Code::invalid_argument, "the links lead in a circle"},
    {E2BIG, Code::invalid_argument, "the arguments are too long"},
    {EXDEV, Code::invalid_argument, "it is on another file system"},
    {ENOEXEC, Code::unsupported, "it is not a program for this machine"},
    {ENOSYS, Code::unsupported, "this kernel cannot do it"},
    {EOPNOTSUPP, Code::unsupported, "not supported here"},
    {ETIMEDOUT, Code::deadline_exceeded, "timed out"},
    {EBADF, Code::internal, "the descriptor is not open"},
    {EFAULT, Code::internal, "bad address"},
};

}  // namespace

Error system_error(int error_number, std::string_view what) {
  auto const* entry = std::ranges::find(kTable, error_number, &Entry::number);
  std::string message(what);
  if (entry == std::end(kTable)) {
    return Error(Code::unavailable, message + ": " + std::generic_category().message(error_number));
  }
  return Error(entry->code, message + ": " + entry->words);
}

Error last_system_error(std::string_view what) { return system_error(errno, what); }

}  // namespace shoal::os
