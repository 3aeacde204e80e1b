#include "runtime/library.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "functions/functions.h"
#include "graph/check.h"
#include "graph/document.h"
#include "os/file.h"

namespace shoal::runtime {
namespace {

constexpr std::uint64_t kMaxDocumentBytes = 16u << 20;

graph::Callable callable_of(functions::Function const& function) {
  graph::Callable callable;
  callable.kind = graph::Callable::Kind::function;
  callable.name = function.name;
  callable.signature = function.signature;
  callable.open_inputs = function.open_inputs;
  if (function.infer) {
    callable.infer = [infer = function.infer](std::vector<graph::Argument> const& given) {
      std::vector<functions::Argument> arguments;
      for (auto const& each : given) arguments.push_back({each.name, each.type, each.literal});
      return infer(arguments);
    };
  }
  return callable;
}

graph::Callable callable_of(std::string name, host::Operation const& operation) {
  graph::Callable callable;
  callable.kind = graph::Callable::Kind::operation;
  callable.name = std::move(name);
  callable.signature = operation.signature;
  callable.effects = operation.effects;
  return callable;
}

// A file that somebody cut or wrote over is not given to an engine. Damage of the same size is seen by
// verify.
Result<void> check_size(store::Model const& model, store::CatalogFile const& file) {
  auto const path = model.folder + "/" + file.file;
  auto const identity = os::identify(path);
  if (identity && identity->size == file.size) return {};
  auto const name = model.entry.full_name();
  auto const what = identity
                        ? "has " + std::to_string(identity->size) + " bytes, not " + std::to_string(file.size)
                        : identity.error().message();
  return Error(Code::unavailable, "the model " + name + " is damaged (" + path + " " + what +
                                      "): `shoal verify " + name + "`, then `shoal pull " + name +
                                      "` fetches it again");
}

// "a.b.c" → "a.b" and "c".
std::pair<std::string_view, std::string_view> split_operation(std::string_view name) {
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// The name that a document gives itself, and its kind.
Result<std::pair<Library::DocumentKind, std::string>> identify_document(std::string const& text,
                                                                        std::string const& file) {
  auto const root = TRY(Yaml::parse(text, file));
  if (auto const* name = root.find("pipeline"))
    return std::pair(Library::DocumentKind::pipeline, name->text());
  if (auto const* name = root.find("task")) return std::pair(Library::DocumentKind::task, name->text());
  return Error(Code::invalid_argument,
               file + ":1:1: neither `pipeline: NAME` nor `task: NAME` is in this document");
}

// As far as the document says it by itself: what a pipeline's outputs are is known when it is linked.
value::Signature signature_as_written(Library::Document const& document) {
  auto const text = os::read_file(document.file, kMaxDocumentBytes);
  if (!text) return {};
  if (document.kind == Library::DocumentKind::task) {
    auto const parsed = task::parse(*text, document.file);
    return parsed ? parsed->signature : value::Signature();
  }
  auto const parsed = graph::parse(*text, document.file);
  if (!parsed) return {};
  value::Signature signature;
  signature.inputs = parsed->inputs;
  for (auto const& output : parsed->outputs) {
    value::Port port;
    port.name = output.name;
    signature.outputs.push_back(std::move(port));
  }
  return signature;
}

}  // namespace

Library::Library(std::vector<host::Manifest> const& engines, store::ModelStore const& models,
                 std::string data_folder, std::string cache_folder)
    : engines_(engines),
      models_(models),
      data_folder_(std::move(data_folder)),
      cache_folder_(std::move(cache_folder)) {}

void Library::add_folder(DocumentKind kind, std::string const& folder) {
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().extension() != ".yaml") continue;
    auto const name = entry->path().stem().string();
    documents_[name] = {kind, name, entry->path().string()};
  }
}

Result<std::string> Library::add_file(std::string const& file) {
  auto const text = TRY(os::read_file(file, kMaxDocumentBytes));
  auto const [kind, name] = TRY(identify_document(text, file));
  documents_[name] = {kind, name, file};
  linked_.erase(name);
  read_.erase(file);
  return name;
}

std::vector<Library::Document> Library::documents(DocumentKind kind) const {
  std::vector<Document> found;
  for (auto const& [name, document] : documents_) {
    if (document.kind == kind) found.push_back(document);
  }
  return found;
}

