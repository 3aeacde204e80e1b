#include "cli/execute.h"

#include <cerrno>
#include <filesystem>
#include <functional>

#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/pull.h"

namespace shoal::cli {
namespace {

bool names_a_file(std::string const& word) {
  return word.ends_with(".yaml") || word.ends_with(".yml") || word.find('/') != std::string::npos;
}

using Work = std::function<runtime::RunResult(Runner& runner, runtime::RunRequest request)>;

// With progress, for as long as the user does not stop it. Nothing may leave the machine.
runtime::RunResult follow(Session& session, RunWishes wishes, Work const& work) {
  auto const runner = session.runner();
  if (!runner) return runtime::RunResult::failed(runner.error());
  if (session.environment().stop.stop_requested())
    return runtime::RunResult::failed(Error(Code::cancelled, "cancelled"));
  net::EgressAccount account{net::EgressPolicy{}};
  Progress progress(session, std::move(wishes.label));
  runtime::RunRequest request;
  request.stop = session.environment().stop;
  request.accept_failed_checks = !wishes.strict;
  request.egress = &account;
  request.on_event = [&](runtime::Event const& event) {
    progress.on_event(event);
    if (wishes.events) wishes.events->write(event);
  };
  auto result = work(**runner, std::move(request));
  session.end_progress();
  return result;
}

}  // namespace

Result<std::string> resolve(Session& session, std::string const& word) {
  auto& library = TRY(session.home())->library();
  return names_a_file(word) ? library.add_file(word) : Result<std::string>(word);
}

Result<Runnable> prepare(Session& session, std::string const& word) {
  auto const name = TRY(resolve(session, word));
  auto& home = *TRY(session.home());
  TRY(offer_missing_models(session, home, name));
  auto target = TRY(home.library().link(name));
  if (!names_a_file(word)) return Runnable{std::move(target), name};
  return Runnable{std::move(target), std::filesystem::absolute(word).string()};
}

Result<std::unique_ptr<EventWriter>> EventWriter::open(std::string const& file, std::ostream& output) {
  auto writer = std::make_unique<EventWriter>();
  bool const opened = writer->target_.with([&](Target& target) {
    target.out = &output;
    if (file == "-") return true;
    errno = 0;
    target.file.open(file, std::ios::binary | std::ios::trunc);
    target.out = &target.file;
    return target.file.is_open();
  });
  if (opened) return writer;
  return cannot_open(file, "--events", errno);
}

void EventWriter::write(runtime::Event const& event) {
  target_.with([&](Target& target) { *target.out << runtime::to_json(event).dump() << '\n' << std::flush; });
}

runtime::RunResult execute(Session& session, Runnable const& runnable, value::Value inputs,
                           RunWishes wishes) {
  return follow(session, std::move(wishes), [&](Runner& runner, runtime::RunRequest request) {
    request.inputs = std::move(inputs);
    return runner.run(runnable, std::move(request));
  });
}

runtime::RunResult resume(Session& session, std::string const& run, RunWishes wishes) {
  return follow(session, std::move(wishes), [&](Runner& runner, runtime::RunRequest request) {
    return runner.resume(run, std::move(request));
  });
}

void complain_of_missing(Session& session, value::Value const& outputs, std::string const& prefix) {
  for (auto const& page : outputs["missing"].as_list()) {
    if (auto const& reason = page["reason"].as_text(); !reason.empty()) session.complain(prefix + reason);
  }
}

}  // namespace shoal::cli
