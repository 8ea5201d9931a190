#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <trous/autograd/add.h>
#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>

namespace trous {
namespace {

// The walk over one tape: from the ys down to the xs, youngest node first.
class Walk {
 public:
  Walk(const char* caller, std::vector<Variable> ys, const std::vector<Variable>& xs,
       std::vector<Variable> seeds, Again again);
  std::vector<Variable> run();

 private:
  void seed();
  void visit_node(std::size_t i);
  Variable contribution(const NodePtr& node, std::size_t slot, const Variable& cotangent,
                        Vjp::Shared& shared) const;
  void accumulate(const Node* node, Variable cotangent);
  bool leads_to_x(const Node& node) const;
  std::optional<std::size_t> place(const Node* node) const;
  bool on_path(const Node* node) const {
    const auto at = place(node);
    return at && on_path_[*at];
  }

  const char* caller_;
  std::vector<Variable> ys_;
  const std::vector<Variable>& xs_;
  std::vector<Variable> seeds_;
  Again again_;
  bool keep_;
  std::vector<NodePtr> nodes_;          // oldest first; released as they are walked
  std::vector<std::uint64_t> serials_;  // of the nodes
  std::vector<char> on_path_;           // whether a cotangent here can reach an x; integers carry none
  std::vector<char> asked_;             // whether it is an x, whose cotangent stays
  std::vector<std::optional<Variable>> cotangents_;
};

Walk::Walk(const char* caller, std::vector<Variable> ys, const std::vector<Variable>& xs,
           std::vector<Variable> seeds, Again again)
    : caller_(caller),
      ys_(std::move(ys)),
      xs_(xs),
      seeds_(std::move(seeds)),
      again_(again),
      keep_(again != Again::nothing) {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < xs_.size(); ++i) {
    if (!xs_[i].tracked()) {
      throw GraphError(text(caller_, ": x number ", i, ", ", short_name(xs_[i].dtype()), xs_[i].shape(),
                            ", is not tracked. Make it with track(tensor) before y is computed from it."));
    }
    oldest = std::min(oldest, xs_[i].node()->serial);
  }
  nodes_ = nodes_under(ys_, oldest);
  on_path_.assign(nodes_.size(), 0);
  asked_.assign(nodes_.size(), 0);
  cotangents_.assign(nodes_.size(), std::nullopt);
  serials_.reserve(nodes_.size());
  for (const NodePtr& node : nodes_) serials_.push_back(node->serial);
  for (const Variable& x : xs_) {
    if (const auto at = place(x.node().get())) asked_[*at] = 1;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    on_path_[i] = asked_[i] || (nodes_[i]->tracked && leads_to_x(*nodes_[i]));
}

// Where a node is among nodes_, if it is.
std::optional<std::size_t> Walk::place(const Node* node) const {
  if (!node) return {};
  const auto at = std::lower_bound(serials_.begin(), serials_.end(), node->serial);
  if (at == serials_.end() || *at != node->serial) return {};
  return static_cast<std::size_t>(at - serials_.begin());
}

bool Walk::leads_to_x(const Node& node) const {
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.rules[slot].kind != Rule::Kind::locally_constant && on_path(node.inputs[slot].node.get()))
      return true;
  }
  return false;
}

// Under CreateGraph::yes the seed is tracked, so that the recorded gradient shows its ops even where nothing
// else in it depends on an x, and so that the result of a rule made of ops is always tracked, which
// `contribution` relies on.
void Walk::seed() {
  for (std::size_t i = 0; i < ys_.size(); ++i) {
    const Node* const root = ys_[i].node().get();
    if (!on_path(root)) continue;
    const Variable& given = seeds_[i];
    accumulate(root, keep_ ? (given.tracked() ? given : track(given.value(), "seed")) : detach(given));
  }
  ys_.clear();
  seeds_.clear();
}

void Walk::accumulate(const Node* node, Variable cotangent) {
  std::optional<Variable>& sum = cotangents_[*place(node)];
  sum = sum ? add_same_shape(*sum, cotangent) : std::move(cotangent);
}

Variable Walk::contribution(const NodePtr& node, std::size_t slot, const Variable& cotangent,
                            Vjp::Shared& shared) const {
  const Op& op = node->op;
  const Rule& rule = node->rules[slot];
  const Node::Input& input = node->inputs[slot];
  if (rule.kind == Rule::Kind::not_differentiable) {
    throw GraphError(text(op.kind, ": input ", slot,
                          " has no derivative, but a gradient was asked through it. Detach it: detach(x)."));
  }
  const RuleOf scope(op, static_cast<int>(slot));
  Variable result = rule.cotangent(Vjp(node, static_cast<int>(slot), cotangent, again_, shared));
  if (result.shape() != input.shape || result.dtype() != input.dtype) {
    throw GraphError(text(op.kind, ": the rule of input ", slot, " gives ", short_name(result.dtype()),
                          result.shape(), ", the input is ", short_name(input.dtype), input.shape,
                          ". A cotangent has its input's shape and dtype."));
  }
  if (keep_ && !result.tracked()) {
    throw GraphError(
        text(op.kind, ": the rule of input ", slot,
             " is computed from values, not from ops; it has no second order. Write it with ops, or "
             "differentiate once with CreateGraph::no."));
  }
  if (!keep_ && result.node()) return detach(result);
  return result;
}

