// The pictures of a run of large images: small files, the worst places, and what the report makes of them.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/png.h>
#include <trous/run/report.h>
#include <trous/run/run_record.h>
#include <trous/run/samples.h>

#include "data/scratch.h"
#include "run/mask_scores.h"
#include "run/page.h"
#include "run/written_run.h"

namespace trous {
namespace {

constexpr std::int64_t height = 900, width = 1200;

// Grey images. Image i has class 1 in rows 400 to 449 and columns 100 i to 100 i + 99.
Dataset photographs(std::int64_t size) {
  return {.name = "photographs",
          .source = "the tests",
          .classes = {"background", "thing"},
          .size = size,
          .image_shape = {height, width, 1},
          .sample = [](std::int64_t i) {
            Sample sample{Tensor::full({height, width, 1}, DType::float32, 0.25),
                          Tensor::zeros({height, width}, DType::int32)};
            const auto mask = sample.target.mutable_values<std::int32_t>();
            for (std::int64_t row = 400; row < 450; ++row)
              std::fill_n(&mask[static_cast<std::size_t>(row * width + 100 * i)], 100, 1);
            return sample;
          }};
}

// A network that sees background everywhere, and counts the tiles of all rows of its images, two of each.
struct Blind {
  std::shared_ptr<int> seen = std::make_shared<int>(0);
  Variable operator()(const Variable& images, Pass&) const {
    if (images.shape()[1] == height) *seen += static_cast<int>(images.shape()[0]);
    return Variable(
        Tensor::zeros({images.shape()[0], images.shape()[1], images.shape()[2], 2}, DType::float32));
  }
  static void parts(auto&, auto&&) {}
};

RunFolder folder_for_pictures(const Scratch& scratch) {
  return RunFolder::create(scratch / "run", {{"config.json", "{}"}, {"environment.json", "{}"}},
                           mask_score_names(), false);
}

TEST(Samples, LargeTestImagesAreShrunkAndShownAroundTheirWorstPlaces) {
  const Scratch scratch;
  const RunFolder folder = folder_for_pictures(scratch);
  const Blind net;
  std::vector<std::int64_t> written;
  const std::vector<PixelPlace> places = write_test_pictures(folder, net, segmentation(), photographs(3),
                                                             {.best = {0, 2}, .median = {1}, .worst = {2, 0}},
                                                             [&](std::int64_t done, std::int64_t total) {
                                                               EXPECT_EQ(total, 3);
                                                               written.push_back(done);
                                                             });
  EXPECT_EQ(written, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(*net.seen, 6) << "each image is predicted once";
  // The middle of the block; that of image 0 is as near as the border allows.
  EXPECT_EQ(places, (std::vector<PixelPlace>{{425, 250}, {425, 128}}));
  EXPECT_EQ(read_png(folder.file(test_picture("worst"))).shape(),
            (Shape{2 * 450 + 4 + 16, 4 * 600 + 12 + 16, 3}));
  EXPECT_EQ(read_png(folder.file(test_picture("median"))).shape(), (Shape{450 + 16, 4 * 600 + 12 + 16, 3}));
  EXPECT_EQ(read_png(folder.file(worst_place_picture)).shape(),
            (Shape{2 * 256 + 4 + 16, 4 * 256 + 12 + 16, 3}));
}

TEST(Samples, LargeValidationImagesAreColumnsOfOneSize) {
  const Scratch scratch;
  const RunFolder folder = folder_for_pictures(scratch);
  const Dataset validation = photographs(9);
  EXPECT_EQ(fixed_samples(validation), (std::vector<std::int64_t>{1, 3, 5, 7}));
  write_fixed_picture(folder, validation);
  const std::vector<Tensor> predictions(4, Tensor::full({height, width}, DType::int32, 1));
  write_step_pictures(folder, validation, predictions, 20);
  // Four samples of 300 / sqrt(2) = 212 and 600 / sqrt(2) = 424 pixels.
  EXPECT_EQ(read_png(folder.file(fixed_picture)).shape(), (Shape{4 * 159, 2 * 212, 3}));
  EXPECT_EQ(read_indexed_png(folder.file(labels_picture(20))).shape(), (Shape{4 * 159, 212}));
  EXPECT_EQ(read_png(folder.file(step_picture(20))).shape(),
            (Shape{4 * 318 + 3 * 4 + 16, 3 * 424 + 2 * 4 + 16, 3}));
  write_step_pictures(folder, validation, {}, 40);
  EXPECT_FALSE(std::filesystem::exists(folder.file(step_picture(40))));
}

// The run of written_run.h, with places for its worst image.
TEST(Samples, TheReportSaysWhereTheWorstPlacesAre) {
  const Scratch scratch;
  WrittenRun run;
  const auto with_places = [&](const std::string& places) {
    WrittenRun changed = run;
    const std::string from = R"("worst": [1]})";
    changed.results->replace(changed.results->find(from), from.size(),
                             R"("worst": [1], "worst_places": )" + places + "}");
    changed.write(scratch / "run");
    write_png(scratch / "run/samples/worst_place.png", Tensor::zeros({9, 9, 3}, DType::uint8));
  };
  with_places("[[4, 7]]");
  EXPECT_EQ(read_run(scratch / "run").results->pictures.worst_places, (std::vector<PixelPlace>{{4, 7}}));
  const std::string page = report_html(scratch / "run");
  EXPECT_NE(page.find("Image 1 around row 4, column 7, at full size."), std::string::npos);
  const auto fault = [&](const std::string& places) {
    with_places(places);
    return message_of<FileError>([&] { read_run(scratch / "run"); });
  };
  const std::string head = "read_run: " + (scratch / "run/results.json") + " has pictures.worst_places";
  EXPECT_EQ(fault("[[4, 9]]"),
            head + "[0] with row 4, column 9 of an image of 6 rows and 9 columns. Write the file again.");
  EXPECT_EQ(fault("[[4]]"), head + "[0] with 1 numbers instead of 2. Write the file again.");
  EXPECT_EQ(fault("[[4, 7], [0, 0]]"), head + " with 2 places for 1 images. Write the file again.");
}

}  // namespace
}  // namespace trous
