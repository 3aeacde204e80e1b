#include "store/foreign_models.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "os/file.h"
#include "store/registry_manifest.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifestBytes = 4u << 20;
constexpr std::string_view kRepository = "models--";

std::string variable(char const* name) {
  char const* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Files below a folder, relative to it, sorted. Links to folders are not followed.
std::vector<std::string> files_below(std::string const& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, failure);
  for (fs::recursive_directory_iterator const end; !failure && it != end; it.increment(failure)) {
    std::error_code gone;
    if (it->is_regular_file(gone)) files.push_back(it->path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_model_file(std::string_view path) {
  auto const name = to_lower_ascii(file_name_of(path));
  // The eyes and ears of another model are no model. The first of several parts stands for all.
  auto const parts = all_parts(name);
  return name.ends_with(".gguf") && !name.starts_with("mmproj") && parts && parts->front() == name;
}

// Nothing where the file has gone, or one of its parts is not there.
std::optional<ForeignModel> model_at(std::string const& path, std::string origin, std::string file) {
  std::error_code failure;
  // Parts are found by their names, which what a link leads to may not have.
  ForeignModel model{
      std::move(origin), is_split_part(path) ? path : fs::canonical(path, failure).string(), {}};
  std::uint64_t size = 0;
  for (auto const& part : all_parts(model.path).value_or({})) {
    if (!failure) size += fs::file_size(part, failure);
  }
  if (failure) return std::nullopt;
  model.facts.size = size;
  model.facts.file = std::move(file);
  return model;
}

std::optional<ForeignModel> ollama_model(std::string const& folder, std::string const& manifest) {
  auto const segments = split(manifest, '/');
  if (segments.size() < 3) return std::nullopt;
  auto const text = os::read_file(folder + "/manifests/" + manifest, kMaxManifestBytes);
  auto const layer = text ? find_model_layer(*text, manifest) : text.error();
  if (!layer) return std::nullopt;
  std::string const name(segments[segments.size() - 2]);
  std::string const tag(segments.back());
  // The registry and namespace that everybody has go without saying.
  std::string origin = manifest.substr(0, manifest.size() - tag.size() - 1);
  auto const usual = origin.find("/library/");
  if (usual != std::string::npos) origin.erase(0, usual + 9);
  auto model = model_at(folder + "/blobs/sha256-" + layer->digest.hex(), "ollama:" + origin + ":" + tag,
                        name + "-" + tag + ".gguf");
  if (!model || model->facts.size != layer->size) return std::nullopt;
  model->facts.name = name;
  model->facts.tag = tag;
  model->facts.sha256 = layer->digest;
  return model;
}

std::optional<ForeignModel> hub_model(std::string const& folder, std::string const& path) {
  auto const segments = split(path, '/');
  if (segments.size() < 4 || !segments[0].starts_with(kRepository) || segments[1] != "snapshots")
    return std::nullopt;
  auto const repository = replace_all(std::string(segments[0].substr(kRepository.size())), "--", "/");
  auto const inner = path.substr(path.find(segments[2]) + segments[2].size() + 1);
  auto model = model_at(folder + "/" + path, "hf:" + repository + "/" + inner, file_name_of(inner));
  if (!model) return std::nullopt;
  if (auto const digest = Sha256::from_hex(file_name_of(model->path))) model->facts.sha256 = *digest;
  return model;
}

std::vector<std::string> default_folders(ForeignProgram program) {
  auto const home = variable("HOME");
  switch (program) {
    case ForeignProgram::ollama:
      return {variable("OLLAMA_MODELS"), home + "/.ollama/models", "/usr/share/ollama/.ollama/models"};
    case ForeignProgram::lmstudio: return {home + "/.lmstudio/models", home + "/.cache/lm-studio/models"};
    case ForeignProgram::hf: {
      auto const cache = variable("XDG_CACHE_HOME").empty() ? home + "/.cache" : variable("XDG_CACHE_HOME");
      auto const hub_home = variable("HF_HOME").empty() ? "" : variable("HF_HOME") + "/hub";
      return {variable("HF_HUB_CACHE"), hub_home, cache + "/huggingface/hub"};
    }
  }
  CHECK(false);
}

}  // namespace

std::optional<ForeignProgram> foreign_program(std::string_view name) {
  if (name == "ollama") return ForeignProgram::ollama;
  if (name == "lmstudio") return ForeignProgram::lmstudio;
  if (name == "hf") return ForeignProgram::hf;
  return std::nullopt;
}

std::string default_folder(ForeignProgram program) {
  auto const folders = default_folders(program);
  std::error_code failure;
  for (auto const& folder : folders) {
    if (!folder.empty() && fs::is_directory(folder, failure)) return folder;
  }
  return *std::find_if(folders.begin(), folders.end(), [](auto const& folder) { return !folder.empty(); });
}

ForeignProgram guess_program(std::string const& folder) {
  std::error_code failure;
  if (fs::is_directory(folder + "/manifests", failure) && fs::is_directory(folder + "/blobs", failure))
    return ForeignProgram::ollama;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    if (it->path().filename().string().starts_with(kRepository)) return ForeignProgram::hf;
  }
  return ForeignProgram::lmstudio;
}

Result<std::vector<ForeignModel>> find_foreign_models(ForeignProgram program, std::string const& folder) {
  std::error_code failure;
  auto const root = fs::absolute(folder, failure).lexically_normal().string();
  if (failure || !fs::is_directory(root, failure))
    return Error(Code::not_found, "there is no folder " + folder + " to import models from");
  std::vector<ForeignModel> models;
  bool const is_ollama = program == ForeignProgram::ollama;
  for (auto const& path : files_below(is_ollama ? root + "/manifests" : root)) {
    std::optional<ForeignModel> model;
    if (is_ollama) {
      model = ollama_model(root, path);
    } else if (is_model_file(path)) {
      model = program == ForeignProgram::hf
                  ? hub_model(root, path)
                  : model_at(root + "/" + path, "lmstudio:" + path, file_name_of(path));
    }
    auto const is_it = [&](auto const& each) {
      return each.path == model->path && each.origin == model->origin;
    };
    if (model && std::none_of(models.begin(), models.end(), is_it)) models.push_back(std::move(*model));
  }
  return models;
}

}  // namespace shoal::store
