// engine.yaml: what an engine is, what it can do and what its workers need. docs/engines.md is its page for
// people. Plain data; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "value/signature.h"

namespace shoal::host {

struct Operation {
  std::string name;
  std::string about;
  value::Effects effects = value::Effects::none;
  int cores = 1;  // that one call can use; 0: all that the worker has
  value::Signature signature;
};

struct Manifest {
  enum class Models { none, file, folder };

  std::string engine;
  std::string version;  // of its results; part of every cache key
  // Of the program and of the files that its workers may read, by name, size and time: another build or other
  // language data may give other results. Set by load_manifests().
  std::string fingerprint;
  std::string about;
  bool for_tests = false;  // lists leave it out
  std::string folder;      // where engine.yaml and the program are
  std::string program;     // absolute path
  Models models = Models::none;
  std::string folder_port;   // with Models::folder: the text input that names the folder …
  std::string folder_under;  // … and where it lies in the data folder
  bool keeps = false;        // with Models::file: its workers may write in a folder of the model's own
  bool one_model_per_worker = true;
  // The load's option, a number, that says how much one call may have (a context's tokens): a model that was
  // loaded with more serves those that ask for less, and one with less grows. "": there is none.
  std::string length_option;
  std::int64_t default_length = 0;
  int calls = 1;                        // that a worker runs at once; 0: as many as it has cores
  std::vector<std::string> read_paths;  // that its workers may read; missing ones are skipped
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Operation> operations;

  Operation const* find(std::string_view operation) const;
};

// All problems of the text at once; `file` is for messages and gives the folder.
Result<Manifest> parse_manifest(std::string_view text, std::string const& file);

// The engine.yaml of every folder in `folder`, in the order of names. A broken one is an error that names it:
// an installation is whole or it is not.
Result<std::vector<Manifest>> load_manifests(std::string const& folder);

}  // namespace shoal::host
