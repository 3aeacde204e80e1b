#include "engine/engine.h"
#include "engines/llama/llama_engine.h"

int main() {
  shoal::llama_engine::LlamaEngine engine;
  return shoal::engine::serve(engine);
}
