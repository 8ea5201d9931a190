#include <trous/core/error.h>
#include <trous/train/metrics.h>

namespace trous {

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::optional<std::int32_t> ignore)
    : classes_(classes), ignore_(ignore) {
  if (classes < 1) throw ArgumentError(text("ConfusionMatrix: ", classes, " classes. Give 1 or more."));
  counts_.assign(static_cast<std::size_t>(classes * classes), 0);
}

void ConfusionMatrix::add(const Tensor& truth, const Tensor& prediction) {
  if (!(truth.shape() == prediction.shape())) {
    throw ShapeError(text("ConfusionMatrix: truth ", truth.shape(), " and prediction ", prediction.shape(),
                          " differ. Both need one label per pixel."));
  }
  const auto t = truth.values<std::int32_t>(), p = prediction.values<std::int32_t>();
  const auto check = [&](const char* what, std::int32_t label, std::size_t place) {
    if (label >= 0 && label < classes_) return;
    throw ArgumentError(text("ConfusionMatrix: ", what, ' ', label, " at place ", place, " is not in 0 to ",
                             classes_ - 1, '.'));
  };
  // Judged before anything is counted, so that a failure changes nothing.
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (ignore_ && t[i] == *ignore_) continue;
    check("truth", t[i], i);
    check("prediction", p[i], i);
  }
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!ignore_ || t[i] != *ignore_) ++counts_[static_cast<std::size_t>(t[i] * classes_ + p[i])];
  }
}

std::int64_t ConfusionMatrix::count(std::int64_t truth, std::int64_t prediction) const {
  for (const std::int64_t c : {truth, prediction}) {
    if (c < 0 || c >= classes_) {
      throw ArgumentError(
          text("ConfusionMatrix: there is no class ", c, ". Classes are 0 to ", classes_ - 1, '.'));
    }
  }
  return counts_.at(static_cast<std::size_t>(truth * classes_ + prediction));
}

std::optional<double> ConfusionMatrix::iou(std::int64_t c) const {
  std::int64_t united = -count(c, c);
  for (std::int64_t k = 0; k < classes_; ++k) united += count(c, k) + count(k, c);
  if (united == 0) return std::nullopt;
  return static_cast<double>(count(c, c)) / static_cast<double>(united);
}

double ConfusionMatrix::mean_iou(std::int64_t first) const {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = first; c < classes_; ++c) {
    if (const auto score = iou(c)) {
      sum += *score;
      ++present;
    }
  }
  return present ? sum / static_cast<double>(present) : 0;
}

double ConfusionMatrix::pixel_accuracy() const {
  std::int64_t right = 0, all = 0;
  for (std::int64_t t = 0; t < classes_; ++t) {
    right += count(t, t);
    for (std::int64_t p = 0; p < classes_; ++p) all += count(t, p);
  }
  return all ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

}  // namespace trous
