#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/loader.h>

#include "data/scratch.h"

namespace trous {
namespace {

using Index = std::int64_t;

const Augmentation everything{.flip_horizontal = true,
                              .flip_vertical = true,
                              .scale = 1.3,
                              .rotate = 20,
                              .shift = 0.1,
                              .crop = Window{9, 14},
                              .foreground = 0,
                              .brightness = 0.1,
                              .contrast = 0.1,
                              .noise = 0.05};

// Images of random numbers, 11 x 13.
Dataset speckles(Index size, std::function<void(Index)> before = {}) {
  return {.name = "speckles",
          .source = "this test",
          .classes = {"background", "one", "two"},
          .size = size,
          .image_shape = {11, 13, 2},
          .sample = [before = std::move(before)](Index i) {
            if (before) before(i);
            const Key key = fold_in(Key{77}, static_cast<std::uint64_t>(i));
            return Sample{
                .image = uniform({11, 13, 2}, DType::float32, key),
                .target = uniform({11, 13}, DType::float32, fold_in(key, 1), 0, 3).cast(DType::int32)};
          }};
}

LoaderOptions options_of(int workers, Index ahead = 3, Index batch = 4) {
  return {.batch = batch,
          .augmentation = everything,
          .order_key = Key{5},
          .augmentation_key = Key{6},
          .workers = workers,
          .ahead = ahead};
}

// The batch of `step` by a plain loop.
void expect_batch(const Batch& batch, const Dataset& set, const LoaderOptions& options, Index step) {
  const std::vector<Index> indices = BatchOrder(set.size, options.batch, options.order_key).indices(step);
  ASSERT_EQ(batch.images.shape(), (Shape{options.batch, 9, 14, 2}));
  ASSERT_EQ(batch.targets.shape(), (Shape{options.batch, 9, 14}));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Key key = fold_in(options.augmentation_key,
                            static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(options.batch) + i);
    const Sample sample = augmented(set.sample(indices[i]), options.augmentation, key);
    EXPECT_EQ(0, std::memcmp(batch.images.values<float>().data() + i * 9 * 14 * 2,
                             sample.image.values<float>().data(), sample.image.bytes()))
        << "step " << step << ", sample " << i;
    EXPECT_EQ(0, std::memcmp(batch.targets.values<std::int32_t>().data() + i * 9 * 14,
                             sample.target.values<std::int32_t>().data(), sample.target.bytes()))
        << "step " << step << ", sample " << i;
  }
}

// Waits for what other threads do; the deadline only ends a test that would hang.
class Meeting {
 public:
  void arrive() {
    const std::lock_guard lock(mutex_);
    ++arrived_;
    changed_.notify_all();
  }
  bool wait_for(Index count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(120), [&] { return arrived_ >= count; });
  }
  Index arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Index arrived_ = 0;
};

TEST(Loader, ABatchDependsOnNeitherWorkersNorAheadNorWhatWasTakenBefore) {
  const Dataset set = speckles(10);  // an epoch ends amid a batch
  for (const int workers : {0, 1, 2, 3}) {
    for (const Index ahead : {1, 2, 5}) {
      const LoaderOptions options = options_of(workers, ahead);
      Loader loader(set, options);
      EXPECT_EQ(loader.image_shape(), (Shape{9, 14, 2}));
      // In order, on from elsewhere, back, skipping one, again and again.
      for (const Index step : {0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 3, 4, 6, 7, 7, 7, 8, 0, 1}) {
        expect_batch(loader.take(step), set, options, step);
      }
    }
  }
}

TEST(Loader, WithoutAugmentationTheBatchesAreThoseOfTheDataSet) {
  const Dataset set = speckles(10);
  Loader loader(set, {.batch = 3, .order_key = Key{5}, .workers = 2});
  BatchOrder order(10, 3, Key{5});
  for (Index step = 0; step < 12; ++step) {
    const Batch batch = loader.take(step), expected = make_batch(set, order.indices(step));
    EXPECT_TRUE(same_bits(batch.images, expected.images) && same_bits(batch.targets, expected.targets));
  }
}

TEST(Loader, ASampleIsAugmentedAnewInEveryEpoch) {
  const Dataset set = speckles(1);
  Loader loader(set, options_of(1, 4, 1));
  EXPECT_FALSE(same_bits(loader.take(0).images, loader.take(1).images));
}

TEST(Loader, WorkersAreAheadByAsManyBatchesAsAskedAndNoMore) {
  for (const int workers : {1, 2, 3}) {
    constexpr Index batch = 4, ahead = 3;
    Meeting samples;
    Loader loader(speckles(100, [&](Index) { samples.arrive(); }), options_of(workers, ahead, batch));
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // for what may not be made before a first step
    for (Index taken = 1; taken < 7; ++taken) {
      loader.take(49 + taken);
      ASSERT_TRUE(samples.wait_for((taken + ahead) * batch)) << "the workers stand still";
      EXPECT_EQ(samples.arrived(), (taken + ahead) * batch);
    }
  }
}

TEST(Loader, WorkersMakeBatchesAtTheSameTimeAndNotInTheCallersThread) {
  Meeting inside;
  std::atomic<bool> met{true}, in_callers_thread{false};
  const auto caller = std::this_thread::get_id();
  Loader loader(speckles(100,
                         [&](Index) {
                           if (std::this_thread::get_id() == caller) in_callers_thread = true;
                           inside.arrive();
                           if (!inside.wait_for(3)) met = false;
                         }),
                options_of(3, 3, 1));
  loader.take(0);
  EXPECT_TRUE(met) << "three workers did not meet in three samples";
  EXPECT_FALSE(in_callers_thread);
}

