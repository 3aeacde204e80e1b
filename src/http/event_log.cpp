#include "http/event_log.h"

#include <utility>

#include "http/event_stream.h"

namespace shoal::http {
namespace {

constexpr std::size_t kPieceBytes = 64u << 10;

// Numbers of events that are no longer kept.
std::string gap(std::uint64_t first, std::uint64_t last) {
  return event_text("", "gap", Json::object({{"first", first}, {"last", last}}).dump());
}

class Follower final : public net::BodySource {
 public:
  Follower(std::shared_ptr<EventLog> log, std::uint64_t after) : log_(std::move(log)), after_(after) {}

  Piece next(std::function<void()> wake) override {
    auto part = log_->read(after_, std::move(wake));
    after_ = part.last;
    return {std::move(part.text), part.over};
  }

 private:
  std::shared_ptr<EventLog> log_;
  std::uint64_t after_;
};

}  // namespace

void EventLog::change(std::function<void(State&)> const& change) {
  auto const waiting = state_.with([&](State& state) {
    change(state);
    return std::exchange(state.waiting, {});
  });
  for (auto const& wake : waiting) wake();
}

void EventLog::append(runtime::Event const& event) {
  auto text = event_text(std::to_string(event.sequence), runtime::name_of(event.kind),
                         runtime::to_json(event).dump());
  change([&](State& state) {
    state.bytes += text.size();
    state.entries.push_back({event.sequence, std::move(text)});
    while (state.bytes > most_bytes_ && state.entries.size() > 1) {
      state.bytes -= state.entries.front().text.size();
      state.entries.pop_front();
    }
  });
}

void EventLog::finish(Json const& result) {
  auto text = event_text("", "result", result.dump());
  change([&](State& state) { state.result = std::move(text); });
}

std::size_t EventLog::bytes() const {
  return state_.with([](State const& state) { return state.bytes + state.result.size(); });
}

EventLog::Part EventLog::read(std::uint64_t after, std::function<void()> wake) {
  return state_.with([&](State& state) {
    Part part;
    part.last = after;
    if (!state.entries.empty() && state.entries.front().number > after + 1)
      part.text = gap(after + 1, state.entries.front().number - 1);
    auto const skipped = state.entries.empty() || state.entries.front().number > after
                             ? 0
                             : after - state.entries.front().number + 1;  // numbers have no gaps
    for (auto i = skipped; i < state.entries.size() && part.text.size() < kPieceBytes; ++i) {
      part.text += state.entries[i].text;
      part.last = state.entries[i].number;
    }
    bool const all = state.entries.empty() || part.last >= state.entries.back().number;
    if (all && !state.result.empty()) {
      part.text += state.result;
      part.over = true;
    } else if (part.text.empty()) {
      state.waiting.push_back(std::move(wake));
    }
    return part;
  });
}

net::ServerReply stream_of(std::shared_ptr<EventLog> log, std::uint64_t after) {
  net::ServerReply reply;
  reply.headers = {{"content-type", "text/event-stream"}, {"cache-control", "no-store"}};
  reply.source = std::make_unique<Follower>(std::move(log), after);
  return reply;
}

}  // namespace shoal::http
