// Losses of numbers and images that are predicted themselves: mean square, mean distance, and one between.
//
// prediction, target   any shape, both the same, of one floating dtype
// returns              one number, rank 0: the mean over all elements; 0 where there are none
//
// Both inputs have gradients, of every order. Composites of sub, a function of one element, and mean.
// Throw ShapeError or DTypeError if the two do not fit.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// mean of (prediction - target)^2
Variable mse_loss(const Variable& prediction, const Variable& target, std::string_view name = {});

/// mean of |prediction - target|. Where the two are equal the slope is 0, as sign(0).
Variable l1_loss(const Variable& prediction, const Variable& target, std::string_view name = {});

struct HuberOptions {
  double delta = 1;  ///< the distance at which the square becomes a line: above 0, and finite
};

/// mean of h(prediction - target),  h(d) = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2).
///
/// h'(d) = clip(d, -delta, delta), without a kink. h'' is 1 where |d| <= delta, the ends included, else 0.
/// Throws ArgumentError for a delta that is not above 0 and finite.
/// Source: Huber, Annals of Mathematical Statistics 35 (1964) 73.
Variable huber_loss(const Variable& prediction, const Variable& target, const HuberOptions& options = {},
                    std::string_view name = {});

}  // namespace trous
