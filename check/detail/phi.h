// What a gradient check differentiates at each order: functions of the inputs, by their values and by rules.
//
//   order 1: f                 order n: the gradient of <c_(n-1), order n - 1>, c being random cotangents
//
// Small results are compared element by element, which makes a full Jacobian; large ones as one number, their
// product with a random cotangent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/core/random.h>

namespace trous::detail {

/// Zeros but for a 1 at the element that is number `which`, float64.
Tensor unit(const Shape& shape, std::int64_t which);

/// A random one of length 1, float64.
Tensor random_unit(const Shape& shape, Key key);

/// The derivative along u of what has this gradient. Elements that do not move have no part in it, NaN or
/// not.
double along(const Tensor& gradient, const Tensor& u);

class Phi {
 public:
  /// Results of at most `most` elements are compared one by one.
  Phi(std::string name, const Function& f, std::vector<Tensor> inputs, std::uint64_t seed, std::int64_t most);

  const std::string& name() const { return name_; }
  const std::vector<Tensor>& inputs() const { return inputs_; }
  std::int64_t result_elements() const { return shape_.elements(); }

  /// The spacing of floating-point numbers along u: an epsilon of the length of what moves.
  double spacing(int input, const Tensor& u) const;

  /// By how much steps along u grow with an input: the root mean square of what moves, if that is above 1.
  double scale(int input, const Tensor& u) const;

  /// The inputs with t u added to one of them.
  std::vector<Tensor> moved(int input, const Tensor& u, double t) const;

  /// The numbers at a point near the inputs; NaN where f throws there.
  std::vector<double> values(int order, const std::vector<Tensor>& at) const;

  /// By rules: the gradient of each number in each input, [number][input].
  using Gradients = std::vector<std::vector<Tensor>>;
  Gradients gradients(int order) const { return gradients(order, inputs_); }
  Gradients gradients(int order, const std::vector<Tensor>& at) const;

  /// The inputs, all moved by t in a random direction, number `line`.
  std::vector<Tensor> beside(int line, double t) const;

  /// Of which result's element number `which` is the value: "element [1, 2] of the result"; empty where one
  /// number stands for all.
  std::string place(int order, std::size_t which) const;

  /// The results of this order, from tracked inputs, and the cotangents they are multiplied with.
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
  std::int64_t most_;
  Shape shape_;  // of f's result
};

}  // namespace trous::detail
