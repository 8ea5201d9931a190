// What a trainer does not go on from: it says why, and is as it was.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <trous/core/error.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TrainOptions options() {
  return {.steps = 6, .batch = 4, .learning_rate = 2e-3, .average = 0.9, .validate_every = 2, .seed = 5};
}

class Restore : public testing::Test {
 protected:
  Restore() {
    Trainer trainer(small_net(), striped(), options());
    trainer.run({.stop = [&] { return trainer.step() == 3; }});
    file_ = trainer.state();
  }

  // What `trainer` says to file_; it must not notice.
  std::string refusal(Trainer trainer) const {
    const SafetensorsFile before = trainer.state();
    const std::string message = thrown<FileError>([&] { trainer.restore("last", file_); });
    const SafetensorsFile after = trainer.state();
    EXPECT_EQ(after.metadata, before.metadata);
    EXPECT_EQ(after.tensors.size(), before.tensors.size());
    for (std::size_t i = 0; i < before.tensors.size(); ++i) {
      EXPECT_EQ(after.tensors[i].first, before.tensors[i].first);
      EXPECT_TRUE(same_bits(after.tensors[i].second, before.tensors[i].second));
    }
    return message;
  }
  std::string refusal() const { return refusal(Trainer(small_net(), striped(), options())); }
  std::string refusal(const TrainOptions& other) const {
    return refusal(Trainer(small_net(), striped(), other));
  }

  Tensor& tensor(const std::string& name) {
    for (auto& [key, value] : file_.tensors) {
      if (key == name) return value;
    }
    throw std::runtime_error("no tensor " + name);
  }
  void drop(const std::string& name) {
    std::erase_if(file_.tensors, [&](const auto& entry) { return entry.first == name; });
  }

  void set(const std::string& document, const std::string& key, const nlohmann::ordered_json& value) {
    auto json = nlohmann::ordered_json::parse(file_.metadata.at(document));
    json[key] = value;
    file_.metadata[document] = json.dump();
  }
  void erase(const std::string& key) {
    auto json = nlohmann::ordered_json::parse(file_.metadata.at("trainer"));
    json.erase(key);
    file_.metadata["trainer"] = json.dump();
  }

  SafetensorsFile file_;
};

TEST_F(Restore, OtherOptionsByNameAndBothValues) {
  const auto with = [&](auto change) {
    TrainOptions other = options();
    change(other);
    return refusal(other);
  };
  const auto expected = [](const std::string& was, const std::string& is) {
    return "last: it was saved with " + was + ", and " + is +
           " is asked for. Resume with the options it was saved with.";
  };
  EXPECT_EQ(with([](TrainOptions& o) { o.steps = 7; }), expected("steps 6", "7"));
  EXPECT_EQ(with([](TrainOptions& o) { o.batch = 5; }), expected("batch 4", "5"));
  EXPECT_EQ(with([](TrainOptions& o) { o.seed = 1ULL << 60; }), expected("seed 5", "1152921504606846976"));
  EXPECT_EQ(with([](TrainOptions& o) { o.learning_rate = 0.0020000001; }),
            expected("learning_rate 0.002", "0.0020000001"));
  EXPECT_EQ(with([](TrainOptions& o) { o.schedule = Schedule::one_cycle; }),
            expected("schedule poly", "one-cycle"));
  EXPECT_EQ(with([](TrainOptions& o) { o.schedule = Schedule::plateau; }),
            expected("schedule poly", "plateau"));
  EXPECT_EQ(with([](TrainOptions& o) { o.warmup = 1; }), expected("warmup 0", "1"));
  const std::string adam = "optimizer Adam, beta1 0.9, beta2 0.999, epsilon 1e-08, weight_decay 0";
  EXPECT_EQ(with([](TrainOptions& o) { o.optimizer = AdamW(); }),
            expected(adam, "AdamW, beta1 0.9, beta2 0.999, epsilon 1e-08, weight_decay 0.01"));
  EXPECT_EQ(with([](TrainOptions& o) { o.optimizer = Adam({.beta2 = 0.9999999}); }),
            expected(adam, "Adam, beta1 0.9, beta2 0.9999999, epsilon 1e-08, weight_decay 0"));
  EXPECT_EQ(with([](TrainOptions& o) { o.optimizer = Sgd(); }),
            expected(adam, "Sgd, momentum 0, weight_decay 0"));
  EXPECT_EQ(with([](TrainOptions& o) { o.optimizer = Sgd({.momentum = 0.9, .nesterov = true}); }),
            expected(adam, "Sgd, momentum 0.9, nesterov, weight_decay 0"));
  EXPECT_EQ(with([](TrainOptions& o) { o.loss = make_loss("dice"); }),
            expected("loss cross-entropy", "given"));
  EXPECT_EQ(with([](TrainOptions& o) { o.class_weights = ClassWeighting::enet; }),
            expected("class_weights inverse-sqrt", "enet"));
  EXPECT_EQ(with([](TrainOptions& o) {
              o.class_weights = Tensor({3}, std::vector<float>{0, 1, 0.5F});
            }),
            expected("class_weights inverse-sqrt", "0,1,0.5"));
  EXPECT_EQ(
      with([](TrainOptions& o) {
        o.groups = {{.path = "0", .frozen = true}, {.path = "1.scale"}};
      }),
      expected("groups none",
               "\"0\" learning_rate 1 weight_decay 1 frozen; \"1.scale\" learning_rate 1 weight_decay 1"));
  EXPECT_EQ(with([](TrainOptions& o) { o.clip_norm = 1; }), expected("clip_norm 0", "1"));
  EXPECT_EQ(with([](TrainOptions& o) { o.average = 0; }), expected("average 0.9", "0"));
  EXPECT_EQ(with([](TrainOptions& o) { o.augmentation.shift = 0.1; }),
            expected("augmentation none", "shift=0.1"));
  EXPECT_EQ(with([](TrainOptions& o) { o.validate_every = 3; }), expected("validate_every 2", "3"));
  EXPECT_EQ(with([](TrainOptions& o) { o.patience = 3; }), expected("patience 0", "3"));
  EXPECT_EQ(with([](TrainOptions& o) { o.min_delta = 0.1; }), expected("min_delta 0", "0.1"));
}

