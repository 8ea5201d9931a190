// --resize: images are learned from smaller than their files, and masks get the size of the files again.
#include <chrono>
#include <cmath>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>
#include <trous/data/png.h>
#include <trous/data/resize_image.h>
#include <trous/train/checkpoint.h>

#include "cli/process.h"
#include "cli/program.h"
#include "core/thrown.h"

namespace trous {
namespace {

class ResizedRun : public SmallSet {
 protected:
  ResizedRun() {
    const Finished done = train("run", "--resize 20");
    out_ = std::regex_replace(done.out, std::regex("\\s+"), " ");
    std::uint32_t state = 7;
    for (std::uint8_t& value : large_.mutable_values<std::uint8_t>()) {
      state = state * 1664525 + 1013904223;
      value = static_cast<std::uint8_t>(state >> 24);
    }
    write_png(scratch_ / "large.png", large_);
  }

  std::string out_;
  Tensor large_ = Tensor::uninitialized({70, 50, 3}, DType::uint8);
};

// The logits of the small image at the pixels of the large one, in float64: 2 x 2 of them, weighted by
// distance.
double at(const Tensor& logits, double y, double x, std::int64_t k) {
  const Shape& s = logits.shape();
  y = std::clamp(y, 0.0, static_cast<double>(s[0] - 1));
  x = std::clamp(x, 0.0, static_cast<double>(s[1] - 1));
  double sum = 0;
  for (std::int64_t r = 0; r < s[0]; ++r) {
    for (std::int64_t c = 0; c < s[1]; ++c) {
      const double weight = std::max(0.0, 1 - std::abs(y - static_cast<double>(r))) *
                            std::max(0.0, 1 - std::abs(x - static_cast<double>(c)));
      if (weight > 0)
        sum += weight * logits.values<float>()[static_cast<std::size_t>((r * s[1] + c) * s[2] + k)];
    }
  }
  return sum;
}

TEST_F(ResizedRun, PredictsInTheSizeOfTheFile) {
  const Finished done = run("predict run large.png --out masks --probs --overlay");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.err,
            "large.png: it was read with 20 pixels on the longest side, as in the training. The mask has the "
            "size of the file.\n");
  const Tensor mask = read_indexed_png(scratch_ / "masks/large.png");
  ASSERT_EQ(mask.shape(), (Shape{70, 50}));
  EXPECT_EQ(read_png(scratch_ / "masks/large.overlay.png").shape(), (Shape{70, 50, 3}));
  const Tensor probabilities = read_npy(scratch_ / "masks/large.npy");
  const Recording scope(Recording::nothing);
  const LoadedNetwork loaded = load_network(scratch_ / "run/best.safetensors");
  EXPECT_EQ(loaded.info.resize, (Resize{.longest = 20}));
  const Tensor small = to_float_image(resize_image(large_, {20, 14}, ResizeFilter::area), 3);
  Pass pass;
  const Tensor logits = loaded.net(small.reshaped({1, 20, 14, 3}), pass).value();
  const std::int64_t classes = logits.shape()[3];
  ASSERT_EQ(probabilities.shape(), (Shape{70, 50, classes}));
  for (std::int64_t i = 0; i < 70; ++i) {
    for (std::int64_t j = 0; j < 50; ++j) {
      std::vector<double> here;
      double sum = 0;
      for (std::int64_t k = 0; k < classes; ++k) {
        here.push_back(at(logits.reshaped({20, 14, classes}), (static_cast<double>(i) + 0.5) * 20 / 70 - 0.5,
                          (static_cast<double>(j) + 0.5) * 14 / 50 - 0.5, k));
        sum += std::exp(here.back());
      }
      const auto pixel = static_cast<std::size_t>(i * 50 + j);
      const auto best = std::max_element(here.begin(), here.end()) - here.begin();
      ASSERT_EQ(mask.values<std::uint8_t>()[pixel], best) << i << ' ' << j;
      for (std::int64_t k = 0; k < classes; ++k) {
        ASSERT_NEAR(
            probabilities
                .values<float>()[pixel * static_cast<std::size_t>(classes) + static_cast<std::size_t>(k)],
            std::exp(here[static_cast<std::size_t>(k)]) / sum, 1e-6);
      }
    }
  }
}

TEST_F(ResizedRun, SmallImagesAreAsTheyAre) {
  write_png(scratch_ / "small.png", resize_image(large_, {20, 14}, ResizeFilter::area));
  const Finished done = run("predict run small.png --out masks --probs");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(read_npy(scratch_ / "masks/small.npy").shape()[0], 20);
}

TEST_F(ResizedRun, SaysSoAndScoresTheSame) {
  EXPECT_NE(out_.find("images of 20x20x"), std::string::npos) << out_;
  EXPECT_NE(out_.find("resized to 20 pixels on the longest side (area, masks by the nearest pixel), and "
                      "learned and scored so"),
            std::string::npos)
      << out_;
  EXPECT_EQ(json_in(scratch_ / "run/config.json")["resize"], "20");
  const nlohmann::json counts = json_in(scratch_ / "run/results.json")["scores"]["confusion"];
  ASSERT_TRUE(counts.is_array()) << counts;
  const Finished again = run("eval run --json");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json_lines(again.out)[0]["scores"]["confusion"], counts);
  // A checkpoint remembers it where no run lies beside it.
  std::filesystem::copy_file(scratch_ / "run/best.safetensors", scratch_ / "alone.safetensors");
  const Finished alone = run("eval alone.safetensors --data set --json");
  ASSERT_EQ(alone.code, 0) << alone.err;
  EXPECT_EQ(json_lines(alone.out)[0]["scores"]["confusion"], counts);
}

