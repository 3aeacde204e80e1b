// Any bytes as what registries and hubs say (manifests, challenges, lists of files, links, logins), as the
// state of a file that is being pulled, as a file's name and as the beginning of a model: errors are said,
// nothing is taken that was not there.

// rooms: store
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/url.h"
#include "store/hub_listing.h"
#include "store/part_file.h"
#include "store/registry_login.h"
#include "store/registry_manifest.h"
#include "store/unlisted.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const layer = shoal::store::find_model_layer(text, "fuzz:latest");
  CHECK(!layer || layer->size > 0);
  auto const recognized = shoal::store::recognize(text);
  CHECK(!recognized || text.starts_with("GGUF"));
  shoal::store::SourceFacts facts;
  facts.file = facts.tag = text;
  auto const name = shoal::store::propose_name(facts);
  CHECK(shoal::store::parse_model_name(name.text()));
  auto const challenge = shoal::store::parse_login_challenge(text);
  CHECK(!challenge || !challenge->is_bearer || shoal::net::parse_url(challenge->realm));
  CHECK(shoal::store::find_login(text, "a.example").find_first_of(" \r\n") == std::string::npos);
  CHECK(text.find(shoal::store::next_page(text)) != std::string_view::npos);
  auto const listed = shoal::store::read_hub_listing(text, "Org/Repo");
  if (listed) {
    auto chosen = shoal::store::choose_hub_model(*listed, "Org/Repo", "");
    for (auto const& path : std::move(chosen).value_or({})) CHECK(shoal::store::is_inner_path(path));
  }
  auto parts = shoal::store::all_parts(text);
  CHECK(std::move(parts).value_or({std::string(text)}).size() <= 1000);
  static auto const folder = shoal::os::TemporaryFolder::create("shoal-fuzz").value();
  auto const path = folder.path() + "/x.part";
  CHECK(shoal::os::write_file_atomically(path, "0123456789"));
  CHECK(shoal::os::write_file_atomically(path + ".state", text));
  CHECK(shoal::store::PartFile::bytes_there(path, {.version = "1"}) <= 10);
  return 0;
}
