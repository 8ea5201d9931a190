#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <trous/autograd/detail/evaluations.h>
#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/autograd/transpose.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

// The nodes under `y` that depend on `x`, oldest first; x itself is the first, if y depends on it at all.
std::vector<NodePtr> dependent_on(const Variable& x, const Variable& y) {
  std::vector<NodePtr> found;
  const auto is_found = [&](const NodePtr& node) {
    return node && std::binary_search(found.begin(), found.end(), node,
                                      [](const auto& a, const auto& b) { return a->serial < b->serial; });
  };
  for (const NodePtr& node : nodes_under({y}, x.node()->serial)) {
    const auto reads_x = [&](const Node::Input& input) { return is_found(input.node); };
    if (node == x.node() || std::any_of(node->inputs.begin(), node->inputs.end(), reads_x))
      found.push_back(node);
  }
  return found;
}

// Random elements of both signs and away from 0: rounding to integers changes them, and not all of them to 0.
Tensor point(const Domain& domain, std::uint64_t stream, double factor = 1) {
  return map(uniform(domain.shape, domain.dtype, Key{stream}, -1, 1),
             [factor](auto v) { return factor * (v < 0 ? 2 * v - 1 : 2 * v + 1); });
}

std::vector<double> numbers(const Tensor& tensor) { return tensor.cast(DType::float64).to_vector<double>(); }

// The first element in which a and b are further apart than `tolerance`, relative to the largest element.
std::optional<std::int64_t> apart(const Tensor& a, const Tensor& b, double tolerance) {
  const std::vector<double> left = numbers(a), right = numbers(b);
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    largest = std::max({largest, std::abs(left[i]), std::abs(right[i])});
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!(std::abs(left[i] - right[i]) <= tolerance * largest)) return static_cast<std::int64_t>(i);
  }
  return {};
}

// Half of the digits of the coarsest dtype on the tape.
double half_the_digits(const Variable& y) {
  bool coarse = y.dtype() == DType::float32;
  for (const NodePtr& node : nodes_under({y})) coarse = coarse || node->dtype == DType::float32;
  return std::sqrt(coarse ? double{std::numeric_limits<float>::epsilon()}
                          : std::numeric_limits<double>::epsilon());
}

bool is_zero(const Tensor& tensor) {
  const std::vector<double> values = numbers(tensor);
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
}

std::string at(const Tensor& tensor, std::int64_t i) {
  return tensor.shape().rank() == 0 ? std::string() : text(" at ", position(tensor.shape(), i));
}

double element(const Tensor& tensor, std::int64_t i) { return numbers(tensor)[static_cast<std::size_t>(i)]; }

// The node's op with its type.
std::string phrase(const Node& node) { return text(node.op, ' ', short_name(node.dtype), node.shape); }

// Names the value that depends on x and is read by the node, unless it is x itself.
std::string by_way_of(const Node& node, const std::vector<NodePtr>& dependent) {
  for (const Node::Input& input : node.inputs) {
    const bool reads =
        input.node && std::find(dependent.begin(), dependent.end(), input.node) != dependent.end();
    if (reads && !input.node->inputs.empty()) return text(", by way of ", phrase(*input.node));
  }
  return {};
}

// Evaluates f at one point, and throws where the evaluation shows that f is not linear.
class Probe {
 public:
  Probe(const LinearFunction& f, const Tensor& at) : f_(f), x_(track(at)), y_(f(x_)) {}

  const Variable& x() const { return x_; }
  const Variable& y() const { return y_; }
  bool depends() const { return !dependent_on(x_, y_).empty(); }

  // The vjp, whose ops must not read x.
  Variable gradient(const Variable& seed) const;
  void check_zero() const;
  void check_derivative(const Variable& gradient, const Variable& seed) const;

 private:
  [[noreturn]] void refuse_value(const Tensor& derivative, std::int64_t i) const;
  Variable again() const;

  const LinearFunction& f_;
  Variable x_, y_;
};

