// A training loop of your own, in full, for what Trainer does not do: here a network classifies whole images
// as smoothed along their rows or along their columns.
#include <iostream>

#include <trous/trous.h>
using namespace trous;

struct Classifier {
  Conv2d conv{{.in_channels = 1, .out_channels = 8}};
  BatchNorm norm{{.channels = 8}};
  Dense head{{.in_features = 8, .out_features = 2}};

  Variable operator()(const Variable& images, Pass& pass) const {
    return head(mean(relu(norm(conv(images, pass), pass)), {1, 2}), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("conv", self.conv);
    f("norm", self.norm);
    f("head", self.head);
  }
};

// 16 images of noise smoothed along the rows, and 16 along the columns.
Variable images(Key key) {
  const Variable noise = normal({16, 10, 10, 1}, DType::float32, key);
  const auto smoothed = [&](PerAxis window) {
    return average_pool2d(noise, {.window = window, .stride = 1, .padding = "SAME"});
  };
  return concat({smoothed({1, 3}), smoothed({3, 1})}, 0);
}

int main() {
  const Variable labels = concat({Tensor::zeros({16}, DType::int32), Tensor::ones({16}, DType::int32)}, 0);
  Classifier net;
  initialize(net, Key{1});
  Optimizer optimizer = Adam();
  for (std::uint64_t k = 0; k < 60; ++k) {
    const std::vector<Variable> weights = tracked_weights(net);  // the leaves of this step's tape
    const Classifier bound = bind(net, weights);                 // the network made of them
    Pass pass = Pass::training(fold_in(Key{2}, k));
    const Variable loss = softmax_cross_entropy(bound(images(fold_in(Key{3}, k)), pass), labels);
    step(optimizer, net, grad(loss, weights), 1e-2);
    commit(pass, bound, net);  // keeps the running means of batch norm
    if (k % 20 == 0) std::cout << "step " << k << "  loss " << loss.value().to_double() << '\n';
  }
  const Variable guesses = argmax(evaluate(net, images(Key{4})), -1);
  const double accuracy = mean(cast(equal(guesses, labels), DType::float32)).value().to_double();
  std::cout << "accuracy on new images: " << accuracy << '\n';
  return accuracy > 0.9 ? 0 : 1;
}
