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
// Leave to put a damaged file out of the way: what it gives is kept while that is done. An error says who
// still uses the file. Empty: nobody needs to be asked.
using LeaveToMend = std::function<Result<std::shared_ptr<void const>>()>;
// Makes room for a new file, once the old one is closed. `why` is for the log.
Result<void> clear_place(std::string const& file, OnDamage on_damage, std::string const& why);

// `Tables` has a member `database` (a unique_ptr) and, behind it, what was prepared in it. Any thread; one
// works with them at a time.
template <typename Tables> class Mending {
 public:
  // Opens `file` (":memory:" too) and brings its schema up to date.
  using Opener = std::function<Result<Tables>(std::string const& file)>;

  static Result<std::unique_ptr<Mending>> open(std::string file, OnDamage on_damage, LeaveToMend leave,
                                               Opener opener) {
    std::unique_ptr<Mending> mending(
        new Mending(std::move(file), on_damage, std::move(leave), std::move(opener)));
    auto opened = mending->opener_(mending->file_);
    if (!opened && may_be_damage(opened.error())) opened = mending->make_anew(opened.error());
    mending->tables_.with(
        [tables = TRY(std::move(opened))](auto& place) mutable { place = std::move(tables); });
    return mending;
  }
  Mending(Mending const&) = delete;
  Mending& operator=(Mending const&) = delete;

  // Calls `work(tables)`, which returns a Result; once more with new tables where the old file turned out to
  // be damaged.
  template <typename Work> auto use(Work&& work) -> decltype(work(std::declval<Tables&>())) {
    using Outcome = decltype(work(std::declval<Tables&>()));
    return tables_.with([&](std::optional<Tables>& tables) -> Outcome {
      auto result = work(*tables);
      if (result || !may_be_damage(result.error())) return result;
      auto const damage = find_damage(*tables->database);
      if (damage && damage->empty()) return result;
      auto const leave = ask();
      if (!leave) return refused(leave.error());
      replace(tables, damage ? *damage : damage.error().message());
      return work(*tables);
    });
  }

 private:
  Mending(std::string file, OnDamage on_damage, LeaveToMend leave, Opener opener)
      : file_(std::move(file)), on_damage_(on_damage), leave_(std::move(leave)), opener_(std::move(opener)) {}

  Error refused(Error const& reason) const {
    return Error(reason.code(),
                 file_ + " is damaged, and may only be put aside when nobody uses it: " + reason.message());
  }

  Result<std::shared_ptr<void const>> ask() const {
    return leave_ ? leave_() : std::shared_ptr<void const>();
  }

  Result<Tables> make_anew(Error const& why) const {
    auto const leave = ask();
    if (!leave) return refused(leave.error());
    return opened_or_made(why.message());
  }

  // Another process may have mended it, before there was leave.
  Result<Tables> opened_or_made(std::string const& why) const {
    if (auto tables = opener_(file_)) {
      auto const damage = find_damage(*tables->database);
      if (damage && damage->empty()) return tables;
    }
    TRY(clear_place(file_, on_damage_, why));
    return opener_(file_);
  }

  void replace(std::optional<Tables>& tables, std::string const& why) const {
    // Closed first: SQLite removes the log of what it closes by name, and that would be the new one's.
    tables.reset();
    auto made = opened_or_made(why);
    if (!made) {
      log_warning(made.error().message() + "; until this command ends, memory takes its place");
      made = opener_(":memory:");
    }
    tables = std::move(made).value();
  }

  std::string file_;
  OnDamage on_damage_;
  LeaveToMend leave_;
  Opener opener_;
  Guarded<std::optional<Tables>> tables_;
};

}  // namespace shoal::runtime
