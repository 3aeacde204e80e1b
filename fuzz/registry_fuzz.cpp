// Any bytes as the manifest that a registry gives, as the state of a file that is being pulled, and as the
// beginning of a model: errors are said, nothing is taken that was not there.

// rooms: store
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/part_file.h"
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
  static auto const folder = shoal::os::TemporaryFolder::create("shoal-fuzz").value();
  auto const path = folder.path() + "/x.part";
  CHECK(shoal::os::write_file_atomically(path, "0123456789"));
  CHECK(shoal::os::write_file_atomically(path + ".state", text));
  CHECK(shoal::store::PartFile::bytes_there(path, {.version = "1"}) <= 10);
  return 0;
}
