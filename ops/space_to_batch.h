// Blocks of pixels moved into the batch: the identity that turns an atrous convolution into a dense one.
#pragma once

#include <trous/autograd/variable.h>
#include <trous/ops/window.h>

namespace trous {

/// Splits the zero-padded image into `block` interleaved images:
///
///   y[(p bw + q) n + b, i, j, c] = padded x[b, i bh + p, j bw + q, c]
///
/// x         [n, h, w, c]
/// block     1 or more per axis
/// padding   zeros around the image, so that the block divides the padded height and width
/// returns   [n bh bw, (h + top + bottom) / bh, (w + left + right) / bw, c]
///
/// Transpose: batch_to_space with the same counts as crops.
/// Throws ArgumentError if block < 1 or a count is negative, ShapeError if the block does not divide.
/// Source: TensorFlow tf.nn.space_to_batch.
Variable space_to_batch(const Variable& x, PerAxis block, const ExplicitPadding& padding = {});

/// The inverse rearrangement, then `crops` pixels taken from each side.
///
/// x         [n bh bw, h, w, c]
/// returns   [n, h bh - top - bottom, w bw - left - right, c]
///
/// Transpose: space_to_batch with the same counts as padding.
/// Throws as space_to_batch; ShapeError if the crops leave nothing.
Variable batch_to_space(const Variable& x, PerAxis block, const ExplicitPadding& crops = {});

}  // namespace trous
