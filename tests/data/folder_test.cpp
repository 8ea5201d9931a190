#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/parallel.h>
#include <trous/data/fashion.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/shapes.h>
#include <trous/data/survey.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

Dataset pictures() { return shapes({.size = 16, .train = 40}).train; }

std::vector<float> pixels(const Sample& sample) { return sample.image.to_vector<float>(); }
std::vector<std::int32_t> labels(const Sample& sample) { return sample.target.to_vector<std::int32_t>(); }

// Every sample of the splits is one of `set` as 8 bits keep it, image and mask; returns which, split by
// split.
std::vector<std::vector<std::int64_t>> origins(const Splits& splits, const Dataset& set) {
  std::map<std::vector<float>, std::int64_t> known;
  for (std::int64_t i = 0; i < set.size; ++i) {
    std::vector<float> image = pixels(set.sample(i));
    for (float& value : image) value = static_cast<float>(std::lround(value * 255)) / 255.0F;
    known[image] = i;
  }
  std::vector<std::vector<std::int64_t>> result;
  for (const Dataset* split : {&splits.train, &splits.validation, &splits.test}) {
    result.emplace_back();
    for (std::int64_t i = 0; i < split->size; ++i) {
      const Sample sample = checked_sample(*split, i);
      const auto found = known.find(pixels(sample));
      EXPECT_NE(found, known.end()) << split->name << ' ' << i;
      if (found == known.end()) continue;
      EXPECT_EQ(labels(sample), labels(set.sample(found->second))) << split->name << ' ' << i;
      result.back().push_back(found->second);
    }
  }
  return result;
}

TEST(Folder, EveryImageIsInOneSplitWithItsOwnMask) {
  const Scratch scratch;
  const Dataset set = pictures();
  write_folder(scratch.path(), set, 40);
  write_classes(scratch.path(), set);
  const Splits splits = folder({.directory = scratch.path()});
  const auto found = origins(splits, set);
  EXPECT_EQ(found[0].size(), 28U);
  EXPECT_EQ(found[1].size(), 6U);
  EXPECT_EQ(found[2].size(), 6U);
  std::set<std::int64_t> all;
  for (const auto& split : found) all.insert(split.begin(), split.end());
  EXPECT_EQ(all.size(), 40U);
  EXPECT_EQ(splits.train.classes, set.classes);
  EXPECT_EQ(splits.train.name, "folder/train");
  EXPECT_EQ(splits.train.image_shape, (Shape{16, 16, 3}));
  EXPECT_EQ(splits.train.source,
            "PNG and JPEG files of " + scratch.path() +
                ", 28 of 40 images, split 70/15/15 with seed 20201108, each class spread");
}

TEST(Folder, TheSplitIsTheSeedsOnAnyNumberOfThreadsAndWithAnyMemory) {
  const Scratch scratch;
  const Dataset set = pictures();
  write_folder(scratch.path(), set, 40);
  const auto first = origins(folder({.directory = scratch.path()}), set);
  const int before = threads();
  for (const int count : {1, 3}) {
    set_threads(count);
    for (const std::int64_t memory : {std::int64_t{0}, std::int64_t{4000}, std::int64_t{1} << 30}) {
      EXPECT_EQ(origins(folder({.directory = scratch.path(), .memory = memory}), set), first);
    }
  }
  set_threads(before);
  EXPECT_NE(origins(folder({.directory = scratch.path(), .seed = 1}), set), first);
  EXPECT_EQ(origins(folder({.directory = scratch.path() + "//"}), set), first);
}

TEST(Folder, KeepsDecodedPicturesUpToTheMemoryGiven) {
  const Scratch scratch;
  write_plain(scratch.path(), 10);  // 4 x 6 pixels of a grey image and of a mask: 48 bytes each
  for (const auto& [memory, kept] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 0}, {47, 0}, {48, 1}, {100, 2}, {479, 9}, {480, 10}}) {
    const FolderContent content = read_folder_content(list_folder(scratch.path()), {.bytes = memory});
    EXPECT_EQ(std::count_if(content.items.begin(), content.items.end(),
                            [](const FolderItem& item) { return item.image.tensor && item.mask.tensor; }),
              kept)
        << memory;
  }
}

