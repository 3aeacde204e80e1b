// What ModelStore takes a name or a source for, and what a pull of it would do.
#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "store/folders.h"
#include "store/model_pull.h"
#include "store/models.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

// Of a file whose hash is not known beforehand: whether its source still gives what is here.
bool is_still(CatalogFile const& here, CatalogFile const& wanted) {
  return here.served_by == wanted.sources.front().text && !wanted.version.empty() &&
         here.version == wanted.version;
}

bool is_same(CatalogEntry const& here, CatalogEntry const& wanted) {
  return std::equal(here.files.begin(), here.files.end(), wanted.files.begin(), wanted.files.end(),
                    [](auto const& a, auto const& b) {
                      return b.sha256 == Sha256() ? is_still(a, b) : a.file == b.file && a.sha256 == b.sha256;
                    });
}

// What is known of a file beforehand, of each part where it is joined from parts.
Result<SourceFacts> ask_all(Assembly const& source, FetchContext const& context) {
  auto facts = TRY(source.parts.front().kind->ask(source.parts.front(), context));
  if (source.parts.size() == 1) return facts;
  facts.sha256.reset();
  facts.size.reset();
  for (std::size_t i = 1; i < source.parts.size() && !facts.version.empty(); ++i) {
    auto const part = TRY(source.parts[i].kind->ask(source.parts[i], context));
    facts.version = part.version.empty() ? "" : facts.version + "; " + part.version;
  }
  return facts;
}

// A source for each file of the model that the text means.
Result<std::vector<Assembly>> files_of(Assembly const& source, FetchContext const& context) {
  if (source.parts.size() > 1) return std::vector{source};
  std::vector<Assembly> files;
  for (auto const& text : TRY(source.parts.front().kind->files(source.parts.front(), context)))
    files.push_back({text, {TRY(parse_source(text))}});
  return files;
}

}  // namespace

std::uint64_t PullPlan::bytes_here() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](auto sum, auto const& file) { return sum + file.bytes_here; });
}

std::uint64_t PullPlan::bytes_to_fetch() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0}, [](auto sum, auto const& planned) {
    return sum + planned.file.size - std::min(planned.file.size, planned.bytes_here);
  });
}

FetchContext ModelStore::asking(net::EgressAccount& account, PullOptions const& options) const {
  FetchContext context{egress_, account, options_.hubs, options_.folder, options.stop, {}, 1};
  context.may_be_known = [this](std::uint64_t size) {
    auto const& known = catalog().entries();
    return std::any_of(known.begin(), known.end(), [&](auto const& entry) { return entry.size() == size; });
  };
  return context;
}

Result<CatalogEntry> ModelStore::resolve(std::string_view name, net::EgressAccount& account,
                                         PullOptions const& options) const {
  if (is_source(name)) return resolve_source(name, account, options);
  auto const wanted = TRY(parse_model_name(name));
  if (!options.as.empty())
    return Error(Code::invalid_argument,
                 "`--as` names what comes from a source; " + wanted.text() + " has its name");
  if (auto const* entry = catalog().find(wanted)) return *entry;
  // One that came from a source comes from there again, if it is damaged.
  if (auto damaged = find_damaged(wanted)) return std::move(*damaged);
  return TRY(find(name)).entry;
}

Result<CatalogEntry> ModelStore::resolve_source(std::string_view text, net::EgressAccount& account,
                                                PullOptions const& options) const {
  auto const source = TRY(parse_assembly(text));
  auto const* listed = options.as.empty() ? catalog().find_source(text) : nullptr;
  if (listed) return *listed;
  auto const context = asking(account, options);
  std::vector<UnlistedFile> files;
  for (auto& file : TRY(files_of(source, context).within(std::string(text)))) {
    auto facts = TRY(ask_all(file, context).within(file.text));
    files.push_back({std::move(file), std::move(facts)});
  }
  return entry_of(std::string(text), files, options);
}

Result<CatalogEntry> ModelStore::entry_of(std::string const& from, std::vector<UnlistedFile> const& files,
                                          PullOptions const& options) const {
  auto const& [source, facts] = files.front();
  bool const may_be_listed = options.as.empty() && files.size() == 1 && facts.sha256;
  if (auto const* listed = may_be_listed ? catalog().find(*facts.sha256) : nullptr) {
    auto entry = *listed;
    entry.files.front().sources.insert(entry.files.front().sources.begin(), source);
    return entry;
  }
  auto const name = options.as.empty() ? propose_name(facts) : TRY(parse_model_name(options.as));
  auto entry = describe(name, from, files);
  TRY(look_for_conflict(entry));
  return entry;
}

Result<PullResult> ModelStore::import(ForeignModel const& model, PullOptions const& options) {
  net::EgressAccount nothing_leaves{net::EgressPolicy()};
  auto const context = asking(nothing_leaves, options);
  std::vector<UnlistedFile> files;
  for (auto& file : TRY(files_of(TRY(parse_assembly("import:" + model.path)), context))) {
    auto facts = TRY(ask_all(file, context));
    if (files.empty()) {  // the other program knows more than its file says
      facts.name = model.facts.name;
      facts.tag = model.facts.tag;
      facts.file = model.facts.file;
      if (model.facts.sha256) facts.sha256 = model.facts.sha256;
    }
    files.push_back({std::move(file), std::move(facts)});
  }
  return pull_entry(TRY(entry_of(files.front().source.text, files, options)), nothing_leaves, options);
}

Result<PullPlan> ModelStore::plan(std::string_view name, net::EgressAccount& account,
                                  PullOptions const& options) const {
  PullPlan plan{.entry = TRY(resolve(name, account, options))};
  auto const here = find_same(plan.entry);
  plan.is_here = here.has_value();
  if (here) plan.entry = here->entry;
  for (auto const& file : plan.entry.files) {
    PlannedFile planned{.file = file, .sources = catalog().sources(plan.entry, file)};
    bool const is_known = file.sha256 != Sha256();
    auto const twin = is_known && !here ? find_twin(file) : std::nullopt;
    if (twin) planned.linked_from = twin->path;
    planned.bytes_here =
        here || twin ? file.size : bytes_there_of(file, incoming({plan.entry.name, plan.entry.tag}));
    plan.files.push_back(std::move(planned));
  }
  return plan;
}

std::optional<Model> ModelStore::find_same(CatalogEntry const& entry) const {
  auto here = read_installed(place({entry.name, entry.tag}));
  if (here && is_same(here->entry, entry)) return std::move(*here);
  return std::nullopt;
}

Result<void> ModelStore::look_for_conflict(CatalogEntry const& entry) const {
  auto const& file = entry.files.front();
  auto const here = read_installed(place({entry.name, entry.tag}));
  bool const is_other = here && !is_same(here->entry, entry) &&
                        here->entry.files.front().served_by != file.sources.front().text;
  auto const* listed = catalog().find({entry.name, entry.tag});
  if (!is_other && !listed) return {};
  return Error(Code::already_exists, "another model is called " + entry.full_name() + " (" +
                                         (listed ? "of the catalogue" : here->entry.about) +
                                         "): name this one with `--as NAME`");
}

}  // namespace shoal::store
