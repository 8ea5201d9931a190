// Gradient checks that look for the smallest inputs at which a gradient is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/core/random.h>

namespace trous {

/// Makes the inputs of a check in any size, so that a failure can be shrunk.
struct InputGenerator {
  /// The sizes of the first check, for example {batch, height, width, channels}. None is made smaller than 1.
  std::vector<std::int64_t> sizes;
  /// Makes inputs of these sizes. Throws a trous::Error for sizes that do not go together; the search then
  /// leaves them out.
  std::function<std::vector<Tensor>(std::span<const std::int64_t> sizes, Key key)> inputs;
};

/// Checks the gradients of f, as check_grad does, at the generator's sizes. If one is wrong there, the sizes
/// are made smaller for as long as it stays wrong. The report is of the smallest sizes, which its name
/// states: "my_op at sizes [1, 2, 2, 1]". Throws as check_grad does.
GradReport check_grad_shrinking(std::string_view name, const Function& f, const InputGenerator& generator,
                                const GradCheckOptions& options = {});

}  // namespace trous
