// `trous data` on folders whose targets are labels, numbers and images: previews, and exports that are the
// same samples when they are read again.
#include <algorithm>
#include <filesystem>
#include <utility>

#include <gtest/gtest.h>

#include <trous/cli/data_files.h>
#include <trous/data/folder.h>
#include <trous/data/folder_layout.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>

#include "cli/program.h"
#include "data/folder_writer.h"

namespace trous {
namespace {

constexpr std::int32_t bright = 65535;  // of images of 16 bits

// A grey image whose numbers no other has, of 8 bits or of 16.
Tensor speckled(std::uint64_t number, bool deep = false) {
  Random random(fold_in(Key{3}, number));
  std::vector<std::int32_t> pixels{deep ? bright : 255};
  for (int i = 1; i < 5 * 7; ++i)
    pixels.push_back(static_cast<std::int32_t>(random.below(deep ? bright : 255)));
  const Tensor image({5, 7, 1}, pixels);
  return deep ? image : image.cast(DType::uint8);
}

// The first channel of a pixel of uint8 [h, w, 3].
int byte_at(const Tensor& picture, std::int64_t row, std::int64_t column) {
  return picture.values<std::uint8_t>()[static_cast<std::size_t>((row * picture.shape()[1] + column) * 3)];
}

void write_image(const std::string& path, const Tensor& image) {
  make_directories(std::filesystem::path(path).parent_path().string());
  write_png(path, image);
}

using Numbers = std::vector<float>;

// The numbers of image and target of each sample.
std::vector<std::pair<Numbers, Numbers>> numbers_of(const Dataset& data) {
  std::vector<std::pair<Numbers, Numbers>> all;
  for (std::int64_t i = 0; i < data.size; ++i) {
    const Sample sample = checked_sample(data, i);
    all.emplace_back(sample.image.to_vector<float>(), sample.target.cast(DType::float32).to_vector<float>());
  }
  return all;
}

enum class Order { same, any };

class DataOfTasks : public testing::Test {
 protected:
  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }

  // Exports the folder `name`, and expects all its samples in the copy.
  void expect_same_again(const std::string& name, FolderLayout layout, Order order = Order::same) {
    const Finished done = run("data " + name + " --export copy --count 1000");
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(folder_layout(scratch_ / "copy"), layout);
    const Splits one = open_folder({.directory = scratch_ / name}),
                 two = open_folder({.directory = scratch_ / "copy"});
    EXPECT_EQ(one.train.classes, two.train.classes);
    EXPECT_EQ(one.train.target, two.train.target);
    for (const std::string_view split : split_names()) {
      const Dataset &before = split_named(one, split), &after = split_named(two, split);
      EXPECT_EQ(before.image_shape, after.image_shape);
      EXPECT_EQ(before.white, after.white);
      auto ones = numbers_of(before), twos = numbers_of(after);
      if (order == Order::any) {
        std::sort(ones.begin(), ones.end());
        std::sort(twos.begin(), twos.end());
      }
      EXPECT_EQ(ones, twos) << split;
    }
    const auto facts = json_lines(run("data " + name + " --json").out).at(0),
               again = json_lines(run("data copy --json").out).at(0);
    for (const char* split : {"train", "validation", "test"}) EXPECT_EQ(again[split], facts[split]) << split;
    std::filesystem::remove_all(scratch_ / "copy");
  }

  void write_classes(const std::string& name, const std::vector<std::string>& classes) {
    for (std::uint64_t i = 0; i < 20; ++i)
      write_image(scratch_ / name + "/" + classes[i % classes.size()] + "/" + std::to_string(i) + ".png",
                  speckled(i));
  }

  void write_table(const std::string& name, const std::string& header, const std::vector<std::string>& cells,
                   bool deep = false) {
    std::string table = "image," + header + "\n";
    for (std::uint64_t i = 0; i < 20; ++i) {
      write_image(scratch_ / name + "/images/" + std::to_string(i) + ".png", speckled(i, deep));
      table += std::to_string(i) + ".png," + cells[i % cells.size()] + '\n';
    }
    spill(scratch_ / name + "/labels.csv", bytes_of(table));
  }

