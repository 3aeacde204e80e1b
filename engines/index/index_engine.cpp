#include "engines/index/index_engine.h"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/index/shelf_index.h"
#include "value/records.h"

namespace shoal::index_engine {
namespace {

using engine::CallContext;
using engine::Reply;
using value::Value;

char const* name_of(ShelfIndex::Change change) {
  switch (change) {
    case ShelfIndex::Change::added: return "added";
    case ShelfIndex::Change::replaced: return "replaced";
    case ShelfIndex::Change::unchanged: break;
  }
  return "unchanged";
}

Result<Reply> add(ShelfIndex& index, Value const& inputs) {
  auto const& passages = inputs["passages"];
  Document document;
  document.name = inputs["name"].as_text();
  if (document.name.empty()) return Error(Code::invalid_argument, "a document of a shelf needs a name");
  document.title = inputs["title"].as_text();
  document.pages = inputs["pages"].as_integer();
  document.hash = inputs["document"].as_blob()->hash().hex();
  document.digest =
      value::hash_of(
          Value::record({{"title", document.title}, {"pages", document.pages}, {"passages", passages}}))
          .hex();
  std::vector<value::Passage> list;
  for (auto const& passage : passages.as_list()) {
    if (!passage.is_null()) list.push_back(value::passage_from(passage));
  }
  auto const change = TRY(index.put(document, list));
  auto const written = change == ShelfIndex::Change::unchanged ? 0 : list.size();
  return Reply{Value::record({{"added", written}, {"state", name_of(change)}}), {}};
}

Result<Reply> search(ShelfIndex& index, Value const& inputs) {
  Value::List hits;
  for (auto const& passage : TRY(index.search(inputs["query"].as_text(), inputs["top"].as_integer()))) {
    hits.push_back(value::to_value(passage));
  }
  return Reply{Value::record({{"hits", std::move(hits)}}), {}};
}

Result<Reply> remove(ShelfIndex& index, Value const& inputs) {
  return Reply{Value::record({{"removed", TRY(index.remove(inputs["name"].as_text()))}}), {}};
}

Result<Reply> list(ShelfIndex& index, Value const&) {
  Value::List documents;
  for (auto const& [document, passages] : TRY(index.list())) {
    documents.push_back(Value::record({{"name", document.name},
                                       {"title", document.title},
                                       {"pages", document.pages},
                                       {"passages", passages},
                                       {"hash", document.hash}}));
  }
  return Reply{Value::record({{"documents", std::move(documents)}}), {}};
}

class Shelf final : public engine::Model {
 public:
  explicit Shelf(std::unique_ptr<ShelfIndex> index) : index_(std::move(index)) {}

  Result<Reply> call(engine::Call const& call, CallContext& context) override {
    static std::map<std::string_view, Result<Reply> (*)(ShelfIndex&, Value const&)> const operations = {
        {"add", add}, {"search", search}, {"remove", remove}, {"list", list}};
    auto const found = operations.find(call.operation);
    if (found == operations.end())
      return Error(Code::not_found, "index has no operation `" + call.operation + "`");
    index_->set_stop([&context] { return context.cancelled(); });
    auto reply = found->second(*index_, call.inputs);
    index_->set_stop(nullptr);
    return reply;
  }

  engine::Memory memory() const override { return {.cache = index_->memory_bytes()}; }

 private:
  std::unique_ptr<ShelfIndex> index_;  // calls come one at a time, as engine.yaml says
};

}  // namespace

Result<void> IndexEngine::start() {
  ShelfIndex::prepare_library();
  return {};
}

Result<std::unique_ptr<engine::Model>> IndexEngine::load(engine::ModelFile const& file,
                                                         std::function<bool(double)> const&) {
  return std::make_unique<Shelf>(TRY(ShelfIndex::open(file.folder)));
}

}  // namespace shoal::index_engine
