// ollama: sources, from a real registry (Debian's docker-registry) and from what a registry may say.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/test_server.h"
#include "os/run_program.h"
#include "store/registry_login.h"
#include "store/registry_manifest.h"
#include "store/testing.h"

namespace shoal::store {
namespace {

// Pushes FILE as the model layer of an image, among other layers, as `ollama push` does. Waits for the
// registry.
constexpr char const* kPush = R"(
import hashlib, json, sys, time, urllib.request, urllib.error
base, image, tag, path, authorization = sys.argv[1:]
for _ in range(600):
    try:
        urllib.request.urlopen(base + '/v2/'); break
    except urllib.error.HTTPError:
        break
    except OSError:
        time.sleep(0.05)
def send(method, url, data, kind):
    headers = {'Content-Type': kind}
    if authorization:
        headers['Authorization'] = authorization
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
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

// Prints a token of the distribution project's kind (a JWT): KEY CERTIFICATE REPOSITORY ACTIONS…
constexpr char const* kToken = R"(
import base64, json, subprocess, sys, time
key, certificate, repository, *actions = sys.argv[1:]
def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=')
lines = open(certificate).read().split('-----')[2].split()
now = int(time.time())
header = {'typ': 'JWT', 'alg': 'RS256', 'x5c': [''.join(lines)]}
claims = {'iss': 'test', 'sub': 'ada', 'aud': 'registry', 'exp': now + 600, 'nbf': now - 60, 'iat': now, 'jti': '1',
          'access': [{'type': 'repository', 'name': repository, 'actions': actions}]}
text = part(json.dumps(header).encode()) + b'.' + part(json.dumps(claims).encode())
signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key], input=text, stdout=subprocess.PIPE, check=True)
print((text + b'.' + part(signature.stdout)).decode(), end='')
)";

constexpr char const* kAda = "YWRhOnNlY3JldA==";  // ada:secret

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
    if (!os::find_program("docker-registry")) GTEST_SKIP() << "needs docker-registry";
    serve("");
  }

  void serve(std::string const& auth) {
    auto const program = os::find_program("docker-registry");
    host_ = "127.0.0.1:" + std::to_string(free_port());
    auto const config = folder_.path() + "/registry.yml";
    ASSERT_TRUE(os::write_file_atomically(
        config, "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " +
                    folder_.path() + "/registry}\nhttp: {addr: '" + host_ + "'}\n" + auth));
    os::Command command{.program = *program, .arguments = {"serve", config}};
    command.environment = {"OTEL_TRACES_EXPORTER=none"};
    registry_ = std::move(os::Process::spawn(command)).value();
  }

  void push(std::string const& image, std::string const& tag, std::string_view bytes,
            std::string const& authorization = "") {
    write("model", bytes);
    python(kPush, {"http://" + host_, image, tag, folder_.path() + "/model", authorization});
  }
  // Its output.
  static std::string python(std::string const& script, std::vector<std::string> const& arguments) {
    os::Command command{.program = os::find_program("python3").value(), .arguments = {"-c", script}};
    command.environment = os::inherited_environment({"PATH", "HOME"});
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    auto const result = os::run_program(command);
    EXPECT_TRUE(result && result->status.ok())
        << (result ? result->standard_error : result.error().message());
    return result ? result->standard_output : "";
  }
  // With what `docker login` would have kept for the host.
  std::unique_ptr<ModelStore> with_login(std::string const& auth) {
    write("logins.json", R"({"auths": {"https://)" + host_ + R"(/v1/": {"auth": ")" + auth + "\"}}}");
    Hubs hubs{.ollama = "http://" + host_, .registry_logins = {folder_.path() + "/logins.json"}};
    return ModelStore::open({.folder = models_, .hubs = hubs}, egress_, clock_).value();
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

class PasswordRegistryTest : public RegistryTest {
 protected:
  void SetUp() override {
    if (!os::find_program("docker-registry")) GTEST_SKIP() << "needs docker-registry";
    auto const line =
        python("import crypt; print('ada:' + crypt.crypt('secret', crypt.METHOD_BLOWFISH))", {});
    if (line.find("$2b$") == std::string::npos) GTEST_SKIP() << "needs bcrypt in python3's crypt";
    write("htpasswd", line);
    serve("auth: {htpasswd: {realm: test, path: '" + folder_.path() + "/htpasswd'}}\n");
  }
};

TEST_F(PasswordRegistryTest, TheKeptNameAndPasswordOpenIt) {
  push("library/tiny", "latest", bytes_, std::string("Basic ") + kAda);
  auto const closed = bare()->pull("ollama:tiny", account_, {});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), Code::refused);
  EXPECT_NE(closed.error().message().find("`docker login " + host_ + "`"), std::string::npos)
      << closed.error().message();
  auto const wrong = with_login("YWRhOndyb25n")->pull("ollama:tiny", account_, {});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("or is wrong"), std::string::npos) << wrong.error().message();
  auto const pulled = with_login(kAda)->pull("ollama:tiny", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.files[0].sha256, sha256(bytes_));
}

