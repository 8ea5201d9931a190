// Which pixels of the input one output pixel can see, found by the gradient. Atrous convolutions make a
// receptive field large at no cost, but where their rates share a factor they leave holes in it (gridding).
#pragma once

#include <iosfwd>

#include <trous/layers/sequential.h>

namespace trous {

/// The pixels of the input on which the output pixel at (row, column) depends.
struct Coverage {
  std::int64_t row, column;
  Tensor map;                          ///< uint8 [h, w] of the input: 1 where seen
  std::int64_t top = 0, left = 0;      ///< of the box around all seen pixels
  std::int64_t height = 0, width = 0;  ///< of that box, clipped to the image
  double share = 0;                    ///< of the box's pixels that are seen; below 1 there are holes
};

/// Finds the pixels of an image of shape `input` [n, h, w, c] on which the middle pixel of net's output, at
/// (height / 2, width / 2), depends: those where the gradient of that pixel is not 0. net runs in float64 and
/// in evaluation mode, with positive weights (1 / fan_in), initial buffers and a positive random image, so
/// that no ReLU closes and nothing cancels. A maximum pool has a gradient at its winners only, so a net with
/// one is run with further images until 16 in a row have shown no new pixel. net's own values are not used.
///
/// Throws ShapeError unless input and output have rank 4, and what the network throws.
Coverage coverage(const AnyLayer& net, const Shape& input);

/// Draws a coverage as uint8 [h, w, 1]: 255 where seen, 96 in the holes of the box, 0 outside.
Tensor coverage_picture(const Coverage& coverage);

/// Prints the box, one character for each pixel: # where seen, . in the holes.
std::ostream& operator<<(std::ostream& stream, const Coverage& coverage);

}  // namespace trous
