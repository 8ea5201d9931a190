#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/layers/check_network.h>
#include <trous/layers/network.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

Variable loss_of(const Variable& y, std::uint64_t seed) {
  const Variable weights = uniform(y.shape(), DType::float64, fold_in(Key{seed}, 1), -1, 1);
  const double count = static_cast<double>(y.value().elements());
  return sum(weights * y) + sum(y * y) * (0.5 / count);
}

}  // namespace

Verdict NetworkReport::verdict() const { return more_severe(ops.verdict(), whole.verdict()); }

NetworkReport check_network(const AnyLayer& net, const Tensor& images, const NetworkCheckOptions& options) {
  NetworkReport report{};
  std::vector<std::string> names;
  std::vector<Tensor> inputs;
  const auto take = [&](const std::string& path, const Tensor& value) {
    if (value.dtype() != DType::float64) {
      throw DTypeError(text("check_network: ", path, " is ", value.dtype(),
                            ". Differences need float64: cast_network(net, DType::float64)."));
    }
    names.push_back(path);
    inputs.push_back(value);
  };
  for (const auto& [path, parameter] : parameters(net)) take(path, parameter->get(path).value());
  take("images", images);

  const auto loss = [&](const std::vector<Variable>& all) {
    const AnyLayer bound = bind(net, {all.begin(), all.end() - 1});
    Pass pass = options.training ? Pass::training(Key{options.seed}) : Pass();
    pass.name_layers(bound);
    return loss_of(bound(all.back(), pass), options.seed);
  };
  {
    const Recording everything(Recording::everything);
    std::vector<Variable> tracked;
    for (std::size_t i = 0; i < inputs.size(); ++i) tracked.push_back(track(inputs[i], names[i]));
    report.ops = check_tape(Tape::of(loss(tracked)), {.order = options.order,
                                                      .tolerance = options.tolerance,
                                                      .sharpness = options.sharpness,
                                                      .step = options.step,
                                                      .directions = options.directions,
                                                      .seed = options.seed});
  }
  report.whole = check_grad("the whole network", loss, inputs,
                            {.order = options.order,
                             .tolerance = options.tolerance,
                             .sharpness = options.sharpness,
                             .step = options.step,
                             .max_coordinates = options.directions,
                             .seed = options.seed,
                             .causes = report.ops.passed()});  // otherwise the op that is the cause is named
  report.whole.inputs = std::move(names);
  return report;
}

}  // namespace trous
