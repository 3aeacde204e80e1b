// https: and http: sources.
#include "net/url.h"
#include "store/download.h"
#include "store/source_kind.h"

namespace shoal::store {
namespace {

class WebKind : public SourceKind {
 public:
  explicit WebKind(std::string_view scheme, std::string_view form) : scheme_(scheme), form_(form) {}

  std::string_view scheme() const override { return scheme_; }
  std::string_view form() const override { return form_; }

  Result<void> parse(std::string_view, Source& source) const override {
    auto const url = net::parse_url(source.text);
    if (!url) return malformed(source, url.error().message());
    source.address = source.text;
    return {};
  }

  Result<SourceFacts> ask(Source const& source, FetchContext const& context) const override {
    auto facts = TRY(store::ask({source.address, {}, {}}, context));
    auto const target = TRY(net::parse_url(source.address)).target;
    facts.file = file_name_of(target.substr(0, target.find('?')));
    return facts;
  }

  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override {
    return download({source.address, {}, {}}, file, context);
  }

 private:
  std::string_view scheme_;
  std::string_view form_;
};

}  // namespace

SourceKind const& https_source() {
  static WebKind const kKind("https", "https://HOST/PATH");
  return kKind;
}

SourceKind const& http_source() {
  static WebKind const kKind("http", "http://HOST/PATH");
  return kKind;
}

}  // namespace shoal::store
