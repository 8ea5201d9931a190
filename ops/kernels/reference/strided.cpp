#include <algorithm>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/strided.h>

namespace trous::kernels {
namespace {

// Every element type is copied as an unsigned integer of its size.
template <class F>
void visit_size(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f.template operator()<std::uint8_t>();
    case 4:
      return f.template operator()<std::uint32_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

const void* bytes(const Tensor& x) {
  return visit(x.dtype(), [&]<class T> { return static_cast<const void*>(x.values<T>().data()); });
}

void* mutable_bytes(Tensor& x) {
  return visit(x.dtype(), [&]<class T> { return static_cast<void*>(x.mutable_values<T>().data()); });
}

// Calls f(place on the strided side of the row's first element, row) for every row of `shape`, a row being
// its last axis.
template <class F>
void for_each_row(const Shape& shape, std::int64_t offset, std::span<const std::int64_t> strides, F&& f) {
  const int last = shape.rank() - 1;
  const std::int64_t rows = shape.elements(0, last);
  const std::int64_t grain = std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, shape[last]));
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      std::int64_t place = offset, rest = row;
      for (int axis = last - 1; axis >= 0; --axis) {
        place += rest % shape[axis] * strides[static_cast<std::size_t>(axis)];
        rest /= shape[axis];
      }
      f(place, row);
    }
  });
}

}  // namespace

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  for (int axis = 0; axis < shape.rank(); ++axis) {
    strides[static_cast<std::size_t>(axis)] = shape.elements(axis + 1, shape.rank());
  }
  return strides;
}

Tensor strided_gather(const Tensor& x, std::int64_t offset, std::span<const std::int64_t> strides,
                      const Shape& shape) {
  if (shape.rank() == 0) return strided_gather(x, offset, std::vector<std::int64_t>{1}, {1}).reshaped({});
  Tensor y = Tensor::uninitialized(shape, x.dtype());
  const std::int64_t length = shape[shape.rank() - 1], step = strides.back();
  visit_size(x.dtype(), [&]<class T> {
    const T* in = static_cast<const T*>(bytes(x));
    T* out = static_cast<T*>(mutable_bytes(y));
    for_each_row(shape, offset, strides, [&](std::int64_t place, std::int64_t row) {
      T* const target = out + row * length;
      if (step == 1) {
        std::copy_n(in + place, length, target);
      } else if (step == 0) {
        std::fill_n(target, length, in[place]);
      } else {
        for (std::int64_t i = 0; i < length; ++i) target[i] = in[place + i * step];
      }
    });
  });
  return y;
}

Tensor strided_scatter(const Tensor& y, std::int64_t offset, std::span<const std::int64_t> strides,
                       const Shape& shape) {
  if (y.shape().rank() == 0)
    return strided_scatter(y.reshaped({1}), offset, std::vector<std::int64_t>{1}, shape);
  Tensor x = Tensor::zeros(shape, y.dtype());
  const std::int64_t length = y.shape()[y.shape().rank() - 1], step = strides.back();
  visit_size(y.dtype(), [&]<class T> {
    const T* in = static_cast<const T*>(bytes(y));
    T* out = static_cast<T*>(mutable_bytes(x));
    for_each_row(y.shape(), offset, strides, [&](std::int64_t place, std::int64_t row) {
      const T* const source = in + row * length;
      for (std::int64_t i = 0; i < length; ++i) out[place + i * step] = source[i];
    });
  });
  return x;
}

Tensor permute(const Tensor& x, std::span<const std::int64_t> order) {
  const std::vector<std::int64_t> strides = row_major_strides(x.shape());
  std::vector<std::int64_t> extents, moved;
  for (const std::int64_t axis : order) {
    extents.push_back(x.shape()[static_cast<int>(axis)]);
    moved.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  return strided_gather(x, 0, moved, Shape(extents));
}

}  // namespace trous::kernels
