#include "engines/ocr/recognizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engines/ocr/pdf.h"
#include "engines/ocr/straighten.h"
#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

using testing::blob;
using ::testing::HasSubstr;
using testing::line;

bool never() { return false; }

constexpr char const* kFirst = "The quick brown fox jumps over the lazy dog.";
constexpr char const* kSecond = "Pack my box with five dozen liquor jugs.";

// Two paragraphs as a page that has its text, and as pixels.
struct Print {
  value::Page text;
  Raster raster;
};

Print print_of(std::string const& first, std::string const& second) {
  auto pdf = Pdf::open();
  auto document = blob(
      testing::make_pdf({{line(60, 700, 18, first) + line(60, 675, 18, second) + line(60, 500, 18, first)}}));
  return {*pdf->text(document, {}, 1, never), *pdf->render(document, {}, 1, 300, never)};
}

class RecognizerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { print_ = new Print(print_of(kFirst, kSecond)); }
  static void TearDownTestSuite() { delete print_; }
  void SetUp() override {
    auto opened = Recognizer::open("eng");
    ASSERT_TRUE(opened) << opened.error().message();
    recognizer_ = std::move(*opened);
  }
  value::Page read(Raster const& raster) {
    auto page = recognizer_->read(raster, never);
    EXPECT_TRUE(page) << page.error().message();
    return page ? *page : value::Page{};
  }

  static Print* print_;
  std::unique_ptr<Recognizer> recognizer_;
};
Print* RecognizerTest::print_ = nullptr;

void expect_same_words(value::Page const& page, value::Page const& truth) {
  ASSERT_EQ(page.words.size(), truth.words.size());
  for (std::size_t i = 0; i < page.words.size(); ++i) {
    EXPECT_EQ(page.words[i].text, truth.words[i].text);
    EXPECT_EQ(page.words[i].line, truth.words[i].line);
    for (std::size_t k = 0; k < 4; ++k)
      EXPECT_NEAR(page.words[i].box[k], truth.words[i].box[k], 2) << page.words[i].text;
  }
}

TEST_F(RecognizerTest, ReadsWordsInTheirPlaces) {
  auto page = read(print_->raster);
  EXPECT_EQ(page.text, std::string(kFirst) + "\n" + kSecond + "\n\n" + kFirst);
  EXPECT_GT(page.confidence, 0.9);
  EXPECT_LE(page.confidence, 1);
  expect_same_words(page, print_->text);
}

TEST_F(RecognizerTest, ReadsAPageThatLiesUpsideDown) {
  auto upside_down = turned(print_->raster, 2);
  expect_same_words(read(upside_down), print_->text);
}

TEST_F(RecognizerTest, ReadsAPageThatLiesOnItsSide) {
  for (int turns : {1, 3}) expect_same_words(read(turned(print_->raster, turns)), print_->text);
}

TEST_F(RecognizerTest, ReadsAPageThatLiesAskew) {
  for (double angle : {-9.0, 3.0}) {
    auto askew = straightened(print_->raster, {.angle = angle});
    ASSERT_TRUE(askew) << askew.error().message();
    auto page = read(*askew);
    EXPECT_EQ(page.text, print_->text.text) << angle;
    ASSERT_EQ(page.words.size(), print_->text.words.size());
    for (std::size_t i = 0; i < page.words.size(); ++i) {
      // A box around a word that rises is higher than the word, but has the same middle.
      auto const &box = page.words[i].box, &truth = print_->text.words[i].box;
      EXPECT_NEAR(box[0] + box[2], truth[0] + truth[2], 4) << page.words[i].text;
      EXPECT_NEAR(box[1] + box[3], truth[1] + truth[3], 4) << page.words[i].text;
    }
  }
}

TEST_F(RecognizerTest, ReadsSmallAndLargePixels) {
  for (double scale : {0.25, 2.0}) {
    auto other = straightened(print_->raster, {.scale = scale});
    ASSERT_TRUE(other) << other.error().message();
    expect_same_words(read(*other), print_->text);
  }
}

TEST_F(RecognizerTest, ABlankPageHasNoWords) {
  for (int width : {1, 600}) {
    Raster blank{.width = width,
                 .height = 800,
                 .gray = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * 800, 255)};
    auto page = read(blank);
    EXPECT_TRUE(page.words.empty());
    EXPECT_EQ(page.text, "");
    EXPECT_EQ(page.confidence, 1);
    // A speck keeps it from being even.
    blank.gray[blank.gray.size() / 2] = 0;
    EXPECT_TRUE(read(blank).words.empty());
  }
}

TEST_F(RecognizerTest, AnswersDoNotDependOnWhatWasReadBefore) {
  auto other = print_of("Sphinx of black quartz, judge my vow.", "0123456789 (2024)");
  auto first = read(print_->raster);
  read(other.raster);
  auto again = read(print_->raster);
  EXPECT_EQ(first.text, again.text);
  EXPECT_EQ(first.confidence, again.confidence);
}

// Pages are read in parallel, so a page must not take more than its own core.
TEST_F(RecognizerTest, StaysOnItsThread) {
  auto threads = [] {
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
  };
  auto before = threads();
  read(print_->raster);
  EXPECT_EQ(threads(), before);
}

TEST_F(RecognizerTest, StopsBetweenWords) {
  int asked = 0;
  auto page = recognizer_->read(print_->raster, [&] { return ++asked > 3; });
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), Code::cancelled);
  EXPECT_LT(asked, 10);
  EXPECT_EQ(read(print_->raster).words.size(), print_->text.words.size());
}

TEST_F(RecognizerTest, APageThatTakesTooLongIsRefused) {
  auto const hasty = Recognizer::open("eng", 0);
  ASSERT_TRUE(hasty);
  auto const page = (*hasty)->read(print_->raster, never);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), Code::unsupported);
  EXPECT_THAT(page.error().message(), HasSubstr("takes more than 0 s of a processor"));
}

TEST(RecognizerOpen, NamesThePackageOfAMissingLanguage) {
  auto missing = Recognizer::open("eng+xyz_tra");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("`xyz_tra`: install the package tesseract-ocr-xyz-tra"));
  EXPECT_THAT(missing.error().message(), HasSubstr("eng"));
}

TEST(RecognizerOpen, RefusesWhatIsNoLanguage) {
  for (auto name : {"", "../eng", "eng+", "/etc/passwd", "e g"}) {
    auto result = Recognizer::open(name);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
  }
}

TEST(RecognizerPool, KeepsRecognisersWarm) {
  RecognizerPool pool;
  Recognizer* first = nullptr;
  {
    auto lease = pool.take("eng");
    ASSERT_TRUE(lease) << lease.error().message();
    first = lease->operator->();
    auto second = pool.take("eng");
    ASSERT_TRUE(second);
    EXPECT_NE(second->operator->(), first);
  }
  // One was kept: the one that came back last.
  auto lease = pool.take("eng");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->operator->(), first);
}

}  // namespace
}  // namespace shoal::ocr_engine
