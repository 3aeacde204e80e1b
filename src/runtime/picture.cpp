#include "runtime/picture.h"

#include "graph/drawing.h"

namespace shoal::runtime {

Result<std::string> picture_of(Target const& target, Picture picture) {
  auto const* pipeline = std::get_if<std::shared_ptr<LinkedPipeline const>>(&target.what);
  if (!pipeline) {
    return Error(Code::invalid_argument, "`" + target.name +
                                             "` is no pipeline, and only those are drawn; `shoal pipelines` "
                                             "lists them");
  }
  auto const drawing = graph::draw((*pipeline)->plan);
  return picture == Picture::svg ? to_svg(drawing) : to_mermaid(drawing);
}

}  // namespace shoal::runtime
