#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <trous/core/error.h>
#include <trous/train/metrics.h>

namespace trous {
namespace {

// The sum of `counts`, or nothing where it is beyond int64; no count is negative.
std::optional<std::int64_t> total(const std::vector<std::int64_t>& counts, std::int64_t more = 0) {
  for (const std::int64_t n : counts) {
    if (n > std::numeric_limits<std::int64_t>::max() - more) return std::nullopt;
    more += n;
  }
  return more;
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

// The mean of score(c) over the classes from `first` that have one.
std::optional<double> mean(std::int64_t first, std::int64_t classes,
                           const std::function<std::optional<double>(std::int64_t)>& score) {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = first; c < classes; ++c) {
    if (const auto s = score(c)) {
      sum += *s;
      ++present;
    }
  }
  if (present == 0) return std::nullopt;
  return sum / static_cast<double>(present);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::vector<std::int32_t> ignored)
    : classes_(classes), ignored_(std::move(ignored)) {
  if (classes < 1) throw ArgumentError(text("ConfusionMatrix: ", classes, " classes. Give 1 or more."));
  counts_.assign(static_cast<std::size_t>(classes * classes), 0);
}

ConfusionMatrix ConfusionMatrix::from_counts(std::int64_t classes, std::vector<std::int64_t> counts,
                                             std::vector<std::int32_t> ignored) {
  const auto size = static_cast<std::int64_t>(counts.size());
  if (classes > 0 && (size % classes != 0 || size / classes != classes)) {
    throw ArgumentError(text("ConfusionMatrix: ", size, " counts for ", classes, " classes. Give ", classes,
                             " times ", classes, ", one for every truth and prediction."));
  }
  ConfusionMatrix matrix(classes, std::move(ignored));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      throw ArgumentError(
          text("ConfusionMatrix: count ", counts[i], " at place ", i, " is below 0. A count is 0 or more."));
    }
  }
  if (!total(counts))
    throw ArgumentError("ConfusionMatrix: the sum of the counts is beyond int64. Give what was counted.");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t truth = static_cast<std::int64_t>(i) / classes;
    if (counts[i] > 0 && matrix.ignores(truth)) {
      throw ArgumentError(text("ConfusionMatrix: count ", counts[i], " at place ", i, " is of class ", truth,
                               ", which is ignored. Give 0 in its row."));
    }
  }
  matrix.counts_ = std::move(counts);
  return matrix;
}

ConfusionMatrix& ConfusionMatrix::operator+=(const ConfusionMatrix& other) {
  if (other.classes_ != classes_) {
    throw ArgumentError(text("ConfusionMatrix: ", classes_, " classes and ", other.classes_,
                             " do not add. Both need the same classes."));
  }
  if (!total(other.counts_, *total(counts_)))
    throw ArgumentError("ConfusionMatrix: the sum of the counts is beyond int64. Give what was counted.");
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (!ignores(static_cast<std::int64_t>(i) / classes_)) counts_[i] += other.counts_[i];
  }
  return *this;
}

bool ConfusionMatrix::ignores(std::int64_t label) const {
  return std::find(ignored_.begin(), ignored_.end(), label) != ignored_.end();
}

void ConfusionMatrix::add(const Tensor& truth, const Tensor& prediction) {
  if (truth.shape() != prediction.shape()) {
    throw ShapeError(text("ConfusionMatrix: truth ", truth.shape(), " and prediction ", prediction.shape(),
                          " differ. Both need one label per pixel."));
  }
  const auto t = truth.values<std::int32_t>(), p = prediction.values<std::int32_t>();
  const auto check = [&](const char* what, std::int32_t label, std::size_t place) {
    if (label >= 0 && label < classes_) return;
    throw ArgumentError(text("ConfusionMatrix: ", what, ' ', label, " at place ", place, " is not in 0 to ",
                             classes_ - 1, '.'));
  };
  // Checked before anything is counted, so that a failure changes nothing.
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (ignores(t[i])) continue;
    check("truth", t[i], i);
    check("prediction", p[i], i);
  }
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!ignores(t[i])) ++counts_[static_cast<std::size_t>(t[i] * classes_ + p[i])];
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

std::int64_t ConfusionMatrix::support(std::int64_t c) const {
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < classes_; ++k) sum += count(c, k);
  return sum;
}

std::int64_t ConfusionMatrix::predicted(std::int64_t c) const {
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < classes_; ++k) sum += count(k, c);
  return sum;
}

std::optional<double> ConfusionMatrix::iou(std::int64_t c) const {
  const std::int64_t either = support(c) + (predicted(c) - count(c, c));
  return ignores(c) ? std::nullopt : ratio(count(c, c), either);
}

std::optional<double> ConfusionMatrix::dice(std::int64_t c) const {
  const double both = 2 * static_cast<double>(count(c, c));
  const double either = static_cast<double>(support(c)) + static_cast<double>(predicted(c));
  if (either == 0 || ignores(c)) return std::nullopt;
  return both / either;
}

std::optional<double> ConfusionMatrix::precision(std::int64_t c) const {
  const std::int64_t called = predicted(c);
  return ignores(c) ? std::nullopt : ratio(count(c, c), called);
}

std::optional<double> ConfusionMatrix::recall(std::int64_t c) const { return ratio(count(c, c), support(c)); }

std::optional<double> ConfusionMatrix::mean_iou(std::int64_t first) const {
  return mean(first, classes_, [this](std::int64_t c) { return iou(c); });
}

std::optional<double> ConfusionMatrix::mean_dice(std::int64_t first) const {
  return mean(first, classes_, [this](std::int64_t c) { return dice(c); });
}

std::optional<double> ConfusionMatrix::mean_class_accuracy() const {
  return mean(0, classes_, [this](std::int64_t c) { return recall(c); });
}

std::optional<double> ConfusionMatrix::frequency_weighted_iou() const {
  double sum = 0, all = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const auto pixels = static_cast<double>(support(c));
    all += pixels;
    if (pixels > 0) sum += pixels * *iou(c);
  }
  if (all == 0) return std::nullopt;
  return sum / all;
}

std::optional<double> ConfusionMatrix::pixel_accuracy() const {
  std::int64_t right = 0, all = 0;
  for (std::int64_t t = 0; t < classes_; ++t) {
    right += count(t, t);
    for (std::int64_t p = 0; p < classes_; ++p) all += count(t, p);
  }
  return ratio(right, all);
}

ConfusionMatrix confusion_for(const Dataset& data) {
  return ConfusionMatrix(static_cast<std::int64_t>(data.classes.size()), uncounted_labels(data));
}

}  // namespace trous
