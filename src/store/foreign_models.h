// Models that other programs have on this machine, as these lay them out. Nothing is changed there. Any
// thread.
//
//   Ollama           manifests/HOST/NAMESPACE/NAME/TAG, blobs/sha256-DIGEST
//   LM Studio        PUBLISHER/MODEL/FILE.gguf
//   Hugging Face     models--ORG--REPO/snapshots/REVISION/FILE.gguf, which leads to ../../blobs/SHA256
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/source_kind.h"

namespace shoal::store {

enum class ForeignProgram { ollama, lmstudio, hf };

struct ForeignModel {
  std::string origin;  // for people: "ollama:qwen2.5:0.5b", "hf:ORG/REPO/FILE"
  std::string path;    // of the file itself, links resolved where it is one file
  SourceFacts facts;   // names, size and, where the program keeps one, the hash
};

std::optional<ForeignProgram> foreign_program(std::string_view name);  // "ollama", "lmstudio", "hf"
// Where the program keeps its models on this machine, as its own settings in the environment say.
std::string default_folder(ForeignProgram program);
// By what lies in a folder; a folder of GGUF files is taken for LM Studio's.
ForeignProgram guess_program(std::string const& folder);
// Sorted by origin. not_found where the folder is none. A model in several parts is its first one.
Result<std::vector<ForeignModel>> find_foreign_models(ForeignProgram program, std::string const& folder);

}  // namespace shoal::store
