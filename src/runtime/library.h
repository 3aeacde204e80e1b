// Everything that can be called by name: operations of engines and of models, functions, tasks and pipelines.
// Finds documents, checks them, links them to what they use. Owned by the Runtime; one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "graph/catalog.h"
#include "graph/document.h"
#include "host/manifest.h"
#include "os/file.h"
#include "runtime/target.h"
#include "store/models.h"

namespace shoal::runtime {

class Library final : public graph::Callables {
 public:
  enum class DocumentKind { pipeline, task };
  // A document NAME.yaml; what it says is read when it is needed.
  struct Document {
    DocumentKind kind{};
    std::string name;
    std::string file;
  };

  // What there is to know about something that can be run before it is.
  struct Description {
    graph::Callable::Kind kind{};
    std::string name;
    std::string about;
    std::string run_as;          // the name for `shoal run`; an operation of model files has none of its own
    std::string file;            // of a document
    value::Signature signature;  // without the types of outputs where it cannot be linked
    bool open_inputs = false;    // takes further ones
    std::vector<std::string> uses;      // of a pipeline its callables, of a task its rungs
    std::vector<store::Model> missing;  // that it needs
    std::optional<Error> error;         // why it cannot be run
  };

  // All that is given outlives the library. `data_folder`: where folders of engines lie (shelves);
  // `cache_folder`: where their workers keep files.
  Library(std::vector<host::Manifest> const& engines, store::ModelStore const& models,
          std::string data_folder, std::string cache_folder);

  // Bytes that all workers may take together, for the check of what needs more.
  void limit_memory(std::uint64_t bytes) { memory_ = bytes; }

  // Every *.yaml in `folder` under its name; later folders win. A folder that is missing is empty.
  void add_folder(DocumentKind kind, std::string const& folder);
  // A pipeline or task in a file of any name; gives the name it is known by from now on.
  Result<std::string> add_file(std::string const& file);

  // Ready to run. invalid_argument with all problems of the document or of one that it uses; not_found with
  // the nearest name, or with the command that pulls the model it needs.
  Result<Target> link(std::string const& name);
  // not_found as link(), but not for a missing model.
  Result<Description> describe(std::string const& name);
  // The models that running it needs and that are not installed, each once.
  std::vector<store::Model> missing_models(std::string const& name) const;
  // The documents and models' files that it is made of, as far as they are there.
  std::vector<std::string> files_of(std::string const& name) const;
  // Of all that decides what it gives but the inputs: documents, models, engines and this program.
  Result<Sha256> fingerprint(std::string const& name) const;
  // What is odd in a document but runs, after link().
  std::vector<Problem> warnings(std::string const& name) const;

  std::vector<Document> documents(DocumentKind kind) const;
  // Its `about:`, or "" where it cannot be read.
  std::string about(Document const& document) const;
  std::vector<host::Manifest> const& engines() const { return engines_; }
  // The names of the functions.
  static std::vector<std::string> functions();

  // graph::Callables: documents only once they are linked.
  std::optional<graph::Callable> find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::optional<std::uint64_t> memory() const override { return memory_; }

 private:
  struct Linked {
    Target target;
    graph::Callable callable;
    std::vector<Problem> warnings;
  };
  struct ModelOperation {
    store::Model model;
    host::Manifest const* engine;
    host::Operation const* operation;
    std::string name;  // canonical
  };

  // A document as it was read last, so that it is parsed once for all that asks.
  struct Read {
    os::FileIdentity identity;
    std::vector<std::string> uses;
    std::optional<graph::Parsed> pipeline;  // until it is linked
  };

  // nullptr where it cannot be read now.
  Read* read(Document const& document) const;
  host::Manifest const* find_engine(std::string_view name) const;
  // "engine.operation" of an engine that needs no model file.
  std::optional<std::pair<host::Manifest const*, host::Operation const*>> find_operation(
      std::string_view name) const;
  // "model.operation", or "model" for what it is mostly for.
  std::optional<ModelOperation> find_model_operation(std::string_view name) const;
  Result<Target> link_leaf(std::string const& name) const;
  Error unknown(std::string const& name) const;
  // What it is made of in the end: operations, functions and models, or itself.
  Result<std::set<std::string>> leaves_of(std::string const& name, std::vector<std::string>& documents) const;
  Result<Description> describe_leaf(std::string const& name) const;
  std::optional<std::vector<std::string>> uses_of(std::string const& document) const;
  Result<void> link_document(Document const& document);
  Result<void> link_pipeline(Document const& document, graph::Parsed parsed);
  Result<void> link_task(Document const& document, std::string const& text);
  Result<std::vector<Target>> targets_of(std::vector<graph::Callable> const& callables) const;

  std::vector<host::Manifest> const& engines_;
  store::ModelStore const& models_;
  std::string data_folder_, cache_folder_;
  std::optional<std::uint64_t> memory_;
  std::map<std::string, Document> documents_;
  std::map<std::string, Linked, std::less<>> linked_;
  mutable std::map<std::string, Read> read_;  // by file
};

}  // namespace shoal::runtime
