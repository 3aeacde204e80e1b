#include "store/model_pull.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "os/file.h"
#include "store/folders.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr Duration kProgressInterval = std::chrono::milliseconds(200);
constexpr std::string_view kPartial = ".part";
constexpr std::string_view kState = ".part.state";

bool is_known(CatalogFile const& file) { return file.sha256 != Sha256(); }

std::string partial_in(std::string const& incoming, CatalogFile const& file) {
  return incoming + "/" + file.file + std::string(kPartial);
}

}  // namespace

std::uint64_t bytes_there_of(CatalogFile const& file, std::string const& incoming) {
  PartFile::Wanted what{.version = file.version};
  if (is_known(file)) what.sha256 = file.sha256;
  return PartFile::bytes_there(partial_in(incoming, file), what);
}

Result<Model> ModelPull::run() {
  TRY(prepare());
  for (auto& file : entry_.files) TRY(bring(file));
  TRY(os::write_file_atomically(parts_.incoming + "/manifest.json", to_json(entry_).dump(2) + "\n"));
  return put_in_place();
}

// Removes what a killed pull left, but for files that can be gone on with.
Result<void> ModelPull::prepare() {
  TRY(os::make_folders(parts_.incoming));
  std::error_code failure;
  for (auto const& file : entry_.files) {
    auto const whole = parts_.incoming + "/" + file.file;
    // A link is made anew: it may be another program's file, which is never written to.
    if (!is_known(file) || fs::is_symlink(whole, failure) || fs::hard_link_count(whole, failure) != 1)
      continue;
    if (fs::file_size(whole, failure) == file.size && !failure)
      TRY(PartFile::take_back(whole, partial(file), wanted(file)));
  }
  for (fs::directory_iterator it(parts_.incoming, failure), end; !failure && it != end;
       it.increment(failure)) {
    auto const name = it->path().filename().string();
    if (!name.ends_with(kPartial) && !name.ends_with(kState)) TRY(remove_folder(it->path().string()));
  }
  return look_for_room();
}

Result<void> ModelPull::look_for_room() const {
  std::uint64_t needed = 0;
  for (auto const& file : entry_.files) {
    auto const there = bytes_there_of(file, parts_.incoming);
    needed += file.size > there ? file.size - there : 0;
  }
  std::uint64_t const room = TRY(os::free_bytes(parts_.incoming));
  // What is linked needs none.
  bool const is_linked = std::all_of(entry_.files.begin(), entry_.files.end(), [&](auto const& file) {
    auto const sources = parts_.sources(entry_, file);
    return sources.front().parts.front().kind == &import_source();
  });
  if (room >= needed || is_linked) return {};
  return Error(Code::unavailable, "there is no room for " + entry_.full_name() + " in " + parts_.models +
                                      ": it needs " + human_bytes(needed) + ", and " + human_bytes(room) +
                                      " are free; `shoal gc` and `shoal rm` make room");
}

std::string ModelPull::partial(CatalogFile const& file) const { return partial_in(parts_.incoming, file); }

Result<void> ModelPull::bring(CatalogFile& file) {
  if (is_known(file) && link_twin(file)) return {};
  auto const sources = parts_.sources(entry_, file);
  std::vector<Error> failures;
  for (auto const& source : sources) {
    auto served = try_source(file, source);
    if (served) {
      file.served_by = source.text;
      done_bytes_ += file.size;
      return {};
    }
    if (is_final_) return served;
    auto const text = source.text + " did not serve: " + served.error().message();
    failures.push_back(std::move(served).error().within(source.text));
    // What the last one said is in the error.
    if (options_.on_note && failures.size() < sources.size())
      options_.on_note(text + "; trying " + sources[failures.size()].text);
  }
  return none_served(file, failures);
}

// What this machine has already, under another name, is not fetched again.
bool ModelPull::link_twin(CatalogFile& file) {
  auto const twin = parts_.twin(file);
  auto const source = twin ? parse_assembly(std::vector{"import:" + replace_all(twin->path, "{", "?")})
                           : Error(Code::not_found, "");
  if (!source || !try_source(file, *source)) return false;
  file.served_by = twin->served_by;
  done_bytes_ += file.size;
  return true;
}

Result<void> ModelPull::try_source(CatalogFile& file, Assembly const& source) {
  auto const path = partial(file);
  bool goes_on = PartFile::bytes_there(path, wanted(file)) > 0;
  while (true) {
    auto part = PartFile::open(path, wanted(file));
    if (!part) {
      is_final_ = true;
      return std::move(part).error();
    }
    auto result = write_from(file, source, **part);
    bool const is_empty = (*part)->bytes_there() == 0;
    part->reset();
    if (result) return os::rename_durably(path, parts_.incoming + "/" + file.file);
    bool const is_wrong = has_changed_ && (result.error().code() == Code::invalid_argument ||
                                           result.error().code() == Code::unsupported);
    if (is_wrong || is_empty) PartFile::remove(path);
    // The old beginning may be damaged: the whole of this source may be right.
    if (!is_wrong || is_final_ || !std::exchange(goes_on, false)) return result;
  }
}

