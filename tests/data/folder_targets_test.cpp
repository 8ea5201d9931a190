// Folders with images and targets.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder_targets.h>
#include <trous/data/sample_parts.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

// directory/images/0.png, ... of grey i, and directory/targets/0.png, ... of grey 100 + i.
void write_answers(const std::string& directory, std::uint8_t count, std::uint8_t first = 0) {
  for (std::uint8_t i = first; i < first + count; ++i) {
    const std::string name = "/" + std::to_string(i) + ".png";
    write_grey(directory + "/images" + name, i);
    write_grey(directory + "/targets" + name, static_cast<std::uint8_t>(100 + i));
  }
}

std::string target_faults(const std::string& directory) {
  return message_of<FileError>([&] { folder_targets({.directory = directory}); });
}

TEST(FolderTargets, AreTheImagesOfTheSameNames) {
  const Scratch scratch;
  write_answers(scratch.path(), 7);
  std::vector<std::pair<std::int64_t, std::int64_t>> steps;
  const Splits splits = folder_targets({.directory = scratch.path(), .on_progress = [&](auto done, auto all) {
                                          steps.emplace_back(done, all);
                                        }});
  EXPECT_EQ(splits.train.target, (SampleField{.name = "target", .role = Role::image, .shape = {4, 6, 1}}));
  std::int64_t all = 0;
  for (const Dataset* data : {&splits.train, &splits.validation, &splits.test}) {
    for (std::int64_t i = 0; i < data->size; ++i, ++all) {
      const Sample sample = checked_sample(*data, i);
      const auto number = std::lround(sample.image.values<float>()[23] * 255);
      EXPECT_EQ(data->names[static_cast<std::size_t>(i)], "images/" + std::to_string(number) + ".png");
      EXPECT_EQ(sample.target.values<float>()[23], static_cast<float>(100 + number) / 255.0F);
    }
  }
  EXPECT_EQ(all, 7);
  EXPECT_EQ(splits.train.source,
            "PNG and JPEG files of " + scratch.path() +
                ", 5 of 7 images, split 70/15/15 with seed 20201108; the targets are grey images");
  EXPECT_EQ(splits.files.size(), 14U);
  EXPECT_EQ(splits.files[1], scratch / "targets/0.png");
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), (std::pair<std::int64_t, std::int64_t>{14, 14}));
}

TEST(FolderTargets, HaveChannelsBitsAndPaddingOfTheirOwn) {
  const Scratch scratch;
  write_answers(scratch / "train", 2);
  write_answers(scratch / "val", 1, 2);
  write_grey(scratch / "train/images/1.png", 1, 3, 8);
  Bytes colours;
  for (std::uint8_t i = 0; i < 72; ++i) colours.push_back(i);
  write_png(scratch / "train/targets/1.png", Tensor({3, 8, 3}, colours));
  for (const std::int64_t memory : {std::int64_t{0}, std::int64_t{1} << 20}) {
    const Splits splits = folder_targets({.directory = scratch.path(), .memory = memory});
    EXPECT_EQ(splits.train.image_shape, (Shape{4, 8, 1}));
    EXPECT_EQ(splits.train.target.shape, (Shape{4, 8, 3}));
    const Sample sample = checked_sample(splits.train, 1);
    const auto target = sample.target.values<float>();
    for (std::size_t i = 0; i < 96; ++i)
      EXPECT_EQ(target[i], i < 72 ? static_cast<float>(i) / 255.0F : 0.0F) << i;
    EXPECT_EQ(sample_extent(splits.train, 1), (HeightWidth{3, 8}));
    const Sample part = sample_part(splits.train, 1, {2, 1, 1, 2});
    EXPECT_EQ(part.target.values<float>()[4], 55 / 255.0F);  // row 2, column 2, green: (2 8 + 2) 3 + 1
    EXPECT_EQ(part.image.shape(), (Shape{1, 2, 1}));
    EXPECT_EQ(splits.train.source, "PNG and JPEG files of " + scratch.path() +
                                       ", its train split; the targets are RGB images; 3 of 3 images padded "
                                       "at the bottom and the right to "
                                       "8 x 4, there black");
  }
}

