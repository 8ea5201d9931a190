#include <functional>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/shapes.h>
#include <trous/data/survey.h>

#include "data/scratch.h"

namespace trous {
namespace {

// Sample i is a 2 x 3 image full of first + i. Its mask has one pixel each of class 0 and unknown, and four
// of class 1; but in every third sample one of the four is of class 2.
Dataset survey_toy(std::int64_t size, double first = 0) {
  return {.name = "toy",
          .source = "this test",
          .classes = {"background", "one", "two", "never"},
          .size = size,
          .image_shape = {2, 3, 1},
          .sample = [first](std::int64_t i) {
            return Sample{
                .image = Tensor::full({2, 3, 1}, DType::float32, first + static_cast<double>(i)),
                .target = Tensor({2, 3}, std::vector<std::int32_t>{0, 255, 1, 1, 1, i % 3 == 0 ? 2 : 1})};
          }};
}

void on_several_threads(const std::function<void()>& test) {
  const int before = threads();
  for (const int count : {1, 3}) {
    set_threads(count);
    test();
  }
  set_threads(before);
}

TEST(Survey, CountsSamplesPixelsAndImagesOfEveryClass) {
  const Splits splits{
      .train = survey_toy(1000), .validation = survey_toy(7, 5000), .test = survey_toy(1, 6000)};
  on_several_threads([&] {
    const Survey found = survey(splits);
    EXPECT_EQ(found.train.samples, 1000);
    EXPECT_EQ(found.train.class_pixels, (std::vector<std::int64_t>{1000, 3666, 334, 0}));
    EXPECT_EQ(found.train.images_with_class, (std::vector<std::int64_t>{1000, 1000, 334, 0}));
    EXPECT_EQ(found.validation.samples, 7);
    EXPECT_EQ(found.validation.class_pixels, (std::vector<std::int64_t>{7, 25, 3, 0}));
    EXPECT_EQ(found.test.images_with_class, (std::vector<std::int64_t>{1, 1, 1, 0}));
    EXPECT_EQ(class_pixels(splits.train), found.train.class_pixels);
  });
}

TEST(Survey, CountsTheImagesOfASplitThatStandInAnEarlierOne) {
  // Validation has images 990 to 1009, ten of them in train; test has 995 to 1004, five in train, all in
  // validation.
  const Splits splits{
      .train = survey_toy(1000), .validation = survey_toy(20, 990), .test = survey_toy(10, 995)};
  on_several_threads([&] {
    const Survey found = survey(splits);
    EXPECT_EQ(found.shared_train_validation, 10);
    EXPECT_EQ(found.shared_train_test, 5);
    EXPECT_EQ(found.shared_validation_test, 10);
  });
}

TEST(Survey, ATestSplitThatIsTheValidationSplitIsSharedWhole) {
  const Survey found =
      survey({.train = survey_toy(5), .validation = survey_toy(20, 100), .test = survey_toy(20, 100)});
  EXPECT_EQ(found.shared_train_validation, 0);
  EXPECT_EQ(found.shared_validation_test, 20);
}

// Images in a set of vectors, not by any hash.
TEST(Survey, OfShapesIsWhatACountByHandGives) {
  const Splits splits = shapes({.size = 16, .train = 90, .validation = 20, .test = 30});
  const Survey found = survey(splits);
  std::vector<std::int64_t> pixels(5), images(5);
  for (std::int64_t i = 0; i < 90; ++i) {
    std::set<std::int32_t> seen;
    for (const std::int32_t label : splits.train.sample(i).target.to_vector<std::int32_t>()) {
      ++pixels[static_cast<std::size_t>(label)];
      seen.insert(label);
    }
    for (const std::int32_t label : seen) ++images[static_cast<std::size_t>(label)];
  }
  EXPECT_EQ(found.train.class_pixels, pixels);
  EXPECT_EQ(found.train.images_with_class, images);
  EXPECT_EQ(found.shared_train_validation + found.shared_train_test + found.shared_validation_test, 0);
}

TEST(Survey, SaysWhichSampleHasALabelThatIsNoClass) {
  Dataset two_classes = survey_toy(5);
  two_classes.classes.resize(2);
  const std::string expected =
      "toy: sample 0 has label 2. The set has 2 classes, and 255 means unknown. Mend the mask.";
  EXPECT_EQ(message_of<ArgumentError>([&] { class_pixels(two_classes); }), expected);
  EXPECT_EQ(message_of<ArgumentError>(
                [&] { survey({.train = survey_toy(5), .validation = two_classes, .test = survey_toy(5)}); }),
            expected);
}

TEST(Survey, ReportsWhatIsCountedAndEndsAtAnException) {
  const Splits splits = shapes({.size = 32, .train = 70, .validation = 3, .test = 5});
  std::vector<std::int64_t> seen, all(79);
  std::iota(all.begin(), all.end(), 0);
  survey(splits, [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 78);
    seen.push_back(done);
  });
  EXPECT_EQ(seen, all);
  struct Enough {};
  EXPECT_THROW(survey(splits,
                      [](std::int64_t done, std::int64_t) {
                        if (done == 40) throw Enough();
                      }),
               Enough);
}

}  // namespace
}  // namespace trous
