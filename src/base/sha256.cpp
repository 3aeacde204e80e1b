#include "base/sha256.h"

#include <openssl/evp.h>

namespace shoal {
namespace {

// Fetched once: a fetch for each digest costs more than a short digest itself.
EVP_MD const* algorithm() {
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(kAlgorithm != nullptr);
  return kAlgorithm;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Sha256::hex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(64, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

Result<Sha256> Sha256::from_hex(std::string_view text) {
  if (text.size() != 64) {
    return Error(Code::invalid_argument,
                 "a SHA-256 is 64 hexadecimal digits, not " + std::to_string(text.size()) + " characters");
  }
  Sha256 digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    int high = hex_digit(text[2 * i]);
    int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Error(Code::invalid_argument,
                   "a SHA-256 is 64 hexadecimal digits; `" + std::string(text) + "` has others");
    }
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

Sha256 sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

struct Sha256Stream::State {
  State() : context(EVP_MD_CTX_new()) { CHECK(context != nullptr); }
  ~State() { EVP_MD_CTX_free(context); }
  State(State const&) = delete;
  State& operator=(State const&) = delete;

  void start() { CHECK(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1); }

  EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { state_->start(); }

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(state_->context, digest.bytes.data(), &size) == 1);
  CHECK(size == digest.bytes.size());
  state_->start();
  return digest;
}

}  // namespace shoal