TEST_F(ResizedRun, GoesOnWithTheSameSizeToTheSameBytes) {
  EXPECT_EQ(
      run("train --resume run --resize 24").err.find("train: --resize is 24, but the run in run has 20."), 0);
  const std::string words =
      "train --data set --width 2 --steps 300 --batch 2 --validate-every 20 --seed 3 --resize 20 --quiet ";
  ASSERT_EQ(run(words + "--out whole").code, 0);
  Process process(scratch_.path(), words + "--out cut", scratch_ / "err");
  while (!std::filesystem::exists(scratch_ / "cut/best.safetensors"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  process.send(SIGINT);
  ASSERT_EQ(process.wait().code, 130);
  ASSERT_EQ(run("train --resume cut --quiet").code, 0);
  for (const char* name : {"/last.safetensors", "/best.safetensors"})
    EXPECT_EQ(file(std::string("cut") + name), file(std::string("whole") + name)) << name;
}

// What is said of the numbers is true of the file, not of their means.
TEST_F(ResizedRun, ImagesOf16BitsAreJudgedByTheirFile) {
  Tensor deep = Tensor::full({70, 50, 3}, DType::int32, 400);
  deep.mutable_values<std::int32_t>()[0] = 60000;
  write_png(scratch_ / "deep.png", deep);
  const Finished done = run("predict run deep.png --out masks");
  EXPECT_NE(
      done.err.find("deep.png: it has 16 bits, and the network learned from images of 8. Its numbers, up to "
                    "60000, are divided by 65535."),
      std::string::npos)
      << done.err;
}

// A join before the first layer that names its channels: the description alone does not tell those of images.
TEST_F(SmallSet, AGraphThatBeginsWithAJoinIsTrainedScoredAndUsed) {
  const std::string text =
      R"({"nodes": {"mean": {"average_pool2d": {"window": 3, "stride": 1, "padding": "SAME"}},
      "both": {"concat": {}, "inputs": ["input", "mean"]},
      "head": {"conv2d": {"in_channels": 6, "out_channels": 5}}}})";
  spill(scratch_ / "net.json", Bytes(text.begin(), text.end()));
  train("run", "--model net.json --width 0");
  const Finished scored = run("eval run --json");
  EXPECT_EQ(scored.code, 0) << scored.err;
  EXPECT_EQ(json_lines(scored.out)[0]["scores"]["confusion"],
            json_in(scratch_ / "run/results.json")["scores"]["confusion"]);
  EXPECT_EQ(run("predict run set/test/images --out masks --quiet").code, 0);
}

TEST_F(ResizedRun, IsForFolders) {
  expect("data shapes --resize 32", 2,
         "data: --resize is for folders of images, not for shapes. Leave it out.\n");
  expect("train --data shapes --resize 32 --out new", 2,
         "data: --resize is for folders of images, not for shapes. Leave it out.\n");
  expect("train --data set --resize 3 --out new", 2,
         "trous: --resize: \"3\" has no side from 4 to 32768. Write 512, or 512:bilinear.\nSee trous train "
         "--help.\n");
  EXPECT_NE(run("data set --resize 16").out.find("images of 16x16x"), std::string::npos);
}

// Who wants the whole picture small gets it whole, and crops only if they are asked for.
TEST_F(ResizedRun, IsNotCroppedUnlessThatIsSaid) {
  EXPECT_EQ(json_in(scratch_ / "run/config.json")["crop"], "none");
  train("cropped", "--resize 20 --crop 16x16");
  EXPECT_EQ(json_in(scratch_ / "cropped/config.json")["crop"], "16x16");
}

}  // namespace
}  // namespace trous