TEST_F(Restore, WhatChangesNoStepMayDiffer) {
  TrainOptions other = options();
  other.save_every = 1;
  other.loader_threads = 3;
  Trainer trainer(small_net(), striped(), other);
  trainer.restore("last", file_);
  EXPECT_EQ(trainer.step(), 3);
}

// Before the loss could choose, a state had numbers alone: 0 where nothing could be scored.
TEST_F(Restore, AStateOfAnOlderVersion) {
  const auto as_before = [this](double score) {
    auto info = nlohmann::ordered_json::parse(file_.metadata.at("trous"));
    info.erase("chosen_by");
    info.erase("best_loss");
    if (info.at("best_score").is_null()) info["best_score"] = score;
    file_.metadata["trous"] = info.dump();
  };
  as_before(0);
  Trainer whole(small_net(), striped(), options()), goes_on = whole;
  const TrainResult expected = whole.run();
  goes_on.restore("last", file_);
  const TrainResult result = goes_on.run();
  EXPECT_EQ(result.best_step, expected.best_step);
  EXPECT_EQ(result.best_score, expected.best_score);
  EXPECT_TRUE(same_network(Sequential{goes_on.best()}, Sequential{whole.best()}));
  // Where the IoU could never choose, the loss does from here on: what was best at the score 0 is so no more.
  Splits empty = striped();
  empty.validation.sample = [inner = empty.validation.sample](std::int64_t i) {
    return Sample{inner(i).image, Tensor::zeros({12, 12}, DType::int32)};
  };
  Trainer stuck(small_net(), empty, options());
  stuck.run({.stop = [&] { return stuck.step() == 3; }});
  file_ = stuck.state();
  as_before(0);
  set("trainer", "reference_score", 0.0);
  set("trainer", "plateau", {{"best", 0.0}, {"stale", 1}, {"factor", 1.0}});
  Trainer freed(small_net(), empty, options());
  freed.restore("last", file_);
  std::vector<bool> best;
  const TrainResult end = freed.run(
      {.on_validation = [&](const ValidationReport& r, const AnyLayer&) { best.push_back(r.best); }});
  EXPECT_EQ(end.chosen_by, Criterion::validation_loss);
  EXPECT_GE(end.best_step, 4);
  EXPECT_EQ(end.best_score, std::nullopt);
  EXPECT_TRUE(end.best_loss);
  ASSERT_EQ(best.size(), 2u);
  EXPECT_TRUE(best[0]) << "the choice begins anew";
  // Before its first validation it said 0 of step 0.
  Trainer young(small_net(), striped(), options());
  young.run({.stop = [&] { return young.step() == 1; }});
  file_ = young.state();
  as_before(0);
  set("trainer", "reference_score", 0.0);
  Trainer grown(small_net(), striped(), options());
  grown.restore("last", file_);
  EXPECT_EQ(grown.best_info().best_score, std::nullopt);
  EXPECT_EQ(grown.run().best_score, expected.best_score);
}

