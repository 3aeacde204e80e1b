#include "store/download.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::uint64_t kEndless = UINT64_MAX;  // the server has not said yet how long the file is
constexpr std::uint64_t kLeastForOneConnection = 16u << 20;
constexpr std::uint64_t kLargestFile = 1ull << 44;
constexpr int kMaxBreaks = 20;         // of connections that brought something
constexpr int kMaxBarrenAttempts = 2;  // one after the other that brought nothing
constexpr auto kIdleTimeout = std::chrono::seconds(10);
constexpr auto kLookAround = std::chrono::milliseconds(100);

// The same for as long as the file is the same; empty where the server does not say.
std::string version_of(net::HttpResponse const& head) {
  std::string validator(head.header("etag"));
  if (validator.empty() || validator.starts_with("W/")) validator = head.header("last-modified");
  if (validator.empty() || !head.total) return {};
  return printable(validator) + " " + std::to_string(*head.total);
}

bool gives_ranges(net::HttpResponse const& head) {
  return head.status == 206 || to_lower_ascii(head.header("accept-ranges")) == "bytes";
}

// Bytes that one connection brings, or nobody yet.
struct Region {
  std::uint64_t next = 0;
  std::uint64_t end = 0;
  bool is_taken = false;

  std::uint64_t left() const { return end - next; }
};

// One download. Made and ended by the thread that hashes; each connection has a thread of its own, and what
// they share is guarded by mutex_.
class Download {
 public:
  Download(WebFile const& web, PartFile& file, FetchContext const& context)
      : web_(web), file_(file), context_(context), base_(file.position()) {
    auto const size = context.is_whole ? file.wanted().size.value_or(kEndless) : kEndless;
    for (auto const& [begin, end] : file.missing(base_, size)) regions_.push_back({begin, end});
    end_ = size;
  }

  Result<void> run() {
    if (regions_.empty()) return move_behind();
    start_connection();
    auto hashed = hash_while_it_comes();
    stop_.request_stop();
    connections_.clear();  // joins
    auto const noted = file_.note();
    TRY(std::move(hashed));
    if (failure_) return std::move(*failure_);
    TRY(noted);
    return move_behind();
  }

 private:
  template <typename F> auto with_lock(F f) {
    std::lock_guard lock(mutex_);
    return f();
  }

  Result<void> move_behind() {
    file_.move_to(end_);
    return {};
  }

  void start_connection() {
    ++active_;
    connections_.emplace_back([this] { work(); });
  }

