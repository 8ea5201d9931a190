#include <vector>

#include <trous/benchmarks/step_nets.h>
#include <trous/benchmarks/torch_nets.h>

namespace trous::benchmarks {
namespace {

namespace nn = torch::nn;
using torch::Tensor;
using Size = std::int64_t;

// Appends batch norm and ReLU.
nn::Sequential with_norm(nn::Sequential body, Size channels) {
  body->push_back(nn::BatchNorm2d(channels));
  body->push_back(nn::ReLU(nn::ReLUOptions(true)));
  return body;
}

nn::Sequential conv(Size in, Size out, Size kernel, Size stride = 1, Size rate = 1) {
  return with_norm(nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, kernel)
                                                 .stride(stride)
                                                 .padding((kernel - 1) / 2 * rate)
                                                 .dilation(rate)
                                                 .bias(false))),
                   out);
}

// SAME at stride 2 on even sizes: zeros at the end only, which Conv2d cannot be told.
nn::Sequential same_down(Size in, Size out) {
  return with_norm(nn::Sequential(nn::ConstantPad2d(nn::ConstantPad2dOptions({0, 1, 0, 1}, 0)),
                                  nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(2).bias(false))),
                   out);
}

nn::Sequential separable(Size in, Size out, Size rate) {
  const auto depthwise = nn::Conv2dOptions(in, in, 3).padding(rate).dilation(rate).groups(in).bias(false);
  return with_norm(
      nn::Sequential(nn::Conv2d(depthwise), nn::Conv2d(nn::Conv2dOptions(in, out, 1).bias(false))), out);
}

nn::Sequential transposed(Size in, Size out, Size rate) {
  const auto options = nn::ConvTranspose2dOptions(in, out, 3).padding(rate).dilation(rate).bias(false);
  return with_norm(nn::Sequential(nn::ConvTranspose2d(options)), out);
}

// 2x2 at stride 2, which do not overlap.
nn::Sequential up_apart(Size in, Size out) {
  const auto options = nn::ConvTranspose2dOptions(in, out, 2).stride(2).bias(false);
  return with_norm(nn::Sequential(nn::ConvTranspose2d(options)), out);
}

nn::Conv2d point(Size in, Size out) { return nn::Conv2d(nn::Conv2dOptions(in, out, 1)); }

Tensor resized_like(const Tensor& x, const Tensor& like) {
  return nn::functional::interpolate(x, nn::functional::InterpolateFuncOptions()
                                            .size(std::vector<Size>{like.size(2), like.size(3)})
                                            .mode(torch::kBilinear)
                                            .align_corners(false));
}

// Registers a module under a name of its own, in the order of the calls.
class Named : public TorchNet {
 protected:
  template <class Module>
  Module added(Module module) {
    return register_module(std::to_string(children().size()), module);
  }
};

struct TorchReference : Named {
  std::vector<nn::Sequential> blocks;
  nn::Conv2d head{nullptr};

  TorchReference() {
    blocks = {conv(3, 16, 3), conv(16, 32, 3, 2), conv(32, 64, 3, 2)};
    for (const int rate : {1, 2, 4, 8}) blocks.push_back(conv(64, 64, 3, 1, rate));
    for (const int rate : {4, 2}) blocks.push_back(transposed(64, 64, rate));
    blocks.push_back(transposed(64, 32, 1));
    for (nn::Sequential& block : blocks) added(block);
    head = added(point(32, reference_classes));
  }

  Tensor forward(Tensor x) override {
    Tensor y = x;
    for (nn::Sequential& block : blocks) y = block->forward(y);
    return resized_like(head->forward(y), x);
  }
};

struct TorchUNet : Named {
  struct Step {
    nn::Sequential up, first, second;
  };
  std::vector<std::vector<nn::Sequential>> encoder;
  std::vector<nn::Sequential> bottom;
  std::vector<Step> decoder;
  nn::Conv2d head{nullptr};

  TorchUNet() {
    const Size w = 8;
    Size in = 3;
    for (const Size out : {w, 2 * w, 4 * w}) {
      encoder.push_back({added(conv(in, out, 3)), added(conv(out, out, 3))});
      in = out;
    }
    for (int k = 0; k < 2; ++k) {
      bottom.push_back(added(conv(in, 8 * w, 3)));
      in = 8 * w;
    }
    for (const Size out : {4 * w, 2 * w, w}) {
      decoder.push_back({added(up_apart(in, out)), added(conv(2 * out, out, 3)), added(conv(out, out, 3))});
      in = out;
    }
    head = added(point(w, reference_classes));
  }

  Tensor forward(Tensor x) override {
    std::vector<Tensor> skipped;
    for (auto& level : encoder) {
      skipped.push_back(level[1]->forward(level[0]->forward(x)));
      x = torch::max_pool2d(skipped.back(), 2);
    }
    for (nn::Sequential& block : bottom) x = block->forward(x);
    for (Step& step : decoder) {
      x = step.second->forward(step.first->forward(torch::cat({step.up->forward(x), skipped.back()}, 1)));
      skipped.pop_back();
    }
    return head->forward(x);
  }
};

struct TorchDeepLab : Named {
  nn::Sequential stem, down, deep;
  std::vector<std::vector<nn::Sequential>> blocks;
  std::vector<nn::Sequential> branches;
  nn::Conv2d image{nullptr}, head{nullptr};
  nn::Sequential project, skip, fuse;

  TorchDeepLab() {
    const Size w = 16, c = 4 * w;
    stem = added(conv(3, w, 3));
    down = added(same_down(w, 2 * w));
    deep = added(same_down(2 * w, c));
    for (const int rate : {2, 4})
      blocks.push_back({added(separable(c, c, rate)), added(separable(c, c, rate))});
    branches.push_back(added(conv(c, c, 1)));
    for (const int rate : {2, 4, 8}) branches.push_back(added(separable(c, c, rate)));
    image = added(point(c, c));
    project = added(conv(5 * c, c, 1));
    skip = added(conv(2 * w, w, 1));
    fuse = added(separable(5 * w, 2 * w, 1));
    head = added(point(2 * w, reference_classes));
  }

  Tensor forward(Tensor x) override {
    const Tensor half = down->forward(stem->forward(x));
    Tensor y = deep->forward(half);
    for (auto& block : blocks) y = y + block[1]->forward(block[0]->forward(y));
    std::vector<Tensor> sides;
    for (nn::Sequential& branch : branches) sides.push_back(branch->forward(y));
    const Tensor mean = torch::adaptive_avg_pool2d(y, {1, 1});
    sides.push_back(resized_like(torch::relu(image->forward(mean)), y));
    y = resized_like(project->forward(torch::cat(sides, 1)), half);
    return resized_like(head->forward(fuse->forward(torch::cat({y, skip->forward(half)}, 1))), x);
  }
};

}  // namespace

std::shared_ptr<TorchNet> make_torch_net(const std::string& name) {
  if (name == "reference") return std::make_shared<TorchReference>();
  if (name == "unet") return std::make_shared<TorchUNet>();
  if (name == "mini-deeplab") return std::make_shared<TorchDeepLab>();
  no_step_net(name);
}

}  // namespace trous::benchmarks
