// How a folder is split: every class in every part as far as there are images that show it.
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_split.h>
#include <trous/data/survey.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

// n groups of one item each; group i shows class 0 and those c for which shows(i, c).
template <class Shows>
std::vector<SplitGroup> groups(std::size_t n, std::int32_t classes, Shows shows) {
  std::vector<SplitGroup> result;
  for (std::size_t i = 0; i < n; ++i) {
    result.push_back({.items = {i}, .classes = {0}});
    for (std::int32_t c = 1; c < classes; ++c) {
      if (shows(i, c)) result.back().classes.insert(c);
    }
  }
  return result;
}

std::int64_t showing(const std::vector<SplitGroup>& all, const std::vector<std::size_t>& part,
                     std::int32_t c) {
  std::int64_t count = 0;
  for (const std::size_t i : part) count += all[i].classes.contains(c);
  return count;
}

TEST(FolderSplit, EachClassIsSpreadInProportionAndSizesStay) {
  // Class c is in every (3 c)-th image, so from a third of 200 down to 200 / 27.
  const auto all = groups(
      200, 10, [](std::size_t i, std::int32_t c) { return i % (3 * static_cast<std::size_t>(c)) == 0; });
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ItemSplits splits = stratified_split(all, seed);
    EXPECT_EQ(splits[0].size(), 140U);
    EXPECT_EQ(splits[1].size(), 30U);
    EXPECT_EQ(splits[2].size(), 30U);
    std::set<std::size_t> together;
    for (const auto& part : splits) together.insert(part.begin(), part.end());
    EXPECT_EQ(together.size(), 200U);
    for (std::int32_t c = 1; c < 10; ++c) {
      const std::int64_t k =
          showing(all, splits[0], c) + showing(all, splits[1], c) + showing(all, splits[2], c);
      for (const std::size_t part : {1U, 2U}) {
        EXPECT_GE(showing(all, splits[part], c), (15 * k + 50) / 100) << c;
        EXPECT_LE(showing(all, splits[part], c), 30) << c;
      }
      EXPECT_GE(showing(all, splits[0], c), k / 2) << c;
    }
    EXPECT_EQ(stratified_split(all, seed), splits);
  }
  EXPECT_NE(stratified_split(all, 1), stratified_split(all, 2));
}

TEST(FolderSplit, SmallSetsAreServedFirstAndTrainKeepsOneOfEachClass) {
  for (std::size_t shown = 1; shown <= 4; ++shown) {
    const auto all = groups(8, 2, [&](std::size_t i, std::int32_t) { return i >= 8 - shown; });
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const ItemSplits splits = stratified_split(all, seed);
      EXPECT_EQ(splits[1].size(), 1U);
      EXPECT_EQ(splits[2].size(), 1U);
      EXPECT_EQ(showing(all, splits[1], 1), shown >= 2) << shown;
      EXPECT_EQ(showing(all, splits[2], 1), shown >= 3) << shown;
      EXPECT_GE(showing(all, splits[0], 1), 1) << shown;
    }
  }
}

TEST(FolderSplit, ClassesOfOneImageEachStayInTrain) {
  // Ten images with a class each and twenty with none but the background.
  const auto all =
      groups(30, 11, [](std::size_t i, std::int32_t c) { return i + 1 == static_cast<std::size_t>(c); });
  const ItemSplits splits = stratified_split(all, 3);
  for (std::int32_t c = 1; c <= 10; ++c) EXPECT_EQ(showing(all, splits[0], c), 1) << c;
  // With more such images than train has places, sizes come first.
  const auto alone =
      groups(10, 11, [](std::size_t i, std::int32_t c) { return i + 1 == static_cast<std::size_t>(c); });
  EXPECT_EQ(stratified_split(alone, 3)[1].size(), 2U);
  EXPECT_EQ(
      message_of<ArgumentError>([&] { stratified_split(groups(2, 1, [](auto, auto) { return false; }), 3); }),
      "split: 2 different images. 3 or more are needed: one each to train, to validate and to test.");
}

// Half of the images show nothing: nnUNet#2530, kraken#581.
TEST(FolderSplit, nnunet_2530_AHalfEmptyFolderHasForegroundInEverySplit) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 8; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 6, static_cast<double>(i) / 255, i % 2 ? 0 : 1));
  }
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Survey found = survey(folder({.directory = scratch.path(), .seed = seed}));
    EXPECT_EQ(found.train.images_with_class[1], 2);
    EXPECT_EQ(found.validation.images_with_class[1], 1);
    EXPECT_EQ(found.test.images_with_class[1], 1);
    EXPECT_TRUE(classes_not_in_train(found).empty());
  }
}

TEST(FolderSplit, ARememberedSplitIsTakenWhateverWasAdded) {
  const Scratch scratch;
  write_plain(scratch.path(), 10);
  const Splits before = folder({.directory = scratch.path()});
  EXPECT_EQ(before.train.names.size(), 6U);
  EXPECT_TRUE(before.train.names[0].starts_with("images/10")) << before.train.names[0];
  const SplitNames names{before.train.names, before.validation.names, before.test.names};
  write_plain(scratch.path(), 10, 10);
  const Splits after = folder({.directory = scratch.path(), .split = names});
  EXPECT_EQ(after.train.names, names.train);
  EXPECT_EQ(after.validation.names, names.validation);
  EXPECT_EQ(after.test.names, names.test);
  EXPECT_TRUE(after.test.source.find("2 of 10 images, split as the run remembers it") != std::string::npos)
      << after.test.source;
  std::filesystem::remove(scratch.path() + '/' + names.test[0]);
  std::string mask = names.test[0];
  mask.replace(0, 6, "masks");
  std::filesystem::remove(scratch.path() + '/' + mask);
  EXPECT_EQ(folder({.directory = scratch.path(), .split = names}).test.names,
            std::vector<std::string>{names.test[1]});
  EXPECT_EQ(fault_of({.directory = scratch.path(),
                      .split = SplitNames{names.train, names.validation, {"images/x.png"}}}),
            "none of the 1 images of the test split is there any more with its mask. Put them back.");
}

TEST(FolderSplit, TheOlderSplitIsStillToBeHad) {
  const Scratch scratch;
  write_plain(scratch.path(), 10);
  const Splits older = folder({.directory = scratch.path(), .stratified = false});
  EXPECT_EQ(older.train.size, 6);
  EXPECT_TRUE(older.train.source.find("split 70/15/15 with seed 20201108;") != std::string::npos)
      << older.train.source;
}

}  // namespace
}  // namespace trous
