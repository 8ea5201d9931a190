#include <limits>
#include <numeric>
#include <vector>

#include <trous/core/error.h>
#include <trous/ops/cast.h>
#include <trous/ops/compare.h>
#include <trous/ops/one_hot.h>
#include <trous/ops/reshape.h>

namespace trous {

Variable one_hot(const Variable& labels, std::int64_t classes, const OneHotOptions& options) {
  if (labels.dtype() != DType::int32) {
    throw DTypeError(text("one_hot: labels are ", labels.dtype(),
                          ", must be int32. Cast them: cast(labels, DType::int32)."));
  }
  if (classes < 1 || classes > std::numeric_limits<std::int32_t>::max()) {
    throw ArgumentError(text("one_hot: classes ", classes, ". Give 1 to 2^31 - 1."));
  }
  const std::span<const std::int32_t> values = labels.value().values<std::int32_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((values[i] >= 0 && values[i] < classes) || values[i] == options.ignore_index) continue;
    throw ArgumentError(text("one_hot: label ", values[i], " at place ", i, " of labels ", labels.shape(),
                             " is not in 0 to ", classes - 1,
                             ". Give more classes, or name it as ignore_index."));
  }
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(classes));
  std::iota(numbers.begin(), numbers.end(), 0);
  // An ignored label may be a class; where it is none it equals no number anyway.
  if (options.ignore_index && *options.ignore_index >= 0 && *options.ignore_index < classes)
    numbers[static_cast<std::size_t>(*options.ignore_index)] = -1;
  return cast(equal(unsqueeze(labels, -1), Tensor(Shape{classes}, numbers)), options.dtype);
}

}  // namespace trous
