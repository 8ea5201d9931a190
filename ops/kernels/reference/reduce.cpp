#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/reduce.h>

namespace trous::kernels {
namespace {

constexpr std::int64_t block_elements = 1 << 14;  // of one task; depends on nothing but the shape

std::int64_t grain_for(std::int64_t elements_per_index) {
  return std::max<std::int64_t>(1, block_elements / std::max<std::int64_t>(1, elements_per_index));
}

// sum[i] += in[r, i] for every row r. Short rows are taken several at a time, as one long row, so that an
// addition need not wait for the one before.
template <class T>
void add_rows(const T* in, std::int64_t rows, std::int64_t inner, double* sum) {
  constexpr std::int64_t longest = 32;
  const auto add = [](const T* row, std::int64_t length, double* to) {
    for (std::int64_t i = 0; i < length; ++i) to[i] += static_cast<double>(row[i]);
  };
  const std::int64_t together = longest / inner;
  std::int64_t r = 0;
  if (together > 1) {
    double wide[longest] = {};
    for (; r + together <= rows; r += together) add(in + r * inner, together * inner, wide);
    for (std::int64_t k = 0; k < together; ++k) {
      for (std::int64_t i = 0; i < inner; ++i) sum[i] += wide[k * inner + i];
    }
  }
  for (; r < rows; ++r) add(in + r * inner, inner, sum);
}

// [outer, axis, inner] -> [outer, inner]. The axis is cut into fixed blocks, which are added in order.
template <class T>
void sum_middle(const T* in, double* out, Split s) {
  const std::int64_t block = grain_for(s.inner), blocks = chunks(s.axis, block);
  std::vector<double> partial(static_cast<std::size_t>(s.outer * blocks * s.inner), 0.0);
  parallel_for(s.outer * blocks, grain_for(std::min(block, s.axis) * s.inner),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t task = begin; task < end; ++task) {
                   const std::int64_t o = task / blocks, first = task % blocks * block;
                   add_rows(in + (o * s.axis + first) * s.inner, std::min(block, s.axis - first), s.inner,
                            partial.data() + task * s.inner);
                 }
               });
  for (std::int64_t o = 0; o < s.outer; ++o) {
    for (std::int64_t i = 0; i < s.inner; ++i) {
      double sum = 0;
      for (std::int64_t b = 0; b < blocks; ++b)
        sum += partial[static_cast<std::size_t>((o * blocks + b) * s.inner + i)];
      out[o * s.inner + i] = sum;
    }
  }
}

// y[r] = f(first, last) of each row of x [rows, count].
template <class F>
Tensor map_rows(const Tensor& x, F f) {
  const std::int64_t rows = x.shape()[0], count = x.shape()[1];
  Tensor y = Tensor::uninitialized({rows}, x.dtype());
  visit_floating("map_rows", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(rows, grain_for(count), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        out[r] = static_cast<T>(f(in + r * count, in + (r + 1) * count));
    });
  });
  return y;
}

}  // namespace

Split split_at(const Shape& shape, int axis) {
  return {shape.elements(0, axis), shape[axis], shape.elements(axis + 1, shape.rank())};
}

// Neighbouring axes that are summed are one axis; each such group is summed in turn, the last one first. What
// lies between stays in float64, so that float32 is rounded once.
Tensor sum_to(const Tensor& x, const Shape& shape) {
  Tensor result = x;
  for (int last = shape.rank() - 1; last >= 0; --last) {
    const auto summed = [&](int axis) { return shape[axis] == 1 && x.shape()[axis] != 1; };
    if (!summed(last)) continue;
    int first = last;
    while (first > 0 && (summed(first - 1) || x.shape()[first - 1] == 1)) --first;
    Shape next = result.shape();
    const Split split{next.elements(0, first), next.elements(first, last + 1),
                      next.elements(last + 1, next.rank())};
    for (int axis = first; axis <= last; ++axis) next[axis] = 1;
    Tensor sum = Tensor::uninitialized(next, DType::float64);
    visit_floating("sum", result.dtype(), [&]<class T> {
      sum_middle(result.values<T>().data(), sum.mutable_values<double>().data(), split);
    });
    result = std::move(sum);
    last = first;
  }
  return result.dtype() == x.dtype() ? result : result.cast(x.dtype());
}

