// PDF documents through PDFium, from memory. PDFium is not thread-safe: one lock is around all of it,
// which a page of a scan holds for some milliseconds. Any thread may call; one object a process,
// because PDFium's state is global.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "engines/ocr/raster.h"
#include "value/records.h"

namespace shoal::ocr_engine {

class Pdf {
 public:
  static std::unique_ptr<Pdf> open();
  ~Pdf();
  Pdf(Pdf const&) = delete;
  Pdf& operator=(Pdf const&) = delete;

  // Whether the bytes say that they are a PDF.
  static bool recognises(std::string_view bytes);

  // The pages with the text that they have. A page that is damaged has no size, and render() says so.
  // `password` may be empty.
  Result<void> sheets(value::BlobPtr const& document, std::string const& password, std::int64_t dpi,
                      Stop const& stop, GiveSheet const& give);

  // The words of the page's own text; none where it has none, or is damaged.
  Result<value::Page> text(value::BlobPtr const& document, std::string const& password, std::int64_t number,
                           Stop const& stop);

  // The page as it is looked at (turned as it says), with at most kMaxRasterPixels. A page that cannot
  // be drawn in a good time is refused; where it cannot even be stopped, the process ends (Watchdog).
  Result<Raster> render(value::BlobPtr const& document, std::string const& password, std::int64_t number,
                        std::int64_t dpi, Stop const& stop);

 private:
  struct State;
  Pdf();
  Guarded<std::unique_ptr<State>> state_;
};

}  // namespace shoal::ocr_engine