std::string Library::about(Document const& document) const {
  auto const text = os::read_file(document.file, kMaxDocumentBytes);
  if (!text) return {};
  auto const root = Yaml::parse(*text, document.file);
  auto const* about = root ? root->find("about") : nullptr;
  return about ? about->text() : std::string();
}

std::vector<store::Model> Library::missing_models(std::string const& name) const {
  std::vector<store::Model> missing;
  auto const look_at = [&](std::string const& leaf) {
    auto found = documents_.contains(leaf) ? std::nullopt : find_model_operation(leaf);
    if (!found || found->model.installed()) return;
    auto const is_it = [&](auto const& each) {
      return each.entry.full_name() == found->model.entry.full_name();
    };
    if (std::none_of(missing.begin(), missing.end(), is_it)) missing.push_back(std::move(found->model));
  };
  look_at(name);
  auto const order = graph::order_of_use(name, [this](std::string const& each) { return uses_of(each); });
  if (!order) return missing;  // a circle: link() says so
  for (auto const& document : *order) {
    for (auto const& use : uses_of(document).value_or(std::vector<std::string>())) look_at(use);
  }
  return missing;
}

Result<std::set<std::string>> Library::leaves_of(std::string const& name,
                                                 std::vector<std::string>& documents) const {
  std::set<std::string> leaves = {name};
  documents = TRY(graph::order_of_use(name, [this](std::string const& each) { return uses_of(each); }));
  for (auto const& document : documents) {
    for (auto& use : uses_of(document).value_or(std::vector<std::string>())) leaves.insert(std::move(use));
  }
  std::erase_if(documents, [this](auto const& each) { return !documents_.contains(each); });
  std::erase_if(leaves, [this](auto const& each) { return documents_.contains(each); });
  return leaves;
}

std::vector<std::string> Library::files_of(std::string const& name) const {
  std::vector<std::string> files, documents;
  auto const leaves = leaves_of(name, documents);
  if (!leaves) return files;  // a circle: link() says so
  for (auto const& document : documents) files.push_back(documents_.at(document).file);
  for (auto const& leaf : *leaves) {
    auto const found = find_model_operation(leaf);
    if (found && found->model.installed()) files.push_back(found->model.path());
  }
  return files;
}

Result<Sha256> Library::fingerprint(std::string const& name) const {
  Sha256Stream stream;
  stream.update(SHOAL_VERSION "\n");
  std::vector<std::string> documents;
  auto const leaves = TRY(leaves_of(name, documents));
  for (auto const& document : documents)
    stream.update(sha256(TRY(os::read_file(documents_.at(document).file, kMaxDocumentBytes))).hex() + "\n");
  for (auto const& leaf : leaves) {
    auto const target = TRY(link_leaf(leaf));
    auto const* operation = std::get_if<OperationTarget>(&target.what);
    stream.update(leaf +
                  (operation
                       ? operation->engine->version + operation->engine->fingerprint + operation->model_hash
                       : std::string()) +
                  "\n");
  }
  return stream.finish();
}

std::vector<Problem> Library::warnings(std::string const& name) const {
  auto const found = linked_.find(name);
  return found == linked_.end() ? std::vector<Problem>() : found->second.warnings;
}

host::Manifest const* Library::find_engine(std::string_view name) const {
  auto const found =
      std::find_if(engines_.begin(), engines_.end(), [&](auto const& each) { return each.engine == name; });
  return found == engines_.end() ? nullptr : &*found;
}

std::optional<std::pair<host::Manifest const*, host::Operation const*>> Library::find_operation(
    std::string_view name) const {
  auto const [engine_name, operation_name] = split_operation(name);
  auto const* engine = find_engine(engine_name);
  if (!engine || engine->models == host::Manifest::Models::file) return std::nullopt;
  auto const* operation = engine->find(operation_name);
  if (!operation) return std::nullopt;
  return std::pair(engine, operation);
}

std::optional<Library::ModelOperation> Library::find_model_operation(std::string_view name) const {
  auto const find = [&](std::string_view model_name,
                        std::string_view operation) -> std::optional<ModelOperation> {
    auto model = models_.find(model_name);
    if (!model || model->entry.operations.empty()) return std::nullopt;
    auto const& offered = model->entry.operations;
    auto const wanted = operation.empty() ? offered.front() : std::string(operation);
    if (std::find(offered.begin(), offered.end(), wanted) == offered.end()) return std::nullopt;
    auto const* engine = find_engine(model->entry.engine);
    auto const* known = engine ? engine->find(wanted) : nullptr;
    if (!known) return std::nullopt;
    auto const full = std::string(model_name) + "." + wanted;
    return ModelOperation{std::move(*model), engine, known, full};
  };
  auto const [model_name, operation] = split_operation(name);
  if (auto found = find(model_name, operation)) return found;
  return find(name, {});
}

