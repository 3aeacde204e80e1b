#include "engines/ocr/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

using testing::blob;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::line;
using testing::make_pdf;

bool never() { return false; }

class PdfTest : public ::testing::Test {
 protected:
  std::vector<value::Sheet> sheets(value::BlobPtr const& document, std::string const& password = {}) {
    std::vector<value::Sheet> all;
    auto const result = pdf_->sheets(document, password, 300, never, testing::into(all));
    EXPECT_TRUE(result) << result.error().message();
    return all;
  }
  value::Page text(value::BlobPtr const& document) { return pdf_->text(document, {}, 1, never).value(); }
  Error sheets_error(value::BlobPtr const& document, std::string const& password = {}) {
    auto result = pdf_->sheets(document, password, 300, never, testing::ignore);
    EXPECT_FALSE(result);
    return result ? Error(Code::internal, "no error") : result.error();
  }
  std::unique_ptr<Pdf> pdf_ = Pdf::open();
};

// The box around everything dark, in points.
value::Box ink(Raster const& raster) {
  value::Box box = {1e9, 1e9, -1, -1};
  for (int y = 0; y < raster.height; ++y) {
    for (int x = 0; x < raster.width; ++x) {
      if (raster.gray[static_cast<std::size_t>(y) * static_cast<std::size_t>(raster.width) +
                      static_cast<std::size_t>(x)] > 127)
        continue;
      box = {std::min(box[0], double(x)), std::min(box[1], double(y)), std::max(box[2], x + 1.0),
             std::max(box[3], y + 1.0)};
    }
  }
  return raster.to_points.apply(box);
}

TEST_F(PdfTest, GivesTheTextThatAPageHas) {
  auto const document =
      blob(make_pdf({{line(72, 700, 24, "Hello there")}, {line(72, 700, 24, "Second page")}}));
  auto const all = sheets(document);
  ASSERT_EQ(all.size(), 2u);
  auto const text = this->text(document);
  EXPECT_EQ(all[0].text, text.text);
  EXPECT_EQ(all[1].number, 2);
  EXPECT_EQ(all[1].text, "Second page");
  EXPECT_EQ(all[0].width, 612);
  EXPECT_EQ(all[0].height, 792);
  EXPECT_EQ(text.text, "Hello there");
  EXPECT_EQ(text.source, "text");
  ASSERT_EQ(text.words.size(), 2u);
  // Capitals of Helvetica are 0.72 of its size high: the word stands on 92 points from the top.
  EXPECT_THAT(text.words[0].box,
              ElementsAre(DoubleNear(74, 1), DoubleNear(74.7, 1), DoubleNear(127, 2), DoubleNear(92.3, 1)));
}

TEST_F(PdfTest, BoxesCountFromTheCropBox) {
  auto const document =
      blob(make_pdf({{line(172, 700, 24, "Hello"), "[0 0 700 900]", "/CropBox[100 50 600 800]"}}));
  auto const all = sheets(document);
  EXPECT_EQ(all[0].width, 500);
  EXPECT_EQ(all[0].height, 750);
  auto const page = text(document);
  ASSERT_EQ(page.words.size(), 1u);
  EXPECT_NEAR(page.words[0].box[0], 74, 1);
  EXPECT_NEAR(page.words[0].box[3], 100.3, 1);
}

TEST_F(PdfTest, TextOutsideThePageIsNotOnIt) {
  auto all = sheets(blob(make_pdf({{line(72, 700, 24, "Inside") + line(72, 1500, 24, "Outside")}})));
  EXPECT_EQ(all[0].text, "Inside");
}

TEST_F(PdfTest, TurnedPagesAreShownUprightAndMeasuredUnturned) {
  for (int turn : {0, 90, 180, 270}) {
    auto document =
        blob(make_pdf({{line(72, 700, 24, "Hello"), "[0 0 612 792]", "/Rotate " + std::to_string(turn)}}));
    auto const page = text(document);
    ASSERT_EQ(page.words.size(), 1u);
    EXPECT_EQ(page.width, 612);
    auto raster = pdf_->render(document, {}, 1, 150, never);
    ASSERT_TRUE(raster) << raster.error().message();
    EXPECT_EQ(raster->width, turn % 180 == 0 ? 1275 : 1650);
    auto box = ink(*raster);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(box[i], page.words[0].box[i], 1) << turn << " " << i;
  }
}

