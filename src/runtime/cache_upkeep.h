// What the caches of a home hold, how they are made smaller, and what a check of them found. Plain data for
// Runtime's cache_contents(), prune_cache() and verify_cache().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/journal.h"
#include "runtime/kept_files.h"
#include "runtime/step_cache.h"
#include "store/artifacts.h"

namespace shoal::runtime {

struct CacheBounds {
  StepCache::Bounds steps;
  std::uint64_t kept = 4'000'000'000;  // bytes of the files that engines keep for their models
};

struct CacheContents {
  StepCache::Contents rows;
  store::ArtifactStore::Contents artifacts;
  KeptFiles kept;
  Journal::CacheUse use;

  std::uint64_t bytes() const { return rows.bytes + artifacts.bytes + kept.bytes; }
};

// Bounds with which all together have at most `most_bytes`: each part gives up the same share.
CacheBounds bounds_within(std::uint64_t most_bytes, CacheContents const& contents);

struct CachePruned {
  std::uint64_t rows = 0, row_bytes = 0, artifact_bytes = 0, kept_bytes = 0;
  std::uint64_t bytes_left = 0;
};

struct CacheChecked {
  store::ArtifactStore::Check artifacts;
  StepCache::Check rows;

  bool is_whole() const { return artifacts.damaged.empty() && rows.dropped == 0; }
};

// {"rows", "row_bytes", "artifacts", "artifact_bytes", "kept_files", "kept_bytes", "bytes", "oldest",
// "cached", "ran"}
Json to_json(CacheContents const& contents);
// {"rows", "row_bytes", "artifact_bytes", "kept_bytes", "freed_bytes", "bytes_left"}
Json to_json(CachePruned const& pruned);
// {"ok", "artifacts", "bytes", "damaged": [hash], "rows", "dropped_rows"}
Json to_json(CacheChecked const& checked);

}  // namespace shoal::runtime