TEST_F(Restore, AnotherNetwork) {
  Sequential wider{Conv2d{{.in_channels = 1, .out_channels = 9}}, BatchNorm{{.channels = 9}},
                   [](const Variable& x) { return x; }, Dropout{{.probability = 0.1}},
                   Conv2d{{.in_channels = 9, .out_channels = 3, .kernel = 1}}};
  initialize(wider, Key{1});
  EXPECT_EQ(
      refusal(Trainer(wider, striped(), options())),
      "last: 0.filters has shape [3, 3, 1, 8], the network needs [3, 3, 1, 9]. Build the network with the "
      "options it was saved with.");
  Sequential shorter{Conv2d{{.in_channels = 1, .out_channels = 3}}};
  initialize(shorter, Key{1});
  EXPECT_EQ(
      refusal(Trainer(shorter, striped(), options())),
      "last: 0.filters has shape [3, 3, 1, 8], the network needs [3, 3, 1, 3]. Build the network with the "
      "options it was saved with.");
}

TEST_F(Restore, WeightsWithoutATrainer) {
  file_.metadata.erase("trainer");
  EXPECT_EQ(refusal(),
            "last: it holds weights, but not the state of a trainer. Give the last.safetensors of a run, or "
            "start a new run from these weights.");
  file_.metadata.clear();
  EXPECT_EQ(refusal(),
            "last: it does not say what network it holds. Build the network and call load, or save it with a "
            "CheckpointInfo.");
}

TEST_F(Restore, ATensorThatIsMissing) {
  const SafetensorsFile whole = file_;
  const auto without = [&](const std::string& name) {
    file_ = whole;
    drop(name);
    return refusal();
  };
  const auto network = [](const std::string& name) {
    return "last: there is no tensor " + name +
           ", which the network needs. Build the network it was saved from.";
  };
  const auto trainer = [](const std::string& name) {
    return "last: there is no tensor " + name +
           ", so training cannot go on from it. Give the last.safetensors of a run with the same options.";
  };
  EXPECT_EQ(without("4.filters"), network("4.filters"));
  EXPECT_EQ(without("best/4.filters"), network("4.filters"));
  EXPECT_EQ(without("best/buffer/1.running_mean"), network("buffer/1.running_mean"));
  EXPECT_EQ(without("optimizer/first/0.bias"), trainer("optimizer/first/0.bias"));
  EXPECT_EQ(without("optimizer/second/4.bias"), trainer("optimizer/second/4.bias"));
  EXPECT_EQ(without("average/1.scale"), trainer("average/1.scale"));
  EXPECT_EQ(without("average/buffer/1.running_variance"), trainer("average/buffer/1.running_variance"));
}

TEST_F(Restore, ATensorOfAnotherShapeOrType) {
  const SafetensorsFile whole = file_;
  tensor("optimizer/second/0.bias") = Tensor::zeros({4}, DType::float32);
  EXPECT_EQ(refusal(), "last: optimizer/second/0.bias is f32[4], its weight f32[8]. Take an earlier file.");
  file_ = whole;
  // Both moments alike, which the optimizer alone cannot judge.
  tensor("optimizer/first/0.bias") = tensor("optimizer/second/0.bias") = Tensor::zeros({4}, DType::float32);
  EXPECT_EQ(refusal(), "last: optimizer/first/0.bias is f32[4], its weight f32[8]. Take an earlier file.");
  file_ = whole;
  tensor("optimizer/first/0.bias") = Tensor::zeros({8}, DType::float64);
  EXPECT_EQ(refusal(), "last: optimizer/first/0.bias is f64[8], its weight f32[8]. Take an earlier file.");
  file_ = whole;
  tensor("average/0.bias") = Tensor::zeros({9}, DType::float32);
  EXPECT_EQ(
      refusal(),
      "last: the state of its trainer does not fit. Ema: number 1 of the restored averages is f32[9], its "
      "average f32[8]. Give them in the order of the first ones.");
}

