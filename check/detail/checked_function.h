// The functions that a gradient check differentiates at each order, by differences of their values and by
// rules:
//
//   order 1: f                 order n: the gradient of <c_(n-1), order n - 1>, c being random cotangents
//
// The result of an order is a list of numbers. A small result is compared element by element, which makes a
// full Jacobian; a large one is one number, its product with a random cotangent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/core/random.h>

namespace trous::detail {

/// The unit vector along element number `which`, float64.
Tensor unit(const Shape& shape, std::int64_t which);

/// A random vector of length 1, float64.
Tensor random_unit(const Shape& shape, Key key);

/// <gradient, u>, the directional derivative. Elements of the gradient where u is 0 count as 0, also where
/// they are not finite.
double along(const Tensor& gradient, const Tensor& u);

/// f with its inputs, and the functions of order 2 and up that its gradients are.
class CheckedFunction {
 public:
  /// Results of at most `max_elements` elements are compared one by one.
  CheckedFunction(std::string name, const Function& f, std::vector<Tensor> inputs, std::uint64_t seed,
                  std::int64_t max_elements);

  const std::string& name() const { return name_; }
  const std::vector<Tensor>& inputs() const { return inputs_; }
  const Tensor& input(int i) const { return inputs_[static_cast<std::size_t>(i)]; }
  std::int64_t result_elements() const { return shape_.elements(); }

  /// The numbers of this order at a point near the inputs; NaN where f throws there.
  std::vector<double> values(int order, const std::vector<Tensor>& at) const;

  /// The gradient of each number in each input by the rules, [number][input].
  using Gradients = std::vector<std::vector<Tensor>>;
  Gradients gradients(int order) const { return gradients(order, inputs_); }
  Gradients gradients(int order, const std::vector<Tensor>& at) const;

  /// All inputs, moved by t in a random direction, which is another for each `number`.
  std::vector<Tensor> perturbed(int number, double t) const;

  /// Names the element of the result behind number `which`: "element [1, 2] of the result". Empty where one
  /// number stands for the whole result.
  std::string place(int order, std::size_t which) const;

  /// The results of this order as Variables of tracked inputs, and the cotangents that the next order
  /// multiplies them with.
  std::vector<Variable> results(int order, const std::vector<Variable>& xs) const;
  std::vector<Variable> cotangents(int order, const std::vector<Variable>& results) const;

 private:
  Variable call(const std::vector<Variable>& xs) const;
  std::int64_t elements(int order) const;
  std::size_t count(int order) const;
  std::vector<double> computed_values(int order, const std::vector<Tensor>& at) const;
  Gradients computed_gradients(int order, const std::vector<Tensor>& at) const;
  bool one_by_one(int order) const;

  std::string name_;
  const Function& f_;
  std::vector<Tensor> inputs_;
  std::uint64_t seed_;
  std::int64_t max_elements_;
  Shape shape_;  // of f's result
};

}  // namespace trous::detail
