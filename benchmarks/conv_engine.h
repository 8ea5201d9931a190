// One convolution library among several: what bench_conv asks of ours and of each rival.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <trous/benchmarks/conv_shape.h>
#include <trous/benchmarks/timing.h>

namespace trous::benchmarks {

enum class ConvPass { forward, transpose, filter_grad };
inline constexpr ConvPass conv_passes[] = {ConvPass::forward, ConvPass::transpose, ConvPass::filter_grad};
std::string name(ConvPass pass);

/// The three tensors of the form, fresh random numbers in -1 .. 1.
struct ConvData {
  Tensor x, w, y;
};
ConvData make_data(const ConvShape& shape, std::uint64_t seed);

/// One pass over one shape, ready to run: all that a library may do once is done.
class ConvJob {
 public:
  virtual ~ConvJob() = default;

  /// Computes into fresh or own memory. This is timed.
  virtual void run() = 0;

  /// What the last run computed: NHWC, and filters [kh, kw, in, out].
  virtual Tensor result() = 0;

  /// Seconds that it takes to bring the inputs into the library's own layout and the result back, which is
  /// not timed; 0 where nothing is moved.
  virtual double reorder_seconds() const { return 0; }

  /// Which of its algorithms the library chose, where it tells.
  virtual std::string algorithm() const { return {}; }
};

class ConvEngine {
 public:
  virtual ~ConvEngine() = default;
  virtual std::string name() const = 0;
  /// The library and its version; empty for ours, which the build is told of anyway.
  virtual std::string library() const { return {}; }
  /// Where its jobs are made and run; null: in the calling thread.
  virtual Worker* worker() { return nullptr; }
  /// Null where the library has no such pass.
  virtual std::unique_ptr<ConvJob> prepare(const ConvShape& shape, ConvPass pass, const ConvData& data) = 0;
};

using ConvEngines = std::vector<std::unique_ptr<ConvEngine>>;

ConvEngines trous_engines();
/// libtorch in both layouts, and its layer conv_transpose2d beside its gradients; all run on `worker`.
ConvEngines torch_engines(Worker& worker, int threads);
ConvEngines onednn_engines(Worker& worker, int threads);
ConvEngines eigen_engines();

/// The largest |a - b| over the largest |b|; infinite where a is not finite or of another shape.
double difference(const Tensor& a, const Tensor& b);

/// `result` against sums in double precision at some elements, by the definition and nothing else: the
/// largest difference over the largest of these sums' own scale.
double difference_from_definition(const ConvShape& shape, ConvPass pass, const ConvData& data,
                                  const Tensor& result);

}  // namespace trous::benchmarks
