// libtorch's convolutions in both of its layouts: what its layers call, forward and backward, without its
// tape.
#include <array>
#include <torch/torch.h>
#include <torch/version.h>

#include <trous/benchmarks/conv_engine.h>

namespace trous::benchmarks {
namespace {

at::Tensor taken(const Tensor& tensor, at::IntArrayRef order, at::MemoryFormat format) {
  const Shape& s = tensor.shape();
  const bool wide = tensor.dtype() == DType::float64;
  const void* data = wide ? static_cast<const void*>(tensor.values<double>().data())
                          : static_cast<const void*>(tensor.values<float>().data());
  const auto view = at::from_blob(const_cast<void*>(data), {s[0], s[1], s[2], s[3]},
                                  at::TensorOptions().dtype(wide ? at::kDouble : at::kFloat));
  return view.permute(order).clone(format);
}

Tensor given(const at::Tensor& tensor, at::IntArrayRef order) {
  const at::Tensor plain = tensor.permute(order).contiguous();
  const Shape shape{plain.size(0), plain.size(1), plain.size(2), plain.size(3)};
  const auto count = static_cast<std::size_t>(plain.numel());
  if (plain.scalar_type() == at::kDouble)
    return {shape, std::span<const double>(plain.data_ptr<double>(), count)};
  return {shape, std::span<const float>(plain.data_ptr<float>(), count)};
}

class TorchJob : public ConvJob {
 public:
  // `layer`: the transpose as the layer conv_transpose2d instead of as a convolution's gradient.
  TorchJob(const ConvShape& shape, ConvPass pass, const ConvData& data, at::MemoryFormat format, bool layer)
      : pass_(pass),
        layer_(layer),
        x_(taken(data.x, {0, 3, 1, 2}, format)),
        w_(taken(data.w, {3, 2, 0, 1}, format)),
        y_(taken(data.y, {0, 3, 1, 2}, format)),
        stride_{shape.stride.height, shape.stride.width},
        padding_{shape.padding.top, shape.padding.left},
        rate_{shape.rate.height, shape.rate.width},
        missing_{missing(shape.height()), missing(shape.width())},
        groups_(shape.channel_groups) {}

  void run() override {
    const c10::InferenceMode inference;
    if (pass_ == ConvPass::forward) {
      last_ = at::conv2d(x_, w_, {}, stride_, padding_, rate_, groups_);
    } else if (layer_) {
      last_ = at::conv_transpose2d(y_, w_, {}, stride_, padding_, missing_, groups_, rate_);
    } else {
      const std::array<bool, 3> asked{pass_ == ConvPass::transpose, pass_ == ConvPass::filter_grad, false};
      auto gradients = at::convolution_backward(y_, x_, w_, c10::nullopt, stride_, padding_, rate_, false,
                                                {0, 0}, groups_, asked);
      last_ = pass_ == ConvPass::transpose ? std::get<0>(gradients) : std::get<1>(gradients);
    }
  }

  Tensor result() override {
    const c10::InferenceMode inference;
    if (pass_ == ConvPass::filter_grad) return given(last_, {2, 3, 1, 0});
    return given(last_, {0, 2, 3, 1});
  }

 private:
  // The pixels at the end that no window reaches: "output padding".
  static std::int64_t missing(const WindowAxis& axis) {
    return axis.in - ((axis.out - 1) * axis.stride - 2 * axis.before + (axis.taps - 1) * axis.rate + 1);
  }

  ConvPass pass_;
  bool layer_;
  at::Tensor x_, w_, y_, last_;
  std::array<std::int64_t, 2> stride_, padding_, rate_, missing_;
  std::int64_t groups_;
};

class TorchEngine : public ConvEngine {
 public:
  TorchEngine(Worker& worker, bool channels_last, bool layer)
      : worker_(worker), channels_last_(channels_last), layer_(layer) {}
  std::string name() const override {
    return std::string("libtorch ") + (channels_last_ ? "NHWC" : "NCHW") +
           (layer_ ? " conv_transpose2d" : "");
  }
  std::string library() const override { return std::string("libtorch ") + TORCH_VERSION; }
  Worker* worker() override { return &worker_; }
  std::unique_ptr<ConvJob> prepare(const ConvShape& shape, ConvPass pass, const ConvData& data) override {
    if (layer_ && pass != ConvPass::transpose) return nullptr;
    const auto format = channels_last_ ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    return std::make_unique<TorchJob>(shape, pass, data, format, layer_);
  }

 private:
  Worker& worker_;
  bool channels_last_, layer_;
};

}  // namespace

ConvEngines torch_engines(Worker& worker, int threads) {
  worker.run([threads] { at::set_num_threads(threads); });
  ConvEngines engines;
  for (const bool layer : {false, true}) {
    for (const bool channels_last : {true, false})
      engines.push_back(std::make_unique<TorchEngine>(worker, channels_last, layer));
  }
  return engines;
}

}  // namespace trous::benchmarks
