// save and load: the same bits come back, in this process and in another, and a load that fails changes
// nothing (dlib#2059, DyNet#274).
#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include <trous/layers/networks.h>
#include <trous/train/checkpoint.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

Sequential another_net() {
  Sequential net = small_net();
  initialize(net, Key{99});
  return net;
}

TEST(Checkpoint, dynet_274_GivesBackEveryBit) {
  const Scratch scratch;
  Sequential net = small_net(), read = another_net();
  train(net, striped(), {.steps = 3, .batch = 4, .quiet = true});  // statistics that are not 0 and 1
  save(net, scratch / "net.safetensors", {{"step", "3"}});
  ASSERT_FALSE(same_network(read, net));
  load(read, scratch / "net.safetensors");
  EXPECT_TRUE(same_network(read, net));
  EXPECT_EQ(scratch.files(), 1u) << "no temporary is left";
}

TEST(Checkpoint, LoadsIntoANetworkWithoutValues) {
  const Scratch scratch;
  MirrorContext net({.in_channels = 1, .width = 2}), read({.in_channels = 1, .width = 2});
  initialize(net, Key{1});
  save(net, scratch / "net.safetensors");
  load(read, scratch / "net.safetensors");
  EXPECT_TRUE(same_network(read, net));
}

TEST(Checkpoint, NamesTensorsByPathForAnyReader) {
  const Scratch scratch;
  save(small_net(), scratch / "net.safetensors", {{"model", "small"}});
  const SafetensorsFile file = read_safetensors(scratch / "net.safetensors");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"0.filters", "0.bias", "1.scale", "1.offset", "4.filters", "4.bias",
                                      "buffer/1.running_mean", "buffer/1.running_variance"}));
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"model", "small"}}));
}

TEST(Checkpoint, KeepsNaNAndInfinityForThoseWhoAskForThem) {
  const Scratch scratch;
  Sequential net = small_net(), read = another_net();
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  parameters(net)[1].part->value =
      Tensor({8}, std::vector<float>{nan, -nan, inf, -inf, -0.0F, 1e-45F, 3e38F, 0});
  save(net, scratch / "net.safetensors");
  const std::string path = scratch / "net.safetensors";
  EXPECT_THROW(load(read, path), FileError);
  restore_network(path, read_safetensors(path), parameters(read), buffers(read), NonFiniteWeights::accept);
  EXPECT_TRUE(same_network(read, net));
}

TEST(Checkpoint, KeepsFloat64) {
  const Scratch scratch;
  Sequential net = small_net(), read = another_net();
  initialize(net, Key{1}, DType::float64);
  save(net, scratch / "net.safetensors");
  load(read, scratch / "net.safetensors");
  EXPECT_TRUE(same_network(read, net));
}

// The test program runs itself again: the child loads the file and stores what the network makes of an image.
TEST(Checkpoint, dynet_274_AnotherProcessComputesTheSame) {
  const Tensor image = numbers({2, 10, 9, 1}, 4);
  if (const char* const folder = std::getenv("TROUS_TEST_CHECKPOINT")) {
    Sequential net = another_net();
    load(net, std::string(folder) + "/net.safetensors");
    write_safetensors(std::string(folder) + "/child.safetensors", {{{"y", net(image).value()}}, {}});
    return;
  }
  const Scratch scratch;
  Sequential net = small_net();
  train(net, striped(), {.steps = 3, .batch = 4, .quiet = true});
  save(net, scratch / "net.safetensors");
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command =
      "env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX TROUS_TEST_CHECKPOINT='" + scratch.path() + "' '" +
      self + "' --gtest_filter=Checkpoint.dynet_274_AnotherProcessComputesTheSame > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(same(read_safetensors(scratch / "child.safetensors").tensors.at(0).second, net(image)));
}

class FailedLoad : public testing::Test {
 protected:
  FailedLoad() { save(small_net(), path_); }

