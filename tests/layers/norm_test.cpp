// Batch norm and dropout: what changes from run to run lives in the pass, so the forward is pure.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/map.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

using Doubles = std::vector<double>;

BatchNorm made_norm(std::int64_t channels, double momentum = 0.1) {
  BatchNorm norm{{.channels = channels, .momentum = momentum}};
  initialize(norm, Key{1}, DType::float64);
  return norm;
}

// Channel 0 holds 1, 2, 3, 6: mean 3, variance 14/4, unbiased 14/3. Channel 1 holds 5, 5, 9, 9: mean 7,
// variance 4, unbiased 16/3.
Tensor four_values() { return Tensor({2, 1, 2, 2}, Doubles{1, 5, 2, 5, 3, 9, 6, 9}); }

void expect_near(const Tensor& t, const Doubles& expected) {
  const Doubles values = t.to_vector<double>();
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_DOUBLE_EQ(values[i], expected[i]) << "at " << i;
}

TEST(BatchNorm, WhileTrainingNormalisesByTheBatch) {
  BatchNorm norm = made_norm(2);
  norm.scale.value = Tensor({2}, Doubles{2, 1});
  norm.offset.value = Tensor({2}, Doubles{0, -1});
  Pass pass = Pass::training(Key{1});
  const double a = 2 / std::sqrt(3.5 + 1e-5), b = 1 / std::sqrt(4 + 1e-5);
  expect_near(norm(four_values(), pass).value(),
              {-2 * a, -2 * b - 1, -1 * a, -2 * b - 1, 0, 2 * b - 1, 3 * a, 2 * b - 1});
}

TEST(BatchNorm, RunningStatisticsAreCommittedAndNotBefore) {
  BatchNorm norm = made_norm(2);
  Pass pass = Pass::training(Key{1});
  norm(four_values(), pass);
  expect_near(norm.running_mean.get(), {0, 0});
  expect_near(norm.running_variance.get(), {1, 1});
  commit(pass, norm, norm);
  // PyTorch: 0.9 old + 0.1 new, the new variance divided by N - 1.
  expect_near(norm.running_mean.get(), {0.1 * 3, 0.1 * 7});
  expect_near(norm.running_variance.get(), {0.9 + 0.1 * (14.0 / 3), 0.9 + 0.1 * (16.0 / 3)});
}

TEST(BatchNorm, MomentumIsTheShareOfTheNewBatch) {
  for (const double momentum : {0.0, 0.25, 1.0}) {
    BatchNorm norm = made_norm(2, momentum);
    Pass pass = Pass::training(Key{1});
    norm(four_values(), pass);
    commit(pass, norm, norm);
    expect_near(norm.running_mean.get(), {momentum * 3, momentum * 7});
    expect_near(norm.running_variance.get(),
                {1 - momentum + momentum * (14.0 / 3), 1 - momentum + momentum * (16.0 / 3)});
  }
}

TEST(BatchNorm, EvaluationUsesTheRunningStatistics) {
  BatchNorm norm = made_norm(1);
  norm.running_mean.value = Tensor({1}, Doubles{3});
  norm.running_variance.value = Tensor({1}, Doubles{4 - 1e-5});
  norm.scale.value = Tensor({1}, Doubles{10});
  norm.offset.value = Tensor({1}, Doubles{1});
  Pass pass;
  const Variable y = norm(Tensor({3, 1}, Doubles{3, 5, -1}), pass);
  EXPECT_NEAR(y.value().values<double>()[0], 1, 1e-14);
  EXPECT_NEAR(y.value().values<double>()[1], 11, 1e-13);
  EXPECT_NEAR(y.value().values<double>()[2], -19, 1e-13);
  // Nothing to commit, and one value is enough.
  commit(pass, norm, norm);
  expect_near(norm.running_mean.get(), {3});
  EXPECT_EQ(norm(Tensor({1, 1}, Doubles{3})).shape(), (Shape{1, 1}));
}

TEST(BatchNorm, UsedTwiceInOnePassComposes) {
  BatchNorm norm = made_norm(2);
  Pass pass = Pass::training(Key{1});
  norm(four_values(), pass);
  norm(map(four_values(), [](auto v) { return v * 2; }), pass);
  commit(pass, norm, norm);
  expect_near(norm.running_mean.get(), {0.9 * (0.1 * 3) + 0.1 * 6, 0.9 * (0.1 * 7) + 0.1 * 14});
  const auto twice = [](double unbiased) { return 0.9 * (0.9 + 0.1 * unbiased) + 0.1 * (4 * unbiased); };
  expect_near(norm.running_variance.get(), {twice(14.0 / 3), twice(16.0 / 3)});
}

TEST(BatchNorm, ARecomputedForwardIsDiscarded) {
  BatchNorm norm = made_norm(2), reference = norm;
  Pass kept = Pass::training(Key{1}), thrown_away = Pass::training(Key{1});
  const Variable first = norm(four_values(), kept);
  EXPECT_TRUE(same(norm(four_values(), thrown_away), first));
  commit(kept, norm, norm);
  Pass once = Pass::training(Key{1});
  reference(four_values(), once);
  commit(once, reference, reference);
  EXPECT_TRUE(same_network(norm, reference));
}

