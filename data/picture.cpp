#include <algorithm>
#include <cmath>

#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>

namespace trous {
namespace {

// Copies `picture` [h, w, 3], enlarged, into `panel` [H, W, 3] with its corner at (top, left).
void place(const Tensor& picture, std::int64_t scale, std::int64_t top, std::int64_t left,
           std::int64_t panel_width, std::uint8_t* panel) {
  const std::int64_t height = picture.shape()[0], width = picture.shape()[1];
  const std::uint8_t* pixels = picture.values<std::uint8_t>().data();
  for (std::int64_t row = 0; row < height * scale; ++row) {
    std::uint8_t* out = panel + ((top + row) * panel_width + left) * 3;
    for (std::int64_t column = 0; column < width * scale; ++column) {
      out = std::copy_n(pixels + (row / scale * width + column / scale) * 3, 3, out);
    }
  }
}

void check_panel(std::span<const Sample> samples, std::span<const Tensor> predictions,
                 const PanelOptions& options) {
  if (samples.empty() || samples.size() != predictions.size()) {
    throw ArgumentError(text("prediction_panel: ", samples.size(), " samples and ", predictions.size(),
                             " predictions. Give one or more, and as many of each."));
  }
  if (options.scale < 1 || options.gap < 0 || options.margin < 0 || options.columns < 1) {
    throw ArgumentError(text("prediction_panel: scale ", options.scale, ", gap ", options.gap, ", margin ",
                             options.margin, ", columns ", options.columns,
                             " draw nothing. Scale and columns are 1 or more, gap and margin 0 or more."));
  }
  const Shape& image = samples[0].image.shape();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Shape &mask = samples[i].mask.shape(), &prediction = predictions[i].shape();
    if (image.rank() != 3 || !(samples[i].image.shape() == image) || !(mask == Shape{image[0], image[1]}) ||
        !(prediction == mask)) {
      throw ShapeError(text("prediction_panel: sample ", i, " has image ", samples[i].image.shape(),
                            ", mask ", mask, ", prediction ", prediction, ". The first image is ", image,
                            "; all are [h, w, channels] with masks and predictions [h, w]."));
    }
  }
}

}  // namespace

Tensor image_picture(const Tensor& image) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3)) {
    throw ShapeError(text("image_picture: image ", shape, " has no picture. It is [height, width, 1 or 3]."));
  }
  Tensor picture = Tensor::uninitialized({shape[0], shape[1], 3}, DType::uint8);
  std::uint8_t* out = picture.mutable_values<std::uint8_t>().data();
  visit_floating("image_picture", image.dtype(), [&]<class T> {
    for (const T value : image.values<T>()) {
      // Written so that NaN takes the first branch.
      const T clamped = !(value > 0) ? T(0) : value < 1 ? value : T(1);
      out = std::fill_n(out, shape[2] == 1 ? 3 : 1, static_cast<std::uint8_t>(std::lround(clamped * 255)));
    }
  });
  return picture;
}

Tensor label_picture(const Tensor& labels) {
  const Shape& shape = labels.shape();
  if (shape.rank() != 2) {
    throw ShapeError(text("label_picture: labels ", shape, " are no picture. They are [height, width]."));
  }
  if (is_floating(labels.dtype())) {
    throw DTypeError(text("label_picture: the labels are ", labels.dtype(),
                          ". Labels are uint8 or int32; take argmax of scores first."));
  }
  Tensor picture = Tensor::uninitialized({shape[0], shape[1], 3}, DType::uint8);
  std::uint8_t* out = picture.mutable_values<std::uint8_t>().data();
  visit(labels.dtype(), [&]<class T> {
    for (const T label : labels.values<T>()) {
      const Color color = class_color(static_cast<std::int64_t>(label));
      *out++ = color.red;
      *out++ = color.green;
      *out++ = color.blue;
    }
  });
  return picture;
}

Tensor prediction_panel(std::span<const Sample> samples, std::span<const Tensor> predictions,
                        const PanelOptions& options) {
  check_panel(samples, predictions, options);
  const Shape& image = samples[0].image.shape();
  const std::int64_t scale = options.scale, gap = options.gap, margin = options.margin;
  const std::int64_t height = image[0] * scale, width = image[1] * scale;
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t columns = std::min(options.columns, count), rows = (count + columns - 1) / columns;
  // Cells side by side stand three gaps apart, so that the eye reads three pictures as one.
  const std::int64_t cell_width = 3 * width + 2 * gap, cell_gap = 3 * gap;
  const std::int64_t panel_height = 2 * margin + rows * height + (rows - 1) * gap;
  const std::int64_t panel_width = 2 * margin + columns * cell_width + (columns - 1) * cell_gap;
  Tensor panel = Tensor::full({panel_height, panel_width, 3}, DType::uint8, 255);
  std::uint8_t* pixels = panel.mutable_values<std::uint8_t>().data();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const Tensor pictures[]{image_picture(samples[index].image), label_picture(samples[index].mask),
                            label_picture(predictions[index])};
    const std::int64_t top = margin + i / columns * (height + gap);
    std::int64_t left = margin + i % columns * (cell_width + cell_gap);
    for (const Tensor& picture : pictures) {
      place(picture, scale, top, left, panel_width, pixels);
      left += width + gap;
    }
  }
  return panel;
}

}  // namespace trous
