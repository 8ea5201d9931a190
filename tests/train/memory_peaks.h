// Peaks of memory that are measured, beside those that are predicted.
#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include <trous/core/storage.h>
#include <trous/train/trainer.h>

namespace trous {

/// Without a loader's thread, which may or may not have made all its batches at the peak.
inline const TrainOptions no_batches_ahead{.loader_threads = 0};

/// The peak of what `work` adds.
inline std::int64_t peak_of(const std::function<void()>& work) {
  lower_storage_peak();
  const std::int64_t before = storage_peak();
  work();
  return storage_peak() - before;
}

/// The peak of three steps, each on all samples.
inline std::int64_t peak_of_training(const AnyLayer& net, const Dataset& data, TrainOptions options) {
  options.steps = options.validate_every = 3;
  options.batch = data.size;
  return peak_of([&] { Trainer(net, {data, data, data}, options).run(); });
}

inline void expect_ratio_near_1(std::int64_t predicted, std::int64_t peak, const std::string& what) {
  const double ratio = static_cast<double>(predicted) / static_cast<double>(peak);
  EXPECT_GE(ratio, 0.9) << what << ": " << predicted << " predicted, " << peak << " measured";
  EXPECT_LE(ratio, 1.1) << what << ": " << predicted << " predicted, " << peak << " measured";
}

}  // namespace trous