// A real registry that takes tokens, and the address that gives them.
class TokenRegistryTest : public RegistryTest {
 protected:
  void SetUp() override {
    if (!os::find_program("docker-registry")) GTEST_SKIP() << "needs docker-registry";
    auto const openssl = os::find_program("openssl");
    if (!openssl) GTEST_SKIP() << "needs openssl";
    os::Command command{.program = *openssl};
    command.environment = os::inherited_environment({"PATH", "HOME"});
    command.arguments = {"req",   "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",      "/CN=test",
                         "-days", "2",     "-keyout", key(),      "-out",   certificate()};
    ASSERT_TRUE(os::run_program(command)->status.ok());
    serve("auth: {token: {realm: '" + giver_.url("/token?x=1") +
          "', service: registry, issuer: test, rootcertbundle: '" + certificate() + "'}}\n");
    push("library/tiny", "latest", bytes_, "Bearer " + token({"push", "pull"}));
    pull_token_ = token({"pull"});
  }
  std::string key() const { return folder_.path() + "/key.pem"; }
  std::string certificate() const { return folder_.path() + "/certificate.pem"; }
  std::string token(std::vector<std::string> const& actions) const {
    std::vector<std::string> arguments = {key(), certificate(), "library/tiny"};
    arguments.insert(arguments.end(), actions.begin(), actions.end());
    return python(kToken, arguments);
  }

  bool for_everybody_ = false;
  std::string pull_token_;
  net::TestServer giver_{[this](std::string const& request) {
    bool const is_ada = request.find(std::string("Authorization: Basic ") + kAda) != std::string::npos;
    if (!is_ada && !for_everybody_) return net::TestServer::Reply{net::TestServer::status(401)};
    return net::TestServer::Reply{
        net::TestServer::ok("{\"token\": \"" + pull_token_ + "\", \"expires_in\": 60}")};
  }};
};

TEST_F(TokenRegistryTest, TheTokenThatItWantsIsFetchedWithTheKeptLogin) {
  auto const closed = bare()->pull("ollama:tiny", account_, {});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), Code::refused);
  EXPECT_EQ(giver_.requests().back().find("Authorization"), std::string::npos);
  auto const pulled = with_login(kAda)->pull("ollama:tiny", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->model.entry.files[0].sha256, sha256(bytes_));
  EXPECT_TRUE(giver_.requests().back().starts_with(
      "GET /token?x=1&service=registry&scope=repository:library/tiny:pull HTTP/1.1"))
      << giver_.requests().back();
}

TEST_F(TokenRegistryTest, ATokenForEverybodyNeedsNoLogin) {
  for_everybody_ = true;
  auto const pulled = bare()->pull("ollama:tiny", account_, {});
  EXPECT_TRUE(pulled) << pulled.error().message();
}

