// Names for the states of a folder that operations read and write (a shelf), so that what was read there can
// be cached: a name is never given to two states. It lies in the folder, in the file `generation`, and goes,
// comes and is copied with what it speaks of:
//
//   3f0c…  32 hexadecimal digits, at random: nobody writes
//   writing                               somebody does, or was killed while he did
//
// Owned by the Runtime; any thread. One process writes at a time, the one that has the home's lock.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "base/result.h"

namespace shoal::runtime {

class Generations {
 public:
  // Of the folder as it is; nothing while somebody writes, or where it cannot be known.
  std::optional<std::string> find(std::string const& folder) const;
  // The same, and gives one to a folder that has none: a new one, or one whose writer was killed. Only where
  // no other process can be writing.
  std::optional<std::string> find_or_make(std::string const& folder);

  // While it lives, somebody writes. Any thread may destroy it; the Generations outlive it.
  class Write {
   public:
    Write(Generations& generations, std::string folder)
        : generations_(generations), folder_(std::move(folder)) {}
    Write(Write const&) = delete;
    Write& operator=(Write const&) = delete;
    // The writer has stopped. Where that is not said, he may still write: the folder has no name then, until
    // the next write has ended.
    void end() { has_ended_ = true; }
    ~Write() { generations_.end_write(folder_, has_ended_); }

   private:
    Generations& generations_;
    std::string const folder_;
    bool has_ended_ = false;
  };
  // Before a write begins. An error: the state could not be made nameless, so nothing may be written.
  Result<std::unique_ptr<Write>> begin_write(std::string const& folder);

 private:
  void end_write(std::string const& folder, bool certainly);

  struct Writing {
    int writers = 0;
    bool in_doubt = false;
  };
  Guarded<std::map<std::string, Writing>> folders_;
};

}  // namespace shoal::runtime
