#include "os/local_address.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr int kMostWaiting = 128;

// An address has room for 107 bytes. A longer path goes through the descriptor of its folder.
struct Address {
  Descriptor folder;
  sockaddr_un name = {};
};

Result<Address> address_of(std::string const& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  auto text = path;
  if (text.size() >= sizeof address.name.sun_path) {
    std::filesystem::path const whole(path);
    auto const folder = whole.parent_path().string();
    address.folder = Descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.folder) return last_system_error("opening the folder " + folder);
    text = "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" + whole.filename().string();
  }
  if (text.size() >= sizeof address.name.sun_path)
    return Error(Code::invalid_argument, "the name of the socket " + path + " is too long");
  std::memcpy(address.name.sun_path, text.c_str(), text.size() + 1);
  return address;
}

Result<Descriptor> make_socket(int flags) {
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!made) return last_system_error("making a socket");
  return made;
}

}  // namespace

Result<Descriptor> listen_at(std::string const& path) {
  auto const address = TRY(address_of(path));
  auto listener = TRY(make_socket(SOCK_NONBLOCK));
  struct stat facts = {};
  if (::lstat(path.c_str(), &facts) == 0) {
    if (!S_ISSOCK(facts.st_mode))
      return Error(Code::already_exists, path + " is there and is no socket; move it away");
    if (::unlink(path.c_str()) != 0) return last_system_error("removing the old socket " + path);
  }
  // Before it has a name, so that it never is open to others.
  if (::fchmod(listener.get(), 0600) != 0) return last_system_error("closing the socket to others");
  auto const* name = reinterpret_cast<sockaddr const*>(&address.name);
  if (::bind(listener.get(), name, sizeof address.name) != 0)
    return last_system_error("making the socket " + path);
  if (::listen(listener.get(), kMostWaiting) != 0) return last_system_error("listening at " + path);
  return listener;
}

Result<Descriptor> connect_to(std::string const& path) {
  auto const address = TRY(address_of(path));
  auto connection = TRY(make_socket(0));
  auto const* name = reinterpret_cast<sockaddr const*>(&address.name);
  if (::connect(connection.get(), name, sizeof address.name) == 0) return connection;
  if (errno == ENOENT || errno == ECONNREFUSED) return Error(Code::not_found, "nobody listens at " + path);
  return last_system_error("connecting to " + path);
}

}  // namespace shoal::os
