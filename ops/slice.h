// Parts of a tensor, and a tensor as a part of a larger one of zeros.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// y[i0, i1, ...] = x[begin[0] + i0 step[0], ...], y having extents `size`.
///
/// begin, size   one entry per axis
/// step          one entry per axis, 1 or more; empty means 1 everywhere
///
/// Gradient: zeros outside the slice. Throws ArgumentError if the slice leaves x, or the entries do not
/// match x's rank, ShapeError for a size of 0 on any axis but the first, the batch.
Variable slice(const Variable& x, const std::vector<std::int64_t>& begin,
               const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& step = {});

/// x with `before[k]` zeros before and `after[k]` behind it along each axis k. Its transpose is `crop`.
/// Throws ArgumentError on a negative count.
Variable pad(const Variable& x, const std::vector<std::int64_t>& before,
             const std::vector<std::int64_t>& after);

/// x without its first `before[k]` and last `after[k]` elements along each axis k. Its transpose is `pad`.
/// Throws ArgumentError on a negative count or where nothing would be left.
Variable crop(const Variable& x, const std::vector<std::int64_t>& before,
              const std::vector<std::int64_t>& after);

}  // namespace trous
