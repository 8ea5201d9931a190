// Which pixels of the input one output pixel can see, found by the gradient. Atrous convolutions make a
// receptive field large at no cost, but where their rates share a factor they leave holes in it (gridding).
#pragma once

#include <iosfwd>

#include <trous/layers/sequential.h>

namespace trous {

/// What the output pixel at (row, column) can see.
struct Coverage {
  std::int64_t row, column;
  Tensor map;                          ///< uint8 [h, w] of the input: 1 where seen
  std::int64_t top = 0, left = 0;      ///< of the box around all that is seen
  std::int64_t height = 0, width = 0;  ///< of that box, clipped to the image
  double share = 0;                    ///< of the box's pixels that are seen; below 1 there are holes
};

/// What the middle pixel of net's output, at (height / 2, width / 2), sees of an image of shape `input`
/// [n, h, w, c]: where the gradient of that pixel with respect to the image is not 0. In float64 and
/// evaluation mode, with positive weights (1 / fan_in), buffers as they begin, and a positive random image,
/// so that no ReLU closes and nothing cancels. A maximum pool passes the winners only, so there it is run
/// with other images until 16 of them in succession have shown nothing new. net's own values are not used.
///
/// Throws ShapeError unless input and output have rank 4, and what the network throws.
Coverage coverage(const AnyLayer& net, const Shape& input);

/// uint8 [h, w, 1]: 255 where seen, 96 in the holes of the box, 0 outside.
Tensor coverage_picture(const Coverage& coverage);

/// The box, a character a pixel: # where seen, . in the holes.
std::ostream& operator<<(std::ostream& stream, const Coverage& coverage);

}  // namespace trous
