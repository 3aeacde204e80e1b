#include "engine/engine.h"
#include "engines/ocr/ocr_engine.h"

int main() {
  shoal::ocr_engine::OcrEngine engine;
  return shoal::engine::serve(engine);
}
