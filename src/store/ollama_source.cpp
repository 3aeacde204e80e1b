// ollama: sources, images in a registry (API version 2): GET REGISTRY/v2/NAMESPACE/NAME/manifests/TAG names
// the layers, of which the model is taken: GET …/blobs/sha256:DIGEST, which may lead elsewhere. A registry
// may want a log-in before it says anything.
#include "base/text.h"
#include "net/url.h"
#include "store/download.h"
#include "store/registry_login.h"
#include "store/registry_manifest.h"
#include "store/source_kind.h"

namespace shoal::store {
namespace {

constexpr std::string_view kForm = "ollama:[HOST/][NAMESPACE/]NAME[:TAG]";
constexpr std::uint64_t kMaxManifestBytes = 4u << 20;

// As Docker tells a host from a namespace.
bool is_host(std::string_view segment) {
  return segment == "localhost" || segment.find('.') != std::string_view::npos ||
         segment.find(':') != std::string_view::npos;
}

// A registry of this machine has no certificate.
std::string address_of(std::string_view host) {
  auto const name = host.substr(0, host.rfind(':'));
  bool const is_local = name == "localhost" || name.starts_with("127.") || name == "[::1]";
  return (is_local ? "http://" : "https://") + std::string(host);
}

class OllamaKind : public SourceKind {
 public:
  std::string_view scheme() const override { return "ollama"; }
  std::string_view form() const override { return kForm; }

  // package: NAMESPACE/NAME; version: the tag; address: the registry, where the text names one.
  Result<void> parse(std::string_view rest, Source& source) const override {
    auto const wrong = [&] { return malformed(source, "the form is " + std::string(kForm)); };
    if (!is_inner_path(rest)) return wrong();
    if (auto const slash = rest.find('/');
        slash != std::string_view::npos && is_host(rest.substr(0, slash))) {
      source.address = address_of(rest.substr(0, slash));
      if (!net::parse_url(source.address + "/")) return wrong();
      rest.remove_prefix(slash + 1);
    }
    source.version = "latest";
    if (auto const colon = rest.rfind(':'); colon != std::string_view::npos) {
      source.version = rest.substr(colon + 1);
      rest = rest.substr(0, colon);
    }
    if (!is_word(source.version, "._-")) return wrong();
    for (auto const segment : split(rest, '/')) {
      if (!is_word(segment, "._-")) return wrong();
    }
    source.package =
        rest.find('/') == std::string_view::npos ? "library/" + std::string(rest) : std::string(rest);
    return {};
  }

  Result<SourceFacts> ask(Source const& source, FetchContext const& context) const override {
    net::HttpRequest::Headers login;
    auto const layer = TRY(model_layer(source, context, login));
    SourceFacts facts;
    facts.name = file_name_of(source.package);
    facts.tag = source.version;
    facts.file = facts.name + "-" + facts.tag + ".gguf";
    facts.size = layer.size;
    facts.sha256 = layer.digest;
    return facts;
  }

  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override {
    net::HttpRequest::Headers login;
    auto const layer = TRY(model_layer(source, context, login));
    auto const& wanted = file.wanted().sha256;
    if (context.is_whole && wanted && *wanted != layer.digest) {
      return Error(Code::invalid_argument, "its sha256 is " + layer.digest.hex() + " where it should be " +
                                               wanted->hex() + ": not used");
    }
    while (true) {
      auto const had = file.bytes_there();
      auto result = download({repository(source, context) + "/blobs/sha256:" + layer.digest.hex(), login, {}},
                             file, context);
      // A token lives for minutes, a download for hours: as long as each brings something, another is asked
      // for.
      bool const is_over = result || result.error().code() != Code::refused || login.empty();
      if (is_over || file.bytes_there() == had) return result;
      TRY(model_layer(source, context, login));
    }
  }

 private:
  static std::string const& registry(Source const& source, FetchContext const& context) {
    return source.address.empty() ? context.hubs.ollama : source.address;
  }
  static std::string repository(Source const& source, FetchContext const& context) {
    return registry(source, context) + "/v2/" + source.package;
  }

  // `login` becomes what the registry wanted before it said it: for its blobs.
  static Result<ModelLayer> model_layer(Source const& source, FetchContext const& context,
                                        net::HttpRequest::Headers& login) {
    net::HttpRequest request{.url = repository(source, context) + "/manifests/" + source.version};
    request.headers = {{"Accept",
                        "application/vnd.docker.distribution.manifest.v2+json, "
                        "application/vnd.oci.image.manifest.v1+json"}};
    request.max_body_bytes = kMaxManifestBytes;
    request.idle_timeout = std::chrono::seconds(10);
    request.stop = context.stop;
    auto response = TRY(context.egress.fetch(context.account, request));
    if (response.status == 401) {
      login = TRY(log_in(response, registry(source, context), source.package, context));
      request.headers.insert(request.headers.end(), login.begin(), login.end());
      response = TRY(context.egress.fetch(context.account, request));
    }
    if (response.status == 401 || response.status == 403) {
      return Error(Code::refused, "the log-in that is kept for " + registry(source, context) +
                                      " may not read " + source.package + ", or is wrong");
    }
    if (response.status == 404) {
      return Error(Code::not_found, "the registry has no " + source.package + ":" + source.version + " (" +
                                        response.url + ")");
    }
    TRY(net::require_success(response));
    return find_model_layer(response.body, source.package + ":" + source.version);
  }
};

}  // namespace

SourceKind const& ollama_source() {
  static OllamaKind const kKind;
  return kKind;
}

}  // namespace shoal::store
