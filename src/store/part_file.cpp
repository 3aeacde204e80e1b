#include "store/part_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::string_view kFormat = "shoal-part 1";
constexpr std::uint64_t kMaxStateBytes = 16u << 20;
constexpr std::uint64_t kNoteEveryBytes = 8u << 20;
constexpr std::uint64_t kNoteUnprovenEveryBytes = 64u << 20;  // each costs a wait for the disk
constexpr std::size_t kPieceBytes = 1u << 20;
constexpr std::uint64_t kMostHashedAtOnce = 64u << 20;  // then the caller looks around
constexpr std::size_t kBeginningBytes = 4096;

std::string state_path(std::string const& path) { return path + ".state"; }

std::string lines_of(Spans const& spans) {
  std::string lines;
  for (auto const& [begin, end] : spans.all())
    lines += "have " + std::to_string(begin) + " " + std::to_string(end) + "\n";
  return lines;
}

std::string line_of_part(std::uint64_t begin, std::uint64_t end, std::string_view text) {
  return "part " + std::to_string(begin) + " " + std::to_string(end) + " " + std::string(text) + "\n";
}

struct State {
  std::string of;
  Spans have;
  std::vector<std::pair<std::pair<std::uint64_t, std::uint64_t>, std::string>> parts;
};

std::optional<std::uint64_t> take_number(std::string_view& line) {
  std::uint64_t value = 0;
  auto const end = std::min(line.find(' '), line.size());
  auto const parsed = std::from_chars(line.data(), line.data() + end, value);
  if (parsed.ec != std::errc() || parsed.ptr != line.data() + end) return {};
  line.remove_prefix(std::min(end + 1, line.size()));
  return value;
}

// A line that a kill has cut, or that nobody can have written, says nothing.
void read_line(std::string_view line, State& state) {
  if (line.starts_with("of ")) {
    state.of = line.substr(3);
    return;
  }
  bool const is_part = line.starts_with("part ");
  if (!is_part && !line.starts_with("have ")) return;
  line.remove_prefix(5);
  auto const begin = take_number(line);
  auto const end = begin ? take_number(line) : std::nullopt;
  if (!end || *begin >= *end) return;
  if (is_part) {
    state.parts.push_back({{*begin, *end}, std::string(line)});
  } else {
    state.have.add(*begin, *end);
  }
}

// Empty where there is none, or one of another format.
State read_state(std::string const& path) {
  State state;
  auto const text = os::read_file(state_path(path), kMaxStateBytes);
  if (!text || !text->starts_with(std::string(kFormat) + "\n")) return state;
  auto const whole = text->substr(0, text->rfind('\n'));  // the last line may be cut
  for (auto const line : split(whole, '\n')) read_line(line, state);
  std::error_code failure;
  auto const size = std::filesystem::file_size(path, failure);
  state.have.cut(failure ? 0 : size);
  return state;
}

}  // namespace

void Spans::add(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  auto at = spans_.upper_bound(begin);
  if (at != spans_.begin() && std::prev(at)->second >= begin) {
    --at;
    begin = at->first;
    end = std::max(end, at->second);
  }
  while (at != spans_.end() && at->first <= end) {
    end = std::max(end, at->second);
    at = spans_.erase(at);
  }
  spans_.emplace(begin, end);
}

void Spans::cut(std::uint64_t end) {
  spans_.erase(spans_.lower_bound(end), spans_.end());
  if (!spans_.empty()) {
    auto& last = spans_.rbegin()->second;
    last = std::min(last, end);
  }
}

std::uint64_t Spans::total() const {
  std::uint64_t total = 0;
  for (auto const& [begin, end] : spans_) total += end - begin;
  return total;
}

std::uint64_t Spans::reach(std::uint64_t begin) const {
  auto const after = spans_.upper_bound(begin);
  if (after == spans_.begin()) return begin;
  return std::max(begin, std::prev(after)->second);
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Spans::missing(std::uint64_t begin,
                                                                    std::uint64_t end) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;
  while (begin < end) {
    begin = reach(begin);
    auto const next = spans_.upper_bound(begin);
    auto const until = next == spans_.end() ? end : std::min(end, next->first);
    if (begin < until) gaps.emplace_back(begin, until);
    begin = until;
  }
  return gaps;
}

