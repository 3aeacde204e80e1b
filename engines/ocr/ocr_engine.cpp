#include "engines/ocr/ocr_engine.h"

#include <chrono>
#include <utility>

#include "engines/ocr/images.h"
#include "engines/ocr/pdf.h"
#include "engines/ocr/recognizer.h"

namespace shoal::ocr_engine {
namespace {

// Measured: the libraries and one open document; one English recogniser with a 300-dpi page in work.
constexpr std::uint64_t kBaseBytes = 40'000'000;
constexpr std::uint64_t kBytesPerRecognizer = 80'000'000;

Error unknown_kind(value::Blob const& document) {
  if (document.size() == 0) return Error(Code::invalid_argument, name_of(document) + " is empty");
  return Error(
      Code::invalid_argument,
      name_of(document) + " is neither a PDF nor a page image (TIFF, PNG, JPEG, BMP, WebP, JPEG 2000)");
}

// Sends pages as they come, and now and then tells how many: a page takes less time than it takes to tell of
// it.
class PageStream {
 public:
  explicit PageStream(engine::CallContext& context) : context_(context) {}

  void give(value::Sheet const& sheet, std::size_t all) {
    context_.chunk("pages", value::to_value(sheet));
    ++count_;
    if (Clock::now() < next_) return;
    next_ = Clock::now() + kPause;
    context_.progress(static_cast<double>(count_), static_cast<double>(all), "pages");
  }
  std::size_t count() const { return count_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kPause{200};

  engine::CallContext& context_;
  std::size_t count_ = 0;
  Clock::time_point next_ = Clock::now() + kPause;
};

class OcrModel final : public engine::Model {
 public:
  OcrModel(std::unique_ptr<Pdf> pdf, RecognizerPool& recognizers)
      : pdf_(std::move(pdf)), recognizers_(recognizers) {}

  Result<engine::Reply> call(engine::Call const& call, engine::CallContext& context) override {
    Stop stop = [&context] { return context.cancelled(); };
    stop.give_up = [&context](Error error) { context.give_up(std::move(error)); };
    if (call.operation == "pages") {
      return pages(call.inputs, stop, context);
    }
    if (call.operation == "recognize") return recognize(call.inputs, stop);
    return Error(Code::not_found, "the engine ocr has no operation `" + call.operation + "`");
  }

  void set_cores(int cores) override {
    cores_.with([&](int& now) { now = cores; });
    recognizers_.keep(static_cast<std::size_t>(std::max(cores, 1)));
  }

  engine::Memory memory() const override {
    auto cores = static_cast<std::uint64_t>(cores_.with([](int const& now) { return now; }));
    return {.compute = kBytesPerRecognizer * cores, .other = kBaseBytes};
  }

 private:
  Result<engine::Reply> pages(value::Value const& inputs, Stop const& stop, engine::CallContext& context) {
    PageStream stream(context);
    auto const give = [&](value::Sheet const& sheet, std::size_t all) { stream.give(sheet, all); };
    TRY(give_sheets(inputs["document"].as_blob(), inputs["password"].as_text(), inputs["dpi"].as_integer(300),
                    stop, give));
    engine::Reply reply;
    reply.evidence = Json::object({{"pages", stream.count()}});
    reply.outputs = value::Value::record({});
    return reply;
  }

  Result<engine::Reply> recognize(value::Value const& inputs, Stop const& stop) {
    auto sheet = value::sheet_from(inputs["page"]);
    auto const& password = inputs["password"].as_text();
    bool const has_text = !sheet.text.empty() && !inputs["again"].as_boolean();
    auto const page = TRY(has_text ? text_of(sheet, password, stop)
                                   : read(sheet, password, inputs["language"].as_text(), stop));
    engine::Reply reply;
    reply.evidence =
        Json::object({{"pages", 1}, {"words", page.words.size()}, {"mean_confidence", page.confidence}});
    reply.outputs = value::Value::record({{"page", value::to_value(page)}});
    return reply;
  }

  Result<void> give_sheets(value::BlobPtr const& document, std::string const& password, std::int64_t dpi,
                           Stop const& stop, GiveSheet const& give) {
    if (!document) return Error(Code::invalid_argument, "`document` must be a file");
    if (Pdf::recognises(document->bytes())) return pdf_->sheets(document, password, dpi, stop, give);
    if (is_image(document->bytes())) return image_sheets(document, dpi, stop, give);
    return unknown_kind(*document);
  }

  Result<value::Page> text_of(value::Sheet const& sheet, std::string const& password, Stop const& stop) {
    if (sheet.document && Pdf::recognises(sheet.document->bytes()))
      return pdf_->text(sheet.document, password, sheet.number, stop);
    return Error(Code::invalid_argument, "the sheet has a text, and its document is no PDF");
  }

  Result<value::Page> read(value::Sheet const& sheet, std::string const& password,
                           std::string const& language, Stop stop) {
    auto recognizer = TRY(recognizers_.take(language.empty() ? "eng" : language));
    auto raster = TRY(pixels_of(sheet, password, stop));
    auto const name = name_of_page(*sheet.document, sheet.number);
    stop.give_up = [&, tell = stop.give_up](Error error) { tell(std::move(error).within(name)); };
    auto page = TRY(recognizer->read(raster, stop).within(name));
    page.number = sheet.number;
    page.width = sheet.width;
    page.height = sheet.height;
    page.source = "ocr";
    return page;
  }

  Result<Raster> pixels_of(value::Sheet const& sheet, std::string const& password, Stop const& stop) {
    if (!sheet.document) return Error(Code::invalid_argument, "the sheet has no document");
    auto bytes = sheet.document->bytes();
    if (Pdf::recognises(bytes)) return pdf_->render(sheet.document, password, sheet.number, sheet.dpi, stop);
    if (is_image(bytes)) return decode_image(sheet);
    return unknown_kind(*sheet.document);
  }

  std::unique_ptr<Pdf> pdf_;
  RecognizerPool& recognizers_;
  Guarded<int> cores_{1};
};

}  // namespace

Result<void> OcrEngine::start() {
  silence_image_library();
  // Loads what the libraries load late while paths may still be opened, and keeps it for the first page. A
  // missing language is told to those who ask for it.
  auto english = recognizers_.take("eng");
  if (!english && english.error().code() != Code::not_found) return std::move(english).error();
  return {};
}

Result<std::unique_ptr<engine::Model>> OcrEngine::load(engine::ModelFile const&,
                                                       std::function<bool(double)> const&) {
  return std::make_unique<OcrModel>(Pdf::open(), recognizers_);
}

}  // namespace shoal::ocr_engine
