#include "resume_test.h"

namespace shoal {
namespace {

TEST(ResumeLong, TwoHundredRunsAreKilledAndEndAlike) { expect_the_same_after_kills(1, 200, 2); }

}  // namespace
}  // namespace shoal
