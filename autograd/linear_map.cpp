#include <memory>

#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/error.h>

namespace trous {
namespace {

void check_domain(const LinearMap& map, const Variable& x) {
  if (!(x.shape() == map.domain.shape)) {
    throw ShapeError(text(map.op, ": x is ", x.shape(), ", the map takes ", map.domain.shape,
                          ". Reshape x, or make the map anew."));
  }
  if (x.dtype() != map.domain.dtype) {
    throw DTypeError(text(map.op, ": x is ", x.dtype(), ", the map takes ", map.domain.dtype, ". Cast x."));
  }
}

}  // namespace

LinearMap LinearMap::transpose() const {
  return {transpose_op, op, attributes, codomain, domain, backward, forward, parameters};
}

Variable LinearMap::operator()(const Variable& x, std::string_view name) const {
  check_domain(*this, x);
  const auto self = std::make_shared<const LinearMap>(*this);
  std::vector<Variable> inputs{x};
  std::vector<Rule> rules{
      Rule(Reads::nothing(), [self](const Vjp& v) { return self->transpose()(v.grad()); })};
  for (const Variable& parameter : parameters) {
    inputs.push_back(parameter);
    rules.push_back(Rule::not_differentiable());
  }
  return record(
      {op, attributes, std::string(name)}, std::move(inputs),
      [self](std::span<const Tensor> in) { return self->forward(in[0], in.subspan(1)); }, std::move(rules));
}

}  // namespace trous
