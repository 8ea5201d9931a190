// A folder whose images are read smaller than their files.
#include <filesystem>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/data/folder.h>
#include <trous/data/image.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>
#include <trous/data/resize_image.h>
#include <trous/data/sample_parts.h>
#include <trous/data/shapes.h>

#include "core/thrown.h"
#include "data/folder_writer.h"
#include "data/scratch.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

// Six images of 60 x 80 pixels and two of 30 x 20, one of 16 bits. All masks have a square of class 1, the
// first has one pixel of class 2, which its middle pixel of 3 x 3 is not.
void write_mixed(const std::string& path) {
  fs::create_directories(path + "/images");
  fs::create_directories(path + "/masks");
  for (std::int64_t i = 0; i < 8; ++i) {
    const std::int64_t height = i < 6 ? 60 : 30, width = i < 6 ? 80 : 20;
    const Tensor numbers = uniform({height, width, 1}, DType::float32, Key{static_cast<std::uint64_t>(i)}, 0,
                                   i == 3 ? 4000 : 256);
    Tensor mask = Tensor::zeros({height, width}, DType::uint8);
    const auto labels = mask.mutable_values<std::uint8_t>();
    for (std::int64_t row = 6; row < 15; ++row) {
      for (std::int64_t column = 5; column < 14; ++column)
        labels[static_cast<std::size_t>(row * width + column)] = 1;
    }
    if (i == 0) labels[0] = 2;
    if (i == 1) labels[0] = unknown_label;  // no class, so its loss is none
    const std::string name = std::to_string(100 + i) + ".png";
    write_png(path + "/images/" + name, numbers.cast(i == 3 ? DType::int32 : DType::uint8));
    write_indexed_png(path + "/masks/" + name, mask, class_palette());
  }
}

TEST(FolderResize, SamplesAreTheResizedFilesWhereverTheyAreKept) {
  const Scratch scratch, cache;
  write_mixed(scratch.path());
  const std::string path = scratch.path();
  const Splits large = folder({.directory = path});
  for (const ResizeFilter filter : {ResizeFilter::area, ResizeFilter::bilinear}) {
    const Resize resize{.longest = 27, .filter = filter};
    for (const FolderOptions& options :
         {FolderOptions{.directory = path, .resize = resize},
          FolderOptions{.directory = path, .memory = 0, .resize = resize},
          FolderOptions{.directory = path, .memory = 0, .cache = cache.path(), .resize = resize}}) {
      const Splits small = folder(options);
      for (const std::string_view name : split_names()) {
        const Dataset &set = split_named(small, name), &whole = split_named(large, name);
        EXPECT_EQ(set.names, whole.names) << "the splits are those of the files";
        EXPECT_EQ(set.classes, whole.classes);
        EXPECT_EQ(set.white, whole.white);
        EXPECT_EQ(set.image_shape, (Shape{27, 27, 1})) << "20x27 and 27x18, padded";
        for (std::int64_t i = 0; i < set.size; ++i) {
          const Tensor image = read_image(path + '/' + set.names[static_cast<std::size_t>(i)]);
          const HeightWidth size = fitted_size({image.shape()[0], image.shape()[1]}, 27);
          EXPECT_EQ(sample_extent(set, i), size);
          const PixelBox all{0, 0, size.height, size.width};
          const Tensor expected = to_float_image(resize_image(image, size, filter), 1,
                                                 image.dtype() == DType::int32 ? set.white : 255);
          const Sample part = sample_part(set, i, all);
          EXPECT_TRUE(same_bits(part.image, expected));
          EXPECT_TRUE(same_bits(part_of(set.sample(i), all).image, expected));
          const Tensor labels = part_of(whole.sample(i), {0, 0, image.shape()[0], image.shape()[1]}).target;
          EXPECT_TRUE(same_bits(part.target, resize_labels(labels, size)));
        }
      }
    }
  }
}

TEST(FolderResize, IsSaidWithTheSizesAndWhatGotLost) {
  const Scratch scratch;
  write_mixed(scratch.path());
  const auto source = [&](std::int64_t longest) {
    return folder({.directory = scratch.path(), .resize = Resize{.longest = longest}}).train.source;
  };
  EXPECT_NE(
      source(27).find("; 8 of 8 images of up to 80 x 60 resized to 27 pixels on the longest side (area, "
                      "masks by the nearest pixel), and learned and scored so; 1 mask lost the last "
                      "pixel of a class by that; 8 of 8 images padded"),
      std::string::npos)
      << source(27);
  EXPECT_NE(source(40).find("; 6 of 8 images of up to 80 x 60 resized to 40 pixels"), std::string::npos);
  EXPECT_NE(source(80).find("; no image is longer than 80 pixels, so none was resized"), std::string::npos);
  EXPECT_EQ(message_of<ArgumentError>([&] { source(0); }),
            "folder: images cannot be resized to a longest side of 0. Give 1 or more.");
}

// The pixel that a crop is laid over is one of the small image.
TEST(FolderResize, ForegroundIsFoundInTheSmallImage) {
  const Scratch scratch;
  write_mixed(scratch.path());
  const Dataset set = folder({.directory = scratch.path(), .resize = Resize{.longest = 27}}).train;
  for (std::int64_t i = 0; i < set.size; ++i) {
    for (std::uint64_t key = 0; key < 20; ++key) {
      const std::optional<PixelPlace> place = foreground_pixel(set, i, Key{key});
      ASSERT_TRUE(place);
      const Tensor mask = set.sample(i).target;
      EXPECT_EQ(mask.values<std::int32_t>()[static_cast<std::size_t>(place->row * 27 + place->column)], 1);
    }
  }
}

// Dots that are gone in the small masks leave nothing to learn.
TEST(FolderResize, MasksWithoutAClassAreRefused) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    Sample dot{.image = Tensor::full({60, 60, 1}, DType::float32, 0.1 * static_cast<double>(i)),
               .target = Tensor::zeros({60, 60}, DType::int32)};
    dot.target.mutable_values<std::int32_t>()[0] = 1;
    write_pair(scratch.path(), std::to_string(i), dot);
  }
  EXPECT_EQ(folder({.directory = scratch.path()}).train.classes.size(), 2U);
  const std::string message =
      message_of<FileError>([&] { folder({.directory = scratch.path(), .resize = Resize{.longest = 20}}); });
  EXPECT_NE(
      message.find("all masks (4) show only class 0, class 0. There is nothing to learn; draw what is to "
                   "be found, with another class, or make the images less small (--resize)."),
      std::string::npos)
      << message;
}

// Without its table a mask in colours has no numbers that could be resized.
TEST(FolderResize, AFaultyTableIsStillTheFault) {
  const Scratch scratch;
  const Dataset set = shapes({.size = 32, .train = 6}).train;
  write_folder(scratch.path(), set, 6, MaskCoding::colors);
  const std::string broken = "[\"a\"";
  spill(scratch / "classes.json", Bytes(broken.begin(), broken.end()));
  const auto fault = [&](std::optional<Resize> resize) {
    return message_of<FileError>([&] { folder({.directory = scratch.path(), .resize = resize}); });
  };
  EXPECT_EQ(fault(Resize{.longest = 16}), fault(std::nullopt));
}

}  // namespace
}  // namespace trous
