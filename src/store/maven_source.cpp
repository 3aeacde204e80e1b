// maven: sources: jars, through mvn's dependency plugin. mvn keeps a copy in its own repository, as it always
// does.
#include "base/text.h"
#include "store/package_client.h"

namespace shoal::store {
namespace {

class MavenKind : public PackageKind {
 public:
  std::string_view scheme() const override { return "maven"; }
  std::string_view form() const override { return "maven:GROUP:ARTIFACT:VERSION/PATH"; }
  std::string_view client() const override { return "mvn"; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    auto const words = split(rest.substr(0, rest.find('/')), ':');
    if (words.size() != 3 || !is_word(words[0], "._-") || !is_word(words[1], "._-"))
      return malformed(source, "the form is " + std::string(form()));
    auto const package = rest.substr(0, words[0].size() + 1 + words[1].size());
    return parse_package(package, rest.substr(package.size() + 1), source);
  }

  std::vector<std::string_view> environment() const override {
    return {"JAVA_HOME", "M2_HOME", "MAVEN_HOME", "MAVEN_OPTS", "MAVEN_ARGS"};
  }

  Result<os::Command> command(Source const& source, std::string const& folder) const override {
    auto const mvn = os::find_program("mvn");
    if (!mvn) return missing_client("mvn", "maven");
    os::Command command;
    command.program = *mvn;
    command.arguments = {"--batch-mode", "--quiet", "dependency:copy",
                         "-Dartifact=" + source.package + ":" + source.version + ":jar",
                         "-DoutputDirectory=" + folder};
    return command;
  }
};

}  // namespace

SourceKind const& maven_source() {
  static MavenKind const kKind;
  return kKind;
}

}  // namespace shoal::store
