// The third kind of op: a form T(x, w, y) that is linear in each of three slots. An op of the family
// fills two slots and leaves one open, the hole. T is a number, linear in the hole, so its derivative there
// is a tensor, the contraction of the other two: the value of the op. To differentiate: fill the hole with
// the cotangent, open a hole at the input, contract again. The family is closed under differentiation of
// every order.
//
//   conv2d            {x, w, _}      gradients {_, w, g} and {x, _, g}
//   conv2d_transpose  {_, w, y}      gradients {g, w, _} and {g, _, y}
//   filter gradient   {x, _, y}      gradients {_, g, y} and {x, g, _}
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <trous/autograd/linear_map.h>

namespace trous {

/// A form T(x, w, y) that is linear in each slot, with the three ops that it gives rise to.
struct TrilinearForm {
  /// dT/d(hole) at the two filled slots. Slots are numbered x = 0, w = 1, y = 2; the filled ones are passed
  /// in the order x, y, w, so that every op of a convolution takes its image first and its filters last.
  using Contract = std::function<Tensor(const Tensor& first, const Tensor& second)>;

  /// The values of the slots; the slot without a value is the hole.
  using Slots = std::array<std::optional<Variable>, 3>;

  std::array<std::string, 3> ops;  ///< by hole: the op that leaves this slot open; ops[0] is the transpose
  Attributes attributes;
  std::array<Domain, 3> domains;
  std::array<Contract, 3> contract;  ///< by hole
  Pixels pixels = {};                ///< of the op that computes y from x and w, see core/pixels.h

  /// The op with its hole where `slots` has no value. Throws GraphError unless exactly one slot is open,
  /// ShapeError or DTypeError if a value is not in its slot's domain.
  Variable operator()(const Slots& slots, std::string_view name = {}) const&;
  Variable operator()(const Slots& slots, std::string_view name = {}) &&;

  /// The linear map from slot `from` to slot `to`, the third slot filled with `fixed`; its transpose runs
  /// the other way. Throws ArgumentError unless the slots are two different ones of 0, 1, 2, ShapeError or
  /// DTypeError if `fixed` is not in the third slot's domain.
  LinearMap map(int from, int to, const Tensor& fixed) const;
};

}  // namespace trous
