#include <trous/benchmarks/reference_net.h>
#include <trous/core/window.h>

namespace trous::benchmarks {
namespace {

ConvNormRelu<Conv2d> strided(std::int64_t in, std::int64_t out, Stride stride) {
  // One row and column of zeros on each side: at stride 2 SAME would put them all at the end.
  return {
      Conv2d{
          {.in_channels = in, .out_channels = out, .stride = stride, .padding = {1, 1, 1, 1}, .bias = false}},
      BatchNorm{{.channels = out}}};
}

template <class Conv>
ConvNormRelu<Conv> atrous(std::int64_t in, std::int64_t out, Rate rate) {
  return {Conv{{.in_channels = in, .out_channels = out, .rate = rate, .bias = false}},
          BatchNorm{{.channels = out}}};
}

}  // namespace

ReferenceNet::ReferenceNet()
    : stem(strided(3, 16, 1)),
      down1(strided(16, 32, 2)),
      down2(strided(32, 64, 2)),
      up{atrous<AtrousConv2dTranspose>(64, 64, 4), atrous<AtrousConv2dTranspose>(64, 64, 2),
         atrous<AtrousConv2dTranspose>(64, 32, 1)},
      head{{.in_channels = 32, .out_channels = reference_classes, .kernel = 1}},
      enlarge({.scale = 4}) {
  for (const int rate : {1, 2, 4, 8}) context.push_back(atrous<AtrousConv2d>(64, 64, rate));
}

Variable ReferenceNet::operator()(const Variable& x, Pass& pass) const {
  Variable y = down2(down1(stem(x, pass), pass), pass);
  for (const auto& block : context) y = block(y, pass);
  for (const auto& block : up) y = block(y, pass);
  return enlarge(head(y, pass));
}

double reference_operations(std::int64_t batch, std::int64_t size) {
  double sum = 0;
  // A transposed convolution contracts the same form with its larger side as x.
  const auto add = [&](std::int64_t in, std::int64_t out, std::int64_t edge, std::int64_t taps,
                       std::int64_t stride, std::int64_t rate, int passes) {
    const std::int64_t reads = reads_inside({edge, edge / stride, taps, stride, rate, (taps - 1) / 2 * rate});
    sum += 2.0 * passes * static_cast<double>(batch * in * out) * static_cast<double>(reads * reads);
  };
  add(3, 16, size, 3, 1, 1, 2);
  add(16, 32, size, 3, 2, 1, 3);
  add(32, 64, size / 2, 3, 2, 1, 3);
  for (const int rate : {1, 2, 4, 8, 4, 2}) add(64, 64, size / 4, 3, 1, rate, 3);
  add(32, 64, size / 4, 3, 1, 1, 3);
  add(32, reference_classes, size / 4, 1, 1, 1, 3);
  return sum;
}

ReferenceBatch reference_batch(std::int64_t batch, std::int64_t size, std::uint64_t step) {
  const Key key = fold_in(Key{5}, step);
  const Tensor labels = uniform({batch, size, size}, DType::float32, fold_in(key, 1), 0, reference_classes);
  return {uniform({batch, size, size, 3}, DType::float32, fold_in(key, 0), -1, 1), labels.cast(DType::int32)};
}

}  // namespace trous::benchmarks
