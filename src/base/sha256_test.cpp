#include "base/sha256.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

// The examples of FIPS 180-4 that NIST publishes.
TEST(Sha256Test, KnownDigests) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesGiveTheSameDigestAndTheStreamStartsAnew) {
  Sha256Stream stream;
  for (int round = 0; round < 2; ++round) {
    stream.update("a");
    stream.update("");
    stream.update("bc");
    EXPECT_EQ(stream.finish(), sha256("abc"));
  }
}

TEST(Sha256Test, HexReadsBack) {
  auto digest = sha256("abc");
  EXPECT_EQ(*Sha256::from_hex(digest.hex()), digest);
  EXPECT_EQ(*Sha256::from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), digest);
}

TEST(Sha256Test, RefusesOtherTexts) {
  EXPECT_FALSE(Sha256::from_hex("").has_value());
  EXPECT_FALSE(Sha256::from_hex(std::string(63, 'a')).has_value());
  EXPECT_FALSE(Sha256::from_hex(std::string(63, 'a') + "g").has_value());
  EXPECT_EQ(Sha256::from_hex("abc").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace shoal
