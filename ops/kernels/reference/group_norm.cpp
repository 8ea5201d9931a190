#include <cmath>

#include <trous/ops/kernels/group_norm.h>

namespace trous::kernels::reference {
namespace {

// f(index in the sample, channel, group), in the order of memory.
template <class Body>
void for_each_value(std::int64_t pixels, std::int64_t groups, std::int64_t of_group, const Body& body) {
  std::int64_t i = 0;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    std::int64_t c = 0;
    for (std::int64_t g = 0; g < groups; ++g) {
      for (std::int64_t k = 0; k < of_group; ++k) body(i++, c++, g);
    }
  }
}

template <class T>
void moments(const T* x, const Groups& e, double* mean, double* variance) {
  const double share = 1 / e.values();
  for (std::int64_t g = 0; g < e.groups; ++g) mean[g] = variance[g] = 0;
  for_each_value(e.pixels, e.groups, e.channels_of_group(),
                 [&](std::int64_t i, std::int64_t, std::int64_t g) { mean[g] += static_cast<double>(x[i]); });
  for (std::int64_t g = 0; g < e.groups; ++g) mean[g] *= share;
  for_each_value(e.pixels, e.groups, e.channels_of_group(),
                 [&](std::int64_t i, std::int64_t, std::int64_t g) {
                   const double apart = static_cast<double>(x[i]) - mean[g];
                   variance[g] += apart * apart;
                 });
  for (std::int64_t g = 0; g < e.groups; ++g) variance[g] *= share;
}

// The same expression wherever y is needed, so that all agree on whether it is above 0.
template <class T>
T affine(const GroupRows<T>& r, std::int64_t i, std::int64_t c, std::int64_t g) {
  const T slope = static_cast<T>(r.factor[g] * static_cast<double>(r.scale[c]));
  return (r.x[i] - r.mean[g]) * slope + r.offset[c];
}

template <class T>
void value(const GroupRows<T>& r, T* y) {
  for_each_value(r.pixels, r.groups, r.channels / r.groups,
                 [&](std::int64_t i, std::int64_t c, std::int64_t g) {
                   const T v = affine(r, i, c, g);
                   y[i] = r.relu && v < 0 ? T(0) : v;
                 });
}

template <class T>
void sums(const GroupRows<T>& r, const T* grad, double* plain, double* with_x) {
  for_each_value(r.pixels, r.groups, r.channels / r.groups,
                 [&](std::int64_t i, std::int64_t c, std::int64_t g) {
                   if (r.relu && !(affine(r, i, c, g) > 0)) return;
                   plain[c] += static_cast<double>(grad[i]);
                   with_x[c] += static_cast<double>(grad[i]) * static_cast<double>(r.x[i] - r.mean[g]);
                 });
}

template <class T>
void gradient(const GroupRows<T>& r, const T* grad, const double* first, const double* second, T* out) {
  for_each_value(
      r.pixels, r.groups, r.channels / r.groups, [&](std::int64_t i, std::int64_t c, std::int64_t g) {
        const bool passes = !r.relu || affine(r, i, c, g) > 0;
        const double direct =
            passes ? r.factor[g] * static_cast<double>(r.scale[c]) * static_cast<double>(grad[i]) : 0;
        const auto apart = static_cast<double>(r.x[i] - r.mean[g]);
        out[i] = static_cast<T>(direct - first[g] - apart * second[g]);
      });
}

}  // namespace

const GroupLoops<float> group_norm_float32{moments<float>, value<float>, sums<float>, gradient<float>};
const GroupLoops<double> group_norm_float64{moments<double>, value<double>, sums<double>, gradient<double>};

}  // namespace trous::kernels::reference
