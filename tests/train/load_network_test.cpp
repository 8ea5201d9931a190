// Checkpoints that describe themselves: what they say survives, the network is built from it, and what a
// trainer keeps beside it is passed over.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/layers/from_json.h>
#include <trous/train/checkpoint.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

constexpr const char* description =
    R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, "batch_norm", "relu", )"
    R"({"conv2d": {"out_channels": 3}}]})";

CheckpointInfo about() {
  return {.network = description, .classes = {"background", "a \"b\"", "\xC3\xA9"}, .data = "stripes"};
}

CheckpointInfo round_trip(const CheckpointInfo& info) {
  return checkpoint_info("f", {{}, to_metadata(info)});
}

TEST(CheckpointInfo, IsReadBackAsItWas) {
  CheckpointInfo info = about();
  info.seed = 18446744073709551615U;
  info.step = (std::int64_t{1} << 60) + 1;
  info.steps = (std::int64_t{1} << 60) + 3;
  info.best_step = 7;
  info.best_score = 0.1 + 0.2;
  info.chosen_by = Criterion::validation_loss;
  info.best_loss = 1.0 / 3;
  info.target_white = 1023;
  info.number_names = {"x", "a,b"};
  info.image_size = {28, 32};
  const CheckpointInfo read = round_trip(info);
  EXPECT_EQ(read.network, info.network);
  EXPECT_EQ(read.classes, info.classes);
  EXPECT_EQ(read.data, info.data);
  EXPECT_EQ(read.seed, info.seed);
  EXPECT_EQ(read.step, info.step);
  EXPECT_EQ(read.steps, info.steps);
  EXPECT_EQ(read.best_step, info.best_step);
  EXPECT_EQ(read.best_score, info.best_score);
  EXPECT_EQ(read.chosen_by, info.chosen_by);
  EXPECT_EQ(read.best_loss, info.best_loss);
  EXPECT_EQ(read.target_white, info.target_white);
  EXPECT_EQ(read.number_names, info.number_names);
  EXPECT_EQ(read.image_size, info.image_size);
  info.seed = (std::uint64_t{1} << 53) + 1;
  EXPECT_EQ(round_trip(info).seed, 9007199254740993U);
}

TEST(CheckpointInfo, KeepsScoresThatAreNoNumbers) {
  CheckpointInfo info = about();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& [score, written] : {std::pair{infinity, "\"inf\""},
                                       {-infinity, "\"-inf\""},
                                       {std::numeric_limits<double>::quiet_NaN(), "\"nan\""}}) {
    info.best_score = score;
    EXPECT_TRUE(to_metadata(info).at("trous").ends_with(std::string("\"best_score\":") + written + '}'));
    const double read = round_trip(info).best_score.value();
    EXPECT_TRUE(std::isnan(score) ? std::isnan(read) : read == score) << score;
  }
}

TEST(CheckpointInfo, KeepsWhatIsAbsentAndReadsOlderFiles) {
  const std::string whole = to_metadata(about()).at("trous");
  EXPECT_TRUE(whole.ends_with(R"("chosen_by":"foreground_iou","best_loss":null,"best_score":null})"))
      << whole;
  EXPECT_EQ(round_trip(about()).best_score, std::nullopt);
  EXPECT_EQ(round_trip(about()).best_loss, std::nullopt);
  std::string older = whole;
  older.replace(older.find(R"("chosen_by")"), std::string::npos, R"("best_score":0.25})");
  const CheckpointInfo read = checkpoint_info("f", {{}, {{"trous", older}}});
  EXPECT_EQ(read.best_score, 0.25);
  EXPECT_EQ(read.chosen_by, Criterion::foreground_iou);
  EXPECT_EQ(read.best_loss, std::nullopt);
}

TEST(CheckpointInfo, RefusesDamage) {
  const std::string whole = to_metadata(about()).at("trous");
  const auto refusal = [](const std::string& document) {
    return thrown<FileError>([&] { checkpoint_info("f", {{}, {{"trous", document}}}); });
  };
  EXPECT_EQ(refusal("[]"), "f: its metadata is no JSON object. Save it anew.");
  EXPECT_EQ(refusal("{\"step\": 1e999}"),
            "f: its metadata has the number 1e999, which no double holds. Save it anew.");
  EXPECT_EQ(refusal("{\"step\": 99999999999999999999}"),
            "f: its metadata has the number 99999999999999999999, which 64 bits do not hold. Save it anew.");
  EXPECT_EQ(refusal("{\"steps\": 1.5}"),
            "f: its metadata has number at steps, where a whole number of 64 bits belongs. Save it anew.");
  EXPECT_EQ(refusal("{\"classes\": [\"a\", 7]}"),
            "f: its metadata has number at classes[1], where a string belongs. Save it anew.");
  for (std::size_t length = 0; length < whole.size(); ++length)
    ASSERT_TRUE(refusal(whole.substr(0, length)).starts_with("f: its metadata is no JSON from byte "));
  for (const char* seed : {"", "-1", "12x", "18446744073709551616", " 1"}) {
    std::string damaged = whole;
    damaged.replace(damaged.find("\"seed\":\"0\"") + 8, 1, seed);
    EXPECT_EQ(refusal(damaged), std::string("f: its metadata has seed \"") + seed +
                                    "\", which is no number from 0 to 2^64 - 1. Save it anew.");
  }
  std::string wordy = whole;
  wordy.replace(wordy.find("\"best_score\":null") + 13, 4, "\"high\"");
  EXPECT_EQ(refusal(wordy),
            "f: its metadata has string at best_score, where a number belongs. Save it anew.");
  EXPECT_EQ(refusal(R"({"image_size": [28]})"),
            "f: its metadata has image_size of 1 numbers, which is no height and width. Save it anew.");
}

