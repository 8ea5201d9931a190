#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/ignore.h>

#include "data/scratch.h"

namespace trous {
namespace {

Dataset toy() {
  return {.name = "toy",
          .source = "this test",
          .classes = {"background", "one", "two"},
          .size = 2,
          .image_shape = {2, 3, 1},
          .sample = [](std::int64_t i) {
            return Sample{.image = Tensor::full({2, 3, 1}, DType::float32, static_cast<double>(i)),
                          .target = Tensor({2, 3}, std::vector<std::int32_t>{0, 1, 2, 255, 1, 1})};
          }};
}

TEST(Ignoring, OneClassBecomesUnknownAndNothingElseChanges) {
  const Dataset set = ignoring(toy(), 1);
  EXPECT_EQ(set.sample(1).target.to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{0, 255, 2, 255, 255, 255}));
  EXPECT_EQ(set.sample(1).image.to_vector<float>(), toy().sample(1).image.to_vector<float>());
  EXPECT_EQ(set.classes, toy().classes);
  EXPECT_EQ(set.source, "this test. Pixels of class 1, one, do not count");
}

TEST(Ignoring, TheDataSetSaysWhichClassesDoNotCount) {
  EXPECT_EQ(toy().ignored, std::vector<std::int32_t>{});
  EXPECT_EQ(uncounted_labels(toy()), std::vector<std::int32_t>{255});
  const Dataset set = ignoring(ignoring(ignoring(toy(), 1), 0), 1);
  EXPECT_EQ(set.ignored, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(uncounted_labels(set), (std::vector<std::int32_t>{255, 1, 0}));
  EXPECT_EQ(ignoring(toy(), 255).ignored, std::vector<std::int32_t>{});
  EXPECT_EQ(ignoring(Splits{toy(), toy(), toy()}, 2).validation.ignored, std::vector<std::int32_t>{2});
}

TEST(Ignoring, TheUnknownLabelIsIgnoredAnyway) {
  EXPECT_EQ(ignoring(toy(), 255).sample(0).target.to_vector<std::int32_t>(),
            toy().sample(0).target.to_vector<std::int32_t>());
}

TEST(Ignoring, EverySplitAndItsFilesAreKept) {
  const Splits splits = ignoring(Splits{toy(), toy(), toy(), {"a.png"}}, 2);
  for (const Dataset* set : {&splits.train, &splits.validation, &splits.test})
    EXPECT_EQ(set->sample(0).target.to_vector<std::int32_t>()[2], 255);
  EXPECT_EQ(splits.files, std::vector<std::string>{"a.png"});
}

TEST(Ignoring, WhatIsNoClassIsRefused) {
  EXPECT_EQ(message_of<ArgumentError>([] { ignoring(toy(), 3); }),
            "ignoring: 3 is no class of toy. It has the classes 0 to 2; 255 is ignored anyway.");
}

TEST(Ignoring, OfLabelsWholeImagesDoNotCount) {
  Dataset labels = toy();
  labels.target = {.name = "label", .role = Role::label};
  labels.sample = [](std::int64_t i) {
    return Sample{Tensor::zeros({2, 3, 1}, DType::float32),
                  Tensor::full({}, DType::int32, static_cast<double>(i))};
  };
  const Dataset set = ignoring(labels, 1);
  EXPECT_EQ(set.source, "this test. Images of class 1, one, do not count");
  EXPECT_EQ(set.sample(0).target.item<std::int32_t>(), 0);
  EXPECT_EQ(set.sample(1).target.item<std::int32_t>(), 255);
}

TEST(Ignoring, TargetsWithoutClassesAreRefused) {
  Dataset numbers = toy();
  numbers.classes.clear();
  numbers.target = {.name = "x", .role = Role::numbers, .shape = {1}};
  EXPECT_EQ(message_of<ArgumentError>([&] { ignoring(numbers, 0); }),
            "ignoring: 0 is no class of toy, whose targets are numbers and have none. Ignore none.");
  EXPECT_EQ(ignoring(numbers, 255).source, "this test");
}

}  // namespace
}  // namespace trous
