// Packages through their ordinary clients, so that indexes, mirrors, proxies and permissions are those that
// the user has set for them. The clients are child processes, and none is asked to run anything of the
// package that it brings (mvn consists of plugins, which it brings and runs itself). A kind of package says
// how its client is called; what all have in common is here.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/process.h"
#include "store/source.h"
#include "store/source_kind.h"

namespace shoal::store {

class PackageKind : public SourceKind {
 public:
  // As the traffic is accounted and messages call it: "pip".
  virtual std::string_view client() const = 0;
  // What of our environment the client reads besides PATH, HOME, the locale and the proxies.
  virtual std::vector<std::string_view> environment() const = 0;
  // Leaves an archive, or a folder named `unpacked`, in `folder`, which is empty but for what this puts
  // there.
  virtual Result<os::Command> command(Source const& source, std::string const& folder) const = 0;
  // Where `path` is in the archive or folder.
  virtual std::string member(Source const&, std::string const& path) const { return path; }

  Result<SourceFacts> ask(Source const& source, FetchContext const& context) const override;
  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override;

 protected:
  // Reads "VERSION/PATH[+PATH…]".
  Result<void> parse_package(std::string_view package, std::string_view version_and_paths,
                             Source& source) const;
};

// Downloads the package into `folder`, which is empty and the caller's, and gives the path of its archive or
// folder. `on_bytes` hears now and then how many bytes have come. Errors in one line: not_found (no such
// package or version), unavailable (the client is missing or reaches no index), cancelled.
Result<std::string> fetch_package(Source const& source, std::string const& folder, std::stop_token stop,
                                  std::function<void(std::uint64_t)> const& on_bytes);

// What the client said, as one error with a remedy.
Error client_error(Source const& source, std::string const& output, std::string const& how_it_ended);

Error missing_client(std::string_view client, std::string_view package);

}  // namespace shoal::store
