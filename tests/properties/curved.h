// A line inside a smooth nonlinear function, so that a linear map too has a third derivative, and no check
// of an order compares zeros with zeros.
#pragma once

#include <algorithm>
#include <op_catalogue.h>
#include <vector>

#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

namespace trous::catalogue {

/// size tanh(line / size), as a function of the line's differentiable inputs, and where they are.
struct Curved {
  Function function;
  std::vector<Tensor> at;
};

inline Curved curved(const Line& line, std::uint64_t seed = 1) {
  const std::vector<Tensor> inputs = sample(line, DType::float64, seed);
  const double size = std::max(0.5, largest_magnitude(line.call({inputs.begin(), inputs.end()}).value()));
  const std::vector<std::size_t> places = differentiable(line);
  Curved result;
  for (const std::size_t i : places) result.at.push_back(inputs[i]);
  result.function = [call = line.call, inputs, places, size](const std::vector<Variable>& xs) {
    std::vector<Variable> all(inputs.begin(), inputs.end());
    for (std::size_t k = 0; k < xs.size(); ++k) all[places[k]] = xs[k];
    return tanh(call(all) * (1 / size)) * size;
  };
  return result;
}

}  // namespace trous::catalogue
