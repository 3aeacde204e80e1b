// One command at work: where its output goes, what was asked of all verbs alike, and the home, opened when
// a verb first needs it. Lives in cli::run(); one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/runner.h"
#include "value/value.h"

namespace shoal::cli {

class Session {
 public:
  Session(Environment& environment, Arguments const& arguments);
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  Environment& environment() { return environment_; }
  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  // Somebody reads standard error and can answer on standard input.
  bool interactive() const;

  // not_found where a file of mirrors that the user named is missing.
  Result<runtime::Runtime*> home();
  // Where this command's runs are done; decided once.
  Result<Runner*> runner();
  std::vector<std::string> const& mirror_files() const { return mirror_files_; }

  // Standard output: foreign control characters are made harmless only where a person reads them.
  void print(std::string_view text);
  void print_json(Json const& document);
  // One line on standard error, unless -q.
  void note(std::string_view line);
  // What went wrong: "shoal: …", also with -q.
  void complain(std::string_view line);
  // Replaces the last line of progress on a terminal; elsewhere a line now and then.
  void show_progress(std::string_view line);
  void end_progress();
  // A question on the terminal. An empty answer is yes; the end of input is no.
  bool confirm(std::string_view question);
  // The ledger line.
  void account_for(Json const& ledger);

 private:
  void write_note(std::string_view line);

  Environment& environment_;
  bool json_;
  bool quiet_;
  std::vector<std::string> mirror_files_;
  bool progress_shown_ = false;
  MonotonicTime last_progress_;
  std::unique_ptr<runtime::Runtime> home_;
  std::unique_ptr<Runner> runner_;
};

// "shoal: …" on standard error.
void print_error(Environment& environment, std::string_view message);

// {"error": {"code", "message"}}
Json to_json(Error const& error);

}  // namespace shoal::cli
