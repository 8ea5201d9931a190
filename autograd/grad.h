// Gradients: walking a tape backwards.
#pragma once

#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// Whether the gradients have a graph of their own: PyTorch's create_graph.
enum class CreateGraph {
  no,  ///< the gradients are plain values
  yes  ///< the gradients are recorded and can be differentiated again
};

/// The gradient of a scalar: dy/dx for each x, in x's shape and dtype.
///
/// y         one element, tracked. Given as std::move(y), its nodes are released as they are walked.
/// xs        tracked; leaves or intermediate results. Exact zeros are returned for an x that y does not
///           depend on, or only through locally constant ops
/// returns   one Variable per x
///
/// Throws GraphError if y or an x is not tracked, if y has more than one element, or if the path crosses
/// an input that has no derivative.
std::vector<Variable> grad(Variable y, std::vector<Variable> xs, CreateGraph graph = CreateGraph::no);

/// The vector-Jacobian product: sum_i seed[i] dy[i]/dx for each x.
///
/// seed      y's shape and dtype. Under CreateGraph::yes it may be tracked, and gradients pass through it
std::vector<Variable> vjp(Variable y, std::vector<Variable> xs, const Variable& seed,
                          CreateGraph graph = CreateGraph::no);

/// The vector-Jacobian product of several ys in one walk: sum over k of vjp(ys[k], xs, seeds[k]).
std::vector<Variable> vjp(std::vector<Variable> ys, std::vector<Variable> xs, std::vector<Variable> seeds,
                          CreateGraph graph = CreateGraph::no);

/// The Jacobian-vector product: sum over k of (dy/dxs[k]) tangents[k], in y's shape. A vjp is linear in its
/// seed, and the transpose of that linear map is the jvp: so this is a vjp of a vjp.
///
/// tangents  one per x, in x's shape and dtype
Variable jvp(const Variable& y, std::vector<Variable> xs, std::vector<Variable> tangents,
             CreateGraph graph = CreateGraph::no);

/// The Hessian-vector product of a scalar: for each x, sum over k of (d2y / dx dxs[k]) vectors[k].
std::vector<Variable> hvp(const Variable& y, std::vector<Variable> xs, std::vector<Variable> vectors,
                          CreateGraph graph = CreateGraph::no);

}  // namespace trous
