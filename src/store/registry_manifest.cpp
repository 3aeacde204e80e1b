#include "store/registry_manifest.h"

#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::string_view kModelType = "application/vnd.ollama.image.model";

Result<ModelLayer> read_layer(Json const& layer, std::string_view image) {
  auto const wrong = [&](std::string_view what) {
    return Error(Code::invalid_argument,
                 "the manifest of " + std::string(image) + " has a model layer with " + std::string(what));
  };
  std::string_view const digest = layer["digest"].as_string();
  if (!digest.starts_with("sha256:")) return wrong("no sha256 as its digest");
  auto const hash = Sha256::from_hex(digest.substr(7));
  if (!hash) return wrong("a digest that is no sha256");
  if (layer["size"].as_integer() <= 0) return wrong("no size");
  return ModelLayer{*hash, static_cast<std::uint64_t>(layer["size"].as_integer())};
}

}  // namespace

Result<ModelLayer> find_model_layer(std::string_view manifest, std::string_view image) {
  auto const document = Json::parse(manifest);
  if (!document || !(*document)["layers"].is_array()) {
    return Error(Code::invalid_argument,
                 "what the registry gives for " + std::string(image) + " is no manifest of an image");
  }
  std::vector<Json const*> models;
  for (auto const& layer : (*document)["layers"].as_array()) {
    if (layer["mediaType"].as_string() == kModelType) models.push_back(&layer);
  }
  if (models.size() == 1) return read_layer(*models.front(), image);
  return Error(Code::unsupported, std::string(image) + (models.empty() ? " is an image without a model in it"
                                                                       : " is a model of several files"));
}

}  // namespace shoal::store
