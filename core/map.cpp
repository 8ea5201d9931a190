#include <algorithm>
#include <cmath>
#include <vector>

#include <trous/core/map.h>

namespace trous {

double dot(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) {
    throw ShapeError(
        text("dot: shapes ", a.shape(), " and ", b.shape(), " differ. Both need the same shape."));
  }
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text("dot: ", a.dtype(), " and ", b.dtype(), " do not mix. Cast one side."));
  }
  return visit_floating("dot", a.dtype(), [&]<class T> {
    const T* left = a.values<T>().data();
    const T* right = b.values<T>().data();
    std::vector<double> partial(static_cast<std::size_t>(chunks(a.elements(), map_grain)));
    parallel_for(a.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i)
        sum += static_cast<double>(left[i]) * static_cast<double>(right[i]);
      partial[static_cast<std::size_t>(begin / map_grain)] = sum;
    });
    double total = 0;
    for (const double sum : partial) total += sum;
    return total;
  });
}

double largest_magnitude(const Tensor& x) {
  return visit_floating("largest_magnitude", x.dtype(), [&]<class T> {
    double largest = 0;
    for (const T v : x.values<T>()) largest = std::max(largest, static_cast<double>(std::abs(v)));
    return largest;
  });
}

}  // namespace trous