std::string PartFile::identity() const {
  if (wanted_.sha256) return "sha256:" + wanted_.sha256->hex();
  return wanted_.version.empty() ? "" : "version:" + replace_all(wanted_.version, "\n", " ");
}

void PartFile::remove(std::string const& path) {
  std::error_code ignored;  // what cannot be removed is said when it is written to
  std::filesystem::remove(state_path(path), ignored);
  std::filesystem::remove(path, ignored);
}

Result<void> PartFile::take_back(std::string const& whole, std::string const& path, Wanted const& wanted) {
  remove(path);
  TRY(os::rename_durably(whole, path));
  PartFile file(path, wanted);
  file.there_.add(0, TRY(TRY(os::RandomAccessFile::open_read_only(path)).size()));
  return file.begin_state();
}

std::uint64_t PartFile::bytes_there(std::string const& path, Wanted const& wanted) {
  auto const state = read_state(path);
  return !state.of.empty() && state.of == PartFile(path, wanted).identity() ? state.have.total() : 0;
}

template <typename T> Result<T> PartFile::disk(Result<T> result) {
  if (!result) disk_error_ = result.error();
  return result;
}

Result<std::unique_ptr<PartFile>> PartFile::open(std::string path, Wanted wanted) {
  auto file = std::unique_ptr<PartFile>(new PartFile(std::move(path), std::move(wanted)));
  TRY(file->go_on_or_begin());
  return file;
}

Result<void> PartFile::go_on_or_begin() {
  auto state = read_state(path_);
  bool go_on = !state.of.empty() && state.of == identity() && state.have.total() > 0;
  if (go_on && wanted_.size) go_on = state.have.all().rbegin()->second <= *wanted_.size;
  // Never written to unless its state says that it is ours: it may be another program's, by a link.
  if (!go_on) remove(path_);
  file_.emplace(TRY(os::RandomAccessFile::open(path_)));
  if (!go_on) return begin_state();
  state_.emplace(TRY(os::AppendFile::open(state_path(path_))));
  there_ = noted_ = state.have;
  parts_ = std::move(state.parts);
  // A line that was cut short ends here.
  return state_->append("\n");
}

