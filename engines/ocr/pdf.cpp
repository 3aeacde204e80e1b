#include "engines/ocr/pdf.h"

#include <fpdf_edit.h>
#include <fpdf_progressive.h>
#include <fpdf_text.h>
#include <fpdfview.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <list>
#include <optional>
#include <utility>

#include "base/text.h"
#include "engines/ocr/text_layer.h"
#include "engines/ocr/watchdog.h"

namespace shoal::ocr_engine {
namespace {

// Documents kept open, so that page after page of one is not parsed anew.
constexpr std::size_t kOpenDocuments = 4;
// Readers find the header of a PDF anywhere in its first 1,024 bytes (ISO 32000-1, annex H).
constexpr std::size_t kHeaderWithin = 1024;
// Damaged or hostile files have more objects in objects than any real one.
constexpr int kDeepestForm = 8;
constexpr int kMostPages = 20'000;
// What drawing a page may take of a processor; real ones take less than a second. A call that cannot be
// stopped gets a little more.
constexpr std::chrono::seconds kDrawingTime{20}, kPatience{25};

template <auto close> struct Closer {
  template <typename T> void operator()(T* handle) const { close(handle); }
};
template <typename Handle, auto close>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Closer<close>>;

using Document = Owned<FPDF_DOCUMENT, FPDF_CloseDocument>;
using LoadedPage = Owned<FPDF_PAGE, FPDF_ClosePage>;
using TextPage = Owned<FPDF_TEXTPAGE, FPDFText_ClosePage>;
using Bitmap = Owned<FPDF_BITMAP, FPDFBitmap_Destroy>;

struct OpenDocument {
  Sha256 hash;
  std::string password;
  value::BlobPtr bytes;  // outlives the handle: PDFium reads from it when it needs to
  Document handle;
};

// The unrotated crop box in the page's own coordinates (y upwards), and how the page is turned.
struct Frame {
  double left = 0, top = 0, width = 0, height = 0;
  int quarter_turns = 0;  // clockwise

  value::Box box(double x0, double y0, double x1, double y1) const {
    return {std::min(x0, x1) - left, top - std::max(y0, y1), std::max(x0, x1) - left, top - std::min(y0, y1)};
  }
  bool contains(value::Box const& b) const {
    return b[2] >= 0 && b[3] >= 0 && b[0] <= width && b[1] <= height;
  }
  double shown_width() const { return quarter_turns % 2 == 0 ? width : height; }
  double shown_height() const { return quarter_turns % 2 == 0 ? height : width; }

