#include "cli/execute.h"

#include "cli/progress.h"
#include "cli/pull.h"

namespace shoal::cli {
namespace {

bool names_a_file(std::string const& word) {
  return word.ends_with(".yaml") || word.ends_with(".yml") || word.find('/') != std::string::npos;
}

}  // namespace

Result<runtime::Target> prepare(Session& session, std::string const& word) {
  auto& home = *TRY(session.home());
  auto const name = names_a_file(word) ? TRY(home.library().add_file(word)) : word;
  TRY(offer_missing_models(session, home, name));
  return home.library().link(name);
}

runtime::RunResult execute(Session& session, runtime::Runtime& home, std::string const& name,
                           value::Value inputs, RunWishes wishes) {
  runtime::RunResult result;
  if (session.environment().stop.stop_requested()) {
    result.outputs = Error(Code::cancelled, "cancelled");
    return result;
  }
  net::EgressAccount account{net::EgressPolicy{}};
  Progress progress(session, std::move(wishes.label));
  runtime::RunRequest request;
  request.inputs = std::move(inputs);
  request.stop = session.environment().stop;
  request.accept_failed_checks = !wishes.strict;
  request.egress = &account;
  request.on_event = [&](runtime::Event const& event) { progress.on_event(event); };
  result = home.run(name, std::move(request));
  session.end_progress();
  return result;
}

}  // namespace shoal::cli