void Walk::visit_node(std::size_t i) {
  const NodePtr node = std::move(nodes_[i]);
  const std::optional<Variable> cotangent =
      asked_[i] ? cotangents_[i] : std::exchange(cotangents_[i], std::nullopt);
  if (!cotangent) return;
  Vjp::Shared shared;
  for (std::size_t slot = 0; slot < node->inputs.size(); ++slot) {
    const Node* const input = node->inputs[slot].node.get();
    if (node->rules[slot].kind == Rule::Kind::locally_constant || !on_path(input)) continue;
    accumulate(input, contribution(node, slot, *cotangent, shared));
  }
}

std::vector<Variable> Walk::run() {
  const Recording scope(
      !keep_ ? Recording::nothing
             : (Recording::mode() == Recording::everything ? Recording::everything : Recording::needed));
  seed();
  for (std::size_t i = nodes_.size(); i-- > 0;) visit_node(i);
  std::vector<Variable> gradients;
  gradients.reserve(xs_.size());
  for (const Variable& x : xs_) {
    const auto at = place(x.node().get());
    if (at && cotangents_[*at]) {
      gradients.push_back(*cotangents_[*at]);
    } else {
      const Tensor zeros = Tensor::zeros(x.shape(), x.dtype());
      gradients.push_back(keep_ ? track(zeros, "zeros") : Variable(zeros));
    }
  }
  return gradients;
}

void check_roots(const char* caller, const std::vector<Variable>& ys, const std::vector<Variable>& seeds) {
  if (ys.size() != seeds.size()) {
    throw GraphError(text(caller, ": ", ys.size(), " ys and ", seeds.size(), " seeds. Give one seed per y."));
  }
  for (std::size_t i = 0; i < ys.size(); ++i) {
    if (!ys[i].tracked()) {
      throw GraphError(text(caller, ": y, ", short_name(ys[i].dtype()), ys[i].shape(),
                            ", is not tracked. Compute it from a tracked x, outside Recording::nothing."));
    }
    if (seeds[i].shape() != ys[i].shape()) {
      throw ShapeError(text(caller, ": y has shape ", ys[i].shape(), ", its seed ", seeds[i].shape(),
                            ". A seed has the shape of its y."));
    }
    if (seeds[i].dtype() != ys[i].dtype()) {
      throw DTypeError(text(caller, ": y is ", ys[i].dtype(), ", its seed ", seeds[i].dtype(),
                            ". A seed has the dtype of its y."));
    }
  }
}

std::vector<Variable> walk(const char* caller, std::vector<Variable> ys, const std::vector<Variable>& xs,
                           std::vector<Variable> seeds, Again again) {
  check_roots(caller, ys, seeds);
  return Walk(caller, std::move(ys), xs, std::move(seeds), again).run();
}

Again again(CreateGraph graph) { return graph == CreateGraph::yes ? Again::everything : Again::nothing; }

void check_directions(const char* caller, const std::vector<Variable>& xs,
                      const std::vector<Variable>& directions) {
  if (xs.size() != directions.size()) {
    throw GraphError(text(caller, ": ", xs.size(), " xs and ", directions.size(),
                          " directions. Give one direction per x."));
  }
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (xs[i].shape() != directions[i].shape() || xs[i].dtype() != directions[i].dtype()) {
      throw ShapeError(text(caller, ": x number ", i, " is ", short_name(xs[i].dtype()), xs[i].shape(),
                            ", its direction ", short_name(directions[i].dtype()), directions[i].shape(),
                            ". A direction has the shape and dtype of its x."));
    }
  }
}

std::vector<Variable> one(Variable x) {
  std::vector<Variable> list;
  list.push_back(std::move(x));
  return list;
}

void check_scalar(const char* caller, const Variable& y) {
  if (y.value().elements() != 1) {
    throw GraphError(
        text(caller, ": y has shape ", y.shape(),
             ", so its gradient needs a seed of that shape. Reduce y to a scalar or call vjp(y, xs, seed)."));
  }
}

}  // namespace

std::vector<Variable> grad(Variable y, std::vector<Variable> xs, CreateGraph graph) {
  check_scalar("grad", y);
  Variable seed = Tensor::ones(y.shape(), y.dtype());
  return walk("grad", one(std::move(y)), xs, one(std::move(seed)), again(graph));
}

std::vector<Variable> vjp(Variable y, std::vector<Variable> xs, const Variable& seed, CreateGraph graph) {
  return walk("vjp", one(std::move(y)), xs, one(seed), again(graph));
}

std::vector<Variable> vjp(std::vector<Variable> ys, std::vector<Variable> xs, std::vector<Variable> seeds,
                          CreateGraph graph) {
  return walk("vjp", std::move(ys), xs, std::move(seeds), again(graph));
}

Variable jvp(const Variable& y, std::vector<Variable> xs, std::vector<Variable> tangents, CreateGraph graph) {
  check_directions("jvp", xs, tangents);
  const Variable seed = track(Tensor::zeros(y.shape(), y.dtype()), "seed");
  // The second walk differentiates these gradients in the seed alone.
  const Again after = graph == CreateGraph::yes ? Again::everything : Again::cotangent;
  std::vector<Variable> gradients = walk("jvp", one(y), xs, one(seed), after);
  return walk("jvp", std::move(gradients), one(seed), std::move(tangents), again(graph))[0];
}

std::vector<Variable> hvp(const Variable& y, std::vector<Variable> xs, std::vector<Variable> vectors,
                          CreateGraph graph) {
  check_scalar("hvp", y);
  check_directions("hvp", xs, vectors);
  std::vector<Variable> gradients =
      walk("hvp", one(y), xs, one(Tensor::ones(y.shape(), y.dtype())), Again::everything);
  return walk("hvp", std::move(gradients), xs, std::move(vectors), again(graph));
}

}  // namespace trous
