// bench_step_torch: the same steps in libtorch, from the same weights and batches, so that the losses must
// agree.
#include <iostream>
#include <torch/torch.h>

#include <trous/benchmarks/step_nets.h>
#include <trous/benchmarks/step_runner.h>
#include <trous/benchmarks/torch_nets.h>
#include <trous/core/parallel.h>

namespace {

using namespace trous::benchmarks;
namespace nn = torch::nn;

// Our NHWC or [kh, kw, a, b] memory as libtorch's order of axes.
torch::Tensor taken(const trous::Tensor& tensor, at::IntArrayRef order) {
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) sizes.push_back(tensor.shape()[axis]);
  float* data = const_cast<float*>(tensor.values<float>().data());
  return torch::from_blob(data, sizes, torch::kFloat).permute(order);
}

// Both list each convolution's filters, then its norm's scale and offset, and the head last.
void load_weights(const auto& ours, TorchNet& net, torch::MemoryFormat format) {
  const torch::NoGradGuard no_grad;
  const auto sources = trous::parameters(ours);
  const auto targets = net.parameters();
  TORCH_CHECK(sources.size() == targets.size(), "the nets have other parameters");
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const trous::Tensor& value = sources[i].part->get().value();
    torch::Tensor target = targets[i];
    TORCH_CHECK(target.numel() == value.shape().elements(), "parameter ", i, " has another size");
    if (target.dim() == 4) {
      // Depthwise filters are [kh, kw, c, 1] here and [c, 1, kh, kw] there.
      const bool depthwise = target.size(1) == 1 && value.shape()[3] == 1;
      target.set_data(
          taken(value, depthwise ? at::IntArrayRef{2, 3, 0, 1} : at::IntArrayRef{3, 2, 0, 1}).clone(format));
    } else {
      target.set_data(taken(value, {0}).clone());
    }
  }
}

void run(const StepOptions& options) {
  trous::set_threads(1);  // trous only makes the batches here
  torch::set_num_threads(options.threads);
  const auto format =
      options.channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  const std::shared_ptr<TorchNet> owner = make_torch_net(options.net);
  TorchNet& net = *owner;
  with_step_net(options.net, [&](const auto& ours) { load_weights(ours, net, format); });
  torch::optim::Adam optimizer(net.parameters(), torch::optim::AdamOptions(reference_learning_rate));
  std::vector<torch::Tensor> weights = net.parameters();
  torch::Tensor images, labels;
  const auto prepare = [&](std::uint64_t step) {
    const ReferenceBatch batch = reference_batch(options.batch, options.size, step);
    images = taken(batch.images, {0, 3, 1, 2}).clone(format);
    auto* data = const_cast<std::int32_t*>(batch.targets.values<std::int32_t>().data());
    labels =
        torch::from_blob(data, {options.batch, options.size, options.size}, torch::kInt).to(torch::kLong);
  };
  const auto step = [&] {
    for (torch::Tensor& weight : weights) weight.mutable_grad().reset();  // cheaper than zeros
    torch::Tensor loss = nn::functional::cross_entropy(net.forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss.item<double>();
  };
  time_steps(options.channels_last ? "libtorch NHWC" : "libtorch NCHW", options, {prepare, step});
}

}  // namespace

int main(int count, char** words) {
  try {
    run(read_step_options(count, words));
  } catch (const std::exception& error) {
    std::cerr << "bench_step_torch: " << error.what() << '\n';
    return 1;
  }
}