TEST(BatchNorm, CommitsFromABoundCopy) {
  Sequential net{made_norm(2), [](const Variable& x) { return 2.0 * x; }, made_norm(2)};
  initialize(net, Key{1}, DType::float64);
  const std::vector<Variable> weights = tracked_weights(net);
  Sequential bound = bind(net, weights);
  Pass pass = Pass::training(Key{1});
  bound(four_values(), pass);
  commit(pass, bound, net);
  const auto all = buffers(net);
  ASSERT_EQ(all.size(), 4u);
  expect_near(all[0].part->get(), {0.1 * 3, 0.1 * 7});
  expect_near(all[1].part->get(), {0.9 + 0.1 * (14.0 / 3), 0.9 + 0.1 * (16.0 / 3)});
  // The second sees twice a normalised channel: unbiased variance 4 * (3.5 / (3.5 + epsilon)) * 4 / 3.
  EXPECT_NEAR(all[3].part->get().values<double>()[0], 0.9 + 0.1 * (16.0 / 3) * 3.5 / (3.5 + 1e-5), 1e-14);
  // The copy's own buffers stay what they were.
  expect_near(buffers(bound)[0].part->get(), {0, 0});
}

// Updates are pending for the very object that ran; for any other they would be lost in silence.
TEST(BatchNorm, CommitOfAnotherNetworkIsRefused) {
  BatchNorm norm = made_norm(2);
  const BatchNorm bound = bind(norm, tracked_weights(norm));
  Pass pass = Pass::training(Key{1});
  bound(four_values(), pass);
  EXPECT_EQ(
      thrown<ArgumentError>([&] { commit(pass, norm, norm); }),
      "commit: 2 updates are pending, 0 of them of this network's 2 buffers, to be written to 2. Give the "
      "network that ran with this pass.");
}

TEST(BatchNorm, ABatchWithoutAVarianceIsRefused) {
  const BatchNorm norm = made_norm(2);
  Pass pass = Pass::training(Key{1});
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        norm(Tensor::ones({1, 1, 1, 2}, DType::float64), pass);
      }),
      "batch_norm: x [1, 1, 1, 2] has 1 value per channel, and a variance needs 2. Use a larger batch, or "
      "evaluation mode.");
  EXPECT_THROW(norm(Tensor::ones({0, 3, 3, 2}, DType::float64), pass), ShapeError);
  EXPECT_NO_THROW(norm(Tensor::ones({2, 1, 1, 2}, DType::float64), pass));
}

TEST(BatchNorm, RefusesOptionsOutOfRange) {
  EXPECT_EQ(thrown<ArgumentError>([] { BatchNorm({.channels = 0}); }),
            "BatchNorm: channels 0. Give 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { BatchNorm({.channels = 2, .momentum = 1.5}); }),
            "BatchNorm: momentum 1.5 is not in 0 to 1. It is the share of the new batch; 0.1 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { BatchNorm({.channels = 2, .momentum = std::nan("")}); }),
            "BatchNorm: momentum nan is not in 0 to 1. It is the share of the new batch; 0.1 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { BatchNorm({.channels = 2, .epsilon = 0}); }),
            "BatchNorm: epsilon 0 is not above 0. 1e-5 is usual.");
}

TEST(Dropout, EvaluationIsTheIdentity) {
  const Dropout layer{{.probability = 0.9}};
  const Variable x = numbers({4, 5}, 1);
  Pass pass;
  EXPECT_TRUE(layer(x, pass).value().same_storage(x.value()));
  EXPECT_TRUE(layer(x).value().same_storage(x.value()));
}

TEST(Dropout, KeysDifferPerDrawAndRepeatPerPass) {
  const Dropout layer{{.probability = 0.5}};
  const Variable x = Tensor::ones({64}, DType::float32);
  Pass pass = Pass::training(Key{4}), again = Pass::training(Key{4}), other = Pass::training(Key{5});
  const Variable first = layer(x, pass), second = layer(x, pass);
  EXPECT_FALSE(same_bits(first.value(), second.value()));
  EXPECT_TRUE(same(layer(x, again), first));
  EXPECT_TRUE(same(layer(x, again), second));
  EXPECT_FALSE(same_bits(layer(x, other).value(), first.value()));
  for (const float v : first.value().values<float>()) EXPECT_TRUE(v == 0 || v == 2) << v;
}

// Recompute in the backward walk relies on this: a forward with the same key gives the same bits.
TEST(Dropout, ARecomputedForwardDrawsTheSameNumbers) {
  const Sequential net{Dropout{{.probability = 0.3}}, [](const Variable& x) { return x * 3.0; },
                       Sequential{std::vector<AnyLayer>{Dropout{{.probability = 0.6}}}}};
  const Variable x = numbers({32, 8}, 1);
  Pass first = Pass::training(Key{7}), second = Pass::training(Key{7});
  const Variable y = net(x, first);
  EXPECT_TRUE(same(net(x, second), y));
  EXPECT_FALSE(same_bits(net(x, second).value(), y.value())) << "a third run in that pass draws anew";
}

TEST(Dropout, RefusesWhatIsNoShare) {
  EXPECT_EQ(thrown<ArgumentError>([] { Dropout({.probability = 1}); }),
            "Dropout: probability 1 is not in [0, 1). It is the share that is dropped.");
  EXPECT_EQ(thrown<ArgumentError>([] { Dropout({.probability = -0.5}); }),
            "Dropout: probability -0.5 is not in [0, 1). It is the share that is dropped.");
}

}  // namespace
}  // namespace trous