TEST(CheckpointInfo, WhatNobodySaidIsEmptyOrZero) {
  for (const char* document : {R"({"network": "n"})", R"({"network": "n", "classes": null, "step": null})"}) {
    const CheckpointInfo info = checkpoint_info("f", {{}, {{"trous", document}}});
    EXPECT_EQ(info.network, "n");
    EXPECT_TRUE(info.classes.empty());
    EXPECT_EQ(info.data, "");
    EXPECT_EQ(info.seed, 0U);
    EXPECT_EQ(info.step, 0);
    EXPECT_EQ(info.steps, 0);
    EXPECT_EQ(info.best_step, 0);
    EXPECT_EQ(info.best_score, std::nullopt);
    EXPECT_EQ(info.target_white, 255);
    EXPECT_TRUE(info.number_names.empty());
    EXPECT_EQ(info.image_size, std::nullopt);
  }
  EXPECT_EQ(checkpoint_info("f", {{}, {{"trous", "{}"}}}).network, "");
}

TEST(CheckpointInfo, IsUtf8) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              to_metadata({.classes = {"background", "caf\xe9"}});
            }),
            "to_metadata: \"caf\\xe9\" is not UTF-8, as all text in JSON is. Rename it.");
}

class LoadNetwork : public testing::Test {
 protected:
  std::string refusal() const {
    return thrown<FileError>([&] { load_network(path_); });
  }

  Scratch scratch_;
  std::string path_ = scratch_ / "net.safetensors";
};

TEST_F(LoadNetwork, OfTheLastAndTheBestFileOfARun) {
  AnyLayer net = network_from_json(description);
  initialize(net, Key{4});
  Trainer trainer(
      net, striped(),
      {.steps = 5, .batch = 4, .learning_rate = 0.5, .average = 0.5, .validate_every = 2, .seed = 9});
  trainer.run({.stop = [&] { return trainer.step() == 3; }});
  write_safetensors(path_, trainer.state(about()));
  const LoadedNetwork last = load_network(path_);
  EXPECT_TRUE(same_network(Sequential{last.net}, Sequential{trainer.network()}));
  EXPECT_EQ(last.info.step, 3);
  EXPECT_EQ(last.info.steps, 5);
  EXPECT_EQ(last.info.best_step, 2);
  EXPECT_EQ(last.info.seed, 9U);
  EXPECT_EQ(last.info.classes, about().classes);
  save(trainer.best(), path_, to_metadata(trainer.best_info(about())));
  const LoadedNetwork best = load_network(path_);
  EXPECT_TRUE(same_network(Sequential{best.net}, Sequential{trainer.best()}));
  EXPECT_FALSE(same_network(Sequential{best.net}, Sequential{last.net}));
  EXPECT_EQ(best.info.step, 2);
  EXPECT_EQ(best.info.best_score, last.info.best_score);
  EXPECT_EQ(best.info.best_score, evaluate_on(best.net, striped().validation).mean_iou(1));
}

TEST_F(LoadNetwork, PassesOverWhatATrainerKeepsAndNothingElse) {
  AnyLayer net = network_from_json(description);
  initialize(net, Key{4});
  SafetensorsFile file = network_file(parameters(std::as_const(net)), buffers(std::as_const(net)));
  file.metadata = to_metadata(about());
  for (const char* name : {"best/x", "optimizer/first/x", "average/buffer/x"})
    file.tensors.emplace_back(name, Tensor::zeros({2}, DType::float32));
  write_safetensors(path_, file);
  EXPECT_TRUE(same_network(Sequential{load_network(path_).net}, Sequential{net}));
  file.tensors.emplace_back("bestx", Tensor::zeros({2}, DType::float32));
  write_safetensors(path_, file);
  EXPECT_EQ(
      refusal(),
      path_ + ": it holds bestx [2], which the network does not have. Build the network it was saved from.");
}

