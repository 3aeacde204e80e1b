#include "runtime/target.h"

namespace shoal::runtime {

value::Signature const& Target::signature() const {
  struct Visitor {
    value::Signature const& operator()(OperationTarget const& target) const {
      return target.operation->signature;
    }
    value::Signature const& operator()(FunctionTarget const& target) const {
      return target.function->signature;
    }
    value::Signature const& operator()(std::shared_ptr<LinkedPipeline const> const& pipeline) const {
      return pipeline->plan.signature;
    }
    value::Signature const& operator()(std::shared_ptr<LinkedTask const> const& task) const {
      return task->task.signature;
    }
  };
  return std::visit(Visitor{}, what);
}

}  // namespace shoal::runtime