  // From pixels of the turned page (sx, sy points each) to points of the unturned one.
  Transform from_shown(double sx, double sy) const {
    return undo_turns(quarter_turns, width, height).after({.a = sx, .d = sy});
  }
};

Frame frame_of(FPDF_PAGE page) {
  FS_RECTF box{};
  FPDF_GetPageBoundingBox(page, &box);
  return {.left = box.left,
          .top = box.top,
          .width = box.right - box.left,
          .height = box.top - box.bottom,
          .quarter_turns = FPDFPage_GetRotation(page) & 3};
}

Error page_error(value::Blob const& document, std::int64_t number, std::string_view what) {
  return Error(Code::invalid_argument, name_of_page(document, number) + " " + std::string(what));
}

Error open_error(value::Blob const& document, bool has_password) {
  auto name = name_of(document);
  switch (FPDF_GetLastError()) {
    case FPDF_ERR_PASSWORD:
      return Error(Code::invalid_argument, has_password
                                               ? name + " is encrypted and the password does not open it"
                                               : name + " is encrypted: give its password as `password`");
    case FPDF_ERR_SECURITY:
      return Error(Code::unsupported,
                   name + " is encrypted in a way that is not supported: save it without encryption");
    default: break;
  }
  bool has_end = document.bytes().rfind("%%EOF") != std::string_view::npos;
  return Error(
      Code::invalid_argument,
      has_end
          ? name + " is damaged: it cannot be read as a PDF; get it again, or repair it with a PDF program"
          : name + " is truncated: the end of the PDF is missing; copy or download it again");
}

Result<Document> open_document(value::Blob const& document, std::string const& password) {
  auto bytes = document.bytes();
  Document handle(
      FPDF_LoadMemDocument64(bytes.data(), bytes.size(), password.empty() ? nullptr : password.c_str()));
  if (!handle) return open_error(document, !password.empty());
  int pages = FPDF_GetPageCount(handle.get());
  if (pages <= 0)
    return Error(Code::invalid_argument,
                 name_of(document) + " is a PDF with 0 pages: there is nothing to read");
  if (pages > kMostPages) {
    return Error(Code::unsupported, name_of(document) + " has " + std::to_string(pages) +
                                        " pages, more than " + std::to_string(kMostPages) + ": split it");
  }
  return handle;
}

// Calls `visit` with every image on the page, those in form objects included, until it returns false.
template <typename Visit> bool each_image(FPDF_PAGEOBJECT object, int depth, Visit const& visit) {
  int type = FPDFPageObj_GetType(object);
  if (type == FPDF_PAGEOBJ_IMAGE) return visit(object, depth);
  if (type != FPDF_PAGEOBJ_FORM || depth >= kDeepestForm) return true;
  int count = FPDFFormObj_CountObjects(object);
  for (int i = 0; i < count; ++i) {
    if (!each_image(FPDFFormObj_GetObject(object, static_cast<unsigned long>(i)), depth + 1, visit))
      return false;
  }
  return true;
}

template <typename Visit> void each_image(FPDF_PAGE page, Visit const& visit) {
  int count = FPDFPage_CountObjects(page);
  for (int i = 0; i < count; ++i) {
    if (!each_image(FPDFPage_GetObject(page, i), 0, visit)) return;
  }
}

// Only these filters tell without decoding that a pixel is one bit.
bool is_bilevel(FPDF_PAGEOBJECT image) {
  char name[32] = {};
  int filters = FPDFImageObj_GetImageFilterCount(image);
  if (filters < 1 || FPDFImageObj_GetImageFilter(image, filters - 1, name, sizeof name) > sizeof name)
    return false;
  auto filter = std::string_view(name);
  return filter == "CCITTFaxDecode" || filter == "JBIG2Decode" || filter == "CCF";
}

// What decoding the page's images would make, before it is done.
Result<void> check_images(value::Blob const& document, FPDF_PAGE page, std::int64_t number) {
  std::optional<Error> error;
  each_image(page, [&](FPDF_PAGEOBJECT image, int) {
    unsigned width = 0, height = 0;
    FPDFImageObj_GetImagePixelSize(image, &width, &height);
    double pixels = static_cast<double>(width) * height;
    if (pixels > kMaxImagePixels && pixels > (is_bilevel(image) ? kMaxBilevelPixels : kMaxImagePixels)) {
      error = too_many_pixels(document, number, width, height);
    }
    return !error;
  });
  if (error) return *std::move(error);
  return {};
}

double shown_area(FPDF_PAGEOBJECT object, Frame const& frame) {
  float left = 0, bottom = 0, right = 0, top = 0;
  if (!FPDFPageObj_GetBounds(object, &left, &bottom, &right, &top)) return 0;
  auto const box = frame.box(left, bottom, right, top);
  double const width = std::min(box[2], frame.width) - std::max(box[0], 0.0);
  double const height = std::min(box[3], frame.height) - std::max(box[1], 0.0);
  return width > 0 && height > 0 ? width * height : 0;
}

// The share of the page that images cover; a scan may be cut into strips. Images in a form lie in its own
// coordinates, so the form counts for them.
double image_share(FPDF_PAGE page, Frame const& frame) {
  double covered = 0;
  int const count = FPDFPage_CountObjects(page);
  for (int i = 0; i < count; ++i) {
    FPDF_PAGEOBJECT object = FPDFPage_GetObject(page, i);
    bool const has_image = !each_image(object, 0, [](FPDF_PAGEOBJECT, int) { return false; });
    if (has_image) covered += shown_area(object, frame);
  }
  double const area = frame.width * frame.height;
  return area > 0 ? std::min(covered / area, 1.0) : 0;
}

bool is_invisible(FPDF_TEXTPAGE text, int index) {
  FPDF_PAGEOBJECT object = FPDFText_GetTextObject(text, index);
  return object && FPDFTextObj_GetTextRenderMode(object) == FPDF_TEXTRENDERMODE_INVISIBLE;
}

// PDFium gives characters beyond the BMP as two halves.
void append_glyph(std::vector<Glyph>& glyphs, Glyph const& glyph) {
  bool is_second_half = glyph.code >= 0xDC00 && glyph.code < 0xE000;
  if (is_second_half && !glyphs.empty() && glyphs.back().code >= 0xD800 && glyphs.back().code < 0xDC00) {
    glyphs.back().code = 0x10000 + ((glyphs.back().code - 0xD800) << 10) + (glyph.code - 0xDC00);
  } else {
    glyphs.push_back(glyph);
  }
}

std::vector<Glyph> glyphs_of(FPDF_PAGE page, Frame const& frame) {
  std::vector<Glyph> glyphs;
  TextPage text(FPDFText_LoadPage(page));
  int count = text ? FPDFText_CountChars(text.get()) : 0;
  glyphs.reserve(static_cast<std::size_t>(std::max(count, 0)));
  for (int i = 0; i < count; ++i) {
    Glyph glyph;
    glyph.generated = FPDFText_IsGenerated(text.get(), i) == 1;
    // A hyphen at a line's end has no character of its own there.
    glyph.code = FPDFText_IsHyphen(text.get(), i) == 1 ? U'-' : FPDFText_GetUnicode(text.get(), i);
    if (!glyph.generated) {
      double left = 0, right = 0, bottom = 0, top = 0;
      FPDFText_GetCharBox(text.get(), i, &left, &right, &bottom, &top);
      glyph.box = frame.box(left, bottom, right, top);
      if (!frame.contains(glyph.box)) continue;
      glyph.unmapped = FPDFText_HasUnicodeMapError(text.get(), i) == 1;
      glyph.invisible = is_invisible(text.get(), i);
    }
    append_glyph(glyphs, glyph);
  }
  return glyphs;
}

value::Page text_of(FPDF_PAGE page, std::int64_t number) {
  auto const frame = frame_of(page);
  auto text = page_from(glyphs_of(page, frame), {frame.width, frame.height, image_share(page, frame)});
  text.number = number;
  text.width = frame.width;
  text.height = frame.height;
  return text;
}

value::Sheet sheet_of(value::BlobPtr const& document, FPDF_DOCUMENT handle, int index, std::int64_t dpi) {
  value::Sheet sheet{.document = document, .number = index + 1, .dpi = dpi};
  LoadedPage page(FPDF_LoadPage(handle, index));
  if (!page) return sheet;
  auto text = text_of(page.get(), sheet.number);
  sheet.width = text.width;
  sheet.height = text.height;
  sheet.text = std::move(text.text);
  return sheet;
}

// Pixels a point: what `dpi` asks for, less where the page would have too many.
double scale_of(Frame const& frame, std::int64_t dpi) {
  double scale = static_cast<double>(dpi) / 72;
  double pixels = frame.width * scale * frame.height * scale;
  if (pixels > kMaxRasterPixels) scale *= std::sqrt(kMaxRasterPixels / pixels);
  return std::min(scale, kMaxRasterSide / std::max(frame.width, frame.height));
}

struct Pause : IFSDK_PAUSE {
  explicit Pause(Stop const& stop_now) : IFSDK_PAUSE{}, stop(stop_now) {
    version = 1;
    NeedToPauseNow = [](IFSDK_PAUSE* self) -> FPDF_BOOL { return static_cast<Pause*>(self)->stop(); };
  }
  Stop const& stop;
};

Result<Raster> render_page(value::Blob const& document, FPDF_PAGE page, std::int64_t number, std::int64_t dpi,
                           Stop const& stop) {
  auto frame = frame_of(page);
  if (!(frame.width > 0 && frame.height > 0))
    return page_error(document, number, "has no area: the file is damaged");
  double scale = scale_of(frame, dpi);
  Raster raster;
  raster.width = std::max(1, static_cast<int>(std::lround(frame.shown_width() * scale)));
  raster.height = std::max(1, static_cast<int>(std::lround(frame.shown_height() * scale)));
  raster.dpi = scale * 72;
  raster.to_points =
      frame.from_shown(frame.shown_width() / raster.width, frame.shown_height() / raster.height);
  raster.gray.assign(static_cast<std::size_t>(raster.width) * static_cast<std::size_t>(raster.height), 255);
  Bitmap bitmap(
      FPDFBitmap_CreateEx(raster.width, raster.height, FPDFBitmap_Gray, raster.gray.data(), raster.width));
  if (!bitmap)
    return Error(Code::out_of_memory,
                 "no memory to render page " + std::to_string(number) + " of " + name_of(document));
  auto const end = thread_time() + kDrawingTime;
  auto const over = [&] { return thread_time() > end; };
  Stop const stop_drawing = [&] { return stop() || over(); };
  Pause pause(stop_drawing);
  int status = FPDF_RenderPageBitmap_Start(bitmap.get(), page, 0, 0, raster.width, raster.height, 0,
                                           FPDF_ANNOT | FPDF_GRAYSCALE, &pause);
  FPDF_RenderPage_Close(page);
  if (stop()) return Error(Code::cancelled, "cancelled while rendering");
  if (status == FPDF_RENDER_TOBECONTINUED)
    return page_error(document, number, "takes too long to be drawn: print or save it as an image");
  if (status != FPDF_RENDER_DONE)
    return page_error(document, number, "cannot be rendered: the file is damaged");
  return raster;
}

}  // namespace

struct Pdf::State {
  State() {
    // No fonts of the system: pages look the same on every machine, and none is read from a path.
    static char const* no_fonts[] = {nullptr};
    FPDF_LIBRARY_CONFIG config{};
    config.version = 2;
    config.m_pUserFontPaths = const_cast<decltype(config.m_pUserFontPaths)>(no_fonts);
    FPDF_InitLibraryWithConfig(&config);
  }
  ~State() {
    documents.clear();
    FPDF_DestroyLibrary();
  }

