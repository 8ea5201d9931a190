#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/check/detail/checked_function.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::detail {
namespace {

std::vector<Variable> tracked(const std::vector<Tensor>& tensors) {
  std::vector<Variable> variables;
  for (const Tensor& tensor : tensors) variables.push_back(track(tensor));
  return variables;
}

// The tensor that holds the element number `which` of all tensors, and the place of the element in it.
template <class Tensors>
std::pair<std::size_t, std::int64_t> locate(const Tensors& all, std::size_t which) {
  auto rest = static_cast<std::int64_t>(which);
  std::size_t i = 0;
  while (rest >= all[i].shape().elements()) rest -= all[i++].shape().elements();
  return {i, rest};
}

// An exception of f.
struct Threw : Error {
  using Error::Error;
};

void check_arguments(std::string_view name, const Function& f, const std::vector<Tensor>& inputs) {
  if (!f)
    throw ArgumentError(text("check_grad: ", name, " is an empty function. Give one that can be called."));
  if (inputs.empty()) throw ArgumentError(text("check_grad: ", name, " has no inputs. Give at least one."));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!is_floating(inputs[i].dtype())) {
      throw DTypeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].dtype(),
                            ", which has no derivative. Let f capture it."));
    }
    if (inputs[i].dtype() != DType::float64) {
      throw DTypeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].dtype(),
                            ". Differences need float64: cast it."));
    }
    if (inputs[i].elements() == 0) {
      throw ShapeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].shape(),
                            ", which has no element to vary. Give a batch of 1 or more."));
    }
  }
}

}  // namespace

Tensor unit(const Shape& shape, std::int64_t which) {
  Tensor result = Tensor::zeros(shape, DType::float64);
  result.mutable_values<double>()[static_cast<std::size_t>(which)] = 1;
  return result;
}

Tensor random_unit(const Shape& shape, Key key) {
  const Tensor random = normal(shape, DType::float64, key);
  const double length = std::sqrt(dot(random, random));
  return map(random, [length](double v) { return v / length; });
}

double along(const Tensor& gradient, const Tensor& u) {
  return dot(zip(gradient, u, [](double g, double d) { return d == 0 ? 0 : g; }), u);
}

CheckedFunction::CheckedFunction(std::string name, const Function& f, std::vector<Tensor> inputs,
                                 std::uint64_t seed, std::int64_t max_elements)
    : name_(std::move(name)), f_(f), inputs_(std::move(inputs)), seed_(seed), max_elements_(max_elements) {
  check_arguments(name_, f_, inputs_);
  const std::vector<Variable> xs = tracked(inputs_);
  const Variable y = call(xs);
  if (y.dtype() != DType::float64) {
    throw DTypeError(text("check_grad: ", name_, " gives ", y.dtype(), " of float64 inputs",
                          is_floating(y.dtype())
                              ? ". Differences need float64: leave out the cast."
                              : ", which has no derivative. Leave out what makes integers."));
  }
  const std::vector<NodePtr> nodes = nodes_under({y});
  const bool depends = std::any_of(xs.begin(), xs.end(), [&](const Variable& x) {
    return std::find(nodes.begin(), nodes.end(), x.node()) != nodes.end();
  });
  if (!depends) {
    throw GraphError(
        text("check_grad: ", name_, " gives ", short_name(y.dtype()), y.shape(),
             ", in which nothing of the Variables that it was given was recorded. Compute it from them, "
             "with ops."));
  }
  if (y.value().elements() == 0) {
    throw ShapeError(text("check_grad: ", name_, " gives ", y.shape(),
                          ", which has no element to differentiate. Give a batch of 1 or more."));
  }
  shape_ = y.shape();
}

Variable CheckedFunction::call(const std::vector<Variable>& xs) const {
  try {
    return f_(xs);
  } catch (const std::exception& error) {
    throw Threw(text("check_grad: ", name_, " threw: ", error.what()));
  } catch (...) {
    throw Threw(text("check_grad: ", name_, " threw what is no std::exception."));
  }
}

std::int64_t CheckedFunction::elements(int order) const {
  if (order == 1) return shape_.elements();
  std::int64_t count = 0;
  for (const Tensor& x : inputs_) count += x.elements();
  return count;
}

bool CheckedFunction::one_by_one(int order) const { return elements(order) <= max_elements_; }

std::size_t CheckedFunction::count(int order) const {
  return one_by_one(order) ? static_cast<std::size_t>(elements(order)) : 1;
}

