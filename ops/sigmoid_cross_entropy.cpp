#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/sigmoid_cross_entropy.h>

namespace trous {
namespace {

constexpr const char* sigmoid_op = "sigmoid_cross_entropy";

// -log sigmoid(-z) = log(1 + exp(z)). Above 0 it is z + log(1 + exp(-z)), so that no exponential overflows;
// either form has all derivatives of the function.
Variable minus_log_of_no(const Variable& z) {
  const Variable above = greater(z, 0);
  return where(above, z, 0) + log1p(exp(where(above, -z, z)));
}

Variable sigmoid_definition(const Variable& logits, const Tensor& labels,
                            std::optional<std::int32_t> ignore_index) {
  const Shape shape{labels.elements(), detail::classes_of(logits.shape())};
  const detail::RegionTruth truth = detail::region_truth(labels, shape[1], logits.dtype(), ignore_index);
  const Variable rows = masked(reshape(logits, shape), truth.counted);
  const Variable losses = minus_log_of_no(where(truth.of_class, -rows, rows));
  const auto terms = static_cast<double>(truth.pixels * shape[1]);
  return scale(sum(masked(losses, truth.counted)), terms > 0 ? 1 / terms : 0);
}

}  // namespace

Variable sigmoid_cross_entropy(const Variable& logits, const Variable& labels,
                               const SigmoidCrossEntropyOptions& options, std::string_view name) {
  detail::check_labelled(sigmoid_op, logits, labels, std::nullopt, options.ignore_index);
  const std::optional<std::int32_t> ignore = options.ignore_index;
  const Attributes attributes = detail::with_ignored({}, ignore);
  return composite(
      {sigmoid_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels},
      [ignore](std::span<const Tensor> in) { return sigmoid_definition(in[0], in[1], ignore).value(); },
      [ignore](const std::vector<Variable>& in) { return sigmoid_definition(in[0], in[1].value(), ignore); },
      {{}, {nullptr, false}});
}

}  // namespace trous
