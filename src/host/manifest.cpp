#include "host/manifest.h"

#include <algorithm>
#include <filesystem>

#include "base/sha256.h"
#include "base/text.h"
#include "base/yaml.h"
#include "os/file.h"

namespace shoal::host {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1u << 20;

// Reads one document and collects what is wrong with it.
class ManifestReader {
 public:
  explicit ManifestReader(std::vector<Problem>& problems) : problems_(problems) {}

  Manifest read(Yaml const& root);

 private:
  void problem(Position where, std::string what, std::string hint = {}) {
    problems_.push_back({where, std::move(what), std::move(hint)});
  }
  // Every key of `mapping` must be among `known`.
  void expect_keys(Yaml const& mapping, std::vector<std::string> const& known);
  std::string text(Yaml const& mapping, std::string_view key, bool required);
  // A number, or the word that stands for 0.
  int count(Yaml const& mapping, std::string_view key, int fallback, std::string_view word);
  std::string choice(Yaml const& mapping, std::string_view key, std::vector<std::string> const& allowed);
  void read_models(Yaml const& root, Manifest& manifest);
  void read_length(Yaml const& root, Manifest& manifest);
  void read_sandbox(Yaml const& root, Manifest& manifest);
  void read_environment(Yaml const& root, Manifest& manifest);
  Operation read_operation(Yaml::Entry const& entry);

  std::vector<Problem>& problems_;
};

void ManifestReader::expect_keys(Yaml const& mapping, std::vector<std::string> const& known) {
  for (auto const& entry : mapping.entries()) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      problem(entry.key_position, "unknown key `" + entry.key + "`", did_you_mean(entry.key, known));
    }
  }
}

std::string ManifestReader::text(Yaml const& mapping, std::string_view key, bool required) {
  auto const* node = mapping.find(key);
  if (!node || node->is_null()) {
    if (required) problem(mapping.position(), "`" + std::string(key) + ":` is missing");
    return {};
  }
  if (!node->is_scalar()) {
    problem(node->position(), "`" + std::string(key) + ":` must be text");
    return {};
  }
  return node->text();
}

int ManifestReader::count(Yaml const& mapping, std::string_view key, int fallback, std::string_view word) {
  auto const* node = mapping.find(key);
  if (!node) return fallback;
  if (node->is_string() && node->text() == word) return 0;
  if (node->kind() == Yaml::Kind::integer && node->integer() >= 1 && node->integer() <= 1024) {
    return static_cast<int>(node->integer());
  }
  problem(node->position(),
          "`" + std::string(key) + ":` must be a number from 1 to 1024, or `" + std::string(word) + "`");
  return fallback;
}

std::string ManifestReader::choice(Yaml const& mapping, std::string_view key,
                                   std::vector<std::string> const& allowed) {
  auto const* node = mapping.find(key);
  if (!node) return allowed.front();
  if (node->is_scalar() && std::find(allowed.begin(), allowed.end(), node->text()) != allowed.end())
    return node->text();
  problem(node->position(), "`" + std::string(key) + ":` must be one of: " + join(allowed, ", "));
  return allowed.front();
}

void ManifestReader::read_models(Yaml const& root, Manifest& manifest) {
  auto const models = choice(root, "models", {"none", "file", "folder"});
  manifest.models = models == "file"     ? Manifest::Models::file
                    : models == "folder" ? Manifest::Models::folder
                                         : Manifest::Models::none;
  manifest.one_model_per_worker = choice(root, "models_per_worker", {"one", "many"}) == "one";
  if (manifest.models == Manifest::Models::folder && !manifest.one_model_per_worker) {
    problem(root.position(),
            "`models: folder` needs `models_per_worker: one`: a worker may write in one folder");
  }
  manifest.keeps = choice(root, "keeps", {"nothing", "files"}) == "files";
  if (manifest.keeps && (manifest.models != Manifest::Models::file || !manifest.one_model_per_worker)) {
    problem(root.position(), "`keeps: files` goes with `models: file` and `models_per_worker: one`");
  }
  read_length(root, manifest);
  auto const* folder = root.find("folder");
  if ((manifest.models == Manifest::Models::folder) != (folder != nullptr)) {
    problem(root.position(), "`folder: {port: …, under: …}` goes with `models: folder`, and only with it");
  }
  if (!folder) return;
  expect_keys(*folder, {"port", "under"});
  manifest.folder_port = text(*folder, "port", true);
  manifest.folder_under = text(*folder, "under", true);
}

void ManifestReader::read_length(Yaml const& root, Manifest& manifest) {
  auto const* length = root.find("length");
  if (!length) return;
  if (manifest.models != Manifest::Models::file)
    problem(length->position(), "`length:` goes with `models: file`");
  expect_keys(*length, {"option", "default"});
  manifest.length_option = text(*length, "option", true);
  auto const* number = length->find("default");
  if (number && number->kind() == Yaml::Kind::integer && number->integer() >= 1) {
    manifest.default_length = number->integer();
  } else {
    problem(length->position(), "`length: {option: NAME, default: N}`: N is a number from 1");
  }
}

void ManifestReader::read_sandbox(Yaml const& root, Manifest& manifest) {
  auto const* sandbox = root.find("sandbox");
  if (!sandbox) return;
  expect_keys(*sandbox, {"read"});
  auto const* read = sandbox->find("read");
  if (!read) return;
  for (auto const& path : read->items()) {
    if (path.is_scalar() && path.text().starts_with('/')) {
      manifest.read_paths.push_back(path.text());
    } else {
      problem(path.position(), "`read:` takes absolute paths");
    }
  }
}

