// Print to text through Tesseract's neural recogniser.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "engines/ocr/pix.h"
#include "engines/ocr/raster.h"
#include "engines/ocr/watchdog.h"
#include "value/records.h"

namespace shoal::ocr_engine {

// One language, loaded. Used by one thread at a time; its answers do not depend on what it read before.
class Recognizer {
 public:
  // `language` as Tesseract names it, several joined by `+`. not_found names the package to install.
  // `patience`: how often the usual time a page may take.
  static Result<std::unique_ptr<Recognizer>> open(std::string const& language, double patience = 1);
  ~Recognizer();
  Recognizer(Recognizer const&) = delete;
  Recognizer& operator=(Recognizer const&) = delete;

  // The page's words in reading order, boxes in points; no number, size and source. An empty page is
  // a page without words. A page that lies on its side, upside down or askew is straightened, one whose
  // letters are small or large is scaled. `stop` is asked between words; finding the lines, some 0.1 s
  // before, cannot be stopped. Pages of print take seconds, noise may take hours: unsupported says that it
  // takes too long, and where it cannot even be stopped, the process ends (Watchdog).
  Result<value::Page> read(Raster const& raster, Stop const& stop);

 private:
  struct Api;
  Recognizer(std::unique_ptr<Api> api, double patience);
  Result<value::Page> read_either_way(Raster const& raster, Ink ink, Stop const& stop);
  Result<value::Page> read_as_it_lies(Raster const& raster, Ink const& ink, Stop const& stop);
  std::unique_ptr<Api> api_;
  double patience_;
  Watchdog watchdog_{"to be recognised"};
};

// Keeps recognisers warm, because loading a language takes longer than a line of print. Any thread.
class RecognizerPool {
 public:
  // Gives the recogniser back when it goes. Must not outlive the pool.
  class Lease {
   public:
    Lease(RecognizerPool& pool, std::string language, std::unique_ptr<Recognizer> recognizer)
        : pool_(&pool), language_(std::move(language)), recognizer_(std::move(recognizer)) {}
    Lease(Lease&&) = default;
    ~Lease() {
      if (recognizer_) pool_->give_back(std::move(language_), std::move(recognizer_));
    }
    Recognizer* operator->() const { return recognizer_.get(); }

   private:
    RecognizerPool* pool_;
    std::string language_;
    std::unique_ptr<Recognizer> recognizer_;
  };

  Result<Lease> take(std::string const& language);
  // How many stay loaded while nobody uses them.
  void keep(std::size_t count);

 private:
  struct Idle {
    std::size_t limit = 1;
    std::vector<std::pair<std::string, std::unique_ptr<Recognizer>>> recognizers;  // the last used last
  };
  void give_back(std::string language, std::unique_ptr<Recognizer> recognizer);
  Guarded<Idle> idle_;
};

}  // namespace shoal::ocr_engine
