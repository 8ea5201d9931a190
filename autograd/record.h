// How functions get onto the tape: `record` is the only way, for our ops and for a user's own.
//
// A rule maps Variables to a Variable and is itself written in ops, so gradients of gradients need no
// second set of rules.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <trous/autograd/op.h>
#include <trous/autograd/variable.h>

namespace trous {

/// Makes a value again, bit for bit, from the inputs and by-products of its evaluation.
using Remake = std::function<Tensor(std::span<const Tensor> inputs, std::span<const Tensor> kept)>;

/// What a forward function returns: the value, and by-products that a rule may read later. By-products are
/// values, not ops, so no derivative passes through them. Integers (indices, masks, counts) may be kept by
/// any op. A floating by-product serves gradients of first order; see Vjp::kept for higher orders.
///
/// Where `remake` is given, rules downstream that read the value do not keep it: this op's node keeps its
/// inputs and by-products, and the value is computed again when such a rule runs. This suits ops whose rules
/// read their input anyway and whose value costs little: one buffer stays alive instead of two.
struct Computed {
  Computed(Tensor result) : value(std::move(result)) {}
  Computed(Tensor result, std::vector<Tensor> by_products, Remake again = nullptr)
      : value(std::move(result)), kept(std::move(by_products)), remake(std::move(again)) {}

  Tensor value;
  std::vector<Tensor> kept;
  Remake remake;
};

/// A pure function of the inputs' values, so that any node can be replayed at other inputs.
using Forward = std::function<Computed(std::span<const Tensor>)>;

/// Declares which values a rule reads. The node keeps these alive for the rule, and no others.
struct Reads {
  std::uint64_t inputs = 0;  ///< bit i: the value of input i; bit 63: of all from the 63rd on
  bool output = false;
  bool kept = false;

  static constexpr Reads nothing() { return {}; }
  static constexpr Reads everything() { return {~std::uint64_t{0}, true, true}; }
  static constexpr Reads input(int i) { return {std::uint64_t{1} << (i < 63 ? i : 63), false, false}; }
  static constexpr Reads every_input() { return {~std::uint64_t{0}, false, false}; }
  static constexpr Reads the_output() { return {0, true, false}; }
  static constexpr Reads the_kept() { return {0, false, true}; }

  friend constexpr Reads operator|(Reads a, Reads b) {
    return {a.inputs | b.inputs, a.output || b.output, a.kept || b.kept};
  }
};

/// In which variables the cotangents that a rule returns may be differentiated again.
enum class Again {
  nothing,    ///< CreateGraph::no: they are values
  cotangent,  ///< jvp: in the cotangent of the output, in which every rule is linear
  everything  ///< CreateGraph::yes: in the inputs, too
};

/// The argument of a rule: the cotangent of the output, and the values that the rule declared in its Reads.
/// Reading any other value is a GraphError.
class Vjp {
 public:
  /// Values that the rules of one node share while they run for one cotangent.
  struct Shared {
    std::optional<std::vector<Tensor>> computed;
    std::vector<std::pair<const Node*, Tensor>> remade;
  };

  Vjp(const NodePtr& node, int slot, Variable grad, Again again, Shared& shared)
      : node_(node), slot_(slot), grad_(std::move(grad)), again_(again), shared_(shared) {}

  /// The cotangent of the output; has the output's shape and dtype.
  const Variable& grad() const { return grad_; }
  Variable input(int i) const;
  Variable output() const;

  /// By-product i of the forward. Under CreateGraph::yes, reading a floating by-product is a GraphError: the
  /// next differentiation would take it for a constant, and a Hessian would be silently wrong. A by-product
  /// that does not depend on the inputs (a mask that was drawn, a table) can be read as `detached().kept(i)`.
  const Tensor& kept(int i) const;
  std::size_t kept_count() const;

  /// Values that several rules of this node need for this cotangent. The first call computes them; all rules
  /// must pass the same function. Under CreateGraph::yes, reading floating ones is a GraphError, as for
  /// by-products.
  const std::vector<Tensor>& shared(const std::function<std::vector<Tensor>()>& compute) const;

  /// A copy of this argument that holds values in place of Variables: cotangent, inputs, output, by-products
  /// and shared values are constants of the next differentiation. It is meant for values that do not depend
  /// on the inputs, and for rules that record an op with rules of its own, as `composite` does with fused
  /// rules.
  Vjp detached() const;

  /// Shape and dtype of input i; may always be read.
  const Shape& shape(int i) const;
  DType dtype(int i) const;

 private:
  [[noreturn]] void would_be_constant(const std::string& what, const std::string& read) const;
  bool keeps() const { return again_ != Again::nothing; }

  const NodePtr& node_;
  int slot_;
  Variable grad_;
  Again again_;
  Shared& shared_;
};

/// The vector-Jacobian product of one input: maps the cotangent of the output to the cotangent of that input.
struct Rule {
  enum class Kind { cotangent, locally_constant, not_differentiable };

  /// A rule that may read everything.
  template <class F>
  requires(std::is_invocable_r_v<Variable, F, const Vjp&>) Rule(F&& f)
      : Rule(Reads::everything(), std::forward<F>(f)) {}

  Rule(Reads what, std::function<Variable(const Vjp&)> f) : reads(what), cotangent(std::move(f)) {}

  /// The derivative is exactly zero wherever it exists (a step, a sign, an argmax): the path ends.
  static Rule locally_constant() { return Rule(Kind::locally_constant); }

  /// There is no derivative (class weights): asking for one is a GraphError naming op and input.
  static Rule not_differentiable() { return Rule(Kind::not_differentiable); }

  Kind kind = Kind::cotangent;
  Reads reads;
  std::function<Variable(const Vjp&)> cotangent;

 private:
  explicit Rule(Kind ending) : kind(ending) {}
};

/// Evaluates `forward` at the inputs' values and puts a node on the tape, unless the Recording scope excludes
/// it. `rules` has one rule per input, written in ops, so that it can be differentiated again. Values that a
/// rule computes outside ops (value(), a floating by-product) are right, but have no derivative: see
/// Vjp::kept.
///
///   Variable square(const Variable& x) {
///     return record({"square"}, {x},
///                   [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return v * v; }); },
///                   {[](const Vjp& v) { return 2.0 * v.input(0) * v.grad(); }});
///   }
///
/// If `op.pixels` states how the function maps pixels (core/pixels.h), tables of networks and profiles show
/// its receptive field and its cost. If it is left out, they show the whole image as the field, and that the
/// cost is not known. A dilated convolution of one's own:
///
///   record({.kind = "my_conv", .pixels = conv2d_pixels(x.shape(), w.shape(), {.rate = 2})}, {x, w}, ...)
///
/// Throws GraphError if the number of rules is not the number of inputs, or if the sizes in `op.pixels`
/// are not those of the first input and of the result.
Variable record(Op op, std::vector<Variable> inputs, Forward forward, std::vector<Rule> rules);

/// As `record`; also returns the by-products of this evaluation, for a caller who wants them (batch norm
/// reads the batch's statistics here). They are values: no gradient passes through them.
std::pair<Variable, std::vector<Tensor>> record_with_kept(Op op, std::vector<Variable> inputs,
                                                          Forward forward, std::vector<Rule> rules);

}  // namespace trous
