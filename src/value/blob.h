// Immutable bytes with a media type and a content address: a document, an image's pixels, anything
// too large or too opaque to be text. Shared by all who hold it, never copied; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace shoal::value {

class Blob;
// Payloads cross rooms and threads, and the last reader frees them.
using BlobPtr = std::shared_ptr<Blob const>;

class Blob {
 public:
  // What is known about the bytes besides themselves.
  struct Facts {
    std::string media_type = "application/octet-stream";
    std::string name;     // the file's name for people, may be empty
    int descriptor = -1;  // an open file or memory file with exactly these bytes, owned by `owner`; -1: none
    std::optional<Sha256> hash;  // when it is known already and can be trusted
    // Says why the bytes may no longer be those with the hash: a file of somebody else. Empty: they cannot
    // change.
    std::function<Result<void>()> still;
    std::string path;  // absolute, of the regular file whose bytes these are; empty: of none
  };

  // Keeps the bytes itself.
  static BlobPtr own(std::string bytes, Facts facts);
  // Bytes that `owner` keeps alive and unchanged (a mapping of a file or of a shared buffer).
  static BlobPtr view(std::string_view bytes, std::shared_ptr<void const> owner, Facts facts);
  // Bytes that `read` gives when somebody asks for them; who has the descriptor needs none.
  static BlobPtr later(std::size_t size, std::function<std::string()> read, Facts facts);

  std::string_view bytes() const;
  std::size_t size() const { return size_; }
  std::string const& media_type() const { return facts_.media_type; }
  std::string const& name() const { return facts_.name; }
  std::string const& path() const { return facts_.path; }
  int descriptor() const { return facts_.descriptor; }
  // Computed at the first call, unless it was known.
  Sha256 const& hash() const;
  Result<void> still() const { return facts_.still ? facts_.still() : Result<void>(); }

  Blob(std::string_view bytes, std::shared_ptr<void const> owner, Facts facts);
  Blob(Blob const&) = delete;
  Blob& operator=(Blob const&) = delete;

 private:
  std::shared_ptr<void const> owner_;
  std::size_t size_;
  std::function<std::string()> read_;
  mutable std::once_flag loaded_;
  mutable std::string own_;
  mutable std::string_view bytes_;
  Facts facts_;
  mutable std::once_flag hashed_;
  mutable Sha256 hash_;
};

// The media type by the first bytes (PDF, PNG, JPEG, TIFF, …), else by the name's ending, else
// "application/octet-stream" or "text/plain" for valid UTF-8.
std::string guess_media_type(std::string_view bytes, std::string_view name);

}  // namespace shoal::value
