#include <memory>

#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/error.h>

namespace trous {
namespace {

void check_domain(std::string_view op, const Domain& domain, const Variable& x) {
  if (x.shape() != domain.shape) {
    throw ShapeError(text(op, ": x is ", x.shape(), ", the map takes ", domain.shape,
                          ". Reshape x, or make the map anew."));
  }
  if (x.dtype() != domain.dtype) {
    throw DTypeError(text(op, ": x is ", x.dtype(), ", the map takes ", domain.dtype, ". Cast x."));
  }
}

// A x or A^T x. The two share one map, so that neither a rule nor the rule of a rule copies it.
Variable apply(const std::shared_ptr<const LinearMap>& map, bool transposed, const Variable& x,
               std::string_view name) {
  const std::string& op = transposed ? map->transpose_op : map->op;
  check_domain(op, transposed ? map->codomain : map->domain, x);
  std::vector<Variable> inputs;
  std::vector<Rule> rules;
  inputs.reserve(1 + map->parameters.size());
  rules.reserve(1 + map->parameters.size());
  inputs.push_back(x);
  rules.emplace_back(Reads::nothing(),
                     [map, transposed](const Vjp& v) { return apply(map, !transposed, v.grad(), {}); });
  for (const Variable& parameter : map->parameters) {
    inputs.push_back(parameter);
    rules.push_back(Rule::not_differentiable());
  }
  return record(
      {op, map->attributes, std::string(name), transposed ? map->pixels.transposed() : map->pixels},
      std::move(inputs),
      [map, transposed](std::span<const Tensor> in) {
        return (transposed ? map->backward : map->forward)(in[0], in.subspan(1));
      },
      std::move(rules));
}

}  // namespace

LinearMap LinearMap::transpose() const {
  return {transpose_op, op, attributes, codomain, domain, backward, forward, parameters, pixels.transposed()};
}

Variable LinearMap::operator()(const Variable& x, std::string_view name) const& {
  return apply(std::make_shared<const LinearMap>(*this), false, x, name);
}

Variable LinearMap::operator()(const Variable& x, std::string_view name) && {
  return apply(std::make_shared<const LinearMap>(std::move(*this)), false, x, name);
}

}  // namespace trous