  void write_targets(const std::string& name, bool deep_images, bool deep_targets) {
    for (std::uint64_t i = 0; i < 9; ++i) {
      const std::string file = std::to_string(i) + ".png";
      write_image(scratch_ / name + "/images/" + file, speckled(i, deep_images));
      write_image(scratch_ / name + "/targets/" + file, speckled(100 + i, deep_targets));
    }
  }

  Scratch scratch_;
};

TEST_F(DataOfTasks, AnExportOfClassesIsTheSameAgain) {
  write_classes("mine", {"sandal", "ankle boot", "bag"});
  expect_same_again("mine", FolderLayout::class_folders);
  write_table("named", "class", {"train", "\"high, heels\""}, true);
  expect_same_again("named", FolderLayout::class_folders, Order::any);  // sorted by class
  write_table("slashes", "label", {"cat/dog", "\"say \"\"hi\"\"\"", "images"});
  expect_same_again("slashes", FolderLayout::table);
}

TEST_F(DataOfTasks, AnExportOfNumbersIsTheSameAgain) {
  write_table("mine", "x,\"the \"\"y\"\"\",z",
              {"0.1,-3,1e-40", "16777217,0.333333343,3.4e38", "1e-7,123456.789,-0", "2,3,0.30000001192"});
  expect_same_again("mine", FolderLayout::table);
  // A column that has a comma in its name.
  write_table("comma", "\"far, away\"", {"1.5", "2"});
  ASSERT_EQ(run("data comma --export copy --count 1000").code, 0);
  const Splits copy = open_folder({.directory = scratch_ / "copy"});
  EXPECT_EQ(copy.train.target.name, "x1");
}

TEST_F(DataOfTasks, NumbersAreWrittenWithTheDigitsThatTheyNeed) {
  write_table("mine", "x", {"0.1", "3", "-2.5e-8", "16777216"});
  ASSERT_EQ(run("data mine --export copy --count 1000").code, 0);
  std::string all;
  for (const std::string_view split : split_names())
    all += slurp_text(scratch_ / "copy" + ("/" + std::string(split)) + "/labels.csv");
  for (const char* number : {",0.1\n", ",3\n", ",-2.5e-08\n", ",16777216\n"})
    EXPECT_NE(all.find(number), std::string::npos) << number << " in\n" << all;
}

TEST_F(DataOfTasks, AnExportOfImagesIsTheSameAgain) {
  for (const bool deep_images : {false, true}) {
    for (const bool deep_targets : {false, true}) {
      const std::string name = "mine" + std::to_string(2 * deep_images + deep_targets);
      write_targets(name, deep_images, deep_targets);
      expect_same_again(name, FolderLayout::targets);
    }
  }
}

TEST_F(DataOfTasks, AnExportOfReadyMadeSplitsKeepsThem) {
  write_classes("mine/train", {"a", "b"});
  for (std::uint64_t i = 50; i < 54; ++i)
    write_image(scratch_ / "mine/val" + (i % 2 ? "/a/" : "/b/") + std::to_string(i) + ".png", speckled(i));
  ASSERT_EQ(run("data mine --export copy --count 1000").code, 0);
  EXPECT_EQ(folders_in(scratch_ / "copy"), (std::vector<std::string>{"train", "validation"}));
  const Splits copy = open_folder({.directory = scratch_ / "copy"});
  EXPECT_EQ(copy.train.size, 20);
  EXPECT_EQ(copy.validation.size, 4);
  EXPECT_EQ(copy.test.size, 4) << "those of validation, as before";
}

TEST_F(DataOfTasks, FewSamplesOfLabelsAreOfAllClasses) {
  write_classes("mine", {"a", "b", "c"});
  const Splits splits = open_folder({.directory = scratch_ / "mine"});
  const auto classes_of = [&](const std::vector<std::int64_t>& indices) {
    std::vector<int> counts(3);
    for (const std::int64_t i : indices)
      ++counts[static_cast<std::size_t>(splits.train.sample(i).target.item<std::int32_t>())];
    return counts;
  };
  EXPECT_EQ(classes_of(cli::first_samples(splits.train, 1)), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(classes_of(cli::first_samples(splits.train, 7)), (std::vector<int>{3, 2, 2}));
  EXPECT_EQ(cli::first_samples(splits.train, 1000).size(), static_cast<std::size_t>(splits.train.size));
  // So that a small export can be trained on.
  ASSERT_EQ(run("data mine --export copy --count 4").code, 0);
  EXPECT_EQ(open_folder({.directory = scratch_ / "copy"}).train.size, 4);
}

// A set that no folder holds: a label that is unknown, and values beyond 0..1.
TEST_F(DataOfTasks, WhatAFolderCannotHoldIsLeftOutOrClamped) {
  const Dataset set{.name = "made",
                    .classes = {"a", "b"},
                    .size = 3,
                    .image_shape = {1, 3, 1},
                    .sample =
                        [](std::int64_t i) {
                          return Sample{Tensor({1, 3, 1}, std::vector{-0.5F, 0.5F, 1.5F}),
                                        Tensor::full({}, DType::int32, i == 2 ? unknown_label : i)};
                        },
                    .target = {.name = "label", .role = Role::label}};
  EXPECT_EQ(cli::first_samples(set, 2), (std::vector<std::int64_t>{0, 1}));
  cli::write_data_folder({set, set, set}, {{{0, 1, 2}, {2}, {1}}}, scratch_ / "copy");
  EXPECT_EQ(files_below(scratch_ / "copy"),
            (std::vector<std::string>{"test/b/000001.png", "train/a/000000.png", "train/b/000001.png"}));
  EXPECT_EQ(read_png(scratch_ / "copy/train/a/000000.png").to_vector<std::uint8_t>(), (Bytes{0, 128, 255}));
}

TEST_F(DataOfTasks, APreviewOfLabelsHasARowForEachClass) {
  write_classes("mine", {"a", "b", "c"});
  const Finished done = run("data mine --preview p.png --count 7");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  pictures  p\\.png   \\(a row for each class, from the top: a, b, c\\)"))
      << done.out;
  // Pixels are squares of 2, pictures 10 x 14 with 4 below and 12 beside them, and 8 around all.
  const Tensor picture = read_png(scratch_ / "p.png");
  ASSERT_EQ(picture.shape(), (Shape{3 * 10 + 2 * 4 + 2 * 8, 3 * 14 + 2 * 12 + 2 * 8, 3}));
  const Splits splits = open_folder({.directory = scratch_ / "mine"});
  std::vector<std::int64_t> columns(3);
  for (const std::int64_t i : cli::first_samples(splits.train, 7)) {
    const Sample sample = splits.train.sample(i);
    const auto label = static_cast<std::size_t>(sample.target.item<std::int32_t>());
    const std::int64_t top = 8 + static_cast<std::int64_t>(label) * 14, left = 8 + columns[label]++ * 26;
    const Tensor expected = image_picture(sample.image);
    for (std::int64_t y = 0; y < 5; ++y) {
      for (std::int64_t x = 0; x < 7; ++x)
        EXPECT_EQ(byte_at(picture, top + 2 * y, left + 2 * x), byte_at(expected, y, x));
    }
  }
  EXPECT_EQ(columns, (std::vector<std::int64_t>{3, 2, 2}));
  EXPECT_EQ(byte_at(picture, 8 + 14 + 5, 8 + 2 * 26 + 5), 255) << "where a row is short";
}

TEST_F(DataOfTasks, APreviewOfImagesShowsThemBesideTheirTargets) {
  write_targets("mine", false, false);
  const Finished done = run("data mine --preview p.png --count 2");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  pictures  p\\.png   \\(input \\| target\\)")) << done.out;
  const Tensor picture = read_png(scratch_ / "p.png");
  ASSERT_EQ(picture.shape(), (Shape{10 + 2 * 8, 4 * 14 + 2 * 4 + 12 + 2 * 8, 3}));
  const Sample first = open_folder({.directory = scratch_ / "mine"}).train.sample(0);
  EXPECT_EQ(byte_at(picture, 8, 8 + 2), byte_at(image_picture(first.image), 0, 1));
  EXPECT_EQ(byte_at(picture, 8, 8 + 18 + 2), byte_at(image_picture(first.target), 0, 1));
}

TEST_F(DataOfTasks, APreviewOfNumbersShowsTheImages) {
  write_table("mine", "x", {"0.1", "3"});
  const Finished done = run("data mine --preview p.png --count 2 --augment flip");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  pictures  p\\.png   \\(input\\)")) << done.out;
  EXPECT_EQ(read_png(scratch_ / "p.png").shape(), (Shape{10 + 2 * 8, 2 * 14 + 12 + 2 * 8, 3}));
}

}  // namespace
}  // namespace trous
