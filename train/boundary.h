// A score of the outlines of regions, to which a score of the regions is hardly sensitive if they are large.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/dataset.h>

namespace trous {

/// Boundary IoU of every class over a whole data set.
///
/// The band of class c in a label map holds the pixels of c that have a pixel of another class at most
/// `distance` away, centre to centre, in the same image; for distance 1 these are the pixels with a
/// 4-neighbour of another class. With T and P the bands in truth and prediction,
///
///   iou(c) = sum over images |T and P| / sum over images |T or P|
///
/// A pixel whose truth is ignored is as if outside the image, in both maps; and the border of the image is
/// no outline, since nobody drew it. A class that is ignored has no score.
///
/// Source: Cheng et al., arXiv:2103.16562, equation 1, there per object. Their program counts the border of
/// the image as an outline, and measures the distance in steps to any of 8 neighbours.
class BoundaryScores {
 public:
  /// `distance` is in pixels; `ignored` are the truths that do not count, as in ConfusionMatrix. Throws
  /// ArgumentError if classes or distance < 1.
  explicit BoundaryScores(std::int64_t classes, std::int64_t distance = 1,
                          std::vector<std::int32_t> ignored = {});

  /// Counts every image. truth and prediction are int32 [..., height, width] of one shape. Throws ShapeError
  /// if the shapes differ or have no two axes, ArgumentError naming the first label that is no class.
  void add(const Tensor& truth, const Tensor& prediction);

  std::int64_t classes() const { return static_cast<std::int64_t>(both_.size()); }
  std::int64_t distance() const { return distance_; }

  /// |T and P| / |T or P|, or nothing where neither has a band of class c, or c is ignored. Throws
  /// ArgumentError for what is no class.
  std::optional<double> iou(std::int64_t c) const;

  /// The mean of iou over the classes `first` .. that have one; absent where none has.
  std::optional<double> mean_iou(std::int64_t first = 0) const;

 private:
  std::int64_t distance_;
  std::vector<std::int32_t> ignored_;
  std::vector<std::int64_t> both_, either_;  // pixels, by class
};

/// Empty scores for the masks of `data`, as confusion_for.
BoundaryScores boundary_for(const Dataset& data, std::int64_t distance = 1);

}  // namespace trous
