// ollama: sources, from a real registry (Debian's docker-registry) and from what a registry may say.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/test_server.h"
#include "os/run_program.h"
#include "store/registry_manifest.h"
#include "store/testing.h"

namespace shoal::store {
namespace {

// Pushes FILE as the model layer of an image, among other layers, as `ollama push` does. Waits for the
// registry.
constexpr char const* kPush = R"(
import hashlib, json, sys, time, urllib.request, urllib.error
base, image, tag, path = sys.argv[1:]
for _ in range(600):
    try:
        urllib.request.urlopen(base + '/v2/'); break
    except OSError:
        time.sleep(0.05)
def send(method, url, data, kind):
    request = urllib.request.Request(url, data=data, method=method, headers={'Content-Type': kind})
    return urllib.request.urlopen(request)
def blob(data, kind):
    digest = 'sha256:' + hashlib.sha256(data).hexdigest()
    begun = send('POST', f'{base}/v2/{image}/blobs/uploads/', b'', 'application/octet-stream')
    place = begun.headers['Location']
    send('PUT', place + ('&' if '?' in place else '?') + 'digest=' + digest, data, 'application/octet-stream')
    return {'mediaType': kind, 'digest': digest, 'size': len(data)}
kind = 'application/vnd.ollama.image.'
layers = [blob(b'{{ .Prompt }}', kind + 'template'), blob(open(path, 'rb').read(), kind + 'model'),
          blob(b'MIT', kind + 'license'), blob(b'{"stop": ["x"]}', kind + 'params')]
manifest = {'schemaVersion': 2, 'mediaType': 'application/vnd.docker.distribution.manifest.v2+json',
            'config': blob(b'{"model_format": "gguf"}', 'application/vnd.docker.container.image.v1+json'), 'layers': layers}
send('PUT', f'{base}/v2/{image}/manifests/{tag}', json.dumps(manifest).encode(), manifest['mediaType'])
)";

std::uint16_t free_port() {
  int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

class RegistryTest : public StoreTest {
 protected:
  void SetUp() override {
    auto const program = os::find_program("docker-registry");
    if (!program) GTEST_SKIP() << "needs docker-registry";
    host_ = "127.0.0.1:" + std::to_string(free_port());
    auto const config = folder_.path() + "/registry.yml";
    ASSERT_TRUE(os::write_file_atomically(
        config, "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " +
                    folder_.path() + "/registry}\nhttp: {addr: '" + host_ + "'}\n"));
    os::Command command{.program = *program, .arguments = {"serve", config}};
    command.environment = {"OTEL_TRACES_EXPORTER=none"};
    registry_ = std::move(os::Process::spawn(command)).value();
  }

  void push(std::string const& image, std::string const& tag, std::string_view bytes) {
    write("model", bytes);
    os::Command command{.program = os::find_program("python3").value()};
    command.environment = os::inherited_environment({"PATH", "HOME"});
    command.arguments = {"-c", kPush, "http://" + host_, image, tag, folder_.path() + "/model"};
    auto const result = os::run_program(command);
    ASSERT_TRUE(result) << result.error().message();
    ASSERT_TRUE(result->status.ok()) << result->standard_error;
  }
  std::unique_ptr<ModelStore> bare() {
    return ModelStore::open({.folder = models_, .hubs = {.ollama = "http://" + host_}}, egress_, clock_)
        .value();
  }

  std::string host_;
  std::unique_ptr<os::Process> registry_;
};

TEST_F(RegistryTest, TheModelLayerOfAnImageIsPulled) {
  auto const large = sample_bytes(50'000'000);
  push("library/tiny", "0.5b", large);
  auto pulled = bare()->pull("ollama:tiny:0.5b", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.full_name(), "tiny:0.5b");
  EXPECT_EQ(pulled->model.entry.engine, "llama");
  EXPECT_TRUE(os::read_file(pulled->model.path(), 1u << 30).value_or("") == large);
  EXPECT_TRUE(bare()->pull("ollama:tiny:0.5b", account_, {})->was_installed);
  EXPECT_GT(account_.report().by_destination.at(host_).bytes_in, large.size());

  push("library/tiny", "0.5b", bytes_);  // the tag moves on
  auto newer = bare()->pull("ollama:tiny:0.5b", account_, {});
  ASSERT_TRUE(newer) << newer.error().message();
  EXPECT_EQ(newer->model.entry.files[0].sha256, sha256(bytes_));
}

TEST_F(RegistryTest, NamesMayHaveAHostAndANamespace) {
  push("somebody/tiny", "latest", bytes_);
  auto pulled = bare()->pull("ollama:" + host_ + "/somebody/tiny", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.full_name(), "tiny:latest");
  auto missing = bare()->pull("ollama:tiny:none", account_, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_NE(missing.error().message().find("the registry has no library/tiny:none"), std::string::npos)
      << missing.error().message();
}

TEST_F(RegistryTest, AnImageWithOtherBytesIsLeftForTheNextSource) {
  push("library/tiny", "latest", "GGUF other");
  Catalog catalog;
  catalog.add(entry({"ollama:" + host_ + "/tiny", right()}, bytes_));
  auto store = ModelStore::open({.folder = models_, .catalog = catalog}, egress_, clock_).value();
  auto pulled = pull(*store);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.files[0].served_by, right());
  EXPECT_NE(notes_.find(sha256("GGUF other").hex()), std::string::npos) << notes_;
}

TEST(RegistryManifest, WhatIsNoManifestOfOneModelIsAnError) {
  auto const model = [](std::string const& rest) {
    return R"({"layers": [{"mediaType": "application/vnd.ollama.image.model", )" + rest + "}]}";
  };
  auto const digest = "\"digest\": \"sha256:" + std::string(64, 'a') + "\"";
  auto const layer = find_model_layer(model(digest + ", \"size\": 7"), "x");
  ASSERT_TRUE(layer) << layer.error().message();
  EXPECT_EQ(layer->size, 7u);
  for (auto const& text : {std::string(""), std::string("[]"), std::string("{\"layers\": 1}"), model(digest),
                           model(digest + ", \"size\": -1"), model("\"digest\": \"md5:1\", \"size\": 1"),
                           model("\"digest\": \"sha256:../../x\", \"size\": 1")}) {
    EXPECT_EQ(find_model_layer(text, "x").error().code(), Code::invalid_argument) << text;
  }
  EXPECT_EQ(find_model_layer("{\"layers\": []}", "x").error().code(), Code::unsupported);
}

}  // namespace
}  // namespace shoal::store