  Result<void> hash_while_it_comes() {
    std::stop_callback const on_stop(context_.stop, [this] { stop_.request_stop(), file_.wake(); });
    while (true) {
      TRY(file_.hash_some(kLookAround));
      context_.on_bytes(file_.bytes_there());
      std::lock_guard lock(mutex_);
      if (context_.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
      if (active_ == 0) return {};
      // As soon as the first answer has said how long the file is and that it can be had in pieces.
      while (has_ranges_ && static_cast<int>(connections_.size()) < context_.connections && may_split())
        start_connection();
    }
  }

  // The following need the lock.
  Region* largest_taken() {
    Region* largest = nullptr;
    for (auto& region : regions_) {
      if (region.is_taken && region.end != kEndless && (!largest || region.left() > largest->left()))
        largest = &region;
    }
    return largest && largest->left() >= 2 * kLeastForOneConnection ? largest : nullptr;
  }
  bool may_split() {
    return largest_taken() != nullptr ||
           std::any_of(regions_.begin(), regions_.end(), [](auto const& each) { return !each.is_taken; });
  }

  // What nobody brings, else the second half of the most that somebody still has to bring. Nothing: the
  // connection has ended.
  Region* take() {
    std::lock_guard lock(mutex_);
    std::erase_if(regions_, [](auto const& each) { return !each.is_taken && each.next == each.end; });
    for (auto& region : regions_) {
      if (!region.is_taken) return region.is_taken = true, &region;
    }
    auto* victim = has_ranges_ ? largest_taken() : nullptr;
    if (!victim) return --active_, nullptr;
    auto const middle = victim->next + victim->left() / 2;
    regions_.push_back({middle, victim->end, true});
    victim->end = middle;
    return &regions_.back();
  }

  void work() {
    int barren = 0;
    while (auto* region = take()) {
      auto const before = with_lock([&] { return region->next; });
      auto result = bring(*region);
      bool const goes_on = with_lock([&] {
        bool const again = settle(*region, before, std::move(result), barren);
        if (!again) --active_;
        return again;
      });
      if (!goes_on) break;
    }
    file_.wake();
  }

  // Whether this connection is to go on. Needs the lock.
  bool settle(Region& region, std::uint64_t before, Result<void> result, int& barren) {
    region.is_taken = false;
    if (result) {
      barren = 0;
      return true;
    }
    auto const code = result.error().code();
    bool const may_pass = code == Code::unavailable || code == Code::deadline_exceeded || code == Code::busy;
    bool const is_barren = region.next == before;
    barren = is_barren ? barren + 1 : 0;
    // A server that does not want more connections still serves those that it has.
    if (may_pass && is_barren && active_ > 1) return false;
    if (may_pass && !file_.disk_error() && !stop_.stop_requested()) {
      if (is_barren ? bytes_came_ && barren < kMaxBarrenAttempts : ++breaks_ < kMaxBreaks) return true;
    }
    if (!failure_) failure_ = std::move(result).error();
    stop_.request_stop();
    return false;
  }

  Result<void> bring(Region& region) {
    auto [begin, end] = with_lock([&] { return std::pair(region.next, region.end); });
    if (begin == end) return {};
    net::HttpRequest request{.url = web_.url, .headers = web_.headers, .offset = begin - base_};
    request.max_body_bytes = kLargestFile;
    request.idle_timeout = kIdleTimeout;
    request.stop = stop_.get_token();
    // Only the first request asks for all there is: whether that can be had in pieces is not known then.
    if (begin != base_ && end != kEndless) request.length = end - begin;
    std::uint64_t at = begin;
    bool is_done = false;
    net::HttpSink sink;
    if (web_.check) sink.on_redirect = web_.check;
    sink.on_head = [&](net::HttpResponse const& head) -> Result<void> {
      at = base_ + head.offset;
      return look_at(head, region, at);
    };
    sink.on_body = [&](std::string_view bytes) { return take_bytes(bytes, region, at, is_done); };
    auto response = context_.egress.fetch(context_.account, request, sink);
    if (is_done) return {};
    TRY(net::require_success(TRY(std::move(response))));
    // It has ended well, without having said where.
    with_lock([&] { end_of_stream(region); });
    return {};
  }

  Result<void> look_at(net::HttpResponse const& head, Region& region, std::uint64_t at) {
    if (web_.check) TRY(web_.check(head));
    auto const& wanted = file_.wanted();
    if (context_.is_whole && wanted.size && head.total && *head.total != *wanted.size) {
      return Error(Code::invalid_argument, "it has " + std::to_string(*head.total) +
                                               " bytes where it should have " + std::to_string(*wanted.size) +
                                               ": not used");
    }
    std::lock_guard lock(mutex_);
    if (!wanted.sha256) {  // else the hash will tell
      auto const version = version_of(head);
      if (!version_) version_ = wanted.version.empty() ? version : wanted.version;
      if (*version_ != version)
        return Error(Code::unavailable, "the file was changed on the server while it was fetched");
    }
    if (at != region.next) {
      if (active_ > 1) return Error(Code::unavailable, "the server gives no ranges after all");
      regions_.remove_if([&](auto const& each) { return &each != &region; });
      region.end = end_;
    }
    if (head.total && end_ == kEndless) {
      end_ = base_ + *head.total;
      for (auto& each : regions_) each.end = std::min(each.end, end_);
    }
    // Without ranges it all comes once more; what is there already is written again.
    region.next = at;
    has_ranges_ = gives_ranges(head) && end_ != kEndless;
    return {};
  }

  Result<void> take_bytes(std::string_view bytes, Region& region, std::uint64_t& at, bool& is_done) {
    auto const end = with_lock([&] { return region.end; });
    auto const wanted = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), end - std::min(at, end)));
    TRY(file_.write(at, wanted));
    at += wanted.size();
    is_done = with_lock([&] {
      bytes_came_ = true;
      region.next = std::min(at, region.end);
      return region.next == region.end;
    });
    return is_done ? Result<void>(Error(Code::cancelled, "enough")) : Result<void>();
  }

  void end_of_stream(Region& region) {
    if (region.end == kEndless) end_ = region.end = region.next;
  }

  WebFile const& web_;
  PartFile& file_;
  FetchContext const& context_;
  std::uint64_t const base_;  // where the file of the server begins in ours
  std::stop_source stop_;     // of all connections

  std::mutex mutex_;  // guards what follows
  std::list<Region> regions_;
  std::uint64_t end_ = kEndless;
  std::optional<std::string> version_;
  bool has_ranges_ = false;
  bool bytes_came_ = false;
  int active_ = 0;
  int breaks_ = 0;
  std::optional<Error> failure_;

  std::vector<std::jthread> connections_;  // the hashing thread's; the last, so that they end first
};

}  // namespace

Result<SourceFacts> ask(WebFile const& web, FetchContext const& context) {
  SourceFacts facts;
  bool seen = false;
  net::HttpSink sink;
  if (web.check) sink.on_redirect = web.check;
  sink.on_head = [&](net::HttpResponse const& head) -> Result<void> {
    if (web.check) TRY(web.check(head));
    facts.size = head.total;
    facts.version = version_of(head);
    seen = true;
    return {};
  };
  sink.on_body = [](std::string_view) -> Result<void> { return Error(Code::cancelled, "enough"); };
  net::HttpRequest request{.url = web.url, .headers = web.headers, .length = 1};
  request.max_body_bytes = kLargestFile;
  request.idle_timeout = kIdleTimeout;
  request.stop = context.stop;
  auto response = context.egress.fetch(context.account, request, sink);
  if (seen) return facts;
  // What has no bytes has no range either.
  if (response && response->status == 416) return Error(Code::invalid_argument, web.url + " is empty");
  TRY(net::require_success(TRY(std::move(response))));
  return facts;
}

Result<void> download(WebFile const& web, PartFile& file, FetchContext const& context) {
  return Download(web, file, context).run();
}

}  // namespace shoal::store