std::uint64_t PartFile::bytes_there() const {
  std::lock_guard lock(mutex_);
  return there_.total();
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> PartFile::missing(std::uint64_t begin,
                                                                       std::uint64_t end) const {
  std::lock_guard lock(mutex_);
  return there_.missing(begin, end);
}

Result<void> PartFile::write(std::uint64_t offset, std::string_view bytes) {
  if (wanted_.size && (offset > *wanted_.size || bytes.size() > *wanted_.size - offset)) {
    return Error(Code::invalid_argument,
                 "it is larger than the " + std::to_string(*wanted_.size) + " bytes that it should have");
  }
  auto written = file_->write_at(offset, bytes);
  std::lock_guard lock(mutex_);
  TRY(disk(std::move(written)));
  there_.add(offset, offset + bytes.size());
  not_noted_ += bytes.size();
  came_.notify_one();
  auto const often = wanted_.sha256 ? kNoteEveryBytes : kNoteUnprovenEveryBytes;
  return not_noted_ < often ? Result<void>() : note_locked();
}

Result<void> PartFile::note() {
  std::lock_guard lock(mutex_);
  return note_locked();
}

Result<void> PartFile::note_locked() {
  // Where no hash will tell, nothing may be claimed that a power cut could take away.
  if (!wanted_.sha256) TRY(disk(file_->sync()));
  Spans news;
  for (auto const& [begin, end] : there_.all()) {
    if (!noted_.missing(begin, end).empty()) news.add(begin, end);
  }
  TRY(disk(state_->append(lines_of(news))));
  noted_ = there_;
  not_noted_ = 0;
  return {};
}

bool PartFile::skip_part(std::string_view text) {
  for (auto const& [span, name] : parts_) {
    if (name != text || span.first != position_ || !missing(span.first, span.second).empty()) continue;
    position_ = span.second;
    return true;
  }
  return false;
}

Result<void> PartFile::begin_part() {
  CHECK(hashed_ <= position_);
  std::lock_guard lock(mutex_);
  std::erase_if(parts_, [&](auto const& part) { return part.first.second > position_; });
  if (there_.all().empty() || there_.all().rbegin()->second <= position_) return {};
  there_.cut(position_);
  TRY(disk(file_->truncate(position_)));
  return disk(begin_state());
}

Result<void> PartFile::begin_state() {
  std::error_code ignored;  // opening it says why it cannot be written
  std::filesystem::remove(state_path(path_), ignored);
  state_.emplace(TRY(os::AppendFile::open(state_path(path_))));
  std::string text = std::string(kFormat) + "\nof " + identity() + "\n" + lines_of(there_);
  for (auto const& [span, name] : parts_) text += line_of_part(span.first, span.second, name);
  noted_ = there_;
  return state_->append(text);
}

Result<void> PartFile::append(std::string_view bytes) {
  TRY(write(position_, bytes));
  bool const at_hand = beginning_seen_ && hashed_ == position_;  // no need to read them again
  position_ += bytes.size();
  if (!at_hand) return hash(position_, false);
  stream_.update(bytes);
  hashed_ = position_;
  return {};
}

Result<void> PartFile::end_part(std::uint64_t begin, std::string_view text) {
  TRY(note());
  auto const line = line_of_part(begin, position_, text);
  std::lock_guard lock(mutex_);
  parts_.push_back({{begin, position_}, std::string(text)});
  return disk(state_->append(line));
}

Result<os::LinkKind> PartFile::adopt(std::string const& original) {
  CHECK(hashed_ == 0);
  std::lock_guard lock(mutex_);
  remove(path_);
  parts_.clear();
  there_ = noted_ = Spans();
  auto const kind = TRY(disk(os::link_file(original, path_)));
  file_.emplace(TRY(os::RandomAccessFile::open_read_only(path_)));
  there_.add(0, TRY(file_->size()));
  position_ = there_.reach(0);
  return kind;
}

Result<bool> PartFile::hash_some(Duration patience) {
  std::uint64_t end = 0;
  {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, patience, [&] { return woken_ || there_.reach(0) > hashed_; });
    woken_ = false;
    end = there_.reach(0);
  }
  auto const before = hashed_;
  TRY(hash(std::min<std::uint64_t>(end, hashed_ + kMostHashedAtOnce), false));
  return hashed_ > before;
}

void PartFile::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  came_.notify_one();
}

Result<void> PartFile::hash(std::uint64_t end, bool is_end) {
  if (!beginning_seen_ && end < kBeginningBytes && !is_end) return {};
  std::vector<char> piece(std::min<std::uint64_t>(kPieceBytes, end - hashed_));
  while (hashed_ < end) {
    auto const wanted = std::min<std::uint64_t>(piece.size(), end - hashed_);
    auto const got = TRY(file_->read_at(hashed_, std::span(piece).first(wanted)));
    if (got == 0) return Error(Code::unavailable, path_ + " was cut short by another program");
    std::string_view const bytes(piece.data(), got);
    if (!beginning_seen_ && wanted_.check_beginning)
      TRY(wanted_.check_beginning(bytes.substr(0, kBeginningBytes)));
    beginning_seen_ = true;
    stream_.update(bytes);
    hashed_ += got;
  }
  return {};
}

Result<Sha256> PartFile::finish() {
  std::uint64_t const size = there_.reach(0);
  if (wanted_.size.value_or(size) != size) {
    return Error(Code::invalid_argument, "it has " + std::to_string(size) + " bytes where it should have " +
                                             std::to_string(*wanted_.size) + ": not used");
  }
  TRY(hash(size, true));
  auto const got = stream_.finish();
  if (wanted_.sha256.value_or(got) != got) {
    return Error(Code::invalid_argument, "its sha256 is " + got.hex() + " where it should be " +
                                             wanted_.sha256->hex() + ": not used");
  }
  std::lock_guard lock(mutex_);
  TRY(disk(file_->sync()));
  std::error_code ignored;  // a state without its file says nothing
  std::filesystem::remove(state_path(path_), ignored);
  return got;
}

std::optional<Error> PartFile::disk_error() const {
  std::lock_guard lock(mutex_);
  return disk_error_;
}

}  // namespace shoal::store
