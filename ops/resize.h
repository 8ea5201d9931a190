// Images at another size. Both are linear maps.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// Output row i lies at input row (i + 1/2) h / height - 1/2 (half-pixel centres), clamped to the image,
/// and blends the two rows around it; columns likewise. No antialias.
///
/// x         [n, h, w, c]           float32 or float64
/// returns   [n, height, width, c]
///
/// Throws ShapeError if the rank is not 4, DTypeError for integers, ArgumentError if height or width < 1.
/// Source: the convention of TensorFlow 2 and of PyTorch's align_corners=False.
Variable resize_bilinear(const Variable& x, std::int64_t height, std::int64_t width);

/// Output row i is input row floor((i + 1/2) h / height); columns likewise. Shapes, dtypes and errors as
/// resize_bilinear.
Variable resize_nearest(const Variable& x, std::int64_t height, std::int64_t width);

}  // namespace trous