void ManifestReader::read_environment(Yaml const& root, Manifest& manifest) {
  auto const* environment = root.find("environment");
  if (!environment) return;
  for (auto const& entry : environment->entries()) {
    if (entry.value.is_scalar()) {
      manifest.environment.emplace_back(entry.key, entry.value.text());
    } else {
      problem(entry.value.position(), "a variable's value must be text");
    }
  }
}

Operation ManifestReader::read_operation(Yaml::Entry const& entry) {
  Operation operation;
  operation.name = entry.key;
  auto const& body = entry.value;
  if (!body.is_mapping()) {
    problem(entry.key_position,
            "operation `" + entry.key + "` must be a mapping with `inputs:` and `outputs:`");
    return operation;
  }
  expect_keys(body, {"about", "effects", "cores", "inputs", "outputs"});
  operation.about = text(body, "about", false);
  auto const effects = choice(body, "effects", {"none", "reads", "writes"});
  operation.effects = effects == "writes"  ? value::Effects::writes
                      : effects == "reads" ? value::Effects::reads
                                           : value::Effects::none;
  operation.cores = count(body, "cores", 1, "all");
  if (auto const* inputs = body.find("inputs"))
    operation.signature.inputs = value::parse_ports(*inputs, problems_);
  if (auto const* outputs = body.find("outputs")) {
    operation.signature.outputs = value::parse_ports(*outputs, problems_);
  }
  if (operation.signature.outputs.empty())
    problem(entry.key_position, "operation `" + entry.key + "` has no `outputs:`");
  return operation;
}

Manifest ManifestReader::read(Yaml const& root) {
  Manifest manifest;
  if (!root.is_mapping()) {
    problem(root.position(), "an engine manifest is a mapping that begins with `shoal: 1`");
    return manifest;
  }
  expect_keys(root,
              {"shoal", "engine", "version", "about", "for_tests", "program", "models", "folder",
               "models_per_worker", "keeps", "length", "calls", "sandbox", "environment", "operations"});
  if (text(root, "shoal", true) != "1")
    problem(root.position(), "`shoal: 1` is the only format this version reads");
  manifest.engine = text(root, "engine", true);
  manifest.version = text(root, "version", true);
  manifest.about = text(root, "about", false);
  manifest.for_tests = choice(root, "for_tests", {"false", "true"}) == "true";
  manifest.program = text(root, "program", false);
  manifest.calls = count(root, "calls", 1, "cores");
  read_models(root, manifest);
  read_sandbox(root, manifest);
  read_environment(root, manifest);
  auto const* operations = root.find("operations");
  if (!operations || operations->entries().empty()) {
    problem(root.position(), "`operations:` is missing: an engine can do something");
    return manifest;
  }
  for (auto const& entry : operations->entries()) manifest.operations.push_back(read_operation(entry));
  return manifest;
}

}  // namespace

Operation const* Manifest::find(std::string_view operation) const {
  auto const found = std::find_if(operations.begin(), operations.end(),
                                  [&](auto const& each) { return each.name == operation; });
  return found == operations.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view text, std::string const& file) {
  auto const root = TRY(Yaml::parse(text, file));
  std::vector<Problem> problems;
  auto manifest = ManifestReader(problems).read(root);
  if (!problems.empty()) return to_error(std::move(problems), file);
  manifest.folder = std::filesystem::path(file).parent_path().string();
  auto const program = manifest.program.empty() ? manifest.engine : manifest.program;
  manifest.program = (std::filesystem::path(manifest.folder) / program).string();
  return manifest;
}

namespace {

// Data folders have few files; more than these are not looked at.
constexpr int kMostFiles = 1000;

void add_to_fingerprint(Sha256Stream& stream, std::string const& file) {
  auto const identity = os::identify(file);
  if (!identity) return;
  stream.update(file + "\n" + std::to_string(identity->size) + "\n" + std::to_string(identity->mtime_ns) +
                "\n");
}

std::string fingerprint_of(Manifest const& manifest) {
  Sha256Stream stream;
  add_to_fingerprint(stream, manifest.program);
  std::vector<std::string> files;
  for (auto const& folder : manifest.read_paths) {
    std::error_code failed;
    std::filesystem::recursive_directory_iterator entry(folder, failed), end;
    for (int i = 0; !failed && entry != end && i < kMostFiles; entry.increment(failed), ++i) {
      files.push_back(entry->path().string());
    }
  }
  std::sort(files.begin(), files.end());
  for (auto const& file : files) add_to_fingerprint(stream, file);
  return stream.finish().hex();
}

}  // namespace

Result<std::vector<Manifest>> load_manifests(std::string const& folder) {
  std::error_code failed;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    auto const file = entry->path() / "engine.yaml";
    std::error_code missing;
    if (std::filesystem::exists(file, missing)) files.push_back(file.string());
  }
  if (files.empty()) {
    return Error(Code::not_found,
                 "no engines in " + folder + ": the installation is not whole; build or install it again");
  }
  std::sort(files.begin(), files.end());
  std::vector<Manifest> manifests;
  for (auto const& file : files) {
    auto manifest = TRY(parse_manifest(TRY(os::read_file(file, kMaxManifestBytes)), file));
    manifest.fingerprint = fingerprint_of(manifest);
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

}  // namespace shoal::host