std::optional<graph::Callable> Library::find(std::string_view name) const {
  if (auto const found = linked_.find(name); found != linked_.end()) return found->second.callable;
  if (auto const* function = functions::find(name)) return callable_of(*function);
  if (auto const operation = find_operation(name)) return callable_of(std::string(name), *operation->second);
  if (auto const found = find_model_operation(name)) {
    auto callable = callable_of(found->name, *found->operation);
    callable.model_memory = found->model.entry.memory_bytes;
    if (!found->model.installed()) {
      auto const& entry = found->model.entry;
      callable.missing_model = "`shoal pull " + entry.name + "` fetches it, " + human_bytes(entry.size());
    }
    return callable;
  }
  return std::nullopt;
}

std::vector<std::string> Library::names() const {
  std::vector<std::string> names;
  for (auto const& engine : engines_) {
    if (engine.models == host::Manifest::Models::file) continue;
    for (auto const& operation : engine.operations) names.push_back(engine.engine + "." + operation.name);
  }
  for (auto const& model : models_.list()) {
    for (auto const& operation : model.entry.operations) names.push_back(model.entry.name + "." + operation);
  }
  for (auto const* function : functions::all()) names.push_back(function->name);
  for (auto const& [name, document] : documents_) names.push_back(name);
  return names;
}

Result<Target> Library::link(std::string const& name) {
  if (!documents_.contains(name)) return link_leaf(name);
  auto const order =
      TRY(graph::order_of_use(name, [this](std::string const& each) { return uses_of(each); }));
  for (auto const& each : order) {
    if (!linked_.contains(each) && documents_.contains(each)) TRY(link_document(documents_.at(each)));
  }
  return linked_.at(name).target;
}

Result<Target> Library::link_leaf(std::string const& name) const {
  if (auto const* function = functions::find(name)) return Target{name, FunctionTarget{function}};
  if (auto const found = find_operation(name)) {
    OperationTarget operation;
    operation.engine = found->first;
    operation.operation = found->second;
    if (!found->first->folder_under.empty())
      operation.folder = data_folder_ + "/" + found->first->folder_under;
    return Target{name, std::move(operation)};
  }
  if (auto const found = find_model_operation(name)) {
    auto const model = TRY(models_.require(found->model.entry.full_name()));
    for (auto const& file : model.entry.files) TRY(check_size(model, file));
    OperationTarget operation;
    operation.engine = found->engine;
    operation.operation = found->operation;
    auto const content = model.content_hash().hex();
    operation.model =
        host::ModelSpec{model.entry.name, model.path(), {}, model.entry.options, model.parts(), content};
    operation.model_hash = content + model.entry.options.dump();
    if (found->engine->keeps)
      operation.folder = cache_folder_ + "/kept/" + found->engine->engine + "/" + content;
    return Target{found->name, std::move(operation)};
  }
  return unknown(name);
}

Error Library::unknown(std::string const& name) const {
  auto const hint = did_you_mean(name, names());
  return Error(Code::not_found, "there is nothing named `" + name + "` that can be run; " +
                                    (hint.empty() ? hint : hint + " ") +
                                    "`shoal pipelines`, `shoal tasks` and `shoal models` list what there is");
}

Library::Read* Library::read(Document const& document) const {
  auto const identity = os::identify(document.file);
  auto const known = read_.find(document.file);
  if (identity && known != read_.end() && known->second.identity == *identity) return &known->second;
  auto const text = os::read_file(document.file, kMaxDocumentBytes);
  if (!identity || !text) return nullptr;
  Read read{*identity, {}, {}};
  if (document.kind == DocumentKind::pipeline) {
    if (auto parsed = graph::parse(*text, document.file)) {
      read.uses = graph::uses(*parsed);
      read.pipeline = std::move(*parsed);
    }
  } else if (auto const parsed = task::parse(*text, document.file)) {
    for (auto const& rung : parsed->ladder) read.uses.push_back(rung.use);
  }
  return &read_.insert_or_assign(document.file, std::move(read)).first->second;
}

