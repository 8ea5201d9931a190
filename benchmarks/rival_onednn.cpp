// oneDNN as its manual advises: each primitive picks the layouts it likes (`any`), and bringing data there
// and back is not timed, only reported.
#include <algorithm>
#include <dnnl.hpp>
#include <unordered_map>

#include <trous/benchmarks/conv_engine.h>
#include <trous/core/error.h>

extern "C" void omp_set_num_threads(int);

namespace trous::benchmarks {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

struct Plain {
  memory::desc x, w, y;  // the layouts of our tensors
};

memory::desc description(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

// What a primitive reads and writes, in its own layouts.
struct Chosen {
  dnnl::primitive primitive;
  memory::desc first, second, result;
  int first_argument, second_argument, result_argument;
  std::string algorithm;
};

class OnednnJob : public ConvJob {
 public:
  OnednnJob(const dnnl::engine& engine, const ConvShape& shape, ConvPass pass, const ConvData& data)
      : engine_(engine), stream_(engine), pass_(pass), shape_(shape) {
    const auto height = shape.height(), width = shape.width();
    const memory::dims x{shape.n, shape.in, shape.h, shape.w};
    const memory::dims w{shape.out, shape.in, shape.kernel.height, shape.kernel.width};
    const memory::dims y{shape.n, shape.out, height.out, width.out};
    plain_ = {description(x, Tag::nhwc), description(w, Tag::hwio), description(y, Tag::nhwc)};
    any_ = {description(x, Tag::any), description(w, Tag::any), description(y, Tag::any)};
    strides_ = {shape.stride.height, shape.stride.width};
    dilations_ = {shape.rate.height - 1, shape.rate.width - 1};
    before_ = {shape.padding.top, shape.padding.left};
    after_ = before_;
    choose();
    const Tensor& first = pass == ConvPass::transpose ? data.y : data.x;
    const Tensor& second = pass == ConvPass::filter_grad ? data.y : data.w;
    first_ = moved(first, pass == ConvPass::transpose ? plain_.y : plain_.x, chosen_.first);
    second_ = moved(second, pass == ConvPass::filter_grad ? plain_.y : plain_.w, chosen_.second);
    result_ = memory(chosen_.result, engine_);
    arguments_ = {{chosen_.first_argument, first_},
                  {chosen_.second_argument, second_},
                  {chosen_.result_argument, result_}};
  }

  void run() override {
    chosen_.primitive.execute(stream_, arguments_);
    stream_.wait();
  }

  Tensor result() override {
    const memory::desc& as = pass_ == ConvPass::forward     ? plain_.y
                             : pass_ == ConvPass::transpose ? plain_.x
                                                            : plain_.w;
    const Shape of = pass_ == ConvPass::forward     ? shape_.y_shape()
                     : pass_ == ConvPass::transpose ? shape_.x_shape()
                                                    : shape_.w_shape();
    Tensor tensor = Tensor::uninitialized(of, DType::float32);
    memory out(as, engine_, tensor.mutable_values<float>().data());
    reorder(result_, out);
    return tensor;
  }

  double reorder_seconds() const override { return reorder_seconds_; }
  std::string algorithm() const override { return chosen_.algorithm; }

 private:
  template <class Gradient>
  typename Gradient::primitive_desc backward_of(
      const dnnl::convolution_forward::primitive_desc& forward) const {
    return {
        {dnnl::algorithm::convolution_direct, any_.x, any_.w, any_.y, strides_, dilations_, before_, after_},
        engine_,
        forward};
  }

  void choose() {
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any_.x, any_.w, any_.y,
         strides_, dilations_, before_, after_},
        engine_);
    if (pass_ == ConvPass::forward) {
      chosen_ = {dnnl::convolution_forward(forward),
                 forward.src_desc(),
                 forward.weights_desc(),
                 forward.dst_desc(),
                 DNNL_ARG_SRC,
                 DNNL_ARG_WEIGHTS,
                 DNNL_ARG_DST,
                 forward.impl_info_str()};
    } else if (pass_ == ConvPass::transpose) {
      const auto backward = backward_of<dnnl::convolution_backward_data>(forward);
      chosen_ = {dnnl::convolution_backward_data(backward),
                 backward.diff_dst_desc(),
                 backward.weights_desc(),
                 backward.diff_src_desc(),
                 DNNL_ARG_DIFF_DST,
                 DNNL_ARG_WEIGHTS,
                 DNNL_ARG_DIFF_SRC,
                 backward.impl_info_str()};
    } else {
      const auto backward = backward_of<dnnl::convolution_backward_weights>(forward);
      chosen_ = {dnnl::convolution_backward_weights(backward),
                 backward.src_desc(),
                 backward.diff_dst_desc(),
                 backward.diff_weights_desc(),
                 DNNL_ARG_SRC,
                 DNNL_ARG_DIFF_DST,
                 DNNL_ARG_DIFF_WEIGHTS,
                 backward.impl_info_str()};
    }
  }

  // The second of two moves counts: the first one compiles and touches the memory.
  void reorder(memory& from, memory& to) {
    if (from.get_desc() == to.get_desc()) {
      std::copy_n(static_cast<const char*>(from.get_data_handle()), from.get_desc().get_size(),
                  static_cast<char*>(to.get_data_handle()));
      return;
    }
    const dnnl::reorder move(from, to);
    double took = 0;
    for (int i = 0; i < 2; ++i) {
      const double begin = wall_seconds();
      move.execute(stream_, from, to);
      stream_.wait();
      took = wall_seconds() - begin;
    }
    reorder_seconds_ += took;
  }

  memory moved(const Tensor& tensor, const memory::desc& from, const memory::desc& to) {
    memory own(to, engine_);
    memory ours(from, engine_, const_cast<float*>(tensor.values<float>().data()));
    reorder(ours, own);
    return own;
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  ConvPass pass_;
  ConvShape shape_;
  Plain plain_, any_;
  memory::dims strides_, dilations_, before_, after_;
  Chosen chosen_;
  memory first_, second_, result_;
  std::unordered_map<int, memory> arguments_;
  double reorder_seconds_ = 0;
};

class OnednnEngine : public ConvEngine {
 public:
  OnednnEngine(Worker& worker, int threads) : worker_(worker) {
    worker_.run([threads] { omp_set_num_threads(threads); });
  }
  std::string name() const override { return "oneDNN"; }
  std::string library() const override {
    const dnnl_version_t* const version = dnnl_version();
    return text("oneDNN ", version->major, '.', version->minor, '.', version->patch);
  }
  Worker* worker() override { return &worker_; }
  std::unique_ptr<ConvJob> prepare(const ConvShape& shape, ConvPass pass, const ConvData& data) override {
    if (shape.dtype != DType::float32) return nullptr;  // oneDNN has no float64 on processors
    if (shape.channel_groups != 1) return nullptr;
    return std::make_unique<OnednnJob>(engine_, shape, pass, data);
  }

 private:
  Worker& worker_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
};

}  // namespace

ConvEngines onednn_engines(Worker& worker, int threads) {
  ConvEngines engines;
  engines.push_back(std::make_unique<OnednnEngine>(worker, threads));
  return engines;
}

}  // namespace trous::benchmarks
