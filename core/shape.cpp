#include <algorithm>
#include <ostream>

#include <trous/core/error.h>
#include <trous/core/shape.h>

namespace trous {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(const std::vector<std::int64_t>& extents) : Shape(std::span<const std::int64_t>(extents)) {}

Shape::Shape(std::span<const std::int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  if (extents.size() > static_cast<std::size_t>(max_rank)) {
    throw ShapeError(
        text("shape: rank ", extents.size(), " is more than ", max_rank, ". Merge axes with reshape."));
  }
  std::copy(extents.begin(), extents.end(), extents_.begin());
}

std::int64_t Shape::elements() const { return elements(0, rank_); }

std::int64_t Shape::elements(int first, int last) const {
  for (int axis = first; axis < last; ++axis) {
    if ((*this)[axis] < 0) {
      throw ShapeError(text("shape: extent ", (*this)[axis], " on axis ", axis, " of ", *this,
                            " is negative. Extents count elements."));
    }
  }
  std::int64_t product = 1;
  for (int axis = first; axis < last; ++axis) {
    if (__builtin_mul_overflow(product, (*this)[axis], &product)) {
      throw ShapeError(text("shape: ", *this, " has more than 2^63 - 1 elements. Use smaller extents."));
    }
  }
  return product;
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
}

std::ostream& operator<<(std::ostream& stream, const Shape& shape) {
  stream << '[';
  for (int axis = 0; axis < shape.rank(); ++axis) stream << (axis ? ", " : "") << shape[axis];
  return stream << ']';
}

Shape position(const Shape& shape, std::int64_t index) {
  Shape place = shape;
  for (int axis = shape.rank(); axis-- > 0;) {
    place[axis] = index % shape[axis];
    index /= shape[axis];
  }
  return place;
}

std::int64_t index_of(const Shape& shape, const Shape& place) {
  std::int64_t index = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) index = index * shape[axis] + place[axis];
  return index;
}

void check_tensor_shape(const Shape& shape, std::size_t element_size) {
  const std::int64_t elements = shape.elements();
  for (int axis = 1; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) {
      throw ShapeError(
          text("tensor: extent 0 on axis ", axis, " of ", shape, ". Only axis 0, the batch, may be 0."));
    }
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(elements, static_cast<std::int64_t>(element_size), &bytes)) {
    throw ShapeError(text("tensor: ", shape, " of ", element_size,
                          "-byte elements exceeds 2^63 - 1 bytes. Use smaller extents."));
  }
}

int normalize_axis(const char* op, const Shape& shape, int axis) {
  const int counted = axis < 0 ? axis + shape.rank() : axis;
  if (shape.rank() == 0) {
    throw ArgumentError(text(op, ": axis ", axis, " does not exist. x [] has rank 0; it has no axes."));
  }
  if (counted < 0 || counted >= shape.rank()) {
    throw ArgumentError(text(op, ": axis ", axis, " does not exist. x ", shape, " has rank ", shape.rank(),
                             "; axes are ", -shape.rank(), " to ", shape.rank() - 1, "."));
  }
  return counted;
}

}  // namespace trous