std::optional<std::vector<std::string>> Library::uses_of(std::string const& document) const {
  auto const found = documents_.find(document);
  if (found == documents_.end()) return std::nullopt;
  auto const* known = read(found->second);
  return known ? known->uses : std::vector<std::string>();  // the error comes when it is linked
}

Result<Library::Description> Library::describe_leaf(std::string const& name) const {
  Description description;
  description.name = description.run_as = name;
  description.missing = missing_models(name);
  auto const of_operation = [&](host::Operation const& operation) {
    description.about = operation.about;
    description.signature = operation.signature;
    return description;
  };
  if (auto const* function = functions::find(name)) {
    description.kind = graph::Callable::Kind::function;
    description.about = function->about;
    description.signature = function->signature;
    description.open_inputs = function->open_inputs;
    return description;
  }
  if (auto const operation = find_operation(name)) return of_operation(*operation->second);
  if (auto const operation = find_model_operation(name)) {
    description.name = description.run_as = operation->name;
    return of_operation(*operation->operation);
  }
  auto const [engine_name, operation_name] = split_operation(name);
  auto const* engine = find_engine(engine_name);
  auto const* operation = engine ? engine->find(operation_name) : nullptr;
  if (!operation) return unknown(name);
  description.run_as = "MODEL." + operation->name;
  return of_operation(*operation);
}

std::vector<std::string> Library::functions() {
  std::vector<std::string> names;
  for (auto const* function : functions::all()) names.push_back(function->name);
  return names;
}

Result<Library::Description> Library::describe(std::string const& name) {
  auto const found = documents_.find(name);
  if (found == documents_.end()) return describe_leaf(name);
  Description description;
  description.name = description.run_as = name;
  description.missing = missing_models(name);
  auto const& document = found->second;
  bool const is_task = document.kind == DocumentKind::task;
  description.kind = is_task ? graph::Callable::Kind::task : graph::Callable::Kind::pipeline;
  description.about = about(document);
  description.file = document.file;
  description.uses = uses_of(name).value_or(std::vector<std::string>());
  if (auto const linked = link(name)) {
    description.signature = linked->signature();
  } else {
    description.error = linked.error();
    description.signature = signature_as_written(document);
  }
  return description;
}

Result<void> Library::link_document(Document const& document) {
  auto* known = read(document);
  if (known && known->pipeline && known->pipeline->name == document.name)
    return link_pipeline(document, *std::exchange(known->pipeline, std::nullopt));
  auto const text = TRY(os::read_file(document.file, kMaxDocumentBytes));
  auto const [kind, name] = TRY(identify_document(text, document.file));
  if (kind != document.kind || name != document.name) {
    return Error(Code::invalid_argument, document.file + ":1:1: the document calls itself `" + name +
                                             "`; its file is expected to be named " + name + ".yaml");
  }
  if (kind == DocumentKind::task) return link_task(document, text);
  return link_pipeline(document, TRY(graph::parse(text, document.file)));
}

Result<std::vector<Target>> Library::targets_of(std::vector<graph::Callable> const& callables) const {
  std::vector<Target> targets;
  for (auto const& callable : callables) {
    auto const linked = linked_.find(callable.name);
    targets.push_back(linked != linked_.end() ? linked->second.target : TRY(link_leaf(callable.name)));
  }
  return targets;
}

Result<void> Library::link_pipeline(Document const& document, graph::Parsed parsed) {
  auto checked = TRY(graph::check(std::move(parsed), *this));
  Linked linked;
  linked.callable = graph::callable_of(checked);
  linked.warnings = checked.warnings;
  auto pipeline = std::make_shared<LinkedPipeline>();
  pipeline->plan = graph::plan(std::move(checked));
  pipeline->callables = TRY(targets_of(pipeline->plan.callables));
  linked.target = {document.name, std::shared_ptr<LinkedPipeline const>(std::move(pipeline))};
  linked_.insert_or_assign(document.name, std::move(linked));
  return {};
}

Result<void> Library::link_task(Document const& document, std::string const& text) {
  auto checked = TRY(task::check(TRY(task::parse(text, document.file)), *this));
  Linked linked;
  linked.callable = task::callable_of(checked);
  auto task = std::make_shared<LinkedTask>();
  task->rungs = TRY(targets_of(checked.callables));
  task->task = std::move(checked.task);
  linked.target = {document.name, std::shared_ptr<LinkedTask const>(std::move(task))};
  linked_.insert_or_assign(document.name, std::move(linked));
  return {};
}

}  // namespace shoal::runtime