PartFile::Wanted ModelPull::wanted(CatalogFile const& file) {
  PartFile::Wanted wanted;
  if (file.size > 0) wanted.size = file.size;
  wanted.version = file.version;
  if (is_known(file)) wanted.sha256 = file.sha256;
  if (!entry_.engine.empty()) return wanted;
  wanted.check_beginning = [this](std::string_view bytes) -> Result<void> {
    auto recognized = TRY(recognize(bytes));
    entry_.engine = std::move(recognized.engine);
    entry_.operations = std::move(recognized.operations);
    return {};
  };
  return wanted;
}

Result<void> ModelPull::write_from(CatalogFile& file, Assembly const& source, PartFile& part) {
  auto const had = part.bytes_there();
  begin_progress(file, source, had);
  FetchContext context{parts_.egress,       parts_.account,
                       parts_.hubs,         parts_.incoming,
                       options_.stop,       [this](std::uint64_t bytes) { progress(bytes, false); },
                       options_.connections};
  auto result = fetch(source, part, context);
  has_changed_ = bool(result) || part.bytes_there() != had;
  if (result) {
    auto digest = part.finish();
    if (digest) {
      file.sha256 = *digest;
      file.size = part.bytes_there();
      progress(file.size, true);
      return {};
    }
    result = std::move(digest).error();
  }
  bool const is_disk = part.disk_error().has_value();
  is_final_ = is_disk || result.error().code() == Code::cancelled;
  if (is_disk) return explain_disk_error(part, std::move(result).error());
  return result;
}

Error ModelPull::explain_disk_error(PartFile const& part, Error const& error) const {
  auto const room = os::free_bytes(parts_.incoming);
  auto const needed = part.wanted().size.value_or(0);
  auto const there = part.bytes_there();
  std::string text = error.message() + "; " + human_bytes(there) + " are here and stay";
  if (room && needed > there) {
    text += ", " + human_bytes(needed - there) + " are missing, and " + human_bytes(*room) +
            " are free: make room (`shoal gc`, `shoal rm`) and pull again";
  }
  return Error(error.code(), text);
}

Error ModelPull::none_served(CatalogFile const& file, std::vector<Error> const& failures) const {
  if (failures.size() == 1 && !is_known(file)) return failures.front();
  bool all_refused = !failures.empty();
  std::string text = "no source served " + file.file + " of " + entry_.full_name() + ":";
  for (auto const& failure : failures) {
    all_refused = all_refused && failure.code() == Code::refused;
    text += "\n  " + failure.message();
  }
  text += "\nCheck the network, or name a mirror of sha256 " + file.sha256.hex() +
          " in mirrors.yaml of the configuration folder";
  return Error(all_refused ? Code::refused : Code::unavailable, std::move(text));
}

Result<Model> ModelPull::put_in_place() {
  TRY(os::make_folders(fs::path(parts_.place).parent_path().string()));
  std::error_code failure;
  for (fs::directory_iterator it(parts_.incoming, failure), end; !failure && it != end;
       it.increment(failure)) {
    auto const name = it->path().filename().string();
    if (name.ends_with(kPartial) || name.ends_with(kState)) TRY(remove_folder(it->path().string()));
  }
  TRY(remove_folder(parts_.place));
  TRY(os::rename_durably(parts_.incoming, parts_.place));
  return Model{std::move(entry_), parts_.place};
}

void ModelPull::begin_progress(CatalogFile const& file, Assembly const& source, std::uint64_t have) {
  progress_ = {.file = file.file, .source = source.text, .bytes = done_bytes_ + have, .total = entry_.size()};
  began_ = parts_.clock.now();
  began_with_ = progress_.bytes;
  reported_ = MonotonicTime();
}

void ModelPull::progress(std::uint64_t bytes_of_file, bool always) {
  if (!options_.on_progress) return;
  // What is still packed counts by its packed size, and is read again when it is unpacked.
  progress_.bytes = std::max(progress_.bytes, done_bytes_ + bytes_of_file);
  if (progress_.total > 0) progress_.bytes = std::min(progress_.total, progress_.bytes);
  auto const now = parts_.clock.now();
  if (!always && now - reported_ < kProgressInterval) return;
  reported_ = now;
  double const elapsed = seconds(now - began_);
  if (elapsed > 0) progress_.bytes_per_second = static_cast<double>(progress_.bytes - began_with_) / elapsed;
  options_.on_progress(progress_);
}

}  // namespace shoal::store
