// The checks and the passes over all weights that every optimizer needs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/core/map.h>
#include <trous/core/tensor.h>
#include <trous/train/optimizer.h>

namespace trous::detail {

/// Checks the arguments of a step before anything moves, so that a refused step leaves the optimizer as it
/// was. `state` is one of its moments, with one tensor for each weight, empty before the first step.
void check_step(const char* optimizer, const std::vector<Tensor>& weights,
                const std::vector<Tensor>& gradients, const std::vector<Tensor>& state,
                std::span<const StepScale> scales);

/// Checks a state before anything changes; `names` are those of the optimizer's moments.
void check_state(const char* optimizer, const OptimizerState& state, const std::vector<std::string>& names);

/// Throws ArgumentError unless 0 <= value < 1; `what` is the option's name.
void check_range(const char* optimizer, const char* what, double value);
/// Throws ArgumentError unless epsilon > 0; `usual` is a value that the error recommends.
void check_epsilon(const char* optimizer, double epsilon, const char* usual);
/// Throws ArgumentError unless decay >= 0.
void check_decay(const char* optimizer, double decay);

/// The scale of one weight, also where no scales are given.
StepScale scale_of(std::span<const StepScale> scales, std::size_t weight);

std::vector<Tensor> zeros_like(const std::vector<Tensor>& tensors);
std::vector<Tensor> uninitialized_like(const std::vector<Tensor>& tensors);

/// Calls f(weight, begin, end) for ranges that hold every element of every weight once, in parallel over all
/// weights together: most are far too small for a thread of their own.
template <class F>
void for_each_range(const std::vector<Tensor>& weights, const F& f) {
  std::vector<std::int64_t> ends;
  for (const Tensor& weight : weights) ends.push_back((ends.empty() ? 0 : ends.back()) + weight.elements());
  if (ends.empty()) return;
  parallel_for(ends.back(), map_grain, [&](std::int64_t begin, std::int64_t end) {
    auto i = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin());
    for (; begin < end; begin = ends[i++]) {
      const std::int64_t first = ends[i] - weights[i].elements();
      f(i, begin - first, std::min(end, ends[i]) - first);
    }
  });
}

}  // namespace trous::detail
