// pypi: sources: wheels, through `pip download`.
#include "store/package_client.h"

namespace shoal::store {
namespace {

class PypiKind : public PackageKind {
 public:
  std::string_view scheme() const override { return "pypi"; }
  std::string_view form() const override { return "pypi:PACKAGE==VERSION/PATH"; }
  std::string_view client() const override { return "pip"; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    auto const equals = rest.find("==");
    if (equals == std::string_view::npos) return malformed(source, "the form is " + std::string(form()));
    auto const package = rest.substr(0, equals);
    if (!is_word(package, "._-")) return malformed(source, "that is no name of a Python package");
    return parse_package(package, rest.substr(equals + 2), source);
  }

  std::vector<std::string_view> environment() const override {
    return {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",      "PIP_CONFIG_FILE",
            "PIP_INDEX_URL",      "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX",
            "PIP_FIND_LINKS",     "PIP_TRUSTED_HOST",    "PIP_CERT",
            "PIP_CLIENT_CERT",    "PIP_PROXY",           "PIP_DEFAULT_TIMEOUT",
            "PYENV_ROOT",         "PYENV_VERSION",       "VIRTUAL_ENV"};
  }

  Result<os::Command> command(Source const& source, std::string const& folder) const override {
    os::Command command;
    if (auto pip = os::find_program("pip3")) {
      command.program = *pip;
    } else if (auto python = os::find_program("python3")) {
      command.program = *python;
      command.arguments = {"-m", "pip"};
    } else {
      return missing_client("pip", "python3-pip");
    }
    // No cache: the file is kept by us, and would be twice on the disk.
    for (char const* argument :
         {"download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input",
          "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2", "--dest"}) {
      command.arguments.emplace_back(argument);
    }
    command.arguments.push_back(folder);
    command.arguments.push_back(source.package + "==" + source.version);
    return command;
  }
};

}  // namespace

SourceKind const& pypi_source() {
  static PypiKind const kKind;
  return kKind;
}

}  // namespace shoal::store
