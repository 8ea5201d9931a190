#include <algorithm>
#include <cmath>

#include <trous/core/error.h>
#include <trous/train/classification_scores.h>

namespace trous {
namespace {

constexpr const char* scores = "ClassificationScores";

// Whether the logit `a` comes before `b`; a NaN comes before all numbers.
bool before(double a, double b) { return a > b || (std::isnan(a) && !std::isnan(b)); }

std::int32_t first_class(std::span<const double> logits) {
  return static_cast<std::int32_t>(std::min_element(logits.begin(), logits.end(), before) - logits.begin());
}

// How many classes come before `label`: with a larger logit, or with an equal one and a smaller number.
std::int64_t place_of(std::int32_t label, std::span<const double> logits) {
  const auto own = static_cast<std::size_t>(label);
  std::int64_t place = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const bool equal = !before(logits[c], logits[own]) && !before(logits[own], logits[c]);
    place += before(logits[c], logits[own]) || (equal && c < own) ? 1 : 0;
  }
  return place;
}

void check_samples(const Tensor& logits, const Tensor& labels, const ConfusionMatrix& confusion) {
  const std::int64_t classes = confusion.classes();
  const Shape& s = logits.shape();
  if (s.rank() != 2 || s[1] != classes) {
    throw ShapeError(text(scores, ": logits ", s, " are not one row of ", classes,
                          " numbers per sample. Give [n, ", classes, "]."));
  }
  visit_floating(scores, logits.dtype(), []<class T> {});
  if (labels.dtype() != DType::int32) {
    throw DTypeError(text(scores, ": labels are ", labels.dtype(),
                          ", must be int32. Cast them: labels.cast(DType::int32)."));
  }
  if (labels.shape() != Shape{s[0]}) {
    throw ShapeError(
        text(scores, ": labels ", labels.shape(), " do not fit. logits ", s, " need labels [", s[0], "]."));
  }
  const std::span<const std::int32_t> all = labels.values<std::int32_t>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((all[i] >= 0 && all[i] < classes) || confusion.ignores(all[i])) continue;
    throw ArgumentError(text(scores, ": label ", all[i], " at place ", i, " is not in 0 to ", classes - 1,
                             ". Correct the labels, or list it in `ignored`."));
  }
}

// Each label once, in ascending order.
std::vector<std::int32_t> in_order(std::vector<std::int32_t> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace

ClassificationScores::ClassificationScores(std::int64_t classes, const ClassificationOptions& options)
    : confusion_(classes, options.ignored),
      ignored_(in_order(options.ignored)),
      top_(options.top.value_or(std::min<std::int64_t>(5, classes))) {
  if (top_ >= 1 && top_ <= classes) return;
  throw ArgumentError(text(scores, ": top ", top_, " of ", classes, " classes. Give 1 to ", classes, '.'));
}

void ClassificationScores::add(const Tensor& logits, const Tensor& labels) {
  check_samples(logits, labels, confusion_);
  const Tensor rows = logits.cast(DType::float64);
  const std::span<const double> z = rows.values<double>();
  const std::span<const std::int32_t> label = labels.values<std::int32_t>();
  const auto classes = static_cast<std::size_t>(confusion_.classes());
  std::vector<std::int32_t> predictions;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const std::span<const double> row = z.subspan(i * classes, classes);
    predictions.push_back(first_class(row));
    if (!confusion_.ignores(label[i])) count_sample(row, label[i], predictions.back());
  }
  confusion_.add(labels, Tensor(labels.shape(), predictions));
}

void ClassificationScores::count_sample(std::span<const double> logits, std::int32_t label,
                                        std::int32_t prediction) {
  const double largest = logits[static_cast<std::size_t>(prediction)];
  double total = 0;
  for (const double z : logits) total += std::exp(z - largest);
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double p = std::exp(logits[c] - largest) / total;
    const double gap = p - (static_cast<std::int32_t>(c) == label ? 1 : 0);
    brier_ += gap * gap;
  }
  minus_log_p_ += std::log(total) - (logits[static_cast<std::size_t>(label)] - largest);
  ++count_;
  in_top_ += place_of(label, logits) < top_ ? 1 : 0;

  const double confidence = 1 / total;  // exp(0) / total
  const double edge = std::ceil(confidence * static_cast<double>(bins));
  const std::size_t b = edge > 1 ? static_cast<std::size_t>(edge) - 1 : 0;  // 0 of a NaN, too
  Bin& bin = bins_.at(b);
  ++bin.count;
  bin.right += prediction == label ? 1 : 0;
  bin.confidences += confidence;
}

ClassificationScores& ClassificationScores::operator+=(const ClassificationScores& other) {
  if (other.confusion_.classes() != confusion_.classes() || other.top_ != top_ ||
      other.ignored_ != ignored_) {
    const auto facts = [](const ClassificationScores& s) {
      std::string line = text("top ", s.top_, " of ", s.confusion_.classes(), " classes without (");
      for (std::size_t i = 0; i < s.ignored_.size(); ++i) line += text(i == 0 ? "" : ", ", s.ignored_[i]);
      return line + ")";
    };
    throw ArgumentError(text(scores, ": ", facts(*this), " and ", facts(other),
                             " do not add. Both need the same classes, `top` and `ignored`."));
  }
  confusion_ += other.confusion_;
  count_ += other.count_;
  in_top_ += other.in_top_;
  minus_log_p_ += other.minus_log_p_;
  brier_ += other.brier_;
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    bins_.at(b).count += other.bins_.at(b).count;
    bins_.at(b).right += other.bins_.at(b).right;
    bins_.at(b).confidences += other.bins_.at(b).confidences;
  }
  return *this;
}

std::optional<double> ClassificationScores::mean_of(double sum) const {
  if (count_ == 0) return std::nullopt;
  return sum / static_cast<double>(count_);
}

std::optional<double> ClassificationScores::top_accuracy() const {
  return mean_of(static_cast<double>(in_top_));
}

std::optional<double> ClassificationScores::negative_log_likelihood() const { return mean_of(minus_log_p_); }

std::optional<double> ClassificationScores::brier() const { return mean_of(brier_); }

std::optional<double> ClassificationScores::expected_calibration_error() const {
  double sum = 0;
  for (const Bin& bin : bins_) sum += std::abs(static_cast<double>(bin.right) - bin.confidences);
  return mean_of(sum);
}

std::vector<CalibrationBin> ClassificationScores::calibration() const {
  std::vector<CalibrationBin> result(bins_.size());
  for (std::size_t b = 0; b < result.size(); ++b) {
    const Bin& bin = bins_.at(b);
    if (bin.count == 0) continue;
    const auto count = static_cast<double>(bin.count);
    result[b] = {bin.count, bin.confidences / count, static_cast<double>(bin.right) / count};
  }
  return result;
}

}  // namespace trous
