// Channels moved into pixels and back: exact up- and downsampling by whole factors.
#pragma once

#include <trous/autograd/variable.h>
#include <trous/ops/window.h>

namespace trous {

/// Makes a block of pixels of each pixel's channels:
///
///   y[n, i bh + p, j bw + q, k] = x[n, i, j, (p bw + q) c + k]
///
/// This is the order of TensorFlow's tf.nn.depth_to_space: the channels of one pixel of the block lie
/// together. PyTorch's pixel_shuffle reads channel k bh bw + p bw + q instead, so weights of a convolution
/// before it must be permuted when they are brought from there.
///
/// x         [n, h, w, bh bw c]
/// block     1 or more per axis
/// returns   [n, h bh, w bw, c]
///
/// Transpose and inverse: pixel_unshuffle. Throws ArgumentError if block < 1, ShapeError unless x has rank 4
/// and channels for whole blocks. Source: Shi et al., arXiv:1609.05158.
Variable pixel_shuffle(const Variable& x, PerAxis block);

/// The inverse rearrangement, TensorFlow's tf.nn.space_to_depth.
///
/// x         [n, h bh, w bw, c]
/// returns   [n, h, w, bh bw c]
///
/// Transpose: pixel_shuffle. Throws as pixel_shuffle; ShapeError unless the block divides height and width.
Variable pixel_unshuffle(const Variable& x, PerAxis block);

}  // namespace trous
