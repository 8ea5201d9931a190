#include <algorithm>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/train/boundary.h>

namespace trous {
namespace {

bool contains(const std::vector<std::int32_t>& labels, std::int64_t label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// One image. Pixels whose truth is ignored are not in it.
struct Image {
  std::span<const std::int32_t> truth;
  std::int64_t height, width;
  const std::vector<std::int32_t>& ignored;

  bool holds(std::int64_t pixel) const { return !contains(ignored, truth[static_cast<std::size_t>(pixel)]); }
};

// Whether another label stands within `distance` of pixel (row, column) of `labels`.
bool in_band(const Image& image, std::span<const std::int32_t> labels, std::int64_t row, std::int64_t column,
             std::int64_t distance) {
  const std::int32_t own = labels[static_cast<std::size_t>(row * image.width + column)];
  const std::int64_t top = std::max<std::int64_t>(0, row - distance),
                     bottom = std::min(image.height - 1, row + distance),
                     left = std::max<std::int64_t>(0, column - distance),
                     right = std::min(image.width - 1, column + distance);
  for (std::int64_t r = top; r <= bottom; ++r) {
    for (std::int64_t c = left; c <= right; ++c) {
      if ((r - row) * (r - row) + (c - column) * (c - column) > distance * distance) continue;
      const std::int64_t pixel = r * image.width + c;
      if (labels[static_cast<std::size_t>(pixel)] != own && image.holds(pixel)) return true;
    }
  }
  return false;
}

}  // namespace

BoundaryScores::BoundaryScores(std::int64_t classes, std::int64_t distance, std::vector<std::int32_t> ignored)
    : distance_(distance), ignored_(std::move(ignored)) {
  if (classes < 1) throw ArgumentError(text("BoundaryScores: ", classes, " classes. Give 1 or more."));
  if (distance < 1 || distance > 32768) {
    throw ArgumentError(text("BoundaryScores: distance ", distance,
                             " is not in 1 to 32768 pixels. 1 suits 64 pixels a side."));
  }
  both_.assign(static_cast<std::size_t>(classes), 0);
  either_ = both_;
}

void BoundaryScores::add(const Tensor& truth, const Tensor& prediction) {
  if (truth.shape() != prediction.shape() || truth.shape().rank() < 2) {
    throw ShapeError(text("BoundaryScores: truth ", truth.shape(), " and prediction ", prediction.shape(),
                          " do not fit. Both need one shape [..., height, width]."));
  }
  const auto t = truth.values<std::int32_t>(), p = prediction.values<std::int32_t>();
  const auto check = [&](const char* what, std::int32_t label, std::size_t place) {
    if (label >= 0 && label < classes()) return;
    throw ArgumentError(text("BoundaryScores: ", what, ' ', label, " at place ", place, " is not in 0 to ",
                             classes() - 1, '.'));
  };
  // Checked before anything is counted, so that a failure changes nothing.
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (contains(ignored_, t[i])) continue;
    check("truth", t[i], i);
    check("prediction", p[i], i);
  }
  const int rank = truth.shape().rank();
  const std::int64_t height = truth.shape()[rank - 2], width = truth.shape()[rank - 1],
                     pixels = height * width;
  for (std::int64_t first = 0; first < truth.elements(); first += pixels) {
    const auto from = static_cast<std::size_t>(first), count = static_cast<std::size_t>(pixels);
    const auto labels = t.subspan(from, count), guesses = p.subspan(from, count);
    const Image image{labels, height, width, ignored_};
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      if (!image.holds(pixel)) continue;
      const std::int64_t row = pixel / width, column = pixel % width;
      const bool in_truth = in_band(image, labels, row, column, distance_);
      const bool in_guess = in_band(image, guesses, row, column, distance_);
      const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(pixel)]),
                 guess = static_cast<std::size_t>(guesses[static_cast<std::size_t>(pixel)]);
      const bool agree = in_truth && in_guess && label == guess;
      both_[label] += agree;
      either_[label] += in_truth;
      either_[guess] += in_guess && !agree;
    }
  }
}

std::optional<double> BoundaryScores::iou(std::int64_t c) const {
  if (c < 0 || c >= classes()) {
    throw ArgumentError(
        text("BoundaryScores: there is no class ", c, ". Classes are 0 to ", classes() - 1, '.'));
  }
  const auto place = static_cast<std::size_t>(c);
  if (either_[place] == 0 || contains(ignored_, c)) return std::nullopt;
  return static_cast<double>(both_[place]) / static_cast<double>(either_[place]);
}

std::optional<double> BoundaryScores::mean_iou(std::int64_t first) const {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = first; c < classes(); ++c) {
    if (const auto score = iou(c)) {
      sum += *score;
      ++present;
    }
  }
  if (present == 0) return std::nullopt;
  return sum / static_cast<double>(present);
}

BoundaryScores boundary_for(const Dataset& data, std::int64_t distance) {
  return BoundaryScores(static_cast<std::int64_t>(data.classes.size()), distance, uncounted_labels(data));
}

}  // namespace trous