  // What loading `file` in place of the network's own says; the network must not notice.
  std::string refusal() {
    Sequential net = another_net();
    const Sequential before = net;
    std::string message = thrown<FileError>([&] { load(net, path_); });
    EXPECT_TRUE(same_network(net, before));
    return message;
  }
  std::string refusal(const SafetensorsFile& file) {
    write_safetensors(path_, file);
    return refusal();
  }
  SafetensorsFile contents() const { return read_safetensors(path_); }

  Scratch scratch_;
  std::string path_ = scratch_ / "net.safetensors";
};

TEST_F(FailedLoad, dlib_2059_AMissingTensor) {
  SafetensorsFile file = contents();
  file.tensors.erase(file.tensors.begin() + 4);
  EXPECT_EQ(refusal(file),
            path_ +
                ": there is no tensor 4.filters, which the network needs. Build the network it "
                "was saved from.");
}

TEST_F(FailedLoad, AMissingStatistic) {
  SafetensorsFile file = contents();
  file.tensors.pop_back();
  EXPECT_EQ(refusal(file),
            path_ +
                ": there is no tensor buffer/1.running_variance, which the network needs. Build "
                "the network it was saved from.");
}

TEST_F(FailedLoad, AnotherShape) {
  SafetensorsFile file = contents();
  file.tensors[4].second = Tensor::zeros({1, 1, 8, 4}, DType::float32);
  EXPECT_EQ(refusal(file),
            path_ +
                ": 4.filters has shape [1, 1, 8, 4], the network needs [1, 1, 8, 3]. Build the "
                "network with the options it was saved with.");
}

TEST_F(FailedLoad, AnotherType) {
  SafetensorsFile file = contents();
  file.tensors[5].second = Tensor::zeros({3}, DType::int32);
  EXPECT_EQ(refusal(file), path_ + ": 4.bias is int32, weights are float32 or float64. Save it anew.");
}

TEST_F(FailedLoad, OneTensorTooMany) {
  SafetensorsFile file = contents();
  file.tensors.emplace_back("5.bias", Tensor::zeros({2}, DType::float32));
  EXPECT_EQ(refusal(file),
            path_ +
                ": it holds 5.bias [2], which the network does not have. Build the network it was "
                "saved from.");
}

TEST_F(FailedLoad, dlib_2059_AFileCutOffAnywhere) {
  const Bytes whole = slurp(path_);
  spill(path_, std::span(whole).first(whole.size() - 1));
  EXPECT_EQ(refusal(),
            "read_safetensors: " + path_ +
                ": tensor \"buffer/1.running_variance\" has data_offsets [524, 556], which are no range "
                "inside the 555 bytes of data. Write the file again.");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    spill(path_, std::span(whole).first(length));
    ASSERT_TRUE(refusal().starts_with("read_safetensors: " + path_)) << length << " bytes: " << refusal();
  }
}

TEST_F(FailedLoad, NoFile) {
  std::filesystem::remove(path_);
  EXPECT_EQ(refusal(),
            "read_file: " + path_ +
                " cannot be opened. The system says: No such file or directory. Give the path of a "
                "readable file.");
}

TEST(Save, NeedsValues) {
  const Scratch scratch;
  const SmallDilated net({});
  EXPECT_EQ(
      thrown<Error>([&] { save(net, scratch / "net.safetensors"); }),
      "parameter: stem.conv.filters of shape [3, 3, 3, 16] has no value yet. Call initialize(net, key) or "
      "load(net, path).");
  EXPECT_EQ(scratch.files(), 0u);
}

TEST(Save, ThatFailsKeepsTheOldFile) {
  const Scratch scratch;
  save(small_net(), scratch / "net.safetensors");
  const Bytes before = slurp(scratch / "net.safetensors");
  EXPECT_THROW(save(small_net(), scratch / "net.safetensors", {{"\xff", "no UTF-8"}}), ArgumentError);
  EXPECT_THROW(save(small_net(), scratch / "no folder/net.safetensors"), FileError);
  EXPECT_EQ(slurp(scratch / "net.safetensors"), before);
  EXPECT_EQ(scratch.files(), 1u);
}

}  // namespace
}  // namespace trous
