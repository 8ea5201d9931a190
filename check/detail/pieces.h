// Identifies the piece of a piecewise smooth function on which a point lies, by the values of all locally
// constant ops (masks, signs, winners) in the function and its gradient. Points with the same values lie on
// one piece.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous::detail {

/// One locally constant op.
struct Piece {
  std::string op;  ///< "greater of %3 = relu"
  Tensor value;
  std::optional<Tensor> input;  ///< the op's input, if it has the shape of the value
};

/// The locally constant ops under `ys` and under their gradients in `xs`, those of the definitions of
/// composites among them. All must have been recorded with Recording::everything, which must still hold.
std::vector<Piece> pieces(const std::vector<Variable>& ys, const std::vector<Variable>& xs,
                          const std::vector<Variable>& seeds);

/// How two points differ.
struct PieceChange {
  std::size_t piece;  ///< the number of the first op whose value differs
  std::string where;  ///< "greater of %3 = relu, element [0, 2], where it reads 0"
  double size;        ///< the smallest change of an element that changes
};

/// Compares two points; returns nothing if they lie on one piece. `at` is the point that is checked.
std::optional<PieceChange> first_change(const std::vector<Piece>& at, const std::vector<Piece>& other);

}  // namespace trous::detail
