// The receptive field: the box of input pixels that one pixel of a layer's result can depend on, derived from
// the tape. Which pixels of the box it does depend on: layers/coverage.h.
#pragma once

#include <vector>

#include <trous/autograd/tape.h>

namespace trous {

/// Height and width, in pixels of `x`, of the box that one pixel of each node of `tape` can depend on; 0x0
/// for a node that does not depend on `x` [n, h, w, c]. Far from the borders, so a box may exceed the image.
///
/// A box starts as 1 pixel and neighbouring pixels start `jump` = 1 input pixel apart. Of k taps,
///
///   convolution, pooling    r + (k - 1) rate jump            jump stride
///   its transpose           the boxes of every output pixel's taps: for rate 1 and k a multiple of the
///                           stride r + (k / stride - 1) jump,  jump / stride
///   sum, concatenation      the box around both
///
/// Where pixels of a node see boxes of different size (after a strided transpose or a resize) it is the
/// largest. An op whose result has as many pixels as its inputs is taken to work on each by itself, also
/// batch_norm, whose statistics do not come from other pixels once a network is evaluated. What mixes all
/// pixels (a mean over height and width, a permutation, matmul by a flattened image) sees the whole of x.
std::vector<HeightWidth> receptive_fields(const Tape& tape, const Variable& x);

}  // namespace trous
