// What names mean while documents and models come, change and go: for a process that lives long. Keeps what
// it linked for as long as nothing changed that it was made from. Any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "os/file.h"
#include "runtime/library.h"
#include "runtime/target.h"

namespace shoal::runtime {

class LiveLibrary {
 public:
  // `make` gives the library as the disk has it now; documents of that come from `folders`.
  LiveLibrary(std::function<std::unique_ptr<Library>()> make, std::vector<std::string> folders)
      : make_(std::move(make)), folders_(std::move(folders)) {}

  // Ready to run. `what`: a name, or the path of a document; errors as Library::link() and add_file().
  Result<Target> link(std::string const& what);

 private:
  struct Watched {
    std::string path;
    bool is_folder = false;
    std::optional<os::FileIdentity> identity;
    std::int64_t changed = 0;  // of a folder: when something came or went; 0 where there is none

    friend bool operator==(Watched const&, Watched const&) = default;
  };
  struct Known {
    Target target;
    std::vector<Watched> made_from;
  };

  static Watched look_at(std::string path);
  static Watched look_at_folder(std::string path);
  static bool is_current(Known const& known);
  Result<Known> link_anew(std::string const& what) const;

  std::function<std::unique_ptr<Library>()> const make_;
  std::vector<std::string> const folders_;
  Guarded<std::map<std::string, Known>> known_;
};

}  // namespace shoal::runtime