Variable Probe::gradient(const Variable& seed) const {
  if (!y_.tracked()) return track(Tensor::zeros(x_.shape(), x_.dtype()), "zeros");
  const detail::Evaluations evaluations;
  const std::uint64_t begin = detail::stamp();
  Variable result = vjp(y_, {x_}, seed, CreateGraph::yes)[0];
  const std::vector<NodePtr> reading = dependent_on(x_, result);
  if (reading.empty()) return result;
  // The nodes before are f's own.
  const auto first =
      std::find_if(reading.begin(), reading.end(), [&](const NodePtr& node) { return node->serial > begin; });
  const Node& node = first == reading.end() ? *result.node() : **first;
  const std::optional<detail::RuleName> blamed = evaluations.rule_of(node);
  throw GraphError(text("transpose: f is not linear, because of ", blamed ? blamed->op : node.op,
                        ": the gradient through it reads x, in ", phrase(node), by_way_of(node, reading),
                        ". The gradient of a linear function is the same everywhere. Leave that op out, or "
                        "transpose the derivative at one x: v -> jvp(f(x), {x}, {v})."));
}

// Evaluates f at x once more, keeping the value of every node.
Variable Probe::again() const {
  const Recording scope(Recording::everything);
  Variable result = f_(x_);
  if (!same_bits(result.value(), y_.value())) {
    throw ArgumentError(
        "transpose: f gives two results for one x, so it is not deterministic. Draw what is random outside "
        "f.");
  }
  return result;
}

void Probe::check_zero() const {
  const std::vector<double> values = numbers(y_.value());
  const auto found = std::find_if(values.begin(), values.end(), [](double v) { return v != 0; });
  if (found == values.end()) return;
  const std::string fact =
      text("transpose: f(0) is ", std::isnan(*found) ? "NaN" : text(*found),
           at(y_.value(), found - values.begin()), ", so f is not linear, but affine at best. ");
  for (const NodePtr& node : dependent_on(x_, again())) {
    if (!node->output || is_zero(*node->output)) continue;
    throw GraphError(text(fact, "The first op that gives more than zeros there is ", phrase(*node),
                          ". If f is affine, transpose x -> f(x) - f(0)."));
  }
  throw GraphError(text(fact,
                        "No op of it that reads x gives more than zeros there. A linear function is 0 "
                        "where x is."));
}

// Names the first op whose value is not its derivative applied to x.
void Probe::refuse_value(const Tensor& derivative, std::int64_t i) const {
  const Variable recorded = again();
  const double tolerance = half_the_digits(recorded);
  const auto [left, right] = distinct_digits(element(y_.value(), i), element(derivative, i));
  const std::string fact = text("transpose: f is not linear: at a random x it is ", left, at(y_.value(), i),
                                ", and its derivative applied to x is ", right, ". ");
  for (const NodePtr& node : dependent_on(x_, recorded)) {
    if (node == x_.node() || !node->output) continue;
    Tensor by_rules = Tensor::zeros(node->shape, DType::float64);
    if (node->tracked) by_rules = jvp(Variable(*node->output, node), {x_}, {x_.value()}).value();
    if (!apart(*node->output, by_rules, tolerance)) continue;
    const bool ends = std::any_of(node->rules.begin(), node->rules.end(),
                                  [](const Rule& rule) { return rule.kind == Rule::Kind::locally_constant; });
    throw GraphError(text(fact, "The first op where that is so is ", phrase(*node),
                          !node->tracked ? ", whose integers have no gradient. Cast them outside f."
                          : ends         ? ", which is locally constant: its derivative is 0. Leave it out."
                                         : ". Its rule is wrong, or x comes into it untracked. "
                                           "Compute with ops, without detach and value()."));
  }
  throw GraphError(text(fact,
                        "No op on its tape makes the difference, so x comes into it untracked. Compute "
                        "with ops, without detach and value()."));
}

void Probe::check_derivative(const Variable& gradient, const Variable& seed) const {
  const Tensor derivative = vjp(gradient, {seed}, x_)[0].value();
  if (const auto i = apart(y_.value(), derivative, half_the_digits(y_))) refuse_value(derivative, *i);
}