TEST_F(LoadNetwork, safetensors_DoubleWeightsAreCast) {
  AnyLayer net = network_from_json(description);
  initialize(net, Key{4});
  SafetensorsFile file = network_file(parameters(std::as_const(net)), buffers(std::as_const(net)));
  file.metadata = to_metadata(about());
  write_safetensors(path_, file);
  EXPECT_FALSE(load_network(path_).was_float64);
  for (auto& [name, tensor] : file.tensors) tensor = tensor.cast(DType::float64);
  write_safetensors(path_, file);
  const LoadedNetwork loaded = load_network(path_);
  EXPECT_TRUE(loaded.was_float64);
  EXPECT_TRUE(same_network(Sequential{loaded.net}, Sequential{net}));
  const Tensor image = Tensor::full({1, 5, 6, 1}, DType::float32, 0.5);
  EXPECT_TRUE(same_bits(predict(loaded.net, image), predict(net, image)));
  file.tensors[1].second = Tensor({4}, std::vector<double>{0, 1, -1e300, 2});
  write_safetensors(path_, file);
  EXPECT_EQ(refusal(), path_ +
                           ": 0.bias is float64, and in float32 it is -inf at [2], the first of 1 such among "
                           "its 4 numbers. Give "
                           "weights that float32 holds.");
}

TEST_F(LoadNetwork, safetensors_NamesTheFirstPlaceThatIsNotFinite) {
  AnyLayer net = network_from_json(description);
  initialize(net, Key{4});
  SafetensorsFile file = network_file(parameters(std::as_const(net)), buffers(std::as_const(net)));
  file.metadata = to_metadata(about());
  const SafetensorsFile whole = file;
  const std::string why = ". With it every output is NaN. Give weights from before training diverged.";
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
      file.tensors = whole.tensors;
      const Shape shape = file.tensors[i].second.shape();
      std::vector<double> values = file.tensors[i].second.cast(DType::float64).to_vector<double>();
      values[1] = std::numeric_limits<double>::infinity();
      values[2] = std::numeric_limits<double>::quiet_NaN();
      file.tensors[i].second = Tensor(shape, values).cast(dtype);
      write_safetensors(path_, file);
      const std::string place = shape.rank() == 1 ? "[1]" : "[0, 0, 0, 1]";
      EXPECT_EQ(refusal(), text(path_, ": ", file.tensors[i].first, " is inf at ", place,
                                ", the first of 2 such among its ", values.size(), " numbers", why));
      const LoadedNetwork accepted = load_network(path_, NonFiniteWeights::accept);
      EXPECT_FALSE(same_network(Sequential{accepted.net}, Sequential{net}));
    }
  }
}

TEST_F(LoadNetwork, NeedsADescription) {
  AnyLayer net = network_from_json(description);
  initialize(net, Key{4});
  save(net, path_);
  EXPECT_EQ(refusal(),
            path_ +
                ": it does not say what network it holds. Build the network and call load, or save it "
                "with a CheckpointInfo.");
  CheckpointInfo info = about();
  info.network = "";
  save(net, path_, to_metadata(info));
  EXPECT_EQ(refusal(), path_ + ": it does not describe its network. Build the network and call load.");
  info.network = R"({"network": "small-dilated"})";
  save(net, path_, to_metadata(info));
  EXPECT_EQ(refusal(),
            path_ +
                ": there is no tensor stem.conv.filters, which the network needs. Build the network it "
                "was saved from.");
  const std::vector<std::string> networks = network_names();
  info.network = R"({"network": "resnet"})";
  save(net, path_, to_metadata(info));
  EXPECT_EQ(
      refusal(),
      path_ +
          ": the network it describes cannot be built. network_from_json: network is \"resnet\". Networks "
          "are " +
          listed({networks.begin(), networks.end()}, ", ") + '.');
  // A program that adds names leaves its own.
  const std::string before = refusal();
  info.program = "counter";
  save(net, path_, to_metadata(info));
  EXPECT_EQ(refusal(),
            before +
                " It was trained by the program counter, which has names of its own. Give it to that "
                "one, or add its network here, with add_named_network.");
  EXPECT_EQ(checkpoint_info(path_, read_safetensors(path_)).program, "counter");
}

TEST(TensorsBelow, TakesThePrefixAway) {
  const Tensor one = Tensor::ones({1}, DType::float32);
  const SafetensorsFile part = tensors_below({{{"a", one}, {"best/a", one}, {"best/b/c", one}}, {}}, "best/");
  ASSERT_EQ(part.tensors.size(), 2u);
  EXPECT_EQ(part.tensors[0].first, "a");
  EXPECT_EQ(part.tensors[1].first, "b/c");
}

}  // namespace
}  // namespace trous
