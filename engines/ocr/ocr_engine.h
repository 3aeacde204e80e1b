// The engine `ocr`: which pages a document has, and what is printed on them. See engine.yaml.
#pragma once

#include "engine/engine.h"
#include "engines/ocr/recognizer.h"

namespace shoal::ocr_engine {

class OcrEngine final : public engine::Engine {
 public:
  // Loads PDFium and Tesseract, and English where it is installed.
  Result<void> start() override;
  // Needs no file: the model is the engine itself.
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const& file,
                                              std::function<bool(double)> const& progress) override;

 private:
  RecognizerPool recognizers_;  // the models', which end first
};

}  // namespace shoal::ocr_engine
