// Work on many things at once whose results leave in the order in which the things came: one thread reads,
// one for each thing works, the owner's takes away. Bounded: what is read and not yet taken away never
// exceeds the places.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "base/time.h"

namespace shoal::cli {

template <typename Item> class Conveyor {
 public:
  // `read` gives the next item, or nothing at the end; it is called by one thread. `work` is called by a
  // thread of the item's own.
  using Read = std::function<Result<std::optional<Item>>()>;
  using Work = std::function<void(Item&)>;

  Conveyor(std::size_t places, Read read, Work work)
      : places_(places), read_(std::move(read)), work_(std::move(work)), reader_([this] { run(); }) {}
  Conveyor(Conveyor const&) = delete;
  Conveyor& operator=(Conveyor const&) = delete;
  // Waits for the reader and for all work that has begun: see to it that both end soon.
  ~Conveyor() {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }

  // The first item that was not taken yet, once it is done; nothing at the end, or the reader's error behind
  // what it has read. `while_waiting` is called with the oldest item under way (nullptr: none) now and then.
  Result<std::optional<Item>> take(std::function<void(Item const*)> const& while_waiting) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!line_.empty() && line_.front()->done) {
        auto const place = std::move(line_.front());
        line_.pop_front();
        changed_.notify_all();
        lock.unlock();
        place->thread.join();
        return std::optional(std::move(place->item));
      }
      if (line_.empty() && ended_) {
        if (failure_) return *failure_;
        return std::optional<Item>();
      }
      auto const* oldest = line_.empty() ? nullptr : &line_.front()->item;
      lock.unlock();
      while_waiting(oldest);  // only this thread removes items
      lock.lock();
      changed_.wait_for(lock, kLookAgain);
    }
  }

 private:
  static constexpr auto kLookAgain = std::chrono::milliseconds(100);

  struct Place {
    Item item;
    bool done = false;
    std::jthread thread = {};
  };

  void run() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || line_.size() < places_; });
        if (ending_) return;
      }
      auto item = read_();
      std::unique_lock lock(mutex_);
      if (!item) failure_ = item.error();
      ended_ = !item || !*item;
      changed_.notify_all();
      if (ended_) return;
      line_.push_back(std::make_unique<Place>(Place{std::move(**item)}));
      auto* place = line_.back().get();
      place->thread = std::jthread([this, place] {
        work_(place->item);
        std::unique_lock done(mutex_);
        place->done = true;
        changed_.notify_all();
      });
    }
  }

  std::size_t const places_;
  Read const read_;
  Work const work_;
  std::mutex mutex_;  // guards all below; the condition variable needs it bare
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Place>> line_;
  std::optional<Error> failure_;  // of the reader
  bool ended_ = false, ending_ = false;
  std::jthread reader_;  // last: it ends before what it uses
};

}  // namespace shoal::cli
