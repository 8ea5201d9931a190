// For every line of the catalogue its definition as plain loops, which share nothing with ops/ and read their
// sizes off the inputs: they serve any batch, and lines whose extents have shrunk.
#pragma once

#include <functional>
#include <map>
#include <op_catalogue.h>
#include <properties/rounded.h>
#include <string>
#include <vector>

namespace trous::catalogue {

using Arrays = const std::vector<Array>&;
using Oracle = std::function<Array(Arrays)>;

/// Under an op's name, for all its lines, or a line's, where the call has arguments beside its inputs.
using Oracles = std::map<std::string, Oracle>;

/// All of them. In oracles.cpp.
const Oracles& oracles();

/// Pieces of the list.
Oracles element_oracles();
Oracles axis_oracles();    // In oracles_axes.cpp.
Oracles order_oracles();   // In oracles_order.cpp.
Oracles window_oracles();  // In oracles_windows.cpp.
Oracles loss_oracles();    // In oracles_losses.cpp.
Oracles group_oracles();   // In oracles_groups.cpp.

/// The gradients of <seed, y> in all differentiable inputs, for norms and cross-entropy, whose rules are
/// kernels of their own; else empty. In oracles_losses.cpp.
std::vector<Array> expected_gradients(const Line& line, const std::vector<Tensor>& inputs,
                                      const Tensor& seed);
/// The part of them that belongs to groups and pixels. In oracles_groups.cpp.
std::vector<Array> group_norm_gradients(const Line& line, Arrays x, const Array& seed);

/// The one for `line`, or null.
const Oracle* oracle_of(const Line& line);

/// What it gives for these inputs.
Array expected(const Line& line, const std::vector<Tensor>& inputs);

/// How far a result may lie from an element: the terms of second order are less than a thousandth.
inline double bound(const Rounded& x, DType dtype = DType::float64) {
  return static_cast<double>(1.001L * (dtype == DType::float32 ? 0x1p-24L : 0x1p-53L) * x.error);
}

/// Each element of `got` lies within its bound, for got's dtype; integers are equal.
void expect_oracle(const Tensor& got, const Array& expected, const std::string& what);

/// Which share of its bound the worst element is off.
double share_of_bound(const Tensor& got, const Array& expected);

/// Equal, element by element: where every sum is exact.
void expect_equal(const Tensor& got, const Array& expected, const std::string& what);

}  // namespace trous::catalogue