void check_same_type(const Variable& zero, const Variable& there) {
  if (zero.shape() == there.shape() && zero.dtype() == there.dtype()) return;
  throw GraphError(text("transpose: f is not linear: its result is ", short_name(zero.dtype()), zero.shape(),
                        " at 0, and ", short_name(there.dtype()), there.shape(),
                        " at a random x. Let the size of the result follow from x's shape alone."));
}

void check_same_slope(const Tensor& zero, const Tensor& there, double tolerance) {
  const auto i = apart(zero, there, tolerance);
  if (!i) return;
  const auto [at_zero, at_random] = distinct_digits(element(zero, *i), element(there, *i));
  throw GraphError(
      text("transpose: f is not linear: its gradient is ", at_zero, at(zero, *i), " at 0, and ", at_random,
           " at a random x. It chooses its ops by the values of x, or by chance. Let them follow "
           "from x's shape alone."));
}

// Whether f reads a tracked Variable other than x.
bool reads_tracked(const Variable& x, const Variable& y) {
  for (const NodePtr& node : nodes_under({y}, x.node()->serial)) {
    if (node != x.node() && node->inputs.empty() && node->tracked) return true;
    for (const Node::Input& input : node->inputs) {
      if (input.node && input.node->tracked && input.node->serial < x.node()->serial) return true;
    }
  }
  return false;
}

// The transpose of x -> 0, recorded as any other transpose.
LinearMap zero_map(const Domain& from, const Domain& to) {
  const auto zeros_of = [](const Domain& domain) {
    return [domain](const Tensor&, std::span<const Tensor>) {
      return Tensor::zeros(domain.shape, domain.dtype);
    };
  };
  return {"zero", "zero", {}, from, to, zeros_of(to), zeros_of(from)};
}

void check_arguments(const LinearFunction& f, const Domain& domain) {
  if (!f) throw ArgumentError("transpose: f is an empty function. Give one that can be called.");
  if (!is_floating(domain.dtype)) {
    throw DTypeError(text("transpose: the domain is ", domain.dtype,
                          ", which has no gradient. Take float32 or float64, and cast in f."));
  }
}

void check_argument(const Variable& y, const Variable& expected) {
  if (y.shape() != expected.shape()) {
    throw ShapeError(text("transpose: y is ", y.shape(), ", f gives ", expected.shape(),
                          ". The transpose takes what f gives."));
  }
  if (y.dtype() != expected.dtype())
    throw DTypeError(text("transpose: y is ", y.dtype(), ", f gives ", expected.dtype(), ". Cast y."));
}

}  // namespace

LinearFunction transpose(const LinearFunction& f, const Domain& domain) {
  check_arguments(f, domain);
  const Recording scope(Recording::needed);
  const Probe zero(f, Tensor::zeros(domain.shape, domain.dtype));
  if (!is_floating(zero.y().dtype())) {
    throw DTypeError(
        text("transpose: f gives ", zero.y().dtype(), ", which has no gradient. Cast its result in f."));
  }
  zero.check_zero();
  const Domain codomain{zero.y().shape(), zero.y().dtype()};
  const Variable seed = track(point(codomain, 2), "seed");
  const Tensor slope = zero.gradient(seed).value();
  for (const double factor : {1.0, -0.75}) {
    const Probe there(f, point(domain, 1, factor));
    check_same_type(zero.y(), there.y());
    const Variable gradient = there.gradient(seed);
    check_same_slope(slope, gradient.value(), half_the_digits(there.y()));
    there.check_derivative(gradient, seed);
  }
  const bool others = reads_tracked(zero.x(), zero.y()), constant = !zero.depends();
  return [x = zero.x(), y = zero.y(), others, constant,
          nothing = zero_map(codomain, domain)](const Variable& at) {
    check_argument(at, y);
    if (constant) return nothing(at);
    const Recording::Mode mode = Recording::mode();
    const bool keep =
        mode == Recording::everything || (mode == Recording::needed && (at.tracked() || others));
    return vjp(y, {x}, at, keep ? CreateGraph::yes : CreateGraph::no)[0];
  };
}

}  // namespace trous