TEST(Loader, AWorkerMakesItsBatchAlone) {
  const int before = threads();
  set_threads(4);
  std::mutex mutex;
  std::set<std::thread::id> makers;
  {
    Loader loader(speckles(100,
                           [&](Index) {
                             const std::lock_guard lock(mutex);
                             makers.insert(std::this_thread::get_id());
                           }),
                  options_of(1, 3, 32));
    for (Index step = 0; step < 10; ++step) loader.take(step);
  }
  set_threads(before);
  EXPECT_EQ(makers.size(), 1U);
}

TEST(Loader, ABrokenSampleFailsItsStepsAndNoOthers) {
  constexpr Index broken = 7;
  const Dataset set = speckles(10, [](Index i) {
    if (i == broken) throw FileError("seven.png is torn");
  });
  const Dataset whole = speckles(10);
  for (const int workers : {0, 1, 3}) {
    const LoaderOptions options = options_of(workers, 4, 3);
    Loader loader(set, options);
    BatchOrder order(10, 3, options.order_key);
    int failures = 0;
    for (Index step = 0; step < 20; ++step) {
      const std::vector<Index> indices = order.indices(step);
      if (std::find(indices.begin(), indices.end(), broken) == indices.end()) {
        expect_batch(loader.take(step), whole, options, step);
      } else {
        ++failures;
        EXPECT_EQ(message_of<FileError>([&] { loader.take(step); }), "seven.png is torn");
        EXPECT_THROW(loader.take(step), FileError);  // and again where it is asked again
      }
    }
    EXPECT_EQ(failures, 6);
  }
}

// Outcomes that can be counted: failures that hold a token.
TEST(Loader, ARestartLeavesNothingBehind) {
  struct Held {
    std::shared_ptr<int> token;
  };
  constexpr Index ahead = 4;
  constexpr int workers = 2;
  const auto token = std::make_shared<int>();
  const Dataset failing = speckles(10, [&](Index) { throw Held{token}; });
  Loader loader(failing, options_of(workers, ahead, 1));
  for (Index restart = 0; restart < 100; ++restart) {
    EXPECT_THROW(loader.take(1000 - 10 * restart), Held);
    // This test's token, the finished steps, and those in work, which may be on the way from hand to hand.
    EXPECT_LE(token.use_count(), 1 + ahead + 2 * workers);
  }
}

TEST(Loader, SamplesAreCheckedBeforeTheyAreAugmented) {
  Dataset set = speckles(10);
  set.image_shape = {11, 12, 2};
  Loader loader(set, {.batch = 1, .augmentation = {.crop = Window{4, 4}}});
  const std::string message = message_of<ShapeError>([&] { loader.take(0); });
  EXPECT_NE(message.find("has image [11, 13, 2] where [11, 12, 2] belongs."), std::string::npos) << message;
}

TEST(Loader, EndsInTheMiddleOfABatch) {
  constexpr Index batch = 5000;
  Meeting samples;
  {
    const auto slow_after_the_first_batch = [&](Index) {
      if (samples.arrived() >= batch) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      samples.arrive();
    };
    Loader loader(speckles(100, slow_after_the_first_batch), options_of(1, 4, batch));
    loader.take(0);
    ASSERT_TRUE(samples.wait_for(batch + 3));
  }
  EXPECT_LT(samples.arrived(), 2 * batch);
}

TEST(Loader, CountsTheTimeOfTaking) {
  for (const int workers : {0, 2}) {
    Loader loader(speckles(10), options_of(workers));
    EXPECT_EQ(loader.seconds_waited(), 0);
    EXPECT_EQ(loader.seconds_starting(), 0);
    loader.take(0);
    const double first = loader.seconds_waited();
    EXPECT_GT(first, 0);
    EXPECT_GE(first, loader.seconds_starting());
    const double started = loader.seconds_starting();
    EXPECT_EQ(started > 0, workers > 0);
    loader.take(1);
    EXPECT_GE(loader.seconds_waited(), first);
    EXPECT_EQ(loader.seconds_starting(), started);
    loader.take(9);
    EXPECT_EQ(loader.seconds_starting() > started, workers > 0);
  }
}

TEST(Loader, RefusesWhatCannotBeLoaded) {
  const Dataset set = speckles(10);
  EXPECT_EQ(message_of<ArgumentError>([&] { Loader(set, options_of(-1, 0)); }),
            "Loader: workers -1, ahead 0. Workers are 0 to 256, ahead is 1 to 65536.");
  EXPECT_THROW(Loader(set, options_of(257)), ArgumentError);
  EXPECT_THROW(Loader(set, options_of(1, 65537)), ArgumentError);
  EXPECT_EQ(message_of<ArgumentError>([&] { Loader(set, options_of(1, 1, 0)); }),
            "BatchOrder: 10 samples in batches of 0 leave nothing to train on. Both are 1 or more.");
  EXPECT_EQ(
      message_of<ArgumentError>([&] { Loader(set, {.augmentation = {.noise = -1}}); }),
      "augmentation: noise -1 is outside 0 to 1. 0.05 is a standard deviation beside values of 0 to 1.");
  for (const int workers : {0, 1}) {
    Loader loader(set, options_of(workers, 4, 4));
    EXPECT_EQ(message_of<ArgumentError>([&] { loader.take(-1); }),
              "Loader: step -1 does not exist. Count from 0 to at most 2305843009213693946.");
    constexpr Index last = std::numeric_limits<Index>::max() / 4 - 5;
    EXPECT_THROW(loader.take(last + 1), ArgumentError);
    expect_batch(loader.take(last), set, options_of(workers, 4, 4), last);
    expect_batch(loader.take(0), set, options_of(workers, 4, 4), 0);
  }
}

}  // namespace
}  // namespace trous
