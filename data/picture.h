// Pictures of images, labels and predictions, for eyes: uint8 RGB tensors that write_png takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/data/dataset.h>
#include <trous/data/fit_picture.h>

namespace trous {

/// A floating image [h, w, 1 or 3] in 0..1 as uint8 [h, w, 3]; values outside are clamped, NaN is 0.
/// Throws ShapeError or DTypeError for other tensors.
Tensor image_picture(const Tensor& image);

/// Labels, int32 or uint8 [h, w], in their class colours: uint8 [h, w, 3]. Throws ShapeError or DTypeError
/// for other tensors, ArgumentError for labels outside 0..255.
Tensor label_picture(const Tensor& labels);

/// The longest side that pictures of images `image` = [h, w, ...] have in a panel of so many samples, before
/// they are enlarged: their own where it is at most max_side, else max_side, or for more than two samples
/// max_side sqrt(2 / samples), at least 128, so that a panel takes the room of two samples.
std::int64_t panel_side(const Shape& image, std::int64_t samples, std::int64_t max_side);

struct PanelOptions {
  /// The side of the square that a pixel becomes, or less where pictures would be longer than max_side.
  std::int64_t scale = 2;
  std::int64_t max_side = 600;  ///< the longest side of a picture; those of larger images are shrunk
  std::int64_t gap = 4;         ///< white pixels between pictures
  std::int64_t margin = 8;      ///< white pixels around all
  std::int64_t columns = 1;     ///< samples side by side
  bool errors = false;          ///< a fourth picture: error_picture
  /// One for each sample, drawn as a frame in its input and errors; none where it is empty.
  std::span<const PixelBox> frames = {};
};

/// Where a prediction is wrong: white on the darkened image; pixels of `unknown_label` are grey. uint8 [h, w,
/// 3]. Throws as image_picture and label_picture, ShapeError if the sizes differ.
Tensor error_picture(const Sample& sample, const Tensor& prediction);

/// One cell per sample: input | truth | prediction, the latter two in class colours, and with `errors` where
/// they differ; cells in rows of `columns`, left to right. Images and errors that are too large are shrunk by
/// fit_picture, truth and prediction by fit_labels, to panel_side.
///
/// samples      of one image shape
/// predictions  int32 or uint8 [h, w], one for each sample
/// returns      uint8 [H, W, 3]
///
/// Throws ArgumentError if there is no sample, the counts differ or an option is out of range, ShapeError
/// if shapes differ.
Tensor prediction_panel(std::span<const Sample> samples, std::span<const Tensor> predictions,
                        const PanelOptions& options = {});

/// The same without predictions: input | mask. `errors` is not for it. Throws as prediction_panel.
Tensor sample_panel(std::span<const Sample> samples, const PanelOptions& options = {});

/// Cells of pictures, each uint8 [h, w, 3] of one size, side by side; cells in rows of `columns`, left to
/// right. Pictures that are too large are shrunk by fit_picture to panel_side. `errors` and `frames` are not
/// for it.
///
/// returns   uint8 [H, W, 3]
///
/// Throws ArgumentError if there is no cell, no picture in one, or an option is out of range, ShapeError or
/// DTypeError if pictures differ in size, cells in number, or a picture is none.
Tensor picture_panel(const std::vector<std::vector<Tensor>>& cells, const PanelOptions& options = {});

/// `image` with the class colours of `labels` over it: alpha parts of colour, 1 - alpha of the image; the
/// background, class 0, stays as it is. uint8 [h, w, 3].
///
/// image     uint8 [h, w, 3]
/// labels    int32 or uint8 [h, w]
///
/// Throws ShapeError or DTypeError if they do not fit, ArgumentError unless 0 <= alpha <= 1.
Tensor overlay_picture(const Tensor& image, const Tensor& labels, double alpha = 0.5);

/// The name boot_000012.png for "boot_" and 12: sorted names are in the order of their numbers.
std::string numbered_png(const std::string& stem, std::int64_t number);

}  // namespace trous
