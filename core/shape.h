// The extents of a tensor: a value type with inline storage. A Shape is only a list of numbers and may
// hold any; a tensor, and every op, checks the numbers before it allocates.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <vector>

namespace trous {

class Shape {
 public:
  static constexpr int max_rank = 8;

  /// Rank 0: the shape of a scalar.
  Shape() = default;

  /// Throws ShapeError if there are more than 8 extents.
  Shape(std::initializer_list<std::int64_t> extents);
  Shape(const std::vector<std::int64_t>& extents);
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return rank_; }

  /// Extent of `axis`, -rank() <= axis < rank(), counted from the end if negative; not checked.
  std::int64_t operator[](int axis) const { return extents_[place(axis)]; }
  std::int64_t& operator[](int axis) { return extents_[place(axis)]; }

  /// Product of the extents; 1 for rank 0. Throws ShapeError if an extent is negative or the product
  /// exceeds int64.
  std::int64_t elements() const;

  /// Product of the extents of the axes `first <= axis < last`.
  std::int64_t elements(int first, int last) const;

  std::span<const std::int64_t> extents() const { return {extents_.data(), static_cast<std::size_t>(rank_)}; }
  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  // The remainder keeps a wrong axis inside the storage.
  std::size_t place(int axis) const {
    return static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis) % static_cast<std::size_t>(max_rank);
  }

  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

/// Prints [2, 6, 5, 3].
std::ostream& operator<<(std::ostream& stream, const Shape& shape);

/// Converts the row-major number of an element into its place on each axis. `index` is 0 or more and below
/// the number of elements; not checked.
Shape position(const Shape& shape, std::int64_t index);

/// Converts a place on each axis into the row-major number of the element; not checked.
std::int64_t index_of(const Shape& shape, const Shape& place);

/// Throws ShapeError unless a tensor may have this shape: no negative extent, no zero but on axis 0 (the
/// batch), fewer than 2^63 bytes.
void check_tensor_shape(const Shape& shape, std::size_t element_size);

/// Converts an axis that may be negative, counted from the end, into one from 0 on. Throws ArgumentError
/// naming `op` if there is no such axis.
int normalize_axis(const char* op, const Shape& shape, int axis);

}  // namespace trous
