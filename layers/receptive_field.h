// The receptive field: the box of input pixels that one pixel of a layer's result can depend on, derived from
// the tape. layers/coverage.h finds the pixels of the box on which it does depend.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <vector>

#include <trous/autograd/tape.h>

namespace trous {

/// Height and width of a box of input pixels. A side without a number is the whole image: all of its rows, or
/// columns, however many there are. 0x0 is the field of a value that does not depend on the input.
struct ReceptiveField {
  std::optional<std::int64_t> height = 0, width = 0;

  static ReceptiveField whole_image() { return {std::nullopt, std::nullopt}; }
  bool empty() const { return height == 0 || width == 0; }

  friend bool operator==(const ReceptiveField&, const ReceptiveField&) = default;
};

/// Prints "87x87", "whole image", "all x 87" where the rows are all of the image's, or "-" for 0x0.
std::ostream& operator<<(std::ostream& stream, const ReceptiveField& field);

/// Returns for each node of `tape` the box that one pixel can depend on, in pixels of `x`; 0x0 for a node
/// that does not depend on `x` [n, h, w, c]. The box is that of a pixel far from the borders, so it may
/// exceed the image.
///
/// A box starts as 1 pixel and neighbouring pixels start `jump` = 1 input pixel apart. Of k taps,
///
///   convolution, pooling    r + (k - 1) rate jump            jump stride
///   its transpose           the boxes of every output pixel's taps: for rate 1 and k a multiple of the
///                           stride r + (k / stride - 1) jump,  jump / stride
///   sum, concatenation      the box around both
///
/// Where pixels of a node have boxes of different size (after a strided transpose or a resize), the largest
/// is returned. batch_norm counts as an op on each pixel by itself, since in evaluation its statistics do not
/// come from other pixels.
///
/// A box is never too small, if every op on the tape states its map truthfully. The field is the whole image
/// for ops that mix all pixels (a mean over height and width, a permutation, matmul by a flattened image),
/// for every op that does not state how it maps pixels (`Op::pixels`), and for all values computed from their
/// results.
///
/// Throws ShapeError unless `x` has rank 4.
std::vector<ReceptiveField> receptive_fields(const Tape& tape, const Variable& x);

}  // namespace trous
