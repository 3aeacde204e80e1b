// SHA-256 (FIPS 180-4), the content address of models and artifacts.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal {

struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  std::string hex() const;
  static Result<Sha256> from_hex(std::string_view text);            // 64 hexadecimal digits
  friend auto operator<=>(Sha256 const&, Sha256 const&) = default;  // NOLINT(modernize-use-nullptr): clang 14
};

Sha256 sha256(std::string_view bytes);

// For bytes that arrive in pieces. Used by one thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream const&) = delete;
  Sha256Stream& operator=(Sha256Stream const&) = delete;

  void update(std::string_view bytes);
  // The digest of all bytes so far; the stream starts anew.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shoal