TEST_F(PdfTest, InvisibleTextOfAnEarlierRecognitionCounts) {
  EXPECT_EQ(sheets(blob(make_pdf({{line(72, 700, 12, "Read before", 3)}})))[0].text, "Read before");
}

TEST_F(PdfTest, AScanInStripsOrInAFormIsAScan) {
  auto const image = testing::stream(std::string(4, '\0'),
                                     "/Type/XObject/Subtype/Image/Width 2/Height 2"
                                     "/ColorSpace/DeviceGray/BitsPerComponent 8");
  auto const form = testing::stream("612 0 0 792 0 0 cm /I Do",
                                    "/Type/XObject/Subtype/Form/BBox[0 0 612 792]"
                                    "/Resources<</XObject<</I 4 0 R>>>>");
  auto text_of = [&](std::string const& drawing) {
    auto const resources = "/Resources<</Font<</F 3 0 R>>/XObject<</I 4 0 R/X 5 0 R>>>>";
    auto const page = drawing + line(200, 400, 24, "RECEIVED");
    return sheets(blob(make_pdf({{page, "[0 0 612 792]", resources}}, {image, form}))).at(0).text;
  };
  EXPECT_EQ(
      text_of("q 612 0 0 200 0 0 cm /I Do Q q 612 0 0 200 0 200 cm /I Do Q q 612 0 0 200 0 400 cm /I Do Q\n"),
      "");
  EXPECT_EQ(text_of("/X Do\n"), "");
  EXPECT_EQ(text_of("q 612 0 0 200 0 0 cm /I Do Q\n"), "RECEIVED");
}

TEST_F(PdfTest, HugePagesAreRenderedWithFewerPixels) {
  auto document = blob(make_pdf({{line(7200, 7200, 2000, "Hello"), "[0 0 14400 14400]"}}));
  auto raster = pdf_->render(document, {}, 1, 300, never);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_LE(double(raster->width) * raster->height, kMaxRasterPixels * 1.001);
  EXPECT_LT(raster->dpi, 50);
  auto box = text(document).words.at(0).box;
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(ink(*raster)[i], box[i], 5);
}

TEST_F(PdfTest, LongPagesFitTheRecognisersSides) {
  auto raster = pdf_->render(blob(make_pdf({{"", "[0 0 20 14400]"}})), {}, 1, 600, never);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_LE(raster->height, kMaxRasterSide);
}

TEST_F(PdfTest, AnImageThatWouldFillTheMemoryIsNotDecoded) {
  auto image =
      testing::stream("",
                      "/Type/XObject/Subtype/Image/Width 35000/Height 35000/ColorSpace/DeviceGray"
                      "/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 35000>>");
  auto form =
      testing::stream("/I Do", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</I 4 0 R>>>>");
  for (auto const* resources : {"/Resources<</XObject<</I 4 0 R>>>>", "/Resources<</XObject<</I 5 0 R>>>>"}) {
    auto document = blob(
        make_pdf({{"q 600 0 0 600 0 0 cm /I Do Q", "[0 0 612 792]", resources}}, {image, form}), "bomb.pdf");
    EXPECT_EQ(sheets(document).size(), 1u);
    auto raster = pdf_->render(document, {}, 1, 300, never);
    ASSERT_FALSE(raster);
    EXPECT_EQ(raster.error().code(), Code::unsupported);
    EXPECT_THAT(raster.error().message(),
                HasSubstr("page 1 of bomb.pdf has an image of 35000 × 35000 pixels"));
  }
}

TEST_F(PdfTest, SaysWhatIsWrongWithAFile) {
  auto whole = make_pdf({{line(72, 700, 24, "Hello")}});
  auto truncated = sheets_error(blob(whole.substr(0, whole.size() / 3), "half.pdf"));
  EXPECT_EQ(truncated.code(), Code::invalid_argument);
  EXPECT_THAT(truncated.message(), HasSubstr("half.pdf is truncated"));
  EXPECT_THAT(sheets_error(blob("%PDF-1.4\n%%EOF", "bad.pdf")).message(), HasSubstr("bad.pdf is damaged"));
  auto empty = sheets_error(blob(make_pdf({}), "none.pdf"));
  EXPECT_THAT(empty.message(), HasSubstr("none.pdf is a PDF with 0 pages"));
}

TEST_F(PdfTest, ADamagedPageLeavesTheOthers) {
  // The second page is a reference to an object that is not there.
  auto document = blob(
      testing::pdf_of_objects({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 9 0 R]>>",
                               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"}),
      "part.pdf");
  auto all = sheets(document);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].width, 100);
  EXPECT_EQ(all[1].width, 0);
  auto raster = pdf_->render(document, {}, 2, 300, never);
  ASSERT_FALSE(raster);
  EXPECT_THAT(raster.error().message(), HasSubstr("page 2 of part.pdf is damaged"));
}

