// npm: sources: packages, through `npm pack`, which runs no scripts here.
#include "store/package_client.h"

namespace shoal::store {
namespace {

class NpmKind : public PackageKind {
 public:
  std::string_view scheme() const override { return "npm"; }
  std::string_view form() const override {
    return "npm:PACKAGE@VERSION/PATH or npm:@SCOPE/PACKAGE@VERSION/PATH";
  }
  std::string_view client() const override { return "npm"; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    auto const wrong = [&] { return malformed(source, "the form is " + std::string(form())); };
    auto const at = rest.find('@', 1);
    if (rest.empty() || at == std::string_view::npos) return wrong();
    auto const package = rest.substr(0, at);
    auto name = package;
    if (package.starts_with('@')) {
      auto const slash = package.find('/');
      if (slash == std::string_view::npos || !is_word(package.substr(1, slash - 1), "._-")) return wrong();
      name = package.substr(slash + 1);
    }
    if (!is_word(name, "._-")) return malformed(source, "that is no name of an npm package");
    return parse_package(package, rest.substr(at + 1), source);
  }

  std::vector<std::string_view> environment() const override {
    return {"NODE_EXTRA_CA_CERTS",   "npm_config_registry",   "NPM_CONFIG_REGISTRY",
            "npm_config_userconfig", "NPM_CONFIG_USERCONFIG", "npm_config_cafile",
            "NPM_CONFIG_CAFILE",     "npm_config_proxy",      "npm_config_https_proxy"};
  }

  Result<os::Command> command(Source const& source, std::string const& folder) const override {
    auto const npm = os::find_program("npm");
    if (!npm) return missing_client("npm", "npm");
    os::Command command;
    command.program = *npm;
    command.arguments = {"pack",
                         "--silent",
                         "--ignore-scripts",
                         "--no-update-notifier",
                         "--cache",
                         folder + "/cache",
                         "--pack-destination",
                         folder,
                         source.package + "@" + source.version};
    return command;
  }

  // Everything is in one folder of this name.
  std::string member(Source const&, std::string const& path) const override { return "package/" + path; }
};

}  // namespace

SourceKind const& npm_source() {
  static NpmKind const kKind;
  return kKind;
}

}  // namespace shoal::store
