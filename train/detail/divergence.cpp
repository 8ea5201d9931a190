#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/train/detail/divergence.h>

namespace trous::detail {

std::string in_words(const NotFinite& bad, const AnyLayer& net) {
  const std::string tensor = text(short_name(bad.value.dtype()), bad.value.shape());
  const bool came_in = bad.where == NotFinite::Where::input;
  if (came_in) {
    for (const auto& [path, parameter] : parameters(net)) {
      if (parameter->get(path).value().same_storage(bad.value)) return text("the weight ", path, ' ', tensor);
    }
  }
  std::string what = came_in                                 ? "what came into"
                     : bad.where == NotFinite::Where::output ? "the output of"
                                                             : "a by-product of";
  what += text(' ', bad.op.kind, ' ', tensor);
  if (bad.rule_of) what += text(", in the rule of ", bad.rule_of->kind);
  const std::string& layer = bad.rule_of ? bad.rule_of->name : bad.op.name;
  return layer.empty() ? what : text(what, " of layer ", layer);
}

std::string bad_gradient(const std::vector<Tensor>& gradients, const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!all_finite(gradients[i])) return text("the gradient of ", paths[i], ' ', gradients[i].shape());
  }
  return {};
}

std::string bad_value(const AnyLayer& net) {
  for (const auto& [path, weight] : parameters(net)) {
    if (!all_finite(weight->get().value())) return text("the weight ", path, ' ', weight->spec.shape);
  }
  for (const auto& [path, statistic] : buffers(net)) {
    if (!all_finite(statistic->get())) return text("the statistic ", path, ' ', statistic->spec.shape);
  }
  return {};
}

}  // namespace trous::detail
