#include <algorithm>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/dataset.h>

#include "data/scratch.h"

namespace trous {
namespace {

// Sample i is a 2 x 3 image full of i with one pixel of each class 0, 1, 2 and 255, and two more of class 1.
Dataset toy(std::int64_t size) {
  return {.name = "toy",
          .source = "this test",
          .classes = {"background", "one", "two"},
          .size = size,
          .image_shape = {2, 3, 1},
          .sample = [](std::int64_t i) {
            return Sample{.image = Tensor::full({2, 3, 1}, DType::float32, static_cast<double>(i)),
                          .target = Tensor({2, 3}, std::vector<std::int32_t>{0, 1, 2, 255, 1, 1})};
          }};
}

class DatasetThreads : public testing::Test {
 protected:
  ~DatasetThreads() override { set_threads(before_); }

 private:
  int before_ = threads();
};

TEST_F(DatasetThreads, ABatchStacksItsSamplesInOrderOnAnyNumberOfThreads) {
  const Dataset set = toy(10);
  const std::vector<std::int64_t> indices{7, 0, 9, 7};
  for (const int count : {1, 3}) {
    set_threads(count);
    const Batch batch = make_batch(set, indices);
    ASSERT_EQ(batch.images.shape(), (Shape{4, 2, 3, 1}));
    ASSERT_EQ(batch.targets.shape(), (Shape{4, 2, 3}));
    for (std::size_t i = 0; i < 24; ++i) {
      EXPECT_EQ(batch.images.values<float>()[i], static_cast<float>(indices[i / 6]));
      EXPECT_EQ(batch.targets.values<std::int32_t>()[i], (std::vector{0, 1, 2, 255, 1, 1}[i % 6]));
    }
  }
}

TEST(Dataset, ABatchOfNothingIsABatch) {
  EXPECT_EQ(make_batch(toy(3), {}).images.shape(), (Shape{0, 2, 3, 1}));
  EXPECT_EQ(make_batch(toy(3), {}).targets.shape(), (Shape{0, 2, 3}));
}

TEST_F(DatasetThreads, ABatchOfAnySamplesIsMadeHereOrInParallel) {
  set_threads(3);
  const auto sample = [](std::int64_t i) {
    return Sample{.image = Tensor::full({2, 3, 1}, DType::float32, static_cast<double>(10 * i)),
                  .target = Tensor::full({2, 3}, DType::int32, static_cast<double>(i))};
  };
  const auto fields = [](const Shape& image) {
    return fields_of({.name = "", .source = "", .image_shape = image, .sample = nullptr});
  };
  for (const Making making : {Making::in_parallel, Making::here}) {
    const Batch batch = make_batch(fields({2, 3, 1}), 5, sample, making);
    for (std::size_t i = 0; i < 30; ++i) {
      const auto number = static_cast<std::int32_t>(i / 6);
      EXPECT_EQ(batch.images.values<float>()[i], static_cast<float>(10 * number));
      EXPECT_EQ(batch.targets.values<std::int32_t>()[i], number);
    }
    EXPECT_EQ(message_of<ShapeError>([&] {
                make_batch(fields({3, 2, 1}), 1, sample, making);
              }),
              "make_batch: sample 0 has image [2, 3, 1] where [3, 2, 1] belongs. Crop or pad it.");
  }
  std::thread::id maker;
  make_batch(
      fields({2, 3, 1}), 1, [&](std::int64_t i) { return maker = std::this_thread::get_id(), sample(i); },
      Making::here);
  EXPECT_EQ(maker, std::this_thread::get_id());
}

TEST(Dataset, SaysWhichSampleIsWrong) {
  const std::vector<std::int64_t> beyond{0, 3};
  EXPECT_EQ(message_of<ArgumentError>([&] { make_batch(toy(3), beyond); }),
            "toy: sample 3 does not exist. The set has 3. Count from 0.");
  EXPECT_THROW(checked_sample(toy(3), -1), ArgumentError);
  Dataset wrong = toy(3);
  wrong.image_shape = {3, 2, 1};
  EXPECT_EQ(message_of<ShapeError>([&] { checked_sample(wrong, 1); }),
            "toy: sample 1 has image [2, 3, 1] where [3, 2, 1] belongs. Crop or pad it.");
  wrong.image_shape = {2, 3, 1};
  wrong.sample = [](std::int64_t) {
    return Sample{Tensor::zeros({2, 3, 1}, DType::float64), Tensor::zeros({2, 3}, DType::uint8)};
  };
  EXPECT_EQ(message_of<DTypeError>([&] { checked_sample(wrong, 1); }),
            "toy: sample 1 has a float64 image where float32 belongs. Cast it.");
}

// The first `steps` steps, one after the other.
std::vector<std::int64_t> sequence(std::int64_t size, std::int64_t batch, Key key, std::int64_t steps) {
  BatchOrder order(size, batch, key);
  std::vector<std::int64_t> result;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::vector<std::int64_t> indices = order.indices(step);
    EXPECT_EQ(static_cast<std::int64_t>(indices.size()), batch);
    result.insert(result.end(), indices.begin(), indices.end());
  }
  return result;
}

TEST(BatchOrder, EveryEpochIsAFreshPermutation) {
  for (const std::int64_t batch : {1, 3, 10, 16, 50}) {  // 16 and 50 do not divide, or exceed, the epoch
    constexpr std::int64_t size = 10, epochs = 30;
    const std::vector<std::int64_t> all = sequence(size, batch, Key{5}, chunks(epochs * size, batch));
    std::vector<std::int64_t> numbers(size);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<std::vector<std::int64_t>> seen;
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
      seen.emplace_back(all.begin() + epoch * size, all.begin() + (epoch + 1) * size);
      EXPECT_TRUE(std::is_permutation(numbers.begin(), numbers.end(), seen.back().begin(), seen.back().end()))
          << "batch " << batch << ", epoch " << epoch;
    }
    // 30 of 3,628,800 orders: that two are equal by chance has probability 1.2e-4, and the key is fixed.
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end()) << "batch " << batch;
  }
}

TEST(BatchOrder, TheOrderIsTheKeysAndNothingElses) {
  const std::vector<std::int64_t> order = sequence(100, 8, Key{1}, 50);
  EXPECT_EQ(sequence(100, 8, Key{1}, 50), order);
  EXPECT_NE(sequence(100, 8, Key{2}, 50), order);
  // The batch only cuts the sequence.
  EXPECT_EQ(sequence(100, 20, Key{1}, 20), order);
}

TEST(BatchOrder, AnyStepMayBeAskedFirst) {
  const std::vector<std::int64_t> order = sequence(7, 3, Key{1}, 40);
  BatchOrder resumed(7, 3, Key{1});
  for (const std::int64_t step : {39, 0, 17, 16, 39}) {
    EXPECT_EQ(resumed.indices(step),
              std::vector<std::int64_t>(order.begin() + 3 * step, order.begin() + 3 * step + 3));
  }
}

TEST(BatchOrder, RefusesWhatCannotBeOrdered) {
  EXPECT_EQ(message_of<ArgumentError>([] { BatchOrder(0, 4, Key{1}); }),
            "BatchOrder: 0 samples in batches of 4 leave nothing to train on. Both are 1 or more.");
  EXPECT_THROW(BatchOrder(4, 0, Key{1}), ArgumentError);
  BatchOrder order(4, 2, Key{1});
  EXPECT_EQ(message_of<ArgumentError>([&] { order.indices(-1); }),
            "BatchOrder: step -1 does not exist. Count from 0.");
}

}  // namespace
}  // namespace trous
