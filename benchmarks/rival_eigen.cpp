// Convolution as most would write it first: unfold the windows of some rows into a matrix, multiply with
// Eigen, fold back. Parallel over blocks of rows as ours is.
#include <cstring>
#include <vector>

#include <Eigen/Core>

#include <trous/benchmarks/conv_engine.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>

namespace trous::benchmarks {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using ConstMap = Eigen::Map<const Matrix<T>>;
template <class T>
using Map = Eigen::Map<Matrix<T>>;

template <class T>
class EigenJob : public ConvJob {
 public:
  EigenJob(const ConvShape& shape, ConvPass pass, const ConvData& data)
      : s_(shape),
        pass_(pass),
        data_(data),
        height_(shape.height()),
        width_(shape.width()),
        depth_(height_.taps * width_.taps * shape.in),
        // Enough rows for a matrix of some thousand lines, few enough that it stays in a cache.
        rows_(std::max<std::int64_t>(
            1, std::min(height_.out, (std::int64_t{1} << 18) / (width_.out * depth_) + 1))),
        blocks_per_image_(chunks(height_.out, rows_)),
        result_(Tensor::zeros({}, shape.dtype)) {}

  void run() override {
    switch (pass_) {
      case ConvPass::forward:
        forward();
        break;
      case ConvPass::transpose:
        transpose();
        break;
      case ConvPass::filter_grad:
        filter_grad();
        break;
    }
  }
  Tensor result() override { return result_; }

 private:
  // Output rows begin .. end - 1 of one image.
  struct Block {
    std::int64_t image, begin, end;
  };
  Block block(std::int64_t number) const {
    const std::int64_t begin = number % blocks_per_image_ * rows_;
    return {number / blocks_per_image_, begin, std::min(begin + rows_, height_.out)};
  }
  std::int64_t lines(const Block& b) const { return (b.end - b.begin) * width_.out; }
  std::int64_t offset_y(const Block& b) const {
    return (b.image * height_.out + b.begin) * width_.out * s_.out;
  }

  // visit(matrix elements, image elements or -1) for every tap of every window of the block.
  template <class F>
  void each_tap(const Block& b, F&& visit) const {
    std::int64_t at = 0;
    for (std::int64_t i = b.begin; i < b.end; ++i) {
      for (std::int64_t j = 0; j < width_.out; ++j) {
        for (std::int64_t a = 0; a < height_.taps; ++a) {
          const std::int64_t u = i * height_.stride + a * height_.rate - height_.before;
          for (std::int64_t t = 0; t < width_.taps; ++t, at += s_.in) {
            const std::int64_t v = j * width_.stride + t * width_.rate - width_.before;
            const bool inside = u >= 0 && u < s_.h && v >= 0 && v < s_.w;
            visit(at, inside ? ((b.image * s_.h + u) * s_.w + v) * s_.in : -1);
          }
        }
      }
    }
  }

  void unfold(const Block& b, Matrix<T>& matrix) const {
    const T* x = data_.x.values<T>().data();
    const std::size_t bytes = static_cast<std::size_t>(s_.in) * sizeof(T);
    matrix.resize(lines(b), depth_);
    each_tap(b, [&](std::int64_t to, std::int64_t from) {
      if (from < 0) {
        std::memset(matrix.data() + to, 0, bytes);
      } else {
        std::memcpy(matrix.data() + to, x + from, bytes);
      }
    });
  }

  void forward() {
    Tensor y = Tensor::uninitialized(s_.y_shape(), s_.dtype);
    T* out = y.mutable_values<T>().data();
    const ConstMap<T> w(data_.w.values<T>().data(), depth_, s_.out);
    parallel_for(s_.n * blocks_per_image_, 1, [&](std::int64_t number, std::int64_t) {
      static thread_local Matrix<T> matrix;
      const Block b = block(number);
      unfold(b, matrix);
      Map<T>(out + offset_y(b), lines(b), s_.out).noalias() = matrix * w;
    });
    result_ = y;
  }

  void transpose() {
    Tensor x = Tensor::zeros(s_.x_shape(), s_.dtype);
    T* out = x.mutable_values<T>().data();
    const ConstMap<T> w(data_.w.values<T>().data(), depth_, s_.out);
    const T* y = data_.y.values<T>().data();
    // Windows overlap, so one thread folds a whole image.
    parallel_for(s_.n, 1, [&](std::int64_t image, std::int64_t) {
      static thread_local Matrix<T> matrix;
      for (std::int64_t k = 0; k < blocks_per_image_; ++k) {
        const Block b = block(image * blocks_per_image_ + k);
        matrix.resize(lines(b), depth_);
        matrix.noalias() = ConstMap<T>(y + offset_y(b), lines(b), s_.out) * w.transpose();
        each_tap(b, [&](std::int64_t from, std::int64_t to) {
          if (to < 0) return;
          for (std::int64_t c = 0; c < s_.in; ++c) out[to + c] += matrix.data()[from + c];
        });
      }
    });
    result_ = x;
  }

  void filter_grad() {
    const std::int64_t blocks = s_.n * blocks_per_image_, parts = std::min<std::int64_t>(blocks, 8);
    std::vector<Matrix<T>> sums(static_cast<std::size_t>(parts), Matrix<T>::Zero(depth_, s_.out));
    const T* y = data_.y.values<T>().data();
    parallel_for(parts, 1, [&](std::int64_t part, std::int64_t) {
      static thread_local Matrix<T> matrix;
      for (std::int64_t k = part; k < blocks; k += parts) {
        const Block b = block(k);
        unfold(b, matrix);
        sums[static_cast<std::size_t>(part)].noalias() +=
            matrix.transpose() * ConstMap<T>(y + offset_y(b), lines(b), s_.out);
      }
    });
    Tensor w = Tensor::zeros(s_.w_shape(), s_.dtype);
    Map<T> out(w.mutable_values<T>().data(), depth_, s_.out);
    for (const Matrix<T>& sum : sums) out += sum;
    result_ = w;
  }

  ConvShape s_;
  ConvPass pass_;
  ConvData data_;
  WindowAxis height_, width_;
  std::int64_t depth_, rows_, blocks_per_image_;
  Tensor result_;
};

class EigenEngine : public ConvEngine {
 public:
  std::string name() const override { return "Eigen im2col"; }
  std::string library() const override {
    return text("Eigen ", EIGEN_WORLD_VERSION, '.', EIGEN_MAJOR_VERSION, '.', EIGEN_MINOR_VERSION);
  }
  std::unique_ptr<ConvJob> prepare(const ConvShape& shape, ConvPass pass, const ConvData& data) override {
    if (shape.channel_groups != 1) return nullptr;
    if (shape.dtype == DType::float64) return std::make_unique<EigenJob<double>>(shape, pass, data);
    return std::make_unique<EigenJob<float>>(shape, pass, data);
  }
};

}  // namespace

ConvEngines eigen_engines() {
  ConvEngines engines;
  engines.push_back(std::make_unique<EigenEngine>());
  return engines;
}

}  // namespace trous::benchmarks
