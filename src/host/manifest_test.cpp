#include "host/manifest.h"

#include <gtest/gtest.h>

#include "host/worker_process.h"

namespace shoal::host {
namespace {

std::string const kGood = R"(shoal: 1
engine: ocr
version: "2"
about: Reads.
models: folder
folder: {port: shelf, under: shelves}
calls: cores
sandbox: {read: [/usr/share/x]}
environment: {OMP_THREAD_LIMIT: 1}
operations:
  read:
    effects: reads
    cores: all
    inputs: {shelf: text, dpi: {type: integer, default: 300}}
    outputs: {text: text}
)";

std::string problem_of(std::string text, std::string const& from, std::string const& to) {
  text.replace(text.find(from), from.size(), to);
  auto const manifest = parse_manifest(text, "engines/ocr/engine.yaml");
  return manifest ? "" : manifest.error().message();
}

TEST(Manifest, SaysAllThatTheHostNeeds) {
  auto const manifest = parse_manifest(kGood, "engines/ocr/engine.yaml").value();
  EXPECT_EQ(manifest.engine, "ocr");
  EXPECT_EQ(manifest.version, "2");
  EXPECT_EQ(manifest.program, "engines/ocr/ocr");
  EXPECT_EQ(manifest.models, Manifest::Models::folder);
  EXPECT_EQ(manifest.folder_port, "shelf");
  EXPECT_EQ(manifest.folder_under, "shelves");
  EXPECT_EQ(manifest.calls, 0);
  EXPECT_TRUE(manifest.one_model_per_worker);
  EXPECT_EQ(manifest.read_paths, (std::vector<std::string>{"/usr/share/x"}));
  EXPECT_EQ(manifest.environment.at(0), (std::pair<std::string, std::string>("OMP_THREAD_LIMIT", "1")));
  auto const* operation = manifest.find("read");
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->effects, value::Effects::reads);
  EXPECT_EQ(operation->cores, 0);
  EXPECT_EQ(operation->signature.inputs.size(), 2u);
  EXPECT_EQ(manifest.find("write"), nullptr);
}

TEST(Manifest, MistakesAreNamedWithTheirPlaceAndAProposal) {
  auto const unknown = problem_of(kGood, "calls:", "cals:");
  EXPECT_NE(unknown.find("engines/ocr/engine.yaml:7:1"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("calls"), std::string::npos) << unknown;
  EXPECT_NE(problem_of(kGood, "effects: reads", "effects: maybe").find("none, reads, writes"),
            std::string::npos);
  EXPECT_NE(problem_of(kGood, "[/usr/share/x]", "[share]").find("absolute"), std::string::npos);
  EXPECT_NE(problem_of(kGood, "calls: cores", "calls: many").find("cores"), std::string::npos);
  EXPECT_NE(problem_of(kGood, "outputs: {text: text}", "about: x").find("outputs"), std::string::npos);
  EXPECT_NE(problem_of(kGood, "shoal: 1", "shoal: 9").find("shoal: 1"), std::string::npos);
  EXPECT_NE(problem_of(kGood, "calls: cores", "models_per_worker: many").find("one folder"),
            std::string::npos);
}

TEST(Manifest, FilesAreKeptForModelFilesOnly) {
  auto const text = std::string(
      "shoal: 1\nengine: x\nversion: \"1\"\nmodels: file\nkeeps: files\noperations:\n"
      "  go: {effects: none, inputs: {a: text}, outputs: {b: text}}\n");
  auto const manifest = parse_manifest(text, "engines/x/engine.yaml");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_TRUE(manifest->keeps);
  auto without = text;
  without.replace(without.find("models: file"), 12, "models: none");
  EXPECT_NE(parse_manifest(without, "e.yaml").error().message().find("keeps"), std::string::npos);
}

TEST(Manifest, ALengthIsAnOptionAndItsDefaultAndNoPartOfAModelsKey) {
  auto const text = std::string(
      "shoal: 1\nengine: x\nversion: \"1\"\nmodels: file\nlength: {option: context, default: "
      "4096}\noperations:\n"
      "  go: {effects: none, inputs: {a: text}, outputs: {b: text}}\n");
  auto const manifest = parse_manifest(text, "engines/x/engine.yaml");
  ASSERT_TRUE(manifest) << manifest.error().message();
  ModelSpec one{"one", "a.gguf", "", Json::object({{"context", 512}, {"kind", "q"}})}, other = one;
  EXPECT_EQ(one.length(*manifest).value(), 512);
  other.options = Json::object({{"kind", "q"}});
  EXPECT_EQ(other.length(*manifest).value(), 4096);
  EXPECT_EQ(one.key(*manifest), other.key(*manifest));
  other.options = Json::object({{"kind", "r"}});
  EXPECT_NE(one.key(*manifest), other.key(*manifest));
  one.content = other.content = "hash";
  other.options = one.options;
  other.file = "the same elsewhere.gguf";
  EXPECT_EQ(one.key(*manifest), other.key(*manifest));
  other.options = Json::object({{"context", "long"}});
  EXPECT_FALSE(other.length(*manifest));
  EXPECT_NE(problem_of(text, "default: 4096", "default: 0").find("from 1"), std::string::npos);
  EXPECT_NE(problem_of(text, "models: file", "models: none").find("length"), std::string::npos);
}

TEST(Manifest, AllMistakesComeAtOnce) {
  auto text = kGood;
  text.replace(text.find("calls: cores"), 12, "calls: zero");
  text.replace(text.find("cores: all"), 10, "cores: -1 ");
  auto const message = parse_manifest(text, "e.yaml").error().message();
  EXPECT_NE(message.find("e.yaml:7:"), std::string::npos) << message;
  EXPECT_NE(message.find("e.yaml:13:"), std::string::npos) << message;
}

}  // namespace
}  // namespace shoal::host
