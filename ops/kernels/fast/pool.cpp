// Pooling by windows.
#include <algorithm>

#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/windows.h>
#include <trous/ops/kernels/pool.h>
#include <trous/ops/kernels/reduce.h>

namespace trous::kernels::fast {
namespace {

Tensor max_pool_indices(const DepthwiseGeometry& g, const Tensor& x) {
  Tensor winners = Tensor::uninitialized({g.batch, g.height.out * g.width.out, g.channels}, DType::int32);
  visit_floating("max_pool2d", x.dtype(), [&]<class T> {
    find_largest(windows_forward(g), x.values<T>().data(), winners.mutable_values<std::int32_t>().data());
  });
  return winners;
}

// Row taps are reversed, so that windows are added in ascending order, as the reference adds them.
Tensor max_pool_transpose(const DepthwiseGeometry& g, const Tensor& y, const Tensor& indices) {
  if (g.channels < policy::min_channels_for_max_pool_gather)
    return scatter_add(y, indices, 1, g.height.in * g.width.in);
  Tensor x = Tensor::uninitialized({g.batch, g.height.in * g.width.in, g.channels}, y.dtype());
  WindowPlan plan = windows_transposed(g);
  for (std::vector<RowTap>& taps : plan.rows) std::reverse(taps.begin(), taps.end());
  visit_floating("scatter_add", y.dtype(), [&]<class T> {
    max_pool_gradient(plan, y.values<T>().data(), indices.values<std::int32_t>().data(),
                      x.mutable_values<T>().data());
  });
  return x;
}

Tensor average_pool(const DepthwiseGeometry& g, const Tensor& x) {
  Tensor y = Tensor::uninitialized(g.y_shape(), x.dtype());
  visit_floating("average_pool2d", x.dtype(), [&]<class T> {
    window_means(windows_forward(g), x.values<T>().data(), y.mutable_values<T>().data());
  });
  return y;
}

std::vector<std::int64_t> window_sizes(const WindowAxis& axis) {
  std::vector<std::int64_t> sizes;
  for (const std::vector<RowTap>& taps : rows_forward(axis)) sizes.push_back(std::ssize(taps));
  return sizes;
}

Tensor average_pool_transpose(const DepthwiseGeometry& g, const Tensor& y) {
  Tensor x = Tensor::uninitialized(g.x_shape(), y.dtype());
  const WindowSizes sizes{window_sizes(g.height), window_sizes(g.width)};
  visit_floating("average_pool2d_transpose", y.dtype(), [&]<class T> {
    window_means_transpose(windows_transposed(g), sizes, y.values<T>().data(), x.mutable_values<T>().data());
  });
  return x;
}

}  // namespace

const PoolKernels pooling{max_pool_indices, max_pool_transpose, average_pool, average_pool_transpose};

}  // namespace trous::kernels::fast
