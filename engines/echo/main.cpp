#include "engines/echo/echo.h"

int main() {
  shoal::echo_engine::EchoEngine engine;
  return shoal::engine::serve(engine);
}
