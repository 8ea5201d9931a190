// Both sides of the dot test, <A x, y> and <x, A^T y>, and how far round-off can move them apart.
#pragma once

#include <cmath>
#include <op_catalogue.h>
#include <vector>

#include <trous/autograd/grad.h>
#include <trous/core/map.h>

namespace trous::catalogue {

struct Pairing {
  double out, in;  ///< <A x, y> and <x, A^T y>, with A^T y as vjp gives it
  double size;     ///< |A x| |y|
  double bound;    ///< of |out - in|, where sums are not exact
};

inline Tensor absolute(const Tensor& x) {
  return map(x, [](auto v) { return std::abs(v); });
}

/// The sets of inputs in which the line is linear: all together, or each.
inline std::vector<std::vector<std::size_t>> linear_slots(const Line& line) {
  if (line.kind == Kind::linear) return {differentiable(line)};
  std::vector<std::vector<std::size_t>> sets;
  for (const std::size_t i : differentiable(line)) sets.push_back({i});
  return sets;
}

/// Each side sums products x A y over all elements. On the way a product is rounded n times at most, once for
/// each addition it takes part in and 8 times for itself: its factors, and a weight that may be a quotient.
/// So either side errs by n u sum |x A y|, which is the pairing of absolute values: slot by slot, since the
/// entries of A have one sign within a slot (-1 for sub's second) in every line.
inline Pairing paired(const Line& line, const std::vector<Tensor>& inputs,
                      const std::vector<std::size_t>& slots, const Tensor& y) {
  std::vector<Variable> all(inputs.begin(), inputs.end()), leaves;
  for (const std::size_t i : slots) leaves.push_back(all[i] = track(inputs[i]));
  const Variable result = line.call(all);
  const std::vector<Variable> gradients = vjp(result, leaves, y);
  Pairing p{dot(result.value(), y), 0, std::sqrt(dot(result.value(), result.value()) * dot(y, y)), 0};
  double n = 8 + static_cast<double>(y.elements()), terms = 0;
  for (std::size_t k = 0; k < slots.size(); ++k) {
    const Tensor& x = inputs[slots[k]];
    p.in += dot(x, gradients[k].value());
    n += static_cast<double>(x.elements());
    std::vector<Variable> alone(inputs.begin(), inputs.end());
    for (const std::size_t i : differentiable(line)) {
      const bool other = line.kind == Kind::linear && i != slots[k];
      alone[i] = other ? Tensor::zeros(inputs[i].shape(), inputs[i].dtype()) : absolute(inputs[i]);
    }
    terms += dot(absolute(line.call(alone).value()), absolute(y));
  }
  const double u = y.dtype() == DType::float32 ? 0x1p-24 : 0x1p-53;
  p.bound = 2 * n * u / (1 - n * u) * terms;
  return p;
}

}  // namespace trous::catalogue