std::vector<Variable> CheckedFunction::results(int order, const std::vector<Variable>& xs) const {
  std::vector<Variable> result{call(xs)};
  if (shape_ != result[0].shape()) {
    throw ShapeError(text("check_grad: ", name_, " gives ", shape_, " at the inputs and ", result[0].shape(),
                          " beside them. A derivative needs one shape: let it depend on shapes alone."));
  }
  for (int n = 1; n < order; ++n) {
    std::vector<Variable> seeds = cotangents(n, result);
    result = vjp(std::move(result), xs, std::move(seeds), CreateGraph::yes);
  }
  return result;
}

std::vector<Variable> CheckedFunction::cotangents(int order, const std::vector<Variable>& results) const {
  std::vector<Variable> seeds;
  const Key key = fold_in(Key{seed_}, static_cast<std::uint64_t>(order));
  for (std::size_t i = 0; i < results.size(); ++i)
    seeds.emplace_back(uniform(results[i].shape(), DType::float64, fold_in(key, i), -1, 1));
  return seeds;
}

std::vector<Tensor> CheckedFunction::perturbed(int number, double t) const {
  std::vector<Tensor> at;
  for (const Tensor& x : inputs_) {
    const Key key = fold_in(fold_in(Key{seed_ + 2}, static_cast<std::uint64_t>(number)), at.size());
    at.push_back(zip(x, uniform(x.shape(), DType::float64, key, -1, 1),
                     [t](double v, double r) { return v + t * r; }));
  }
  return at;
}

std::vector<double> CheckedFunction::values(int order, const std::vector<Tensor>& at) const {
  try {
    return computed_values(order, at);
  } catch (const Threw&) {  // a point near the inputs may lie outside the domain of f
    return std::vector<double>(count(order), std::numeric_limits<double>::quiet_NaN());
  }
}

CheckedFunction::Gradients CheckedFunction::gradients(int order, const std::vector<Tensor>& at) const {
  try {
    return computed_gradients(order, at);
  } catch (const Threw&) {
    std::vector<Tensor> unknown;
    for (const Tensor& x : inputs_)
      unknown.push_back(Tensor::full(x.shape(), DType::float64, std::numeric_limits<double>::quiet_NaN()));
    return Gradients(count(order), unknown);
  }
}

std::vector<double> CheckedFunction::computed_values(int order, const std::vector<Tensor>& at) const {
  const std::vector<Variable> ys = results(order, tracked(at));
  std::vector<double> numbers;
  if (one_by_one(order)) {
    for (const Variable& y : ys) {
      const std::vector<double> elements = y.value().to_vector<double>();
      numbers.insert(numbers.end(), elements.begin(), elements.end());
    }
    return numbers;
  }
  const std::vector<Variable> seeds = cotangents(order, ys);
  double sum = 0;
  for (std::size_t i = 0; i < ys.size(); ++i) sum += dot(ys[i].value(), seeds[i].value());
  return {sum};
}

CheckedFunction::Gradients CheckedFunction::computed_gradients(int order,
                                                               const std::vector<Tensor>& at) const {
  const std::vector<Variable> xs = tracked(at);
  const std::vector<Variable> ys = results(order, xs);
  const bool each = one_by_one(order);
  Gradients gradients;
  for (std::size_t p = 0; p < count(order); ++p) {
    std::vector<Variable> roots, seeds;
    if (each) {
      const auto [i, element] = locate(ys, p);
      roots = {ys[i]};
      seeds = {unit(ys[i].shape(), element)};
    } else {
      roots = ys;
      seeds = cotangents(order, ys);
    }
    std::vector<Tensor> row;
    if (each && !roots[0].tracked()) {  // this number does not depend on any input
      for (const Variable& x : xs) row.push_back(Tensor::zeros(x.shape(), DType::float64));
    } else {
      for (const Variable& g : vjp(roots, xs, seeds)) row.push_back(g.value());
    }
    gradients.push_back(std::move(row));
  }
  return gradients;
}

std::string CheckedFunction::place(int order, std::size_t which) const {
  if (!one_by_one(order)) return {};
  if (order == 1) {
    return shape_.rank() == 0
               ? std::string()
               : text("element ", position(shape_, static_cast<std::int64_t>(which)), " of the result");
  }
  const auto [i, element] = locate(inputs_, which);
  return text("element ", position(inputs_[i].shape(), element), " of the gradient in input ", i);
}

}  // namespace trous::detail
