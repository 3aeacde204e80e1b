// Where things live. Nothing here makes or checks a folder. Any thread that does not race with setenv.
// Elsewhere: ~/Library folders on macOS; %LOCALAPPDATA% on Windows.
#pragma once

#include <string>

#include "base/result.h"

namespace shoal::os {

// The user's folders, absolute.
struct Home {
  std::string data;    // models, shelves, runs
  std::string config;  // config.yaml
  std::string cache;   // what can be made again
};
// $SHOAL_HOME (all in it: config in it, cache in its folder `cache`), else the XDG variables, else below
// $HOME.
Result<Home> find_home();
// Makes its folders for data and cache where they are missing; those that are made, nobody but this user may
// look into.
Result<void> make_home(Home const& home);

// What came with the program, beside its executable.
struct Installation {
  std::string engines;  // ../lib/shoal/engines: one folder each
  std::string share;    // ../share/shoal: catalogue, pipelines, tasks
};
Result<Installation> find_installation();

}  // namespace shoal::os