TEST(Folder, SmallFoldersHaveOneImageInEachSplitAtLeast) {
  for (const auto& [count, held_out] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {3, 1}, {4, 1}, {9, 1}, {10, 2}, {17, 3}, {20, 3}}) {
    const Scratch scratch;
    write_plain(scratch.path(), count);
    const Splits splits = folder({.directory = scratch.path()});
    EXPECT_EQ(splits.validation.size, held_out) << count;
    EXPECT_EQ(splits.test.size, held_out) << count;
    EXPECT_EQ(splits.train.size, count - 2 * held_out) << count;
  }
  const Scratch scratch;
  write_plain(scratch.path(), 2);
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            scratch.path() +
                "/images has 2 different images. 3 or more are needed: one each to train, to validate "
                "and to test.");
}

TEST(Folder, CopiesOfAnImageStayInOneSplit) {
  const Scratch scratch;
  write_plain(scratch.path(), 12);
  for (const char* original : {"1003", "1007"}) {
    for (const char* copy : {"a", "b", "c"}) {
      for (const std::string folder_name : {"/images/", "/masks/"}) {
        std::filesystem::copy(scratch.path() + folder_name + original + ".png",
                              scratch.path() + folder_name + original + copy + ".png");
      }
    }
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Splits splits = folder({.directory = scratch.path(), .seed = seed});
    EXPECT_EQ(splits.train.size + splits.validation.size + splits.test.size, 18);
    const Survey found = survey(splits);
    EXPECT_EQ(found.shared_train_validation + found.shared_train_test + found.shared_validation_test, 0);
    EXPECT_NE(splits.test.source.find("; 6 copies kept in the split of the original"), std::string::npos);
  }
}

TEST(Folder, PaletteGreyAndRgbMasksGiveEqualLabels) {
  const Dataset set = pictures();
  const Scratch scratch;
  std::vector<Splits> all;
  for (const MaskCoding coding : {MaskCoding::palette, MaskCoding::grey, MaskCoding::colors}) {
    const std::string directory = scratch / std::to_string(all.size());
    write_folder(directory, set, 8, coding);
    write_classes(directory, set);
    all.push_back(folder({.directory = directory}));
    EXPECT_EQ(origins(all.back(), set), origins(all.front(), set));
  }
}

TEST(Folder, WithoutATableTheNumbersAreTheClasses) {
  const Scratch scratch;
  write_folder(scratch.path(), pictures(), 12);
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes,
            (std::vector<std::string>{"class 0", "class 1", "class 2", "class 3", "class 4"}));
  EXPECT_TRUE(splits.train.source.ends_with("; without classes.json, classes are the numbers in the masks"))
      << splits.train.source;

  const Scratch far;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(far.path(), std::to_string(i), plain(4, 4, static_cast<double>(i) / 51, i % 2 ? 100 : 200));
  }
  EXPECT_EQ(
      fault_of({.directory = far.path()}),
      "the masks hold 3 different numbers from 0 to 200, so most of the 201 classes would be empty. "
      "Number the classes 0, 1, 2, ..., or say in classes.json what the numbers are: [{\"name\": "
      "\"background\", \"numbers\": 0}, {\"name\": \"boot\", \"numbers\": 200}]. Greys become black and "
      "white with a mask threshold (--mask-threshold 128).");
}

TEST(Folder, MasksOfZeroAnd255AreBinary) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 5; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 4, static_cast<double>(i) / 51, 255),
               MaskCoding::grey);
  }
  Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"background", "foreground"}));
  EXPECT_EQ(class_pixels(splits.train), (std::vector<std::int64_t>{3, 45}));
  EXPECT_TRUE(splits.train.source.ends_with("; masks hold only 0 and 255, so 255 is class 1, foreground"));

  spill(scratch / "classes.json", bytes_of(R"(["floor", "boot"])"));
  splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"floor", "boot"}));
  EXPECT_EQ(class_pixels(splits.train), (std::vector<std::int64_t>{3, 45}));
  EXPECT_TRUE(splits.train.source.ends_with("; masks hold only 0 and 255, so 255 is class 1, boot"));

  spill(scratch / "classes.json", bytes_of(R"(["floor", "boot", "shoe"])"));
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      "255 is 100.0 % of what is not 0 in the masks, 75 of 75 pixels. As 255 means unknown, nothing of it "
      "would be learned or scored. Make black and white of the masks with a mask threshold of 128 "
      "(--mask-threshold 128), or say in classes.json what 255 is: [{\"name\": \"background\", "
      "\"numbers\": 0}, {\"name\": \"boot\", \"numbers\": 1}, {\"numbers\": 255, \"ignore\": true}].");
}

