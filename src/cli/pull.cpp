#include "cli/pull.h"

#include <cmath>

#include "base/text.h"

namespace shoal::cli {

std::string describe(store::PullProgress const& progress) {
  auto text = human_bytes(progress.bytes);
  if (progress.total > 0) text += " of " + human_bytes(progress.total);
  if (progress.bytes_per_second < 1) return text;
  text += "  " + human_bytes(static_cast<std::uint64_t>(progress.bytes_per_second)) + "/s";
  if (progress.bytes >= progress.total) return text;
  auto const left = static_cast<double>(progress.total - progress.bytes) / progress.bytes_per_second;
  return text + "  " + (left < 1 ? "1 s" : human_seconds(std::ceil(left))) + " left";
}

net::EgressPolicy pull_policy() { return {net::EgressPolicy::Allow::all, {}}; }

store::PullOptions pull_options(Session& session, std::string const& name) {
  store::PullOptions options;
  options.stop = session.environment().stop;
  options.on_note = [&session, name](std::string_view note) {
    session.note(name + ": " + std::string(note));
  };
  options.on_progress = [&session, name](store::PullProgress const& progress) {
    session.show_progress(name + "  " + describe(progress) + "  from " +
                          std::string(progress.source.substr(0, progress.source.find(':'))));
  };
  return options;
}

Result<store::PullResult> pull_model(Session& session, runtime::Runtime& home, std::string const& name,
                                     net::EgressAccount& account, std::string const& as) {
  auto options = pull_options(session, name);
  options.as = as;
  auto pulled = home.models().pull(name, account, options);
  session.end_progress();
  return pulled;
}

Result<void> offer_missing_models(Session& session, runtime::Runtime& home, std::string const& name) {
  if (!session.interactive()) return {};
  auto const missing = home.library().missing_models(name);
  if (missing.empty()) return {};
  std::vector<std::string> parts;
  for (auto const& model : missing) {
    parts.push_back(model.entry.full_name() + " (" + human_bytes(model.entry.size()) + ")");
  }
  if (!session.confirm("`" + name + "` needs " + join(parts, " and ") + ". Pull now?")) return {};
  for (auto const& model : missing) {
    net::EgressAccount account(pull_policy());
    TRY(pull_model(session, home, model.entry.full_name(), account));
  }
  return {};
}

}  // namespace shoal::cli