  Result<FPDF_DOCUMENT> find_or_open(value::BlobPtr const& document, std::string const& password,
                                     Stop const& stop) {
    for (auto it = documents.begin(); it != documents.end(); ++it) {
      if (it->hash != document->hash() || it->password != password) continue;
      documents.splice(documents.begin(), documents, it);
      return documents.front().handle.get();
    }
    Watchdog::Guard const guard(watchdog, name_of(*document), kPatience, stop);
    auto handle = TRY(open_document(*document, password));
    documents.push_front({document->hash(), password, document, std::move(handle)});
    if (documents.size() > kOpenDocuments) documents.pop_back();
    return documents.front().handle.get();
  }

  std::list<OpenDocument> documents;  // the last used first
  Watchdog watchdog{"to be drawn"};
};

Pdf::Pdf() : state_(std::make_unique<State>()) {}
Pdf::~Pdf() = default;

std::unique_ptr<Pdf> Pdf::open() { return std::unique_ptr<Pdf>(new Pdf); }

bool Pdf::recognises(std::string_view bytes) {
  return bytes.substr(0, kHeaderWithin).find("%PDF-") != std::string_view::npos;
}

Result<void> Pdf::sheets(value::BlobPtr const& document, std::string const& password, std::int64_t dpi,
                         Stop const& stop, GiveSheet const& give) {
  document->hash();  // outside the lock
  int count = TRY(state_.with([&](auto& state) -> Result<int> {
    return FPDF_GetPageCount(TRY(state->find_or_open(document, password, stop)));
  }));
  for (int index = 0; index < count; ++index) {
    if (stop()) return Error(Code::cancelled, "cancelled while listing pages");
    // One page a lock, so that a long document does not hold up the others.
    auto sheet = TRY(state_.with([&](auto& state) -> Result<value::Sheet> {
      FPDF_DOCUMENT handle = TRY(state->find_or_open(document, password, stop));
      Watchdog::Guard const guard(state->watchdog, name_of_page(*document, index + 1), kPatience, stop);
      return sheet_of(document, handle, index, dpi);
    }));
    give(std::move(sheet), static_cast<std::size_t>(count));
  }
  return {};
}

Result<value::Page> Pdf::text(value::BlobPtr const& document, std::string const& password,
                              std::int64_t number, Stop const& stop) {
  document->hash();  // outside the lock
  return state_.with([&](auto& state) -> Result<value::Page> {
    FPDF_DOCUMENT handle = TRY(state->find_or_open(document, password, stop));
    Watchdog::Guard const guard(state->watchdog, name_of_page(*document, number), kPatience, stop);
    LoadedPage page(FPDF_LoadPage(handle, static_cast<int>(number - 1)));
    return page ? text_of(page.get(), number) : value::Page{.number = number};
  });
}

Result<Raster> Pdf::render(value::BlobPtr const& document, std::string const& password, std::int64_t number,
                           std::int64_t dpi, Stop const& stop) {
  document->hash();  // outside the lock
  return state_.with([&](auto& state) -> Result<Raster> {
    FPDF_DOCUMENT handle = TRY(state->find_or_open(document, password, stop));
    int count = FPDF_GetPageCount(handle);
    if (number < 1 || number > count) {
      return page_error(*document, number, "does not exist: it has " + std::to_string(count));
    }
    Watchdog::Guard const guard(state->watchdog, name_of_page(*document, number), kPatience, stop);
    LoadedPage page(FPDF_LoadPage(handle, static_cast<int>(number - 1)));
    if (!page) return page_error(*document, number, "is damaged and cannot be read");
    TRY(check_images(*document, page.get(), number));
    return render_page(*document, page.get(), number, dpi, stop);
  });
}

}  // namespace shoal::ocr_engine