TEST(FolderTargets, OfSixteenBitsHaveAWhiteOfTheirOwn) {
  const Scratch scratch;
  write_answers(scratch.path(), 3);
  for (int i = 0; i < 3; ++i) {
    write_png(scratch / ("targets/" + std::to_string(i) + ".png"),
              Tensor::full({4, 6, 1}, DType::int32, 300 * (i + 1)));
  }
  const Splits splits = folder_targets({.directory = scratch.path()});
  EXPECT_EQ(splits.train.white, 255);
  EXPECT_EQ(splits.train.target.white, 1023);
  const Sample sample = splits.train.sample(0);
  const double number = 300 * (std::lround(sample.image.values<float>()[0] * 255) + 1.0);
  EXPECT_EQ(sample.target.values<float>()[0], static_cast<float>(number) / 1023.0F);
  EXPECT_TRUE(splits.train.source.ends_with(
      "; the targets are grey images; of the targets, 3 of 3 images have 16 bits, "
      "their brightest number is 900: divided by 1023"))
      << splits.train.source;
  EXPECT_EQ(splits.train.target.white, 1023);
  // The white of a training is kept beside darker targets.
  const Splits scored = folder_targets({.directory = scratch.path(), .target_white = 4095});
  EXPECT_EQ(scored.test.target.white, 4095);
  EXPECT_EQ(scored.train.sample(0).target.values<float>()[0], static_cast<float>(number) / 4095.0F);
  EXPECT_EQ(message_of<ArgumentError>(
                [&] { folder_targets({.directory = scratch.path(), .target_white = 65536}); }),
            "folder: white 65536 is not in 1 to 65535. 0 takes what the folder says.");
}

TEST(FolderTargets, NamesAllFaultsAtOnce) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  write_answers(at, 7);
  std::filesystem::remove(at + "/targets/0.png");
  std::filesystem::remove(at + "/images/1.png");
  write_grey(at + "/targets/2.png", 1, 5, 6);
  spill(at + "/targets/3.png", {});
  spill(at + "/images/4.png", {});
  std::filesystem::rename(at + "/targets/5.png", at + "/targets/5.tif");
  EXPECT_EQ(target_faults(at),
            "folder: " + at + " has 6 faults, so nothing was read from it. Mend them and start again:\n  " +
                at + "/images/0.png has no target: " + at +
                "/targets has no 0.png, .jpg or .jpeg. Add it, or move the image away.\n  " + at +
                "/images/5.png has no target: " + at +
                "/targets/5.tif is no PNG or JPEG by its name. Save it as 5.png.\n  " + at +
                "/targets/1.png has no image: " + at +
                "/images has no 1.png, .jpg or .jpeg. Add it, or move the target away.\n  " + at +
                "/images/4.png is empty: 0 bytes. Fetch or write the file again.\n  " + at +
                "/targets/3.png is empty: 0 bytes. Fetch or write the file again.\n  " + at +
                "/targets/2.png has 6 x 5 pixels, its image " + at +
                "/images/2.png 6 x 4 (width x height). Save both at one size.");
}

TEST(FolderTargets, OfOneSplitAloneAreAFault) {
  const Scratch scratch;
  write_answers(scratch / "train", 3);
  write_answers(scratch / "validation", 1, 4);
  std::filesystem::remove_all(scratch / "validation/targets");
  EXPECT_EQ(
      target_faults(scratch.path()),
      "folder: " + scratch.path() +
          " has 1 fault, so nothing was read from it. Mend it and start again:\n  " +
          scratch / "validation/targets" +
          " does not exist. Make it: images/ holds the images, targets/ a target of the same name for each.");
}

TEST(FolderTargets, AreResizedWithTheirImages) {
  const Scratch scratch;
  write_answers(scratch.path(), 4);
  for (const std::int64_t memory : {std::int64_t{0}, std::int64_t{1} << 20}) {
    const Splits splits =
        folder_targets({.directory = scratch.path(), .memory = memory, .resize = Resize{.longest = 3}});
    const Sample sample = checked_sample(splits.train, 1);
    EXPECT_EQ(sample.image.shape(), (Shape{2, 3, 1}));
    EXPECT_EQ(sample.target.shape(), (Shape{2, 3, 1}));
    const auto number = std::lround(sample.image.values<float>()[5] * 255);
    EXPECT_EQ(sample.target.values<float>()[5], static_cast<float>(100 + number) / 255.0F);
  }
}

TEST(FolderTargets, NeedBothFoldersInOnePlace) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  const auto fault = [&] { return only_fault(at, target_faults(at)); };
  EXPECT_EQ(
      fault(),
      at + " has no images/ and targets/, and no train/ and validation/ with these in them. Put the images "
           "into images/ and a target of the same name for each into targets/.");
  write_answers(at + "/train", 3);
  EXPECT_EQ(fault(),
            at + " has train/ but no validation/, which decides when the network is at its best. Move some "
                 "pairs of images and targets there.");
  write_answers(at, 3);
  EXPECT_EQ(fault(), at + " has images/ or targets/ and also train/. Keep one layout: move the other away.");
}

}  // namespace
}  // namespace trous
