#include "base/log.h"

// The system's spdlog is a compiled library that uses the system's fmt.
#ifndef SPDLOG_COMPILED_LIB
#define SPDLOG_COMPILED_LIB
#endif
#ifndef SPDLOG_FMT_EXTERNAL
#define SPDLOG_FMT_EXTERNAL
#endif
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/text.h"

namespace shoal {
namespace {

// Never destroyed, so that threads may log while the program ends. Null until start_log.
std::atomic<spdlog::logger*> the_logger = nullptr;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: break;
  }
  return spdlog::level::off;
}

// NO_COLOR: https://no-color.org, any value but the empty one.
spdlog::color_mode wanted_colors() {
  char const* no_color = std::getenv("NO_COLOR");
  return no_color != nullptr && *no_color != '\0' ? spdlog::color_mode::never : spdlog::color_mode::automatic;
}

}  // namespace

void start_log(std::string_view name, LogLevel level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(wanted_colors());
  auto logger = std::make_unique<spdlog::logger>(std::string(name), std::move(sink));
  logger->set_pattern("%n: %^%l%$: %v");
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::debug);
  // A logger that is replaced stays alive: another thread may be using it.
  the_logger.exchange(logger.release(), std::memory_order_acq_rel);
}

void set_log_level(LogLevel level) {
  if (auto* logger = the_logger.load(std::memory_order_acquire)) logger->set_level(to_spdlog(level));
}

bool log_enabled(LogLevel level) {
  auto* logger = the_logger.load(std::memory_order_acquire);
  return logger != nullptr && level != LogLevel::off && logger->should_log(to_spdlog(level));
}

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  auto text = printable(message);
  the_logger.load(std::memory_order_acquire)->log(to_spdlog(level), spdlog::string_view_t(text));
}

}  // namespace shoal
