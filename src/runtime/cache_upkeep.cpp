#include "runtime/cache_upkeep.h"

#include <algorithm>

#include "runtime/runtime.h"
#include "store/folders.h"

namespace shoal::runtime {

CacheBounds bounds_within(std::uint64_t most_bytes, CacheContents const& contents) {
  CacheBounds bounds;
  if (contents.bytes() <= most_bytes) return bounds;
  double const share = static_cast<double>(most_bytes) / static_cast<double>(contents.bytes());
  auto const part = [&](std::uint64_t has, std::uint64_t bound) {
    return std::min(bound, static_cast<std::uint64_t>(static_cast<double>(has) * share));
  };
  bounds.steps.rows = part(contents.rows.bytes, bounds.steps.rows);
  bounds.steps.artifacts = part(contents.artifacts.bytes, bounds.steps.artifacts);
  bounds.kept = part(contents.kept.bytes, bounds.kept);
  return bounds;
}

Json to_json(CacheContents const& contents) {
  auto const& oldest = contents.rows.oldest;
  return Json::object({{"rows", contents.rows.rows},
                       {"row_bytes", contents.rows.bytes},
                       {"artifacts", contents.artifacts.artifacts},
                       {"artifact_bytes", contents.artifacts.bytes},
                       {"kept_files", contents.kept.files},
                       {"kept_bytes", contents.kept.bytes},
                       {"bytes", contents.bytes()},
                       {"oldest", oldest ? Json(to_rfc3339(*oldest)) : Json()},
                       {"cached", contents.use.cached},
                       {"ran", contents.use.ran}});
}

Json to_json(CachePruned const& pruned) {
  return Json::object({{"rows", pruned.rows},
                       {"row_bytes", pruned.row_bytes},
                       {"artifact_bytes", pruned.artifact_bytes},
                       {"kept_bytes", pruned.kept_bytes},
                       {"freed_bytes", pruned.row_bytes + pruned.artifact_bytes + pruned.kept_bytes},
                       {"bytes_left", pruned.bytes_left}});
}

Json to_json(CacheChecked const& checked) {
  Json damaged = Json::array();
  for (auto const& hash : checked.artifacts.damaged) damaged.push(hash.hex());
  return Json::object({{"ok", checked.is_whole()},
                       {"artifacts", checked.artifacts.artifacts},
                       {"bytes", checked.artifacts.bytes},
                       {"damaged", std::move(damaged)},
                       {"rows", checked.rows.rows},
                       {"dropped_rows", checked.rows.dropped}});
}

Result<CacheContents> Runtime::cache_contents() {
  CacheContents contents;
  contents.rows = TRY(cache_->contents());
  contents.artifacts = artifacts_->contents();
  contents.kept = runtime::kept_files(kept_folder());
  contents.use = TRY(journal_->cache_use());
  return contents;
}

Result<CachePruned> Runtime::prune_cache(std::optional<std::uint64_t> most_bytes) {
  auto const leave = TRY(leave_to_mend());
  if (!holds_home_) TRY(journal_->mark_interrupted());
  auto const before = TRY(cache_contents());
  auto const bounds = most_bytes ? bounds_within(*most_bytes, before) : CacheBounds();
  TRY(cache_->prune(bounds.steps, TRY(kept_for_interrupted()), clock_.wall()));
  TRY(cache_->shrink());
  TRY(prune_kept_files(kept_folder(), bounds.kept));
  auto const after = TRY(cache_contents());
  // A worker may keep a file meanwhile.
  auto const less = [](std::uint64_t was, std::uint64_t is) { return was > is ? was - is : 0; };
  return CachePruned{before.rows.rows - after.rows.rows, before.rows.bytes - after.rows.bytes,
                     less(before.artifacts.bytes, after.artifacts.bytes),
                     less(before.kept.bytes, after.kept.bytes), after.bytes()};
}

Result<CacheChecked> Runtime::verify_cache(std::function<void(std::uint64_t)> const& on_bytes,
                                           std::stop_token const& stop) {
  CacheChecked checked;
  checked.artifacts = TRY(artifacts_->verify(on_bytes, stop));
  checked.rows = TRY(cache_->verify());
  return checked;
}

std::vector<store::Garbage> Runtime::kept_garbage() const {
  std::set<std::string> models;
  for (auto const& model : models_->list()) {
    if (model.installed()) models.insert(model.content_hash().hex());
  }
  std::vector<store::Garbage> garbage;
  for (auto const& folder : kept_without_model(kept_folder(), models))
    garbage.push_back(
        {folder, runtime::kept_files(folder).bytes, "kept by an engine for a model that is gone"});
  return garbage;
}

Result<void> Runtime::remove_kept(store::Garbage const& garbage) {
  return store::remove_folder(garbage.path);
}

}  // namespace shoal::runtime
