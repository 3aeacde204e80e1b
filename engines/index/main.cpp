#include "engines/index/index_engine.h"

int main() {
  shoal::index_engine::IndexEngine engine;
  return shoal::engine::serve(engine);
}
