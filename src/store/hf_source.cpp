// hf: sources, files of a model hub's repositories: GET HUB/ORG/REPO/resolve/REVISION/FILE. The hub answers
// with the file or leads to where it lies, then with the headers X-Linked-Size and X-Linked-Etag, the quoted
// SHA-256.
#include "base/text.h"
#include "store/download.h"
#include "store/source_kind.h"

namespace shoal::store {
namespace {

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
  std::string_view form() const override { return "hf:ORG/REPO/FILE[@REVISION]"; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    source.version = "main";
    if (auto const at = rest.rfind('@'); at != std::string_view::npos) {
      source.version = rest.substr(at + 1);
      rest = rest.substr(0, at);
      if (!is_word(source.version, "._-"))
        return malformed(source, "after `@` comes a revision of letters and digits");
    }
    auto const segments = split(rest, '/');
    if (segments.size() < 3 || !is_inner_path(rest))
      return malformed(source, "the form is " + std::string(form()));
    auto const repository = rest.substr(0, segments[0].size() + 1 + segments[1].size());
    source.package = repository;
    source.address =
        std::string(repository) + "/resolve/" + source.version + std::string(rest.substr(repository.size()));
    return {};
  }

  Result<SourceFacts> ask(Source const& source, FetchContext const& context) const override {
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

  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override {
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
  static WebFile web_file(Source const& source, FetchContext const& context) {
    WebFile web{context.hubs.hf + "/" + source.address, {}, {}};
    if (!context.hubs.hf_token.empty())
      web.headers.emplace_back("Authorization", "Bearer " + context.hubs.hf_token);
    return web;
  }
};

}  // namespace

SourceKind const& hf_source() {
  static HubKind const kKind;
  return kKind;
}

}  // namespace shoal::store
