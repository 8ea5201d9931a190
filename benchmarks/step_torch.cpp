// bench_step_torch: the same steps in libtorch, from the same weights and batches, so that the losses must
// agree.
#include <iostream>
#include <torch/torch.h>

#include <trous/benchmarks/reference_net.h>
#include <trous/benchmarks/step_runner.h>
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

struct Net : nn::Module {
  nn::Sequential body;

  Net() {
    strided(3, 16, 1);
    strided(16, 32, 2);
    strided(32, 64, 2);
    for (const int rate : {1, 2, 4, 8})
      add(nn::Conv2d(nn::Conv2dOptions(64, 64, 3).padding(rate).dilation(rate).bias(false)), 64);
    transposed(64, 64, 4);
    transposed(64, 64, 2);
    transposed(64, 32, 1);
    body->push_back(nn::Conv2d(nn::Conv2dOptions(32, reference_classes, 1)));
    register_module("body", body);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    namespace F = nn::functional;
    return F::interpolate(body->forward(x), F::InterpolateFuncOptions()
                                                .scale_factor(std::vector<double>{4, 4})
                                                .mode(torch::kBilinear)
                                                .align_corners(false));
  }

 private:
  template <class Conv>
  void add(Conv conv, std::int64_t channels) {
    body->push_back(conv);
    body->push_back(nn::BatchNorm2d(channels));
    body->push_back(nn::ReLU(nn::ReLUOptions(true)));
  }
  void strided(std::int64_t in, std::int64_t out, std::int64_t stride) {
    add(nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false)), out);
  }
  void transposed(std::int64_t in, std::int64_t out, std::int64_t rate) {
    add(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, 3).padding(rate).dilation(rate).bias(false)),
        out);
  }
};

// Both list each convolution's filters, then its norm's scale and offset, and the head last.
void load_our_weights(Net& net, torch::MemoryFormat format) {
  const torch::NoGradGuard no_grad;
  const ReferenceNet ours = initialized_reference_net();
  const auto sources = trous::parameters(ours);
  const auto targets = net.parameters();
  TORCH_CHECK(sources.size() == targets.size(), "the nets have other parameters");
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const trous::Tensor& value = sources[i].part->get().value();
    torch::Tensor target = targets[i];
    if (target.dim() == 4) {
      target.set_data(taken(value, {3, 2, 0, 1}).clone(format));
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
  Net net;
  load_our_weights(net, format);
  torch::optim::Adam optimizer(net.parameters(), torch::optim::AdamOptions(reference_learning_rate));
  std::vector<torch::Tensor> weights = net.parameters();
  torch::Tensor images, labels;
  const auto prepare = [&](std::uint64_t step) {
    const ReferenceBatch batch = reference_batch(options.batch, options.size, step);
    images = taken(batch.images, {0, 3, 1, 2}).clone(format);
    auto* data = const_cast<std::int32_t*>(batch.labels.values<std::int32_t>().data());
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
