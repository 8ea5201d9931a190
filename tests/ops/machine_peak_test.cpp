// The yardstick is measured on every instruction set; how fast it is, no test says.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/storage.h>
#include <trous/ops/kernel_set.h>
#include <trous/ops/kernels/fast/peak.h>
#include <trous/ops/machine_peak.h>

#include "core/thrown.h"

namespace trous {
namespace {

TEST(MachinePeak, IsMeasuredAndLeavesNoMemory) {
  const StorageCount before = live_storage();
  for (const DType dtype : {DType::float32, DType::float64}) {
    const MachinePeak peak = machine_peak(dtype);
    EXPECT_GT(peak.operations, 0);
    EXPECT_GT(peak.bytes, 0);
  }
  EXPECT_EQ(live_storage().bytes, before.bytes);
}

TEST(MachinePeak, HasNoMultiplyAddsOfIntegers) {
  EXPECT_EQ(thrown<DTypeError>([] { machine_peak(DType::int32); }),
            "machine_peak: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(thrown<DTypeError>([] { const PeakBurst none(DType::uint8); }),
            "PeakBurst: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(MachinePeak, ABurstCountsItsOperations) {
  const PeakBurst burst(DType::float64);
  burst.run();
  const double one = kernels::fast::multiply_add_rounds(true, 1000).operations;
  EXPECT_GT(burst.operations(), 0);
  EXPECT_EQ(std::fmod(burst.operations(), one), 0) << "whole rounds";
}

// s <- 0.999 s + 0.5 goes to 500, whatever the instruction set; a sum that was left out would show.
TEST(MachinePeak, TheLoopComputesWhatItCounts) {
  const std::string best = simd_target();
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    for (const bool wide : {false, true}) {
      const auto one = kernels::fast::multiply_add_rounds(wide, 100000);
      const double sums = one.sum / 500;
      EXPECT_NEAR(sums, std::round(sums), 1e-3) << target;
      // Lanes: a power of two.
      const double lanes = one.operations / (2 * 100000 * std::round(sums));
      EXPECT_EQ(std::exp2(std::round(std::log2(lanes))), lanes) << target;
    }
  }
  set_simd_target(best);
}

}  // namespace
}  // namespace trous