TEST(Folder, BesideOtherNumbers255IsUnknown) {
  const Scratch scratch;
  write_plain(scratch.path(), 4);
  write_pair(scratch.path(), "unknown", plain(4, 6, 1, 255));
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes.size(), 2U);
  const Survey found = survey(splits);
  EXPECT_EQ(found.train.class_pixels[1] + found.validation.class_pixels[1] + found.test.class_pixels[1],
            4 * 23);
}

TEST(Folder, AnIgnoredColorIsUnknown) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 6, static_cast<double>(i) / 51, 1));
    write_png(scratch.path() + "/masks/" + std::to_string(i) + ".png", Tensor({4, 6, 3}, [] {
                Bytes rgb(72, 0);
                std::fill(rgb.begin(), rgb.begin() + 9, std::uint8_t{255});  // three pixels
                std::fill(rgb.begin() + 9, rgb.begin() + 21, std::uint8_t{7});
                return rgb;
              }()));
  }
  spill(scratch / "classes.json", bytes_of(R"([{"name": "unsure", "color": "#ffffff", "ignore": true},
      {"name": "ground", "color": [0, 0, 0]}, {"name": "boot", "color": [7, 7, 7]}])"));
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.test.classes, (std::vector<std::string>{"ground", "boot"}));
  EXPECT_EQ(class_pixels(splits.test), (std::vector<std::int64_t>{17, 4}));
}

TEST(Folder, DifferentSizesArePaddedAtTheBottomAndTheRight) {
  const Scratch scratch;
  const std::vector<std::pair<std::int64_t, std::int64_t>> sizes{{4, 6}, {3, 9}, {5, 2}, {5, 9}};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    write_pair(scratch.path(), std::to_string(i),
               plain(sizes[i].first, sizes[i].second, static_cast<double>(i + 1) / 5, 1));
  }
  for (const std::int64_t memory : {std::int64_t{0}, std::int64_t{1} << 30}) {
    const Splits splits = folder({.directory = scratch.path(), .memory = memory});
    std::set<float> seen;
    for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
      EXPECT_EQ(set->image_shape, (Shape{5, 9, 1}));
      EXPECT_NE(
          set->source.find("; 3 of 4 images padded at the bottom and the right to 9 x 5, there black and "
                           "unknown"),
          std::string::npos)
          << set->source;
      for (std::int64_t i = 0; i < set->size; ++i) {
        const Sample sample = checked_sample(*set, i);
        const float value = pixels(sample)[0];
        seen.insert(value);
        const auto [height, width] = sizes[static_cast<std::size_t>(std::lround(value * 5)) - 1];
        for (std::int64_t row = 0; row < 5; ++row) {
          for (std::int64_t column = 0; column < 9; ++column) {
            const auto at = static_cast<std::size_t>(row * 9 + column);
            const bool inside = row < height && column < width;
            EXPECT_EQ(pixels(sample)[at], inside ? value : 0) << row << ' ' << column;
            EXPECT_EQ(labels(sample)[at], inside ? (at == 0 ? 0 : 1) : 255) << row << ' ' << column;
          }
        }
      }
    }
    EXPECT_EQ(seen.size(), 4U);
  }
}

TEST(Folder, OneColorImageMakesAllRgbAndAlphaIsDropped) {
  const Scratch scratch;
  write_plain(scratch.path(), 4);
  write_png(scratch / "images/1000.png", Tensor({4, 6, 2}, Bytes(48, 51)));
  EXPECT_EQ(folder({.directory = scratch.path()}).train.image_shape, (Shape{4, 6, 1}));
  write_png(scratch / "images/1000.png", Tensor({4, 6, 4}, Bytes(96, 204)));
  const Splits splits = folder({.directory = scratch.path()});
  std::map<float, int> values;
  for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
    EXPECT_EQ(set->image_shape, (Shape{4, 6, 3}));
    for (std::int64_t i = 0; i < set->size; ++i) {
      for (const float value : pixels(checked_sample(*set, i))) ++values[value];
    }
  }
  EXPECT_EQ(values,
            (std::map<float, int>{{204 / 255.0F, 72}, {1 / 255.0F, 72}, {2 / 255.0F, 72}, {3 / 255.0F, 72}}));
}

