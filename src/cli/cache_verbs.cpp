// cache stats, prune, verify: what was computed before and is kept.
#include "base/text.h"
#include "cli/render.h"
#include "cli/runner.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

std::uint64_t number(Json const& json, char const* key) {
  return static_cast<std::uint64_t>(json[key].as_integer());
}
std::string count(Json const& json, char const* key) { return std::to_string(number(json, key)); }
std::string bytes(Json const& json, char const* key) { return human_bytes(number(json, key)); }

Result<int> stats(Session& session, Arguments const&) {
  auto const contents = to_json(TRY(TRY(session.home())->cache_contents()));
  if (session.json()) return session.print_json(contents), 0;
  auto const calls = number(contents, "cached") + number(contents, "ran");
  std::vector<std::vector<std::string>> rows = {
      {"answers of steps", count(contents, "rows"), bytes(contents, "row_bytes")},
      {"artifacts", count(contents, "artifacts"), bytes(contents, "artifact_bytes")},
      {"files that engines keep", count(contents, "kept_files"), bytes(contents, "kept_bytes")},
      {"together", "", bytes(contents, "bytes")}};
  session.print(table(rows));
  if (calls > 0) {
    session.print(count(contents, "cached") + " of the last " + std::to_string(calls) +
                  " calls that may be cached were");
  }
  if (!contents["oldest"].is_null())
    session.print("not used for longest: since " + contents["oldest"].as_string());
  return 0;
}

// By the host, where there is one: it knows whether a run needs something.
Result<Json> ask_to_prune(Session& session, std::optional<std::uint64_t> most_bytes) {
  auto const host = find_host(session);
  if (host) return (*host)->post("cache/prune" + (most_bytes ? "?to=" + std::to_string(*most_bytes) : ""));
  if (host.error().code() != Code::not_found) return host.error();
  return to_json(TRY(TRY(session.home())->prune_cache(most_bytes)));
}

Result<int> prune(Session& session, Arguments const& arguments) {
  std::optional<std::uint64_t> most_bytes;
  if (arguments.has("--to")) {
    most_bytes = parse_bytes(arguments.value("--to"));
    if (!most_bytes)
      return Error(Code::invalid_argument, "`--to` takes a size such as 500MB, 2GiB or 0, not `" +
                                               printable(arguments.value("--to")) + "`");
  }
  auto const pruned = TRY(ask_to_prune(session, most_bytes));
  if (session.json()) return session.print_json(pruned), 0;
  session.print(table({{"answers of steps", count(pruned, "rows") + " dropped", bytes(pruned, "row_bytes")},
                       {"artifacts", "", bytes(pruned, "artifact_bytes")},
                       {"files that engines keep", "", bytes(pruned, "kept_bytes")}}));
  session.print(bytes(pruned, "freed_bytes") + " are free, " + bytes(pruned, "bytes_left") + " are left");
  return 0;
}

Result<int> verify(Session& session, Arguments const&) {
  auto& home = *TRY(session.home());
  auto const checked = TRY(home.verify_cache(
      [&](std::uint64_t done) { session.show_progress("artifacts  " + human_bytes(done) + " read"); },
      session.environment().stop));
  session.end_progress();
  if (session.json()) return session.print_json(to_json(checked)), checked.is_whole() ? 0 : 1;
  for (auto const& hash : checked.artifacts.damaged)
    session.print("artifact " + hash.hex() + "  DAMAGED, deleted");
  if (checked.rows.dropped > 0)
    session.print(std::to_string(checked.rows.dropped) +
                  " answers of steps could not be given any more and are dropped; these steps run again");
  session.print(std::to_string(checked.artifacts.artifacts) + " artifacts (" +
                human_bytes(checked.artifacts.bytes) + ") and " + std::to_string(checked.rows.rows) +
                " answers of steps were looked at" + (checked.is_whole() ? ", all are whole" : ""));
  return checked.is_whole() ? 0 : 1;
}

Verb stats_verb() {
  Verb verb;
  verb.name = "cache stats";
  verb.about = "Say how much is kept of what was computed before";
  verb.details =
      "Answers of steps are kept by the hash of all that could change them, so that a step which would do "
      "the "
      "same\nagain is not run; what is large lies in the artifact store. Engines keep files beside that, "
      "such as "
      "prompts that\nthey have read.";
  verb.example = "shoal cache stats";
  verb.run = stats;
  return verb;
}

Verb prune_verb() {
  Verb verb;
  verb.name = "cache prune";
  verb.about = "Make the cache smaller: what was not used for longest goes first";
  verb.details =
      "Without --to it keeps within its bounds, which happens by itself, too. What an interrupted run needs "
      "stays. While\na run is under way nothing is dropped, and the exit status is 1.";
  verb.example = "shoal cache prune --to 500MB";
  verb.options = {{"--to", "", "SIZE", "Leave at most so much of all together: 500MB, 2GiB, 0"}};
  verb.run = prune;
  return verb;
}

Verb verify_verb() {
  Verb verb;
  verb.name = "cache verify";
  verb.about = "Read all that is cached, and drop what is damaged";
  verb.details =
      "Compares every artifact with its hash and looks whether each answer has its artifacts. What is "
      "dropped is "
      "made\nagain when it is wanted. Exit status 1 when something was damaged.";
  verb.example = "shoal cache verify";
  verb.run = verify;
  return verb;
}

}  // namespace

std::vector<Verb> cache_verbs() { return {stats_verb(), prune_verb(), verify_verb()}; }

}  // namespace shoal::cli
