#include <algorithm>
#include <array>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/strided.h>

namespace trous::kernels {
namespace {

constexpr std::int64_t task_elements = 1 << 14;  // of one task; depends on nothing but the shape

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

// An index map without the axes of one element, and with neighbouring axes merged where together they are as
// good as one, from the innermost on, which must not become too long a row for one task.
struct IndexMap {
  std::array<std::int64_t, Shape::max_rank> extents{1}, strides{1};
  std::size_t rank = 0;

  IndexMap(const Shape& shape, std::span<const std::int64_t> steps) {
    for (int axis = shape.rank(); axis-- > 0;) {
      const std::int64_t extent = shape[axis], step = steps[static_cast<std::size_t>(axis)];
      if (extent == 1) continue;
      const std::int64_t inner = rank > 0 ? extents[rank - 1] : 0;
      if (rank > 0 && step == inner * strides[rank - 1] && inner * extent <= task_elements) {
        extents[rank - 1] *= extent;
      } else {
        extents[rank] = extent;
        strides[rank++] = step;
      }
    }
    rank = std::max<std::size_t>(rank, 1);
    std::reverse(extents.begin(), extents.begin() + static_cast<std::ptrdiff_t>(rank));
    std::reverse(strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(rank));
  }

  std::int64_t length() const { return extents[rank - 1]; }
  std::int64_t step() const { return strides[rank - 1]; }
};

// Calls f(place on the strided side of the row's first element, row) for every row, a row being the last
// axis.
template <class F>
void for_each_row(const IndexMap& map, std::int64_t offset, F&& f) {
  const std::size_t last = map.rank - 1;
  std::int64_t rows = 1;
  for (std::size_t axis = 0; axis < last; ++axis) rows *= map.extents[axis];
  const std::int64_t grain =
      std::max<std::int64_t>(1, task_elements / std::max<std::int64_t>(1, map.length()));
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      std::int64_t place = offset, rest = row;
      for (std::size_t axis = last; axis-- > 0;) {
        place += rest % map.extents[axis] * map.strides[axis];
        rest /= map.extents[axis];
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
  Tensor y = Tensor::uninitialized(shape, x.dtype());
  const IndexMap map(shape, strides);
  const std::int64_t length = map.length(), step = map.step();
  visit_size(x.dtype(), [&]<class T> {
    const T* in = static_cast<const T*>(bytes(x));
    T* out = static_cast<T*>(mutable_bytes(y));
    for_each_row(map, offset, [&](std::int64_t place, std::int64_t row) {
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
  Tensor x = Tensor::zeros(shape, y.dtype());
  const IndexMap map(y.shape(), strides);
  const std::int64_t length = map.length(), step = map.step();
  visit_size(y.dtype(), [&]<class T> {
    const T* in = static_cast<const T*>(bytes(y));
    T* out = static_cast<T*>(mutable_bytes(x));
    for_each_row(map, offset, [&](std::int64_t place, std::int64_t row) {
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