TEST(Folder, ReadsJpegImages) {
  const Scratch scratch;
  write_plain(scratch.path(), 4);
  spill(scratch / "images/photo.JPG", slurp(golden("color.jpg")));
  const Shape size = read_png(golden("color.jpg.png")).shape();
  write_mask(scratch / "masks/photo.png", plain(size[0], size[1], 0, 1).target, MaskCoding::palette);
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.image_shape[2], 3);
  EXPECT_EQ(splits.train.image_shape[0], std::max<std::int64_t>(size[0], 4));
}

TEST(Folder, ReadyMadeSplitsAreKept) {
  const Dataset set = pictures();
  for (const char* validation : {"validation", "val"}) {
    const Scratch scratch;
    for (std::int64_t i = 0; i < 9; ++i) {
      write_pair(scratch / (i < 4 ? "train" : i < 7 ? validation : "test"), std::to_string(i), set.sample(i));
    }
    write_classes(scratch.path(), set);
    const Splits splits = folder({.directory = scratch.path()});
    EXPECT_EQ(origins(splits, set),
              (std::vector<std::vector<std::int64_t>>{{0, 1, 2, 3}, {4, 5, 6}, {7, 8}}));
    EXPECT_EQ(splits.test.source, "PNG and JPEG files of " + scratch.path() + ", its test split");
    std::filesystem::remove_all(scratch / "test");
    const Splits two = folder({.directory = scratch.path()});
    EXPECT_EQ(origins(two, set),
              (std::vector<std::vector<std::int64_t>>{{0, 1, 2, 3}, {4, 5, 6}, {4, 5, 6}}));
    EXPECT_EQ(two.test.source,
              "PNG and JPEG files of " + scratch.path() + ", its validation split, since it has no test/");
    EXPECT_EQ(survey(two).shared_validation_test, 3);
  }
}

TEST(Folder, ListsTheFilesItRead) {
  const Scratch scratch;
  write_plain(scratch.path(), 3);
  spill(scratch / "classes.json", bytes_of(R"(["a", "b"])"));
  std::vector<std::string> expected{scratch / "classes.json"};
  for (const char* name : {"1000.png", "1001.png", "1002.png"}) {
    expected.push_back(scratch / "images/" + name);
    expected.push_back(scratch / "masks/" + name);
  }
  EXPECT_EQ(folder({.directory = scratch.path() + "/"}).files, expected);
}

TEST(Folder, IgnoresWhatIsNoImageAndSaysSo) {
  const Scratch scratch;
  write_plain(scratch.path(), 3);
  spill(scratch / "images/Thumbs.db", {});
  spill(scratch / "masks/.DS_Store", {});
  std::filesystem::create_directory(scratch / "images/sub.png");
  const std::string quiet = folder({.directory = scratch.path()}).train.source;
  EXPECT_NE(
      quiet.find("; 1 entry that is no PNG or JPEG ignored, such as " + scratch.path() + "/images/sub.png"),
      std::string::npos)
      << quiet;
  spill(scratch / "masks/notes.txt", {});
  EXPECT_NE(
      folder({.directory = scratch.path()}).train.source.find("; 2 entries that are no PNG or JPEG ignored"),
      std::string::npos);
}

TEST(Folder, GarmentsWrittenAsPngAreTheGarments) {
  if (!std::filesystem::exists(FashionOptions{}.directory)) {
    GTEST_SKIP() << "NOT TESTED: apt-get install dataset-fashion-mnist.";
  }
  const Scratch scratch;
  const Dataset set = fashion({.train = 20}).train;
  write_folder(scratch.path(), set, 20);
  write_classes(scratch.path(), set);
  const auto found = origins(folder({.directory = scratch.path()}), set);
  EXPECT_EQ(found[0].size() + found[1].size() + found[2].size(), 20U);
}

TEST(Folder, ReportsWhatIsReadAndEndsAtAnException) {
  const Scratch scratch;
  write_plain(scratch.path(), 9);
  std::vector<std::int64_t> seen;
  folder({.directory = scratch.path(), .on_progress = [&](std::int64_t done, std::int64_t total) {
            EXPECT_EQ(total, 9);
            seen.push_back(done);
          }});
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  struct Enough {};
  EXPECT_THROW(folder({.directory = scratch.path(),
                       .on_progress =
                           [&](std::int64_t done, std::int64_t) {
                             if (done == 4) throw Enough();
                           }}),
               Enough);
}

}  // namespace
}  // namespace trous
