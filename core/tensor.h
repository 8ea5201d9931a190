// A tensor: a shape, an element type and a shared pointer to contiguous row-major elements. Immutable
// once shared, so copies are cheap, safe across threads, and need no version counters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <vector>

#include <trous/core/dtype.h>
#include <trous/core/shape.h>
#include <trous/core/storage.h>

namespace trous {

class Tensor {
 public:
  /// A tensor of `shape` with the given elements in row-major order (images are NHWC, filters
  /// [height, width, in, out]). Throws ShapeError if their number differs.
  template <Element T>
  Tensor(const Shape& shape, const std::vector<T>& values) : Tensor(shape, std::span<const T>(values)) {}
  template <Element T>
  Tensor(const Shape& shape, std::initializer_list<T> values) : Tensor(shape, std::span<const T>(values)) {}
  template <Element T>
  Tensor(const Shape& shape, std::span<const T> values);

  /// Every element equal to `value`, converted to `dtype`.
  static Tensor full(const Shape& shape, DType dtype, double value);
  static Tensor zeros(const Shape& shape, DType dtype) { return full(shape, dtype, 0); }
  static Tensor ones(const Shape& shape, DType dtype) { return full(shape, dtype, 1); }
  /// Rank 0.
  static Tensor scalar(double value, DType dtype = DType::float32) { return full({}, dtype, value); }

  /// Memory for a kernel to fill through `mutable_values` before the tensor is shared.
  static Tensor uninitialized(const Shape& shape, DType dtype);

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  std::int64_t elements() const { return elements_; }
  std::size_t bytes() const { return static_cast<std::size_t>(elements_) * size_of(dtype_); }

  /// The elements. Throws DTypeError if they are not of type T, Error if the tensor was moved from.
  template <Element T>
  std::span<const T> values() const;

  /// The elements, for a kernel to fill. Throws Error if the tensor is already shared, since a shared tensor
  /// never changes.
  template <Element T>
  std::span<T> mutable_values();

  template <Element T>
  std::vector<T> to_vector() const;

  /// The only element. Throws ShapeError if there is not exactly one, DTypeError if it is not a T.
  template <Element T>
  T item() const;

  /// The only element, whatever its type, as a double.
  double to_double() const;

  /// The same elements under another shape; shares memory. Throws ShapeError if their number differs.
  Tensor reshaped(const Shape& shape) const;

  /// The elements converted to `dtype`; floating to integer truncates towards zero, stops
  /// at the ends of the integer's range, and gives 0 for NaN.
  Tensor cast(DType dtype) const;

  /// Whether both tensors share the same memory.
  bool same_storage(const Tensor& other) const { return storage_ == other.storage_; }

 private:
  Tensor(const Shape& shape, DType dtype, std::shared_ptr<Storage> storage);

  Shape shape_;
  DType dtype_;
  std::int64_t elements_;
  std::shared_ptr<Storage> storage_;
};

/// Prints dtype, shape and the elements, at most the first and last three of every axis.
std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

/// Whether shape, dtype and every byte agree (NaN equals the same NaN).
bool same_bits(const Tensor& a, const Tensor& b);

/// Whether no element is NaN or infinite; integers always are finite.
bool all_finite(const Tensor& tensor);

}  // namespace trous