TEST_F(Restore, safetensors_WeightsThatAreNotFiniteOrOfAnotherType) {
  const SafetensorsFile whole = file_;
  std::vector<float> bias(8, 0.5F);
  bias[3] = std::numeric_limits<float>::quiet_NaN();
  bias[5] = -std::numeric_limits<float>::infinity();
  const std::string fact =
      " is nan at [3], the first of 2 such among its 8 numbers. With it every output is NaN. Give weights "
      "from "
      "before training diverged.";
  for (const char* name : {"0.bias", "best/0.bias", "average/0.bias"}) {
    file_ = whole;
    tensor(name) = Tensor({8}, bias);
    const std::string shown = std::string(name).starts_with("best/") ? "0.bias" : name;
    EXPECT_EQ(refusal(), "last: " + shown + fact);
  }
  file_ = whole;
  for (const char* name : {"0.bias", "best/0.bias"}) tensor(name) = Tensor::zeros({8}, DType::float64);
  EXPECT_EQ(refusal(),
            "last: 0.bias is float64, the trainer's weight float32. Give the last.safetensors of a run with "
            "the same "
            "options.");
}

TEST_F(Restore, NumbersThatNoRunHas) {
  const SafetensorsFile whole = file_;
  const auto with = [&](const std::string& document, const std::string& key,
                        const nlohmann::ordered_json& value) {
    file_ = whole;
    set(document, key, value);
    return refusal();
  };
  const auto expected = [](const std::string& fact) {
    return "last: the state of its trainer does not fit. " + fact;
  };
  EXPECT_EQ(with("trous", "step", -1), expected("step is -1, not 0 to 6. The file is damaged."));
  EXPECT_EQ(with("trous", "step", 7), expected("step is 7, not 0 to 6. The file is damaged."));
  EXPECT_EQ(with("trous", "best_step", 4), expected("best_step is 4, not 0 to 3. The file is damaged."));
  EXPECT_EQ(with("trainer", "stale", -1), expected("stale is -1, not 0 to 3. The file is damaged."));
  EXPECT_EQ(with("trainer", "loss_count", 4), expected("loss_count is 4, not 0 to 3. The file is damaged."));
  EXPECT_EQ(with("trainer", "average_updates", -2),
            expected("Ema: the state has -2 updates. A state counts from 0; this one is damaged."));
  EXPECT_EQ(with("trainer", "optimizer_steps", -2),
            expected("Adam: the state has -2 steps. A state counts from 0; this one is damaged."));
  EXPECT_EQ(
      with("trainer", "moments", {"first"}),
      expected("Adam: the state after 3 steps has the moments first, needs first and second. Restore the "
               "optimizer that the state was taken from."));
  EXPECT_EQ(with("trainer", "plateau", {{"best", nullptr}, {"stale", 77}, {"factor", 1}}),
            expected("Plateau: the state is 77 validations stale, not 0 to 5. It is of another patience."));
}

TEST_F(Restore, DamagedMetadata) {
  const SafetensorsFile whole = file_;
  for (const char* key : {"options", "optimizer_steps", "moments", "stale", "reference_score", "loss_sum",
                          "loss_count", "plateau", "average_updates"}) {
    file_ = whole;
    erase(key);
    EXPECT_EQ(refusal(),
              std::string("last: the state of its trainer has no ") + key + ". Take an earlier file.");
  }
  file_ = whole;
  set("trainer", "loss_sum", "much");
  EXPECT_EQ(refusal(),
            "last: the state of its trainer has string at loss_sum, where a number belongs. Take an earlier "
            "file.");
  file_ = whole;
  file_.metadata["trainer"] = "{\"stale\": 1e999}";
  EXPECT_EQ(
      refusal(),
      "last: the state of its trainer has the number 1e999, which no double holds. Take an earlier file.");
  file_.metadata["trainer"] = "[]";
  EXPECT_EQ(refusal(), "last: the state of its trainer has no options. Take an earlier file.");
  for (std::size_t length = 0; length < whole.metadata.at("trainer").size(); length += 7) {
    file_ = whole;
    file_.metadata["trainer"].resize(length);
    EXPECT_TRUE(refusal().starts_with("last: the state of its trainer is no JSON from byte ")) << length;
  }
}

}  // namespace
}  // namespace trous
