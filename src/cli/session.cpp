#include "cli/session.h"

#include <filesystem>
#include <istream>
#include <ostream>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "cli/render.h"
#include "runtime/ledger.h"

namespace shoal::cli {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(10);

}  // namespace

Session::Session(Environment& environment, Arguments const& arguments)
    : environment_(environment),
      json_(arguments.has("--json")),
      quiet_(arguments.has("--quiet")),
      mirror_files_(environment.mirror_files),
      last_progress_(environment.clock.now()) {
  for (auto& file : arguments.values("--mirrors")) mirror_files_.push_back(std::move(file));
  if (quiet_) set_log_level(LogLevel::error);
}

bool Session::interactive() const {
  auto const& terminal = environment_.terminal;
  return terminal.input && terminal.error && !quiet_;
}

Result<runtime::Runtime*> Session::home() {
  if (!home_) {
    for (auto const& file : mirror_files_) {
      std::error_code failed;
      if (!std::filesystem::exists(file, failed)) {
        return Error(Code::not_found, "the file of mirrors `" + file + "` does not exist");
      }
    }
    HomeRequest request;
    request.mirror_files = mirror_files_;
    request.on_wait = [this](std::string const& holder) {
      note("waiting for " + holder + ", which has this home's models; Ctrl-C gives up");
    };
    home_ = TRY(environment_.open_home(std::move(request)));
  }
  return home_.get();
}

Result<Runner*> Session::runner() {
  if (!runner_) runner_ = TRY(Runner::open(*this));
  return runner_.get();
}

void Session::print(std::string_view text) {
  end_progress();
  environment_.output << (environment_.terminal.output ? printable(text) : std::string(text));
  if (text.empty() || text.back() != '\n') environment_.output << '\n';
  environment_.output.flush();
}

void Session::print_json(Json const& document) {
  end_progress();
  environment_.output << document.dump(2) << std::endl;
}

void Session::note(std::string_view line) {
  if (!quiet_) write_note(line);
}

void Session::write_note(std::string_view line) {
  end_progress();
  environment_.error << printable(line) << std::endl;
}

void Session::complain(std::string_view line) {
  end_progress();
  print_error(environment_, line);
}

void Session::show_progress(std::string_view line) {
  if (quiet_) return;
  bool const redraws = environment_.terminal.error;
  auto const now = environment_.clock.now();
  if (now - last_progress_ < (redraws ? Duration(kRedrawInterval) : Duration(kLineInterval))) return;
  last_progress_ = now;
  if (!redraws) return write_note(line);
  environment_.error << "\r\033[K" << fit(printable(line), environment_.terminal.width - 1) << std::flush;
  progress_shown_ = true;
}

void Session::end_progress() {
  if (!std::exchange(progress_shown_, false)) return;
  environment_.error << "\r\033[K" << std::flush;
}

bool Session::confirm(std::string_view question) {
  end_progress();
  environment_.error << printable(question) << " [Y/n] " << std::flush;
  std::string answer;
  if (!std::getline(environment_.input, answer)) return false;
  auto const word = to_lower_ascii(trim(answer));
  return word.empty() || word == "y" || word == "yes";
}

void Session::account_for(Json const& ledger) {
  if (!ledger.is_null()) note(runtime::summary(ledger));
}

void print_error(Environment& environment, std::string_view message) {
  environment.error << (environment.terminal.color ? "\033[1;31mshoal:\033[0m " : "shoal: ")
                    << printable(message) << std::endl;
}

Json to_json(Error const& error) {
  return Json::object(
      {{"error", Json::object({{"code", code_name(error.code())}, {"message", error.message()}})}});
}

}  // namespace shoal::cli
