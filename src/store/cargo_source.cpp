// cargo: sources: crates, through `cargo vendor`, which unpacks them and builds nothing.
#include "os/file.h"
#include "store/package_client.h"

namespace shoal::store {
namespace {

class CargoKind : public PackageKind {
 public:
  std::string_view scheme() const override { return "cargo"; }
  std::string_view form() const override { return "cargo:CRATE@VERSION/PATH"; }
  std::string_view client() const override { return "cargo"; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    auto const at = rest.find('@');
    if (at == std::string_view::npos || !is_word(rest.substr(0, at), "_-"))
      return malformed(source, "the form is " + std::string(form()));
    return parse_package(rest.substr(0, at), rest.substr(at + 1), source);
  }

  std::vector<std::string_view> environment() const override {
    return {"CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HTTP_PROXY", "CARGO_HTTP_CAINFO"};
  }

  Result<os::Command> command(Source const& source, std::string const& folder) const override {
    auto const cargo = os::find_program("cargo");
    if (!cargo) return missing_client("cargo", "cargo");
    TRY(os::make_folders(folder + "/src"));
    TRY(os::write_file_atomically(folder + "/src/lib.rs", ""));
    TRY(os::write_file_atomically(
        folder + "/Cargo.toml",
        "[package]\nname = \"wants-a-crate\"\nversion = \"0.0.0\"\nedition = \"2021\"\n"
        "[dependencies]\n\"" +
            source.package + "\" = \"=" + source.version + "\"\n"));
    os::Command command;
    command.program = *cargo;
    command.arguments = {"vendor", "--quiet", "unpacked"};
    return command;
  }

  std::string member(Source const& source, std::string const& path) const override {
    return source.package + "/" + path;
  }
};

}  // namespace

SourceKind const& cargo_source() {
  static CargoKind const kKind;
  return kKind;
}

}  // namespace shoal::store
