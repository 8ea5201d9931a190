// trous train on photographs, as a camera leaves them: twelve JPEGs of 3 megapixels.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <gtest/gtest.h>
#include <jpeglib.h>

#include <trous/core/random.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>

#include "cli/program.h"

namespace trous {
namespace {

// An RGB image [h, w, 3] at quality 90.
void write_jpeg(const std::string& path, const Tensor& image) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  ASSERT_TRUE(file) << path;
  jpeg_error_mgr errors;
  jpeg_compress_struct jpeg;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, file.get());
  jpeg.image_height = static_cast<JDIMENSION>(image.shape()[0]);
  jpeg.image_width = static_cast<JDIMENSION>(image.shape()[1]);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 90, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  Bytes row(3 * jpeg.image_width);
  const std::uint8_t* pixels = image.values<std::uint8_t>().data();
  while (jpeg.next_scanline < jpeg.image_height) {
    std::copy_n(pixels + std::size_t{jpeg.next_scanline} * row.size(), row.size(), row.begin());
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&jpeg, &rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
}

// Grey ground with noise; on it squares that are brighter, class 1, and squares with a check of 4 x 4 pixels
// whose mean is that of the ground, class 2.
void write_photograph(const std::string& folder, std::int64_t number) {
  constexpr std::int64_t height = 1500, width = 2000;
  Random random(Key{static_cast<std::uint64_t>(number)});
  Tensor mask = Tensor::zeros({height, width}, DType::uint8);
  Tensor image = Tensor::uninitialized({height, width, 3}, DType::uint8);
  const auto labels = mask.mutable_values<std::uint8_t>();
  for (std::uint8_t label : {1, 2, 1, 2, 1, 2}) {
    const std::int64_t side = 120 + random.below(300);
    const std::int64_t top = random.below(height - side), left = random.below(width - side);
    for (std::int64_t row = top; row < top + side; ++row)
      std::fill_n(labels.begin() + row * width + left, side, label);
  }
  std::uint32_t state = static_cast<std::uint32_t>(number) + 1;
  std::uint8_t* out = image.mutable_values<std::uint8_t>().data();
  const std::int64_t ground = 80 + random.below(20);
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      const std::uint8_t label = labels[static_cast<std::size_t>(row * width + column)];
      const std::int64_t check = (row / 4 + column / 4) % 2 == 0 ? 45 : -45;
      const std::int64_t level = ground + (label == 1 ? 70 : label == 2 ? check : 0);
      for (int channel = 0; channel < 3; ++channel) {
        state = state * 1664525 + 1013904223;
        *out++ = static_cast<std::uint8_t>(level + (state >> 27) - 16);
      }
    }
  }
  const std::string name = std::to_string(100 + number);
  write_jpeg(folder + "/images/" + name + ".jpg", image);
  write_indexed_png(folder + "/masks/" + name + ".png", mask, class_palette());
}

// Nothing but the folder and the number of steps is said.
TEST(Photographs, TwelveAreLearnedInBoundedMemory_slow) {
  const Scratch scratch;
  for (const char* kind : {"images", "masks"})
    std::filesystem::create_directories(scratch / "photos/" + kind);
  for (std::int64_t i = 0; i < 12; ++i) write_photograph(scratch / "photos", i);
  const Finished done = trous_in(scratch.path(), "train --data photos --steps 100 --out run --json");
  ASSERT_EQ(done.code, 0) << done.err;
  const nlohmann::json result = json_lines(done.out).back();
  ASSERT_EQ(result["event"], "result");
  EXPECT_GE(result["scores"]["foreground_mean_iou"], 0.95) << result;
  EXPECT_LT(json_in(scratch / "run/results.json")["peak_bytes"], 2'000'000'000);
}

}  // namespace
}  // namespace trous
