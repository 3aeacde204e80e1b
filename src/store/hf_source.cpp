// hf: sources, files of a model hub's repositories: GET HUB/ORG/REPO/resolve/REVISION/FILE. The hub answers
// with the file or leads to where it lies, then with the headers X-Linked-Size and X-Linked-Etag, the quoted
// SHA-256. A source without a file is a repository, of which the hub's list of files says which is meant.
#include "base/text.h"
#include "net/url.h"
#include "store/download.h"
#include "store/hub_listing.h"
#include "store/source_kind.h"

namespace shoal::store {
namespace {

constexpr std::uint64_t kMaxPageBytes = 16u << 20;
constexpr int kMaxPages = 100;  // of a thousand files each

std::optional<Sha256> linked_sha256(net::HttpResponse const& head) {
  auto text = head.header("x-linked-etag");
  if (text.size() == 66 && text.front() == '"' && text.back() == '"') text = text.substr(1, 64);
  auto const digest = Sha256::from_hex(text);
  return digest ? std::optional(*digest) : std::nullopt;
}

// The hub says in a header why it does not give a file.
Error explain(Error error, Source const& source, FetchContext const& context) {
  if (error.code() != Code::refused) return error;
  return Error(Code::refused,
               error.message() +
                   (context.hubs.hf_token.empty()
                        ? ": if it exists, it is private or wants its terms accepted; accept them on the "
                          "hub's page of " +
                              source.package + " and set HF_TOKEN"
                        : ": the token in HF_TOKEN may not read " + source.package));
}

class HubKind : public SourceKind {
 public:
  std::string_view scheme() const override { return "hf"; }
  std::string_view form() const override {
    return "hf:ORG/REPO/FILE[@REVISION] or hf:ORG/REPO[:QUANTISATION]";
  }

  Result<void> parse(std::string_view rest, Source& source) const override {
    source.version = "main";
    if (auto const at = rest.rfind('@'); at != std::string_view::npos) {
      source.version = rest.substr(at + 1);
      rest = rest.substr(0, at);
      if (!is_word(source.version, "._-"))
        return malformed(source, "after `@` comes a revision of letters and digits");
    }
    auto const segments = split(rest, '/');
    if (segments.size() < 2 || !is_inner_path(rest))
      return malformed(source, "the form is " + std::string(form()));
    if (segments.size() == 2) return parse_repository(rest, source);
    auto const repository = rest.substr(0, segments[0].size() + 1 + segments[1].size());
    source.package = repository;
    source.address =
        std::string(repository) + "/resolve/" + source.version + std::string(rest.substr(repository.size()));
    return {};
  }

  Result<std::vector<std::string>> files(Source const& source, FetchContext const& context) const override {
    if (!source.paths.empty()) {
      auto const& wanted = source.paths.front();
      auto paths = TRY(choose_hub_model(TRY(list(source, context)), source.package, wanted));
      for (auto& path : paths)
        path = "hf:" + source.package + "/" + path + (source.version == "main" ? "" : "@" + source.version);
      return paths;
    }
    return SourceKind::files(source, context);
  }

  Result<SourceFacts> ask(Source const& meant, FetchContext const& context) const override {
    auto const source = TRY(file_of(meant, context));
    std::optional<Sha256> digest;
    auto web = web_file(source, context);
    web.check = [&](net::HttpResponse const& head) -> Result<void> {
      if (auto const linked = linked_sha256(head)) digest = linked;
      return {};
    };
    auto facts = store::ask(web, context);
    if (!facts) return explain(std::move(facts).error(), source, context);
    facts->sha256 = digest;
    facts->file = file_name_of(source.address);
    return facts;
  }

  Result<void> fetch(Source const& meant, PartFile& file, FetchContext const& context) const override {
    auto const source = TRY(file_of(meant, context));
    auto web = web_file(source, context);
    auto const wanted = context.is_whole ? file.wanted().sha256 : std::nullopt;
    // Known before gigabytes of something else have come.
    web.check = [wanted](net::HttpResponse const& head) -> Result<void> {
      auto const linked = linked_sha256(head);
      if (!wanted || !linked || *linked == *wanted) return {};
      return Error(Code::invalid_argument,
                   "its sha256 is " + linked->hex() + " where it should be " + wanted->hex() + ": not used");
    };
    auto result = download(web, file, context);
    if (!result) return explain(std::move(result).error(), source, context);
    return result;
  }

 private:
  // ORG/REPO[:QUANTISATION]; its `paths` is that word, "" for none.
  Result<void> parse_repository(std::string_view rest, Source& source) const {
    auto const colon = rest.find(':');
    source.package = rest.substr(0, colon);
    source.paths = {colon == std::string_view::npos ? "" : std::string(rest.substr(colon + 1))};
    for (auto const part : split(source.package, '/')) {
      if (!is_word(part, "._-")) return malformed(source, "the form is " + std::string(form()));
    }
    if (colon != std::string_view::npos && !is_word(source.paths.front(), "._-"))
      return malformed(source, "after `:` comes a quantisation such as Q4_K_M");
    return {};
  }

  Result<Source> file_of(Source const& source, FetchContext const& context) const {
    if (source.paths.empty()) return source;
    auto const texts = TRY(files(source, context));
    if (texts.size() == 1) return parse_source(texts.front());
    return Error(Code::unsupported, "it is a model of several files: name each of them");
  }

  static Result<std::vector<HubFile>> list(Source const& source, FetchContext const& context) {
    net::HttpRequest request = web_request(source, context);
    std::vector<HubFile> files;
    auto const host = TRY(net::parse_url(request.url)).destination();
    for (int page = 0; page < kMaxPages; ++page) {
      auto const response = TRY(context.egress.fetch(context.account, request));
      if (auto good = net::require_success(response); !good)
        return explain(std::move(good).error(), source, context);
      auto const more = TRY(read_hub_listing(response.body, source.package));
      files.insert(files.end(), more.begin(), more.end());
      auto const next = next_page(response.header("link"));
      if (next.empty()) return files;
      auto const url = TRY(net::resolve_url(TRY(net::parse_url(response.url)), next));
      // The token is the hub's.
      if (url.destination() != host)
        return Error(Code::unavailable, "the hub's list of " + source.package + " goes on at another host, " +
                                            url.destination() + ": not followed");
      request.url = url.to_string();
    }
    return Error(Code::unsupported, source.package + " has too many files: name the one that is meant");
  }

  static net::HttpRequest web_request(Source const& source, FetchContext const& context) {
    net::HttpRequest request{.url = context.hubs.hf + "/api/models/" + source.package + "/tree/" +
                                    source.version + "?recursive=true"};
    request.headers = authorization(context);
    request.max_body_bytes = kMaxPageBytes;
    request.idle_timeout = std::chrono::seconds(10);
    request.stop = context.stop;
    return request;
  }

  static net::HttpRequest::Headers authorization(FetchContext const& context) {
    if (context.hubs.hf_token.empty()) return {};
    return {{"Authorization", "Bearer " + context.hubs.hf_token}};
  }

  static WebFile web_file(Source const& source, FetchContext const& context) {
    return {context.hubs.hf + "/" + source.address, authorization(context), {}};
  }
};

}  // namespace

SourceKind const& hf_source() {
  static HubKind const kKind;
  return kKind;
}

}  // namespace shoal::store
