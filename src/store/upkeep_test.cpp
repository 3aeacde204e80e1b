// import, verify, garbage.
#include "base/text.h"
#include "os/lock.h"
#include "store/testing.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

class UpkeepTest : public StoreTest {
 protected:
  // A file at a path below the test's folder, and its name.
  std::string put(std::string const& path, std::string_view bytes) {
    auto const whole = folder_.path() + "/" + path;
    EXPECT_TRUE(os::make_folders(fs::path(whole).parent_path().string()));
    EXPECT_TRUE(os::write_file_atomically(whole, bytes));
    return whole;
  }
  std::vector<std::string> origins(ForeignProgram program, std::string const& folder) const {
    std::vector<std::string> names;
    for (auto const& model : find_foreign_models(program, folder_.path() + "/" + folder).value())
      names.push_back(model.origin);
    return names;
  }
};

TEST_F(UpkeepTest, AFileOfACataloguesModelIsThatModelAndIsLinked) {
  auto store = open({"http://127.0.0.1:1/none"});
  auto imported = store->pull("import:" + folder_.path() + "/right.gguf", account_, {});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->model.entry.full_name(), "small:q4");
  EXPECT_TRUE(fs::equivalent(imported->model.path(), folder_.path() + "/right.gguf"));
  ASSERT_TRUE(store->remove("small"));
  EXPECT_EQ(os::read_file(folder_.path() + "/right.gguf", 1 << 24).value(), bytes_);
}

TEST_F(UpkeepTest, OllamasModelsAreFoundByTheirManifests) {
  auto const digest = sha256(bytes_).hex();
  auto const blob = put("ollama/blobs/sha256-" + digest, bytes_);
  auto const manifest =
      R"({"layers": [{"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:0", "size": 1},
    {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" +
      digest + R"(", "size": 3000000}]})";
  put("ollama/manifests/registry.example/library/tiny/0.5b", manifest);
  put("ollama/manifests/registry.example/somebody/tiny/latest", manifest);
  put("ollama/manifests/registry.example/library/broken/latest", "{");
  put("ollama/manifests/registry.example/library/gone/latest",
      replace_all(manifest, digest, std::string(64, 'a')));
  EXPECT_EQ(guess_program(folder_.path() + "/ollama"), ForeignProgram::ollama);
  EXPECT_EQ(origins(ForeignProgram::ollama, "ollama"),
            (std::vector<std::string>{"ollama:tiny:0.5b", "ollama:registry.example/somebody/tiny:latest"}));

  auto store = ModelStore::open({.folder = models_}, egress_, clock_).value();
  auto const found = find_foreign_models(ForeignProgram::ollama, folder_.path() + "/ollama").value();
  auto imported = store->import(found[0], {});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->model.entry.full_name(), "tiny:0.5b");
  EXPECT_TRUE(fs::equivalent(imported->model.path(), blob));
  EXPECT_TRUE(store->import(found[0], {})->was_installed);
}

TEST_F(UpkeepTest, ABlobThatIsNotWhatItsNameSaysIsNotTaken) {
  auto const digest = std::string(64, 'b');
  put("ollama/blobs/sha256-" + digest, bytes_);
  put("ollama/manifests/r.example/library/tiny/latest",
      R"({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" + digest +
          R"(", "size": 3000000}]})");
  auto store = ModelStore::open({.folder = models_}, egress_, clock_).value();
  auto const found = find_foreign_models(ForeignProgram::ollama, folder_.path() + "/ollama").value();
  ASSERT_EQ(found.size(), 1u);
  auto imported = store->import(found[0], {});
  ASSERT_FALSE(imported);
  EXPECT_NE(imported.error().message().find(digest), std::string::npos) << imported.error().message();
  EXPECT_EQ(os::read_file(found[0].path, 1 << 24).value(), bytes_);
}