// A registry that leads its blobs, or its challenge, elsewhere.
TEST_F(StoreTest, NoTokenAndNoPasswordGoesWhereARegistryLeads) {
  using Server = net::TestServer;
  auto const manifest =
      R"({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" +
      sha256(bytes_).hex() + R"(", "size": )" + std::to_string(bytes_.size()) + "}]}";
  std::string elsewhere_realm;
  Server elsewhere([&](std::string const& request) {
    if (request.find("/manifests/") != std::string::npos) {
      return Server::Reply{
          Server::status(401, "WWW-Authenticate: Bearer realm=\"" + elsewhere_realm + "\"\r\n")};
    }
    return Server::Reply{Server::ok_with_ranges(request, bytes_)};
  });
  Server giver([](auto&) { return Server::Reply{Server::ok("{\"access_token\": \"the-token\"}")}; });
  elsewhere_realm = giver.url("/token");
  bool leads_manifests = false;
  Server registry([&](std::string const& request) {
    bool const is_manifest = request.find("/manifests/") != std::string::npos;
    if (is_manifest && leads_manifests)
      return Server::Reply{Server::status(307, "Location: " + elsewhere.url("/v2/manifests/x") + "\r\n")};
    if (request.find("Bearer the-token") == std::string::npos) {
      return Server::Reply{Server::status(
          401, "WWW-Authenticate: Bearer realm=\"" + giver.url("/token") + "\",service=\"s\"\r\n")};
    }
    if (is_manifest) return Server::Reply{Server::ok(manifest)};
    return Server::Reply{Server::status(307, "Location: " + elsewhere.url("/blob") + "\r\n")};
  });
  write("logins.json", R"({"auths": {")" + registry.host() + R"(": {"auth": ")" + kAda + "\"}}}");
  Hubs const hubs{.ollama = registry.url(""), .registry_logins = {folder_.path() + "/logins.json"}};
  auto store = ModelStore::open({.folder = models_, .hubs = hubs}, egress_, clock_).value();
  auto const pulled = store->pull("ollama:tiny", account_, {});
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_NE(giver.requests().back().find(std::string("Basic ") + kAda), std::string::npos);
  ASSERT_FALSE(elsewhere.requests().empty());
  for (auto const& request : elsewhere.requests())
    EXPECT_EQ(request.find("Authorization"), std::string::npos);

  leads_manifests = true;
  auto const asked = giver.requests().size();
  EXPECT_EQ(store->pull("ollama:other", account_, {}).error().code(), Code::refused);
  EXPECT_EQ(giver.requests().size(), asked);
}

TEST(RegistryLogin, ChallengesAreRead) {
  auto const bearer = parse_login_challenge(
      R"(Basic realm="x", Bearer realm="https://a.example/t?b=\c",service="s, s" , scope = repository:a/b:pull)");
  ASSERT_TRUE(bearer);
  EXPECT_TRUE(bearer->is_bearer);
  EXPECT_EQ(bearer->realm, "https://a.example/t?b=c");
  EXPECT_EQ(bearer->service, "s, s");
  EXPECT_EQ(bearer->scope, "repository:a/b:pull");
  auto const basic = parse_login_challenge("Digest realm=a, basic realm=\"b\"");
  ASSERT_TRUE(basic);
  EXPECT_FALSE(basic->is_bearer);
  for (auto const* none : {"", "Bearer", "Bearer realm=\"file:/x\"", "Negotiate", "=", "\"", "a=b"})
    EXPECT_FALSE(parse_login_challenge(none)) << none;
}

TEST(RegistryLogin, AFileOfLoginsMayHaveAddressesAsHosts) {
  auto const* const file =
      R"({"auths": {"https://a.example/v1/": {"auth": "QQ=="}, "b.example:5000": {"auth": "Qg=="},
                               "c.example": {"auth": "x\r\ny"}}, "credsStore": "x"})";
  EXPECT_EQ(find_login(file, "a.example"), "QQ==");
  EXPECT_EQ(find_login(file, "b.example:5000"), "Qg==");
  EXPECT_EQ(find_login(file, "b.example"), "");
  EXPECT_EQ(find_login(file, "c.example"), "");
  EXPECT_EQ(find_login("[]", "a.example"), "");
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
