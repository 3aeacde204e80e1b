#include "engines/echo/echo.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include "engines/echo/forbidden.h"

namespace shoal::echo_engine {
namespace {

using engine::CallContext;
using engine::Reply;
using value::Value;

Result<Reply> echo(Value const& inputs, CallContext&) {
  return Reply{Value::record({{"value", inputs["value"]}}), {}};
}

Result<Reply> sleep(Value const& inputs, CallContext& context) {
  context.progress(0, 1, "begun");
  auto const end =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(inputs["seconds"].as_number());
  while (std::chrono::steady_clock::now() < end) {
    if (context.cancelled()) return Error(Code::cancelled, "woken");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return Reply{Value::record({{"value", inputs["value"]}}), {}};
}

Result<Reply> fail(Value const& inputs, CallContext&) {
  auto const code = code_from_name(inputs["code"].as_text());
  if (!code) return Error(Code::invalid_argument, "no such code: " + inputs["code"].as_text());
  return Error(*code, inputs["message"].as_text());
}

Result<Reply> crash(Value const&, CallContext&) { std::abort(); }

Result<Reply> hang(Value const&, CallContext& context) {
  context.progress(0, 1, "begun");
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

double thread_cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Result<Reply> burn(Value const& inputs, CallContext& context) {
  auto const end = thread_cpu_seconds() + inputs["seconds"].as_number();
  while (thread_cpu_seconds() < end) continue;
  context.progress(1, 1, "burnt");
  if (inputs["then"].as_text() == "crash") std::abort();
  while (inputs["then"].as_text() == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  return Reply{Value::record({{"value", inputs["seconds"]}}), {}};
}

Result<Reply> leak(Value const& inputs, CallContext&) {
  static std::atomic<std::int64_t> kept{0};
  static std::atomic<void*> last;  // all of them stay; this one can be found
  auto const bytes = inputs["bytes"].as_integer();
  auto* memory = static_cast<char*>(std::malloc(static_cast<std::size_t>(bytes)));
  if (!memory) return Error(Code::out_of_memory, "no room to leak " + std::to_string(bytes) + " bytes");
  for (std::int64_t page = 0; page < bytes; page += 4096) *static_cast<char volatile*>(memory + page) = 1;
  last = memory;
  return Reply{Value::record({{"kept", kept += bytes}}), {}};
}

Result<Reply> stream(Value const& inputs, CallContext& context) {
  Value::List parts;
  for (std::int64_t i = 0; i < inputs["count"].as_integer(); ++i) {
    if (context.cancelled()) return Error(Code::cancelled, "stopped");
    context.chunk("parts", i);
    context.progress(static_cast<double>(i + 1), inputs["count"].as_number(), "parts");
    parts.emplace_back(i);
  }
  return Reply{Value::record({{"parts", std::move(parts)}}), {}};
}

// Of the process: what `numbers` has sent and `seen` has seen of the stream that was begun last.
std::atomic<std::int64_t> numbers_sent{0}, numbers_seen{0};

Result<Reply> fail_in_stream(std::string const& how, CallContext& context) {
  if (how == "crash") std::abort();
  if (how == "error") return Error(Code::engine_failed, "no further number");
  context.chunk("numbers", "no number");
  return Reply{Value::record({}), {}};
}

Result<Reply> numbers(Value const& inputs, CallContext& context) {
  numbers_sent = numbers_seen = 0;
  std::string const padding(static_cast<std::size_t>(inputs["bytes"].as_integer()), 'p');
  for (std::int64_t i = 0; i < inputs["count"].as_integer() && !context.cancelled(); ++i) {
    if (i == inputs["fails_at"].as_integer(-1)) return fail_in_stream(inputs["how"].as_text(), context);
    bool const waits = i == 1 && inputs["waits"].as_boolean();
    while (waits && numbers_seen == 0 && !context.cancelled())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    context.chunk("numbers", Value::record({{"number", i}, {"padding", padding}}));
    numbers_sent = i + 1;
  }
  if (context.cancelled()) return Error(Code::cancelled, "stopped");
  return Reply{Value::record({}), {}};
}

Result<Reply> seen(Value const& inputs, CallContext&) {
  ++numbers_seen;
  return Reply{Value::record({{"number", inputs["item"]["number"]}, {"sent", std::int64_t{numbers_sent}}}),
               {}};
}

Result<Reply> big(Value const& inputs, CallContext&) {
  std::string bytes(static_cast<std::size_t>(inputs["bytes"].as_integer()), 'b');
  return Reply{Value::record({{"blob", value::Blob::own(std::move(bytes), {})}}), {}};
}

Result<Reply> forbidden(Value const& inputs, CallContext&) {
  Value::List results;
  for (auto const& attempt : try_forbidden(inputs["path"].as_text())) {
    results.push_back(Value::record({{"attempt", attempt.name}, {"allowed", attempt.allowed}}));
  }
  return Reply{Value::record({{"results", std::move(results)}}), {}};
}

Result<Reply> write(Value const& inputs, CallContext&) {
  static std::atomic<std::int64_t> runs{0};
  return Reply{Value::record({{"value", inputs["value"]}, {"runs", ++runs}}), {}};
}

class EchoModel final : public engine::Model {
 public:
  Result<Reply> call(engine::Call const& call, CallContext& context) override {
    static std::map<std::string_view, Result<Reply> (*)(Value const&, CallContext&)> const operations = {
        {"echo", echo}, {"sleep", sleep},         {"fail", fail},   {"crash", crash},
        {"hang", hang}, {"burn", burn},           {"leak", leak},   {"stream", stream},
        {"big", big},   {"forbidden", forbidden}, {"write", write}, {"numbers", numbers},
        {"seen", seen}};
    auto const found = operations.find(call.operation);
    if (found == operations.end())
      return Error(Code::not_found, "echo has no operation `" + call.operation + "`");
    return found->second(call.inputs, context);
  }
};

}  // namespace

Result<std::unique_ptr<engine::Model>> EchoEngine::load(engine::ModelFile const&,
                                                        std::function<bool(double)> const&) {
  return std::make_unique<EchoModel>();
}

}  // namespace shoal::echo_engine
