// The room's face: a pipeline document from text to plan.
//   auto parsed = TRY(graph::parse(text, "scan-to-text.yaml"));
//   auto checked = TRY(graph::check(std::move(parsed), callables));
//   auto plan = graph::plan(std::move(checked));
#pragma once

#include "graph/binding.h"
#include "graph/catalog.h"
#include "graph/check.h"
#include "graph/document.h"
#include "graph/expression.h"
#include "graph/plan.h"
