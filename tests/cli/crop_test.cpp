// trous train on images that are larger than it trains on whole: crops by default, chosen, and left out.
#include <gtest/gtest.h>

#include <trous/data/palette.h>
#include <trous/data/png.h>

#include "cli/program.h"

namespace trous {
namespace {

// Six images of 560 x 520 pixels, above 2^18, with one bright square each.
class Crop : public testing::Test {
 protected:
  static constexpr std::int64_t height = 560, width = 520;

  Crop() {
    std::filesystem::create_directories(scratch_ / "set/images");
    std::filesystem::create_directories(scratch_ / "set/masks");
    for (std::int64_t i = 0; i < 6; ++i) {
      Tensor image = Tensor::full({height, width, 1}, DType::uint8, 40);
      Tensor mask = Tensor::zeros({height, width}, DType::uint8);
      const auto pixels = image.mutable_values<std::uint8_t>(), labels = mask.mutable_values<std::uint8_t>();
      for (std::int64_t row = 0; row < height; ++row) {
        for (std::int64_t column = 0; column < width; ++column) {
          const auto at = static_cast<std::size_t>(row * width + column);
          const bool inside = std::max(std::abs(row - 90 * i - 50), std::abs(column - 260 - 20 * i)) < 30;
          pixels[at] = static_cast<std::uint8_t>((inside ? 180 : 40) + (row * 7 + column * 13) % 20);
          labels[at] = inside;
        }
      }
      const std::string name = std::to_string(100 + i) + ".png";
      write_png(scratch_ / "set/images/" + name, image);
      write_indexed_png(scratch_ / "set/masks/" + name, mask, class_palette());
    }
  }

  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }
  Finished train(const std::string& more) const {
    return run("train --data set --width 2 --batch 2 --validate-every 2 " + more);
  }
  // The output in one line.
  static std::string words_of(const Finished& done) {
    return std::regex_replace(done.out, std::regex("\\s+"), " ");
  }
  Bytes file(const std::string& name) const { return slurp(scratch_ / name); }

  Scratch scratch_;
};

TEST_F(Crop, OfLargeImagesIsTheDefault) {
  const Finished ahead = train("--steps 4 --out ahead");
  ASSERT_EQ(ahead.code, 0) << ahead.err;
  EXPECT_NE(
      words_of(ahead).find("crops: 256x256 at random places of images of 560x520; 33.3 % hold a pixel of the "
                           "foreground (--crop)"),
      std::string::npos)
      << ahead.out;
  EXPECT_EQ(json_in(scratch_ / "ahead/config.json")["crop"], "256x256");
  ASSERT_EQ(train("--steps 4 --out here --loader-threads 0 --threads 1").code, 0);
  EXPECT_EQ(file("ahead/last.safetensors"), file("here/last.safetensors")) << "of any number of threads";
  // The finished run goes on with its own crop, and not with another.
  EXPECT_EQ(run("train --resume ahead").code, 0);
  EXPECT_EQ(run("train --resume ahead --crop 64x64").code, 3);
}

TEST_F(Crop, MayBeChosenOrLeftOut) {
  const Finished chosen = train("--steps 2 --crop 96x64 --out chosen");
  ASSERT_EQ(chosen.code, 0) << chosen.err;
  EXPECT_TRUE(words_of(chosen).find("crops: 96x64 at random places of images of 560x520; ") !=
              std::string::npos)
      << chosen.out;
  EXPECT_TRUE(has_line(chosen.out, "  input  *\\[1, 96, 64, 1\\].*")) << chosen.out;
  const Finished none = train("--steps 1 --crop none --out none");
  ASSERT_EQ(none.code, 0) << none.err;
  EXPECT_EQ(none.out.find("crops:"), std::string::npos) << none.out;
  EXPECT_TRUE(has_line(none.out, "  input  *\\[1, 560, 520, 1\\].*")) << none.out;
  EXPECT_EQ(json_in(scratch_ / "none/config.json")["crop"], "none");
  const Finished augmented = train("--steps 1 --augment flip,crop=64x48 --out augmented");
  EXPECT_TRUE(words_of(augmented).find("crops: 64x48 at random ") != std::string::npos) << augmented.out;
  EXPECT_EQ(train("--steps 1 --augment flip,crop=64x48 --crop 64x64 --out x").err,
            "train: --crop 64x64 contradicts --augment flip,crop=64x48. Give the crop once.\n");
  EXPECT_EQ(train("--steps 1 --crop 64 --out x").code, 2);
}

// A tenth of the steps between two validations is less than the validation image has, so a window is scored.
TEST_F(Crop, LetsValidationScoreWindowsOfLargeImages) {
  const Finished done = train("--steps 4 --crop 64x64 --out run");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(words_of(done).find("; validation scores 1 window of 128x128 of 1 image, in a tenth of the time"),
            std::string::npos)
      << done.out;
  EXPECT_NE(words_of(done).find("Test: 1 image, scored once"), std::string::npos) << done.out;
  EXPECT_EQ(run("eval run").code, 0);
  EXPECT_EQ(run("train --resume run").code, 0);
}

TEST_F(Crop, ThatMemoryCannotHoldIsRefusedBeforeTheWork) {
  const Finished huge = train("--steps 1 --crop 32768x32768 --out x");
  EXPECT_EQ(huge.code, 2);
  EXPECT_TRUE(
      std::regex_search(huge.err, std::regex("^train: the run is predicted to take [0-9.]+ GB \\(batch 2, "
                                             "32768x32768\\), and [0-9.]+ [MG]B are .*It fits with")))
      << huge.err;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "x"));
}

}  // namespace
}  // namespace trous
