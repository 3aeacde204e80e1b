// What a registry of images says of one: its manifest (Docker's image manifest, version 2, schema 2; OCI's
// has the same members), as far as a model needs it. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace shoal::store {

struct ModelLayer {
  Sha256 digest;
  std::uint64_t size = 0;
};

// The layer that is the model, of those of the image. unsupported where the model is in several layers or
// none; invalid_argument where the text is no manifest. `image` is what messages call it.
Result<ModelLayer> find_model_layer(std::string_view manifest, std::string_view image);

}  // namespace shoal::store