TEST_F(PdfTest, NamesAPageThatDoesNotExist) {
  for (std::int64_t number : {std::int64_t{0}, std::int64_t{2}, std::int64_t{1} << 40}) {
    auto raster = pdf_->render(blob(make_pdf({{""}}), "one.pdf"), {}, number, 300, never);
    ASSERT_FALSE(raster);
    EXPECT_THAT(raster.error().message(), HasSubstr("of one.pdf does not exist"));
  }
}

// 40-bit RC4 (revision 2) with the password "sesame", made with a script after ISO 32000-1, 7.6.3.
std::string encrypted_pdf() {
  std::string content =
      "\x6a\x06\x8b\xe1\x33\x55\xdd\x94\x71\x5e\x5e\x9a\xa8\x6d\x91\xa3\xbb\xe9\x1f\xc6\x1a\xab\x27\xa8\x86"
      "\xf1\xfa"
      "\x91\x31\xe8\x8c\x1f\x42\x49";
  return testing::pdf_of_objects(
      {"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[5 0 R]>>", testing::kHelvetica,
       testing::stream(content),
       "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>",
       "<</Filter/Standard/V 1/R 2/P -4/O<92fe1f575cbc4c9644693f33c07cb54f587dce1e2682fe9ecea6107a1ef630dd>"
       "/U<c388864fbd4f97af5ae733ba08f338d86e9a402397ac8811a314b8c79d93ee70>>>"},
      "/Encrypt 6 0 R/ID[<30313233343536373839616263646566><30313233343536373839616263646566>]");
}

TEST_F(PdfTest, EncryptedFilesNeedTheirPassword) {
  auto document = blob(encrypted_pdf(), "secret.pdf");
  auto error = sheets_error(document);
  EXPECT_EQ(error.code(), Code::invalid_argument);
  EXPECT_THAT(error.message(), HasSubstr("secret.pdf is encrypted: give its password"));
  EXPECT_THAT(sheets_error(document, "wrong").message(), HasSubstr("the password does not open it"));
  EXPECT_EQ(sheets(document, "sesame").at(0).text, "Open");
  // The document is kept open, but not for those who have no password.
  EXPECT_EQ(sheets_error(document).code(), Code::invalid_argument);
}

TEST_F(PdfTest, StopsWhenNobodyWantsTheAnswer) {
  auto document = blob(make_pdf({{line(72, 700, 24, "Hello")}}));
  Stop at_once = [] { return true; };
  EXPECT_EQ(pdf_->sheets(document, {}, 300, at_once, testing::ignore).error().code(), Code::cancelled);
  EXPECT_EQ(pdf_->render(document, {}, 1, 300, at_once).error().code(), Code::cancelled);
}

TEST_F(PdfTest, ManyThreadsMayReadManyDocuments) {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 6; ++i) {
        auto text = "Document " + std::to_string((t + i) % 6);
        auto document = blob(make_pdf({{line(72, 700, 24, text)}}));
        std::vector<value::Sheet> all;
        auto const given = pdf_->sheets(document, {}, 300, never, testing::into(all));
        auto raster = pdf_->render(document, {}, 1, 72, never);
        right += given && raster && all.at(0).text == text;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 24);
}

TEST(PdfBytes, AreRecognisedWithinTheFirstKilobyte) {
  EXPECT_TRUE(Pdf::recognises("%PDF-1.4"));
  EXPECT_TRUE(Pdf::recognises(std::string(900, ' ') + "%PDF-1.4"));
  EXPECT_FALSE(Pdf::recognises(std::string(2000, ' ') + "%PDF-1.4"));
  EXPECT_FALSE(Pdf::recognises(""));
}

}  // namespace
}  // namespace shoal::ocr_engine
