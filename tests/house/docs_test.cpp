// What the documents show is so: their YAML parses, their links lead somewhere, the files that they name are
// there. And what ships (engines, models, pipelines, tasks, examples) is whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "base/text.h"
#include "functions/functions.h"
#include "graph/document.h"
#include "host/manifest.h"
#include "markdown.h"
#include "net/egress.h"
#include "os/file.h"
#include "runtime/library.h"
#include "store/catalog.h"
#include "store/models.h"
#include "task/checks.h"
#include "task/task.h"

namespace shoal::house {
namespace {

namespace fs = std::filesystem;

std::string const kRoot = SHOAL_SOURCE_DIR;

std::string read(std::string const& path) {
  auto text = os::read_file(kRoot + "/" + path, 16u << 20);
  EXPECT_TRUE(text) << text.error().message();
  return text ? *text : std::string();
}

// The files that match below a folder of the tree, as paths below the root.
std::vector<std::string> files_in(std::string const& folder, std::string const& extension) {
  std::vector<std::string> files;
  for (auto const& entry : fs::recursive_directory_iterator(kRoot + "/" + folder)) {
    if (entry.path().extension() == extension)
      files.push_back(fs::relative(entry.path(), kRoot).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> without(std::vector<Problem> const& problems, std::string const& file) {
  if (problems.empty()) return {};
  return to_error(problems, file);
}

Result<void> parse_pipeline(std::string const& text, std::string const& file) {
  return without(TRY(graph::parse(text, file)).problems, file);
}

Result<void> parse_task(std::string const& text, std::string const& file) {
  auto parsed = TRY(task::parse(text, file));
  for (auto const& check : parsed.checks) task::validate(check, parsed.signature, parsed.problems);
  return without(parsed.problems, file);
}

// Any document that begins with `shoal: 1`, as what it says it is; what it uses need not exist. Gives its
// name.
Result<std::string> parse_document(std::string const& text, std::string const& file) {
  auto const root = TRY(Yaml::parse(text, file));
  if (auto const* name = root.find("pipeline")) {
    TRY(parse_pipeline(text, file));
    return name->text();
  }
  if (auto const* name = root.find("task")) {
    TRY(parse_task(text, file));
    return name->text();
  }
  if (root.find("mirrors")) {
    TRY(store::parse_mirrors(text, file));
    return std::string();
  }
  if (root.find("operations") && root.find("version")) return TRY(host::parse_manifest(text, file)).engine;
  return TRY(store::parse_catalog_entry(text, file)).name;
}

TEST(Docs, TheDocumentsThatPagesShowAreRight) {
  int shown = 0;
  for (auto const& page : read_documents(kRoot)) {
    for (auto const& block : page.blocks) {
      if (block.language != "yaml" || !block.text.starts_with("shoal: 1")) continue;
      ++shown;
      // Lines are those of the page.
      auto const text = std::string(static_cast<std::size_t>(block.line - 1), '\n') + block.text;
      auto const parsed = parse_document(text, page.path);
      EXPECT_TRUE(parsed) << parsed.error().message();
    }
  }
  EXPECT_GE(shown, 5);
}

TEST(Docs, ShippedDocumentsParseAndAreNamedAsTheirFiles) {
  for (auto const* folder : {"pipelines", "tasks", "examples/pipelines", "catalog"}) {
    auto const files = files_in(folder, ".yaml");
    EXPECT_FALSE(files.empty()) << folder;
    for (auto const& file : files) {
      auto const parsed = parse_document(read(file), file);
      ASSERT_TRUE(parsed) << parsed.error().message();
      EXPECT_EQ(*parsed, fs::path(file).stem().string()) << file;
    }
  }
  auto const mirrors = parse_document(read("demo/mirrors.yaml"), "demo/mirrors.yaml");
  EXPECT_TRUE(mirrors) << mirrors.error().message();
}

TEST(Docs, EveryEngineHasAManifestWithWordsAboutIt) {
  auto const engines = host::load_manifests(kRoot + "/engines");
  ASSERT_TRUE(engines) << engines.error().message();
  EXPECT_GE(engines->size(), 3u);
  for (auto const& engine : *engines) {
    EXPECT_EQ(engine.engine, fs::path(engine.folder).filename().string());
    EXPECT_FALSE(engine.about.empty()) << engine.engine;
    for (auto const& operation : engine.operations)
      EXPECT_FALSE(operation.about.empty()) << engine.engine << "." << operation.name;
  }
}

// As if every model of the catalogue were there: files of the right size, with holes for bytes.
void pretend_to_install(store::Catalog const& catalog, std::string const& folder) {
  for (auto const& entry : catalog.entries()) {
    auto const place = fs::path(folder) / entry.name / entry.tag;
    fs::create_directories(place);
    std::ofstream(place / "manifest.json") << store::to_json(entry).dump();
    for (auto const& file : entry.files) {
      std::ofstream(place / file.file).put('\0');
      fs::resize_file(place / file.file, file.size);
    }
  }
}

TEST(Docs, ShippedPipelinesTasksAndExamplesFitWhatTheyUse) {
  auto const home = os::TemporaryFolder::create("shoal-docs").value();
  auto const engines = host::load_manifests(kRoot + "/engines").value();
  auto catalog = store::Catalog::load({kRoot + "/catalog"}, {});
  ASSERT_TRUE(catalog.problems().empty()) << catalog.problems().front().message();
  pretend_to_install(catalog, home.path() + "/models");
  net::Egress egress;
  SystemClock const clock;
  auto const models =
      store::ModelStore::open({.folder = home.path() + "/models", .catalog = catalog}, egress, clock).value();

  runtime::Library library(engines, *models, home.path(), home.path());
  using Kind = runtime::Library::DocumentKind;
  library.add_folder(Kind::pipeline, kRoot + "/pipelines");
  library.add_folder(Kind::task, kRoot + "/tasks");
  std::vector<std::string> names;
  for (auto const kind : {Kind::pipeline, Kind::task}) {
    for (auto const& document : library.documents(kind)) names.push_back(document.name);
  }
  for (auto const& file : files_in("examples/pipelines", ".yaml")) {
    auto const added = library.add_file(kRoot + "/" + file);
    ASSERT_TRUE(added) << added.error().message();
    names.push_back(*added);
  }
  EXPECT_GE(names.size(), 5u);
  for (auto const& name : names) {
    auto const linked = library.link(name);
    EXPECT_TRUE(linked) << name << ": " << linked.error().message();
    for (auto const& warning : library.warnings(name)) ADD_FAILURE() << to_string(warning, name);
  }
}

TEST(Docs, LinksLeadSomewhere) {
  auto const documents = read_documents(kRoot);
  int followed = 0;
  for (auto const& page : documents) {
    for (auto const& link : page.links) {
      if (link.text.find("://") != std::string::npos) continue;
      ++followed;
      auto const hash = std::min(link.text.find('#'), link.text.size());
      auto const target =
          hash == 0 ? fs::path(page.path) : (fs::path(page.path).parent_path() / link.text.substr(0, hash));
      auto const path = target.lexically_normal().generic_string();
      EXPECT_TRUE(fs::exists(kRoot + "/" + path)) << page.path << ":" << link.line << ": no " << path;
      if (hash == link.text.size()) continue;
      auto const there = std::find_if(documents.begin(), documents.end(),
                                      [&](auto const& other) { return other.path == path; });
      ASSERT_NE(there, documents.end()) << page.path << ":" << link.line << ": " << path << " is no page";
      auto const& anchors = there->anchors;
      EXPECT_NE(std::find(anchors.begin(), anchors.end(), link.text.substr(hash + 1)), anchors.end())
          << page.path << ":" << link.line << ": no heading for " << link.text;
    }
  }
  EXPECT_GE(followed, 5);
}

// `src/engine/engine.h`, `examples/engine`, and rooms without their `src/`: `host/scheduler.cpp`.
TEST(Docs, FilesOfTheTreeThatAreNamedAreThere) {
  std::regex const looks_like_ours(
      "(src|docs|tests|examples|engines|pipelines|tasks|catalog|cmake|scripts|demo|fuzz|bench)/[A-Za-z0-9_./"
      "-]+|"
      "[a-z]+/[a-z0-9_]+\\.(h|cpp)");
  int named = 0;
  for (auto const& page : read_documents(kRoot)) {
    for (auto const& code : page.code) {
      if (!std::regex_match(code.text, looks_like_ours)) continue;
      ++named;
      EXPECT_TRUE(fs::exists(kRoot + "/" + code.text) || fs::exists(kRoot + "/src/" + code.text))
          << page.path << ":" << code.line << ": no " << code.text;
    }
  }
  EXPECT_GE(named, 10);
}

TEST(Docs, TheEnginePageShowsTheExampleAsItIs) {
  auto const page = read("docs/engines.md");
  for (auto const* file : {"engine.yaml", "main.cpp", "CMakeLists.txt"}) {
    EXPECT_NE(page.find("\n" + read(std::string("examples/engine/") + file) + "```\n"), std::string::npos)
        << "docs/engines.md does not have the text of examples/engine/" << file;
  }
}

TEST(Docs, ThePipelinePageShowsShippedPipelinesAsTheyAre) {
  for (auto const* file : {"pipelines/scan-to-text.yaml", "examples/pipelines/without-brackets.yaml"}) {
    EXPECT_NE(read("docs/pipelines.md").find("```yaml\n" + read(file) + "```\n"), std::string::npos)
        << "docs/pipelines.md does not have the text of " << file;
  }
}

TEST(Docs, TablesHaveEveryFunctionAndEveryCheck) {
  auto const pipelines = read("docs/pipelines.md");
  for (auto const* function : functions::all()) {
    EXPECT_NE(pipelines.find("| `" + function->name + "` |"), std::string::npos)
        << "docs/pipelines.md has no row for the function " << function->name;
    for (auto const& input : function->signature.inputs) {
      EXPECT_NE(pipelines.find("`" + input.name), std::string::npos)
          << "docs/pipelines.md does not name the input `" << input.name << "` of " << function->name;
    }
  }
  auto const tasks = read("docs/tasks.md");
  for (auto const& check : task::all_checks()) {
    EXPECT_NE(tasks.find("`" + check.name + "`"), std::string::npos)
        << "docs/tasks.md does not name the check " << check.name;
  }
}

}  // namespace
}  // namespace shoal::house
