// Tables in a database file that damage does not stop: the file is put aside or thrown away, and an empty one
// takes its place. Says so in the log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "base/result.h"
#include "store/database.h"

namespace shoal::runtime {

enum class OnDamage {
  set_aside,  // kept as FILE.damaged (or .damaged-2 …), for what it may still tell
  drop,       // it can be made again
};

// Whether an error may come from a damaged file, and not from the question that was asked.
bool may_be_damage(Error const& error);
// What SQLite finds wrong with it; "": nothing. Reads the whole file.
Result<std::string> find_damage(store::Database& database);
// Makes room for a new file, once the old one is closed. `why` is for the log.
Result<void> clear_place(std::string const& file, OnDamage on_damage, std::string const& why);

// `Tables` has a member `database` (a unique_ptr) and, behind it, what was prepared in it. Any thread; one
// works with them at a time.
template <typename Tables> class Mending {
 public:
  // Opens `file` (":memory:" too) and brings its schema up to date.
  using Opener = std::function<Result<Tables>(std::string const& file)>;

  static Result<std::unique_ptr<Mending>> open(std::string file, OnDamage on_damage, Opener opener) {
    std::unique_ptr<Mending> mending(new Mending(std::move(file), on_damage, std::move(opener)));
    auto opened = mending->opener_(mending->file_);
    if (!opened && may_be_damage(opened.error())) {
      TRY(clear_place(mending->file_, on_damage, opened.error().message()));
      opened = mending->opener_(mending->file_);
    }
    mending->tables_.with(
        [tables = TRY(std::move(opened))](auto& place) mutable { place = std::move(tables); });
    return mending;
  }
  Mending(Mending const&) = delete;
  Mending& operator=(Mending const&) = delete;

  // Calls `work(tables)`, which returns a Result; once more with new tables where the old file turned out to
  // be damaged.
  template <typename Work> auto use(Work&& work) -> decltype(work(std::declval<Tables&>())) {
    return tables_.with([&](std::optional<Tables>& tables) {
      auto result = work(*tables);
      if (result || !may_be_damage(result.error())) return result;
      auto const damage = find_damage(*tables->database);
      if (damage && damage->empty()) return result;
      replace(tables, damage ? *damage : damage.error().message());
      return work(*tables);
    });
  }

 private:
  Mending(std::string file, OnDamage on_damage, Opener opener)
      : file_(std::move(file)), on_damage_(on_damage), opener_(std::move(opener)) {}

  void replace(std::optional<Tables>& tables, std::string const& why) const {
    // Closed first: SQLite removes the log of what it closes by name, and that would be the new one's.
    tables.reset();
    auto const cleared = clear_place(file_, on_damage_, why);
    auto made = cleared ? opener_(file_) : Result<Tables>(cleared.error());
    if (!made) {
      log_warning(made.error().message() + "; until this command ends, memory takes its place");
      made = opener_(":memory:");
    }
    tables = std::move(made).value();
  }

  std::string file_;
  OnDamage on_damage_;
  Opener opener_;
  Guarded<std::optional<Tables>> tables_;
};

}  // namespace shoal::runtime
