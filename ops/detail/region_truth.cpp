#include <algorithm>
#include <vector>

#include <trous/ops/detail/region_truth.h>

namespace trous::detail {

RegionTruth region_truth(const Tensor& labels, std::int64_t classes, DType dtype,
                         std::optional<std::int32_t> ignore_index) {
  const Shape shape{labels.elements(), classes};
  const std::span<const std::int32_t> label = labels.values<std::int32_t>();
  std::vector<std::uint8_t> counted(static_cast<std::size_t>(shape.elements()), 0), of_class = counted;
  std::vector<double> sizes(static_cast<std::size_t>(classes), 0);
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (ignore_index && label[i] == *ignore_index) continue;
    const auto row = static_cast<std::ptrdiff_t>(i) * classes;
    std::fill_n(counted.begin() + row, classes, std::uint8_t{1});
    of_class[static_cast<std::size_t>(row + label[i])] = 1;
    sizes[static_cast<std::size_t>(label[i])] += 1;
  }
  std::vector<std::uint8_t> present;
  std::int64_t classes_present = 0, pixels = 0;
  for (double& size : sizes) {
    pixels += static_cast<std::int64_t>(size);
    present.push_back(size > 0 ? 1 : 0);
    classes_present += present.back();
    size = std::max(size, 1.0);
  }
  return {Tensor(shape, counted),
          Tensor(shape, of_class),
          Tensor({classes}, present),
          Tensor({classes}, sizes).cast(dtype),
          classes_present,
          pixels};
}

}  // namespace trous::detail
