// Classes as vectors.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/autograd/variable.h>

namespace trous {

struct OneHotOptions {
  DType dtype = DType::float32;
  /// The label that stands for no class, as in the losses: all its elements are 0.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// y[.., c] = 1 where labels[..] is c, else 0.
///
/// labels    int32, 0 to classes - 1 or ignore_index
/// returns   labels' shape with a last axis of extent `classes`
///
/// Locally constant. Throws DTypeError unless labels are int32, ArgumentError if classes < 1 or naming the
/// first label that is neither a class nor ignore_index.
Variable one_hot(const Variable& labels, std::int64_t classes, const OneHotOptions& options = {});

}  // namespace trous