Tensor argmax(const Tensor& x, int axis) {
  Shape shape = x.shape();
  const Split s = split_at(shape, axis);
  shape[axis] = 1;
  Tensor winners = Tensor::uninitialized(shape, DType::int32);
  std::int32_t* const out = winners.mutable_values<std::int32_t>().data();
  visit(x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    parallel_for(s.outer * s.inner, grain_for(s.axis), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const T* const column = in + task / s.inner * s.axis * s.inner + task % s.inner;
        std::int64_t best = 0;
        for (std::int64_t a = 1; a < s.axis; ++a) {
          if (beats(column[a * s.inner], column[best * s.inner])) best = a;
        }
        out[task] = static_cast<std::int32_t>(best);
      }
    });
  });
  return winners;
}

Tensor log_softmax(const Tensor& x, int axis) {
  const Split s = split_at(x.shape(), axis);
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  visit_floating("log_softmax", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(s.outer * s.inner, grain_for(s.axis * 8), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t first = task / s.inner * s.axis * s.inner + task % s.inner;
        T largest = in[first];
        for (std::int64_t a = 1; a < s.axis; ++a) largest = std::max(largest, in[first + a * s.inner]);
        T sum = 0;
        for (std::int64_t a = 0; a < s.axis; ++a) sum += std::exp(in[first + a * s.inner] - largest);
        // Not x - (max + log sum): the logarithm would be lost in a maximum of 1000.
        const T log_sum = std::log(sum);
        for (std::int64_t a = 0; a < s.axis; ++a)
          out[first + a * s.inner] = (in[first + a * s.inner] - largest) - log_sum;
      }
    });
  });
  return y;
}

// Without a shift where the maximum is infinite: infinity less itself is NaN.
Tensor log_sum_exp(const Tensor& x) {
  return map_rows(x, [](const auto* first, const auto* last) {
    const auto largest = *std::max_element(first, last);
    const auto shift = std::isfinite(largest) ? largest : decltype(largest)(0);
    double sum = 0;
    for (const auto* v = first; v != last; ++v) sum += std::exp(*v - shift);
    return static_cast<double>(shift) + std::log(sum);
  });
}

// The squares are those of numbers times a power of two that brings the largest near 1, which changes no
// digit. Without a largest one, that is above 0 and finite, the sum of sizes is right: 0, infinite or NaN.
Tensor norm(const Tensor& x) {
  return map_rows(x, [](const auto* first, const auto* last) {
    double largest = 0, sizes = 0, squares = 0;
    for (const auto* v = first; v != last; ++v) {
      const double size = std::abs(static_cast<double>(*v));
      largest = std::max(largest, size);
      sizes += size;
    }
    if (!(largest > 0 && std::isfinite(largest))) return sizes;
    const int exponent = std::max(std::ilogb(largest), -1022);
    const double factor = std::ldexp(1.0, -exponent);
    for (const auto* v = first; v != last; ++v) {
      const double near_1 = static_cast<double>(*v) * factor;
      squares += near_1 * near_1;
    }
    return std::ldexp(std::sqrt(squares), exponent);
  });
}

Tensor gather(const Tensor& x, const Tensor& index, int axis) {
  const Split from = split_at(x.shape(), axis), to = split_at(index.shape(), axis);
  Tensor y = Tensor::uninitialized(index.shape(), x.dtype());
  const std::int32_t* const at = index.values<std::int32_t>().data();
  visit(x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(to.outer * to.axis, grain_for(to.inner), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const T* const image = in + row / to.axis * from.axis * from.inner;
        for (std::int64_t i = 0; i < to.inner; ++i) {
          out[row * to.inner + i] = image[at[row * to.inner + i] * from.inner + i];
        }
      }
    });
  });
  return y;
}

// One writer per output element: a task owns one outer index and a block of the inner ones.
Tensor scatter_add(const Tensor& y, const Tensor& index, int axis, std::int64_t extent) {
  constexpr std::int64_t inner_block = 16;
  Shape shape = y.shape();
  const Split from = split_at(shape, axis);
  shape[axis] = extent;
  Tensor x = Tensor::zeros(shape, y.dtype());
  const std::int32_t* const at = index.values<std::int32_t>().data();
  const std::int64_t blocks = chunks(from.inner, inner_block);
  visit_floating("scatter_add", y.dtype(), [&]<class T> {
    const T* const in = y.values<T>().data();
    T* const out = x.mutable_values<T>().data();
    parallel_for(from.outer * blocks, grain_for(from.axis * inner_block),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t o = task / blocks, first = task % blocks * inner_block;
                     T* const image = out + o * extent * from.inner;
                     for (std::int64_t k = 0; k < from.axis; ++k) {
                       const std::int64_t row = (o * from.axis + k) * from.inner;
                       for (std::int64_t i = first; i < std::min(first + inner_block, from.inner); ++i) {
                         image[at[row + i] * from.inner + i] += in[row + i];
                       }
                     }
                   }
                 });
  });
  return x;
}

}  // namespace trous::kernels
