#include "engines/ocr/recognizer.h"

#include <dlfcn.h>
#include <tesseract/baseapi.h>
#include <tesseract/ocrclass.h>
#include <tesseract/resultiterator.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <string_view>

#include "base/text.h"
#include "engines/ocr/page_writer.h"
#include "engines/ocr/pix.h"
#include "engines/ocr/straighten.h"

namespace shoal::ocr_engine {
namespace {

// What Tesseract reads is taller than this; smaller images are blank for it, and it says so loudly.
constexpr int kLeastSide = 3;

// Where the ink did not say which way up a page is: one that lies upside down gives many words of about 0.35,
// and even bad print gives more.
constexpr double kUpsideDownConfidence = 0.5;
constexpr std::size_t kUpsideDownWords = 8;
constexpr double kConfidenceGain = 0.1;

bool seems_upside_down(value::Page const& page) {
  return page.words.size() >= kUpsideDownWords && page.confidence < kUpsideDownConfidence;
}

// Tesseract asks OpenMP for four threads in its inner loops, which only slows pages down that are
// read in parallel. OMP_THREAD_LIMIT would be read when the library is loaded, before main();
// this holds for the calling thread from now on.
void forbid_inner_threads() {
  using SetLevels = void (*)(int);
  static auto const set_levels =
      reinterpret_cast<SetLevels>(dlsym(RTLD_DEFAULT, "omp_set_max_active_levels"));
  if (set_levels) set_levels(0);
}

// Its messages would go to standard error, a line for every unusual page. The setting is one of the
// process, and not safe to set while others read.
void silence(tesseract::TessBaseAPI& tesseract) {
  static std::once_flag done;
  std::call_once(done, [&] { tesseract.SetVariable("debug_file", "/dev/null"); });
}

bool is_language_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Debian's package of a language: tesseract-ocr-chi-sim for chi_sim.
std::string package_of(std::string_view language) {
  return "tesseract-ocr-" + replace_all(to_lower_ascii(language), "_", "-");
}

std::vector<std::string> installed_languages(tesseract::TessBaseAPI& api) {
  std::vector<std::string> languages;
  api.GetAvailableLanguagesAsVector(&languages);
  // Orientation data is no language.
  std::erase_if(languages,
                [](std::string const& name) { return name == "osd" || name.find('/') != std::string::npos; });
  return languages;
}

Error language_error(std::string_view language, std::vector<std::string> const& installed) {
  auto name = "`" + std::string(language) + "`";
  if (std::find(installed.begin(), installed.end(), language) != installed.end()) {
    return Error(Code::engine_failed, "the data of the language " + name +
                                          " cannot be loaded: install the package " + package_of(language) +
                                          " again");
  }
  auto has =
      installed.empty() ? std::string("no language is installed") : "installed: " + join(installed, ", ");
  return Error(Code::not_found, "no data to recognise the language " + name + ": install the package " +
                                    package_of(language) + " (" + has + ")");
}

// What recognising a page may take of a processor, some five times what print takes, 0.3 s a megapixel. A
// call that cannot be stopped gets a little more.
std::chrono::milliseconds longest_for(Raster const& raster) {
  return std::chrono::seconds(15) +
         std::chrono::milliseconds(std::lround(raster.width / 1000.0 * raster.height / 1000.0 * 1000));
}
constexpr std::chrono::seconds kBeforeItIsEnded{3};

}  // namespace

struct Recognizer::Api {
  tesseract::TessBaseAPI tesseract;
  Writing writing = Writing::lines;
};

Recognizer::Recognizer(std::unique_ptr<Api> api, double patience)
    : api_(std::move(api)), patience_(patience) {}
Recognizer::~Recognizer() = default;

Result<std::unique_ptr<Recognizer>> Recognizer::open(std::string const& language, double patience) {
  for (auto name : split(language, '+')) {
    if (!is_language_name(name)) {
      return Error(
          Code::invalid_argument,
          "`" + printable(language) + "` is no language: name one like `eng`, or several like `eng+deu`");
    }
  }
  auto api = std::make_unique<Api>();
  auto& tesseract = api->tesseract;
  silence(tesseract);
  bool opened = tesseract.Init(nullptr, language.c_str(), tesseract::OEM_LSTM_ONLY) == 0;
  // Of several languages it goes on with those that there are.
  std::vector<std::string> loaded;
  if (opened) tesseract.GetLoadedLanguagesAsVector(&loaded);
  for (auto name : split(language, '+')) {
    if (std::find(loaded.begin(), loaded.end(), name) == loaded.end())
      return language_error(name, installed_languages(tesseract));
  }
  tesseract.SetPageSegMode(tesseract::PSM_AUTO);
  // Tesseract's names of data for print from the top down: jpn_vert, chi_tra_vert.
  if (language.find("_vert") != std::string::npos) api->writing = Writing::columns;
  return std::unique_ptr<Recognizer>(new Recognizer(std::move(api), patience));
}

namespace {

value::Page page_of(tesseract::TessBaseAPI& tesseract, Raster const& raster) {
  PageWriter writer;
  std::unique_ptr<tesseract::ResultIterator> words(tesseract.GetIterator());
  if (!words) return writer.finish();
  do {
    if (words->IsAtBeginningOf(tesseract::RIL_PARA))
      writer.end_paragraph();
    else if (words->IsAtBeginningOf(tesseract::RIL_TEXTLINE))
      writer.end_line();
    std::unique_ptr<char[]> text(words->GetUTF8Text(tesseract::RIL_WORD));
    int left = 0, top = 0, right = 0, bottom = 0;
    if (!text || trim(text.get()).empty() ||
        !words->BoundingBox(tesseract::RIL_WORD, &left, &top, &right, &bottom))
      continue;
    value::Box pixels = {double(left), double(top), double(right), double(bottom)};
    double confidence = std::clamp(double(words->Confidence(tesseract::RIL_WORD)) / 100, 0.0, 1.0);
    writer.add_word(std::string(trim(text.get())), raster.to_points.apply(pixels), confidence);
  } while (words->Next(tesseract::RIL_WORD));
  return writer.finish();
}

}  // namespace

Result<value::Page> Recognizer::read(Raster const& raster, Stop const& stop) {
  if (raster.width < kLeastSide || raster.height < kLeastSide || is_even(raster)) return value::Page{};
  auto ink = ink_of(raster);
  auto const lie = lie_of(ink, api_->writing);
  if (lie.is_right()) return read_either_way(raster, std::move(ink), stop);
  ink.bits.reset();
  auto const straight = TRY(straightened(raster, lie));
  return read_either_way(straight, ink_of(straight), stop);
}

Result<value::Page> Recognizer::read_either_way(Raster const& raster, Ink ink, Stop const& stop) {
  auto page = TRY(read_as_it_lies(raster, ink, stop));
  if (!seems_upside_down(page)) return page;
  auto const other = turned(raster, 2);
  auto other_page = TRY(read_as_it_lies(other, ink_of(other), stop));
  return other_page.confidence > page.confidence + kConfidenceGain ? other_page : page;
}

Result<value::Page> Recognizer::read_as_it_lies(Raster const& raster, Ink const& ink, Stop const& stop) {
  forbid_inner_threads();
  auto& tesseract = api_->tesseract;
  // Bits as they were scanned spare Tesseract the search for a threshold.
  if (ink.bits && ink.exact)
    tesseract.SetImage(ink.bits.get());
  else
    tesseract.SetImage(raster.gray.data(), raster.width, raster.height, 1, raster.width);
  tesseract.SetSourceResolution(static_cast<int>(std::lround(raster.dpi)));
  auto const longest = std::chrono::duration_cast<std::chrono::milliseconds>(longest_for(raster) * patience_);
  Watchdog::Guard const guard(watchdog_, "it", longest + kBeforeItIsEnded, stop);
  auto const end = thread_time() + longest;
  std::function<bool()> const stop_reading = [&] { return stop() || thread_time() > end; };
  tesseract::ETEXT_DESC monitor;
  monitor.cancel = [](void* asked, int) { return (*static_cast<std::function<bool()> const*>(asked))(); };
  monitor.cancel_this = const_cast<std::function<bool()>*>(&stop_reading);
  int status = stop() ? 0 : tesseract.Recognize(&monitor);
  bool const stopped = stop(), too_long = stop_reading();
  value::Page page;
  if (status == 0 && !too_long) page = page_of(tesseract, raster);
  tesseract.Clear();
  tesseract.ClearAdaptiveClassifier();
  if (stopped) return Error(Code::cancelled, "cancelled while recognising");
  if (too_long) {
    return Error(Code::unsupported, "it takes more than " + std::to_string(longest.count() / 1000) +
                                        " s of a processor to be recognised: it is noise rather than print");
  }
  if (status != 0) return Error(Code::engine_failed, "Tesseract could not recognise the page");
  return page;
}

Result<RecognizerPool::Lease> RecognizerPool::take(std::string const& language) {
  auto warm = idle_.with([&](Idle& idle) -> std::unique_ptr<Recognizer> {
    auto& all = idle.recognizers;
    auto found =
        std::find_if(all.rbegin(), all.rend(), [&](auto const& entry) { return entry.first == language; });
    if (found == all.rend()) return nullptr;
    auto recognizer = std::move(found->second);
    all.erase(std::next(found).base());
    return recognizer;
  });
  if (!warm) warm = TRY(Recognizer::open(language));
  return Lease(*this, language, std::move(warm));
}

void RecognizerPool::keep(std::size_t count) {
  idle_.with([&](Idle& idle) {
    idle.limit = count;
    if (idle.recognizers.size() > count) {
      idle.recognizers.erase(idle.recognizers.begin(),
                             idle.recognizers.end() - static_cast<std::ptrdiff_t>(count));
    }
  });
}

void RecognizerPool::give_back(std::string language, std::unique_ptr<Recognizer> recognizer) {
  idle_.with([&](Idle& idle) {
    if (idle.limit == 0) return;
    if (idle.recognizers.size() >= idle.limit) idle.recognizers.erase(idle.recognizers.begin());
    idle.recognizers.emplace_back(std::move(language), std::move(recognizer));
  });
}

}  // namespace shoal::ocr_engine
