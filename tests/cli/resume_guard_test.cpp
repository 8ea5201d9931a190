// A run goes on only as what it was: changed data, networks and options are told, and what it no longer needs
// may be gone.
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

constexpr const char* network =
    R"({"layers": [{"atrous_conv2d": {"in_channels": 3, "out_channels": 4, "rate": 2}}, )"
    R"({"conv2d": {"out_channels": 5}}]})";

void write_words(const std::string& path, const std::string& contents) { std::ofstream(path) << contents; }

// A folder of its own with data in d/ and a network in net.json.
class ResumeGuard : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<Scratch>();
    ASSERT_EQ(trous_in(data_->path(), "data shapes --export d --count 4 --quiet").code, 0);
  }
  static void TearDownTestSuite() { data_.reset(); }
  void SetUp() override {
    fs::copy(*data_ / "d", folder_ / "d", fs::copy_options::recursive);
    write_words(folder_ / "net.json", network);
  }
  Finished train(const std::string& more) const {
    return trous_in(folder_.path(), "train --batch 2 --quiet " + more);
  }
  Finished begin(const std::string& more) const { return train("--data d --steps 2 --out run " + more); }

  static inline std::unique_ptr<Scratch> data_;
  Scratch folder_;
};

TEST_F(ResumeGuard, FewerDataAreTold_slow) {
  ASSERT_EQ(begin("--model net.json").code, 0);
  fs::remove(folder_ / "d/test/images/000000.png");
  fs::remove(folder_ / "d/test/masks/000000.png");
  const Finished fewer = train("--resume run");
  EXPECT_EQ(fewer.code, 3);
  EXPECT_EQ(fewer.err,
            "run: the data had 25 files when the run began and have 23 now. Put them back, or begin another "
            "run with "
            "--weights run/best.safetensors.\n");
}

TEST_F(ResumeGuard, AChangedFileIsNamed_slow) {
  ASSERT_EQ(begin("--model net.json").code, 0);
  write_words(folder_ / "d/classes.json", R"(["background", "disk", "square", "triangle", "sprocket"])");
  const Finished changed = train("--resume run");
  EXPECT_EQ(changed.code, 3);
  EXPECT_EQ(changed.err,
            "d/classes.json: it is not what the run in run has read. Put them back, or begin another run "
            "with --weights "
            "run/best.safetensors.\n");
}

TEST_F(ResumeGuard, AChangedNetworkOfTheSameShapesIsTold_slow) {
  ASSERT_EQ(begin("--model net.json").code, 0);
  std::string other = network;
  other.replace(other.find("\"rate\": 2"), 9, "\"rate\": 4");
  write_words(folder_ / "net.json", other);
  const Finished changed = train("--resume run");
  EXPECT_EQ(changed.code, 2);
  EXPECT_EQ(
      changed.err,
      "train: net.json is not the network of the run in run any more. Put it back, or begin another run.\n");
}

TEST_F(ResumeGuard, AnotherConfigDoesNotPassUnseen_slow) {
  ASSERT_EQ(begin("--model net.json").code, 0);
  write_words(folder_ / "c.json", R"({"steps": 4})");
  const Finished other = train("--resume run --config c.json");
  EXPECT_EQ(other.code, 2);
  EXPECT_EQ(other.err,
            "train: --steps is 4, but the run in run has 2. Resume it as it was begun, or begin another with "
            "--weights "
            "run/best.safetensors.\n");
}

TEST_F(ResumeGuard, TheWeightsItBeganWithMayBeGone_slow) {
  ASSERT_EQ(begin("--model net.json").code, 0);
  ASSERT_EQ(train("--data d --steps 2 --model net.json --out fine --weights run/best.safetensors").code, 0);
  const Bytes before = slurp(folder_ / "fine/last.safetensors");
  fs::remove_all(folder_ / "run");
  const Finished resumed = train("--resume fine");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(slurp(folder_ / "fine/last.safetensors"), before);
}

TEST_F(ResumeGuard, WhatIsRefusedLeavesNoFolder_slow) {
  EXPECT_EQ(begin("--model net.json --loader-threads 257").code, 2);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(ResumeGuard, ANetworkMayBeginWithAnyLayerThatKnowsItsChannels_slow) {
  write_words(folder_ / "net.json",
              R"({"layers": ["relu", {"conv2d_transpose": {"in_channels": 3, "out_channels": 4}}, )"
              R"({"conv2d": {"out_channels": 5}}]})");
  ASSERT_EQ(begin("--model net.json").code, 0);
  EXPECT_EQ(trous_in(folder_.path(), "inspect run --quiet").code, 0);
  EXPECT_EQ(trous_in(folder_.path(), "predict run d/test/images --out masks").code, 0);
  write_words(folder_ / "none.json", R"({"layers": ["relu"]})");
  const Finished none = trous_in(folder_.path(), "inspect none.json");
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err,
            "network: no layer of it says how many channels its images have. Begin it with a convolution.\n");
}

}  // namespace
}  // namespace trous
