// The networks of step_nets.h as a user of libtorch would write them.
#pragma once

#include <memory>
#include <string>
#include <torch/torch.h>

namespace trous::benchmarks {

/// NCHW. Its parameters() are those of our network, in our order.
struct TorchNet : torch::nn::Module {
  virtual torch::Tensor forward(torch::Tensor x) = 0;
};

/// Throws ArgumentError if there is none of that name.
std::shared_ptr<TorchNet> make_torch_net(const std::string& name);

}  // namespace trous::benchmarks
