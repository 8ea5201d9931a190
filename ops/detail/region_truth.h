// The masks and counts of the true regions, which the losses of overlap share.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/tensor.h>

namespace trous::detail {

/// The masks and counts that follow from the labels, for logits seen as [pixels, classes].
struct RegionTruth {
  Tensor counted, of_class;  // uint8 [pixels, classes]: the pixel counts; it counts and is of the class
  Tensor present;            // uint8 [classes]: a counted pixel is of the class
  Tensor sizes;              // [classes]: counted pixels of the class; 1, so that it divides, where none is
  std::int64_t classes_present;
  std::int64_t pixels;  // that count
};

/// The truth of labels that check_labelled has accepted; `sizes` have `dtype`.
RegionTruth region_truth(const Tensor& labels, std::int64_t classes, DType dtype,
                         std::optional<std::int32_t> ignore_index);

}  // namespace trous::detail
