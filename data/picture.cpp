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

void check_panel(const char* op, std::span<const Sample> samples, std::span<const Tensor> predictions,
                 const PanelOptions& options) {
  if (samples.empty() || samples.size() != predictions.size()) {
    throw ArgumentError(text(op, ": ", samples.size(), " samples and ", predictions.size(),
                             " predictions. Give one or more, and as many of each."));
  }
  if (options.scale < 1 || options.gap < 0 || options.margin < 0 || options.columns < 1) {
    throw ArgumentError(text(op, ": scale ", options.scale, ", gap ", options.gap, ", margin ",
                             options.margin, ", columns ", options.columns,
                             " draw nothing. Scale and columns are 1 or more, gap and margin 0 or more."));
  }
  const Shape& image = samples[0].image.shape();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Shape &mask = samples[i].mask.shape(), &prediction = predictions[i].shape();
    if (image.rank() != 3 || samples[i].image.shape() != image || mask != Shape{image[0], image[1]} ||
        prediction != mask) {
      throw ShapeError(text(op, ": sample ", i, " has image ", samples[i].image.shape(), ", mask ", mask,
                            ", prediction ", prediction, ". The first image is ", image,
                            "; all are [h, w, channels] with masks and predictions [h, w]."));
    }
  }
}

// `pictures` of one size in cells of `in_cell`, the cells in rows of `options.columns`.
Tensor panel(const std::vector<Tensor>& pictures, std::int64_t in_cell, const PanelOptions& options) {
  const std::int64_t scale = options.scale, gap = options.gap, margin = options.margin;
  const std::int64_t height = pictures[0].shape()[0] * scale, width = pictures[0].shape()[1] * scale;
  const std::int64_t cells = std::ssize(pictures) / in_cell;
  const std::int64_t columns = std::min(options.columns, cells), rows = (cells + columns - 1) / columns;
  // Cells side by side stand three gaps apart, so that the eye reads their pictures as one.
  const std::int64_t cell_width = in_cell * width + (in_cell - 1) * gap, cell_gap = 3 * gap;
  const std::int64_t panel_height = 2 * margin + rows * height + (rows - 1) * gap;
  const std::int64_t panel_width = 2 * margin + columns * cell_width + (columns - 1) * cell_gap;
  Tensor result = Tensor::full({panel_height, panel_width, 3}, DType::uint8, 255);
  std::uint8_t* pixels = result.mutable_values<std::uint8_t>().data();
  for (std::int64_t i = 0; i < std::ssize(pictures); ++i) {
    const std::int64_t cell = i / in_cell;
    const std::int64_t top = margin + cell / columns * (height + gap);
    const std::int64_t left = margin + cell % columns * (cell_width + cell_gap) + i % in_cell * (width + gap);
    place(pictures[static_cast<std::size_t>(i)], scale, top, left, panel_width, pixels);
  }
  return result;
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

Tensor error_picture(const Sample& sample, const Tensor& prediction) {
  const Tensor ground = image_picture(sample.image);
  for (const Tensor* labels : {&sample.mask, &prediction}) label_picture(*labels);  // throws for no labels
  const Shape size{ground.shape()[0], ground.shape()[1]};
  if (sample.mask.shape() != size || prediction.shape() != size) {
    throw ShapeError(text("error_picture: image ", sample.image.shape(), ", mask ", sample.mask.shape(),
                          ", prediction ", prediction.shape(), ". Mask and prediction are ", size, '.'));
  }
  const Tensor truth = sample.mask.cast(DType::int32), guess = prediction.cast(DType::int32);
  const auto pixels = ground.values<std::uint8_t>();
  Tensor picture = Tensor::uninitialized(ground.shape(), DType::uint8);
  const auto out = picture.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int32_t label = truth.values<std::int32_t>()[i / 3];
    const bool wrong = label != guess.values<std::int32_t>()[i / 3];
    out[i] = label == unknown_label ? 128 : wrong ? 255 : static_cast<std::uint8_t>(pixels[i] / 3);
  }
  return picture;
}

Tensor prediction_panel(std::span<const Sample> samples, std::span<const Tensor> predictions,
                        const PanelOptions& options) {
  check_panel("prediction_panel", samples, predictions, options);
  std::vector<Tensor> pictures;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    pictures.push_back(image_picture(samples[i].image));
    pictures.push_back(label_picture(samples[i].mask));
    pictures.push_back(label_picture(predictions[i]));
    if (options.errors) pictures.push_back(error_picture(samples[i], predictions[i]));
  }
  return panel(pictures, options.errors ? 4 : 3, options);
}

Tensor sample_panel(std::span<const Sample> samples, const PanelOptions& options) {
  std::vector<Tensor> masks, pictures;
  for (const Sample& sample : samples) masks.push_back(sample.mask);
  check_panel("sample_panel", samples, masks, options);
  for (const Sample& sample : samples) {
    pictures.push_back(image_picture(sample.image));
    pictures.push_back(label_picture(sample.mask));
  }
  return panel(pictures, 2, options);
}

Tensor overlay_picture(const Tensor& image, const Tensor& labels, double alpha) {
  if (!(alpha >= 0) || !(alpha <= 1)) {
    throw ArgumentError(text("overlay_picture: alpha ", alpha, " is not in 0 to 1. 0.5 shows both."));
  }
  const Tensor colors = label_picture(labels);
  if (image.shape() != colors.shape()) {
    throw ShapeError(text("overlay_picture: image ", image.shape(), " and labels ", labels.shape(),
                          " do not fit. The image is [height, width, 3] of the labels' size."));
  }
  const auto below = image.values<std::uint8_t>(), above = colors.values<std::uint8_t>();
  const Tensor classes = labels.cast(DType::int32);
  Tensor picture = Tensor::uninitialized(image.shape(), DType::uint8);
  const auto out = picture.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double share = classes.values<std::int32_t>()[i / 3] == 0 ? 0 : alpha;
    out[i] = static_cast<std::uint8_t>(std::lround(share * above[i] + (1 - share) * below[i]));
  }
  return picture;
}

std::string numbered_png(const std::string& stem, std::int64_t number) {
  const std::string digits = std::to_string(number);
  return stem + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".png";
}

}  // namespace trous
