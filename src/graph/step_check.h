// Whether one step gets what it needs, and what it gives: the part of the check that is about types. Used by
// check.cpp.
#pragma once

#include <string>
#include <vector>

#include "graph/catalog.h"
#include "graph/document.h"
#include "graph/typing.h"

namespace shoal::graph {

// All that the catalogue knows, asked for when it is needed first.
class CatalogNames {
 public:
  explicit CatalogNames(Callables const& catalog) : catalog_(catalog) {}
  std::vector<std::string> const& list() {
    if (names_.empty()) names_ = catalog_.names();
    return names_;
  }

 private:
  Callables const& catalog_;
  std::vector<std::string> names_;
};

// Of the document that the step is in.
struct StepSurroundings {
  std::vector<Known> const& slots;
  Callables const& catalog;
  CatalogNames& names;
  std::vector<Problem>& problems;
  std::vector<Problem>& warnings;
};

// nullptr: it is unknown, which is reported already, or there is none.
struct StepCallables {
  Callable const* callable = nullptr;
  Callable const* stand_in = nullptr;  // of `on_error`
};

// Adds what is wrong to the problems, makes `else` a record by port, and puts what other steps see of the
// outputs into `slot`. Gives the stand-in's names of the step's outputs. All steps that it reads were
// checked.
std::vector<std::string> check_types(ParsedStep& step, StepCallables callables, Known& slot,
                                     StepSurroundings const& around);

}  // namespace shoal::graph