TEST_F(UpkeepTest, LmStudiosAndTheHubsModelsAreFoundByTheirLayout) {
  put("lms/Somebody/Tiny-GGUF/tiny-q8_0.gguf", bytes_);
  put("lms/Somebody/Tiny-GGUF/mmproj-tiny.gguf", bytes_);
  put("lms/Somebody/Big-GGUF/big-00001-of-00002.gguf", bytes_);
  put("lms/notes.txt", "x");
  EXPECT_EQ(origins(ForeignProgram::lmstudio, "lms"),
            std::vector<std::string>{"lmstudio:Somebody/Tiny-GGUF/tiny-q8_0.gguf"});
  put("lms/Somebody/Big-GGUF/big-00002-of-00002.gguf", "GGUF, the rest");
  auto const big = find_foreign_models(ForeignProgram::lmstudio, folder_.path() + "/lms").value()[0];
  EXPECT_EQ(big.facts.size, bytes_.size() + 14);
  auto const imported = open({right()})->import(big, {});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->model.entry.full_name(), "big:latest");
  ASSERT_EQ(imported->model.entry.files.size(), 2u);
  EXPECT_EQ(imported->model.entry.files[1].sha256, sha256("GGUF, the rest"));

  auto const digest = sha256(bytes_).hex();
  put("hub/models--Org--Repo/blobs/" + digest, bytes_);
  ASSERT_TRUE(os::make_folders(folder_.path() + "/hub/models--Org--Repo/snapshots/abc/sub"));
  fs::create_symlink("../../../blobs/" + digest,
                     folder_.path() + "/hub/models--Org--Repo/snapshots/abc/sub/T.Q4_0.gguf");
  EXPECT_EQ(guess_program(folder_.path() + "/hub"), ForeignProgram::hf);
  auto const found = find_foreign_models(ForeignProgram::hf, folder_.path() + "/hub").value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].origin, "hf:Org/Repo/sub/T.Q4_0.gguf");
  EXPECT_EQ(found[0].facts.sha256, sha256(bytes_));
  EXPECT_EQ(find_foreign_models(ForeignProgram::hf, folder_.path() + "/none").error().code(),
            Code::not_found);
}

TEST_F(UpkeepTest, ADamagedFileIsNamedAndTheNextPullMendsIt) {
  auto store = open({right()});
  ASSERT_TRUE(pull(*store));
  EXPECT_TRUE(store->verify("small", {})->problems.empty());
  auto damaged = bytes_;
  damaged[1'000'000] ^= 1;
  ASSERT_TRUE(os::write_file_atomically(models_ + "/small/q4/small.gguf", damaged));
  EXPECT_TRUE(store->require("small"));  // its size is right: nobody has looked
  auto const report = store->verify("small", {});
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_NE(report->problems[0].find(sha256(damaged).hex()), std::string::npos);
  EXPECT_FALSE(store->require("small"));
  auto mended = pull(*store);
  ASSERT_TRUE(mended) << mended.error().message();
  EXPECT_FALSE(mended->was_installed);
  EXPECT_TRUE(store->verify("small", {})->problems.empty());
  EXPECT_EQ(installed_bytes(), bytes_);
}

TEST_F(UpkeepTest, GarbageIsWhatNoManifestAndNoPullNeeds) {
  auto store = open({right()});
  ASSERT_TRUE(pull(*store));
  put("models/small/q4/stray.bin", "12345");
  put("models/.incoming/small/q8/x.part", "123");
  put("models/.incoming/busy/q4/x.part", "1");
  auto lock = os::FileLock::acquire(models_ + "/.locks/busy:q4", "a test", {});
  ASSERT_TRUE(lock);
  auto const garbage = store->find_garbage();
  ASSERT_EQ(garbage.size(), 2u);
  std::uint64_t bytes = 0;
  for (auto const& each : garbage) {
    bytes += each.bytes;
    ASSERT_TRUE(store->remove_garbage(each));
  }
  EXPECT_EQ(bytes, 8u);
  EXPECT_EQ(files_left(), (std::vector<std::string>{".incoming/busy/q4/x.part", "small/q4/manifest.json",
                                                    "small/q4/small.gguf"}));
  EXPECT_TRUE(store->require("small"));
}

}  // namespace
}  // namespace shoal::store
