#include <algorithm>
#include <cmath>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>

namespace trous {
namespace {

// Brightness 0..1 as 0..255, rounded half up. Written so that NaN is 0.
template <class T>
std::uint8_t byte_of_brightness(T value) {
  const T scaled = (!(value > 0) ? T(0) : value < 1 ? value : T(1)) * 255;
  // The sum is exact for a float, and for a double too but next to 0.5. std::lround is a call for each byte.
  const double above = static_cast<double>(scaled) + 0.5;
  return static_cast<std::uint8_t>(above);
}

// Throws as label_picture does.
void check_labels(const Tensor& labels) {
  const bool has_picture = labels.shape().rank() == 2 && !is_floating(labels.dtype());
  if (!has_picture || !visit(labels.dtype(), [&]<class T> {
        const auto values = labels.values<T>();
        return std::all_of(values.begin(), values.end(),
                           [](T label) { return label >= T(0) && static_cast<double>(label) <= 255; });
      })) {
    label_picture(labels);
  }
}

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

void check_options(const char* op, const PanelOptions& options) {
  if (options.scale >= 1 && options.max_side >= 1 && options.gap >= 0 && options.margin >= 0 &&
      options.columns >= 1)
    return;
  throw ArgumentError(text(op, ": scale ", options.scale, ", max_side ", options.max_side, ", gap ",
                           options.gap, ", margin ", options.margin, ", columns ", options.columns,
                           " draw nothing. Scale, max_side and columns are 1 or more, gap and margin 0 or "
                           "more."));
}

void check_panel(const char* op, std::span<const Sample> samples, std::span<const Tensor> predictions,
                 const PanelOptions& options) {
  if (samples.empty() || samples.size() != predictions.size()) {
    throw ArgumentError(text(op, ": ", samples.size(), " samples and ", predictions.size(),
                             " predictions. Give one or more, and as many of each."));
  }
  check_options(op, options);
  if (!options.frames.empty() && options.frames.size() != samples.size()) {
    throw ArgumentError(text(op, ": ", options.frames.size(), " frames for ", samples.size(),
                             " samples. Give one for each, or none."));
  }
  const Shape& image = samples[0].image.shape();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Shape &mask = samples[i].target.shape(), &prediction = predictions[i].shape();
    if (image.rank() != 3 || samples[i].image.shape() != image || mask != Shape{image[0], image[1]} ||
        prediction != mask) {
      throw ShapeError(text(op, ": sample ", i, " has image ", samples[i].image.shape(), ", mask ", mask,
                            ", prediction ", prediction, ". The first image is ", image,
                            "; all are [h, w, channels] with masks and predictions [h, w]."));
    }
  }
}

// The largest whole number up to `scale` by which pictures of this longest side may be enlarged.
std::int64_t fitting_scale(const Shape& picture, const PanelOptions& options) {
  const std::int64_t longest = std::max<std::int64_t>(1, std::max(picture[0], picture[1]));
  return std::clamp<std::int64_t>(options.max_side / longest, 1, options.scale);
}

// `pictures` of one size in cells of `in_cell`, the cells in rows of `options.columns`.
Tensor panel(const std::vector<Tensor>& pictures, std::int64_t in_cell, const PanelOptions& options) {
  const std::int64_t scale = fitting_scale(pictures[0].shape(), options);
  const std::int64_t gap = options.gap, margin = options.margin;
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

// Draws a white frame with a black rim around `window` of an image of `image` pixels into its picture, which
// may be shrunk. Both lines lie inside the window, so a frame at the border of the image shows as well.
void draw_frame(Tensor& picture, const Shape& image, const PixelBox& window) {
  const std::int64_t height = picture.shape()[0], width = picture.shape()[1];
  const std::int64_t top = window.top * height / image[0], left = window.left * width / image[1];
  const std::int64_t bottom = (window.top + window.height) * height / image[0] - 1;
  const std::int64_t right = (window.left + window.width) * width / image[1] - 1;
  std::uint8_t* pixels = picture.mutable_values<std::uint8_t>().data();
  for (std::int64_t row = top; row <= bottom; ++row) {
    for (std::int64_t column = left; column <= right; ++column) {
      const std::int64_t depth =
          std::min({row - top, bottom - row, column - left, right - column});  // 0 at the window's edge
      if (depth < 3) std::fill_n(pixels + (row * width + column) * 3, 3, depth == 1 ? 255 : 0);
    }
  }
}

// The pictures of a panel: shrunk where they are too large, framed where that is asked for.
class PanelPictures {
 public:
  PanelPictures(const Shape& image, std::int64_t samples, const PanelOptions& options)
      : image_(image), side_(panel_side(image, samples, options.max_side)), options_(options) {}

  void add_image(const Tensor& picture, std::size_t sample) {
    add_framed(fit_picture(picture, side_), sample);
  }

  // Shrunk errors have steps of 8 in brightness, which halves the file: they are noise where a prediction is.
  void add_errors(const Tensor& picture, std::size_t sample) {
    Tensor fitted = fit_picture(picture, side_);
    if (fitted.shape() != picture.shape()) {
      for (std::uint8_t& byte : fitted.mutable_values<std::uint8_t>())
        byte = static_cast<std::uint8_t>(std::min((byte + 4) / 8 * 8, 255));
    }
    add_framed(std::move(fitted), sample);
  }

  void add_labels(const Tensor& labels) { pictures_.push_back(label_picture(fit_labels(labels, side_))); }

  const std::vector<Tensor>& pictures() const { return pictures_; }

 private:
  void add_framed(Tensor fitted, std::size_t sample) {
    if (!options_.frames.empty()) {
      fitted = Tensor(fitted.shape(), fitted.values<std::uint8_t>());  // a frame changes no shared picture
      draw_frame(fitted, image_, options_.frames[sample]);
    }
    pictures_.push_back(std::move(fitted));
  }

  Shape image_;
  std::int64_t side_;
  const PanelOptions& options_;
  std::vector<Tensor> pictures_;
};

}  // namespace

std::int64_t panel_side(const Shape& image, std::int64_t samples, std::int64_t max_side) {
  constexpr std::int64_t min_side = 128;
  const std::int64_t longest = std::max(image[0], image[1]);
  if (longest <= max_side) return longest;
  if (samples <= 2) return max_side;
  const double shared = static_cast<double>(max_side) * std::sqrt(2.0 / static_cast<double>(samples));
  return std::clamp<std::int64_t>(std::llround(shared), std::min(min_side, max_side), max_side);
}

Tensor image_picture(const Tensor& image) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3)) {
    throw ShapeError(text("image_picture: image ", shape, " has no picture. It is [height, width, 1 or 3]."));
  }
  Tensor picture = Tensor::uninitialized({shape[0], shape[1], 3}, DType::uint8);
  std::uint8_t* out = picture.mutable_values<std::uint8_t>().data();
  visit_floating("image_picture", image.dtype(), [&]<class T> {
    const T* const values = image.values<T>().data();
    const std::int64_t copies = shape[2] == 1 ? 3 : 1;
    parallel_for(image.elements(), std::int64_t{1} << 18, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        std::fill_n(out + i * copies, copies, byte_of_brightness(values[i]));
    });
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
  for (const Tensor* labels : {&sample.target, &prediction}) check_labels(*labels);
  const Shape size{ground.shape()[0], ground.shape()[1]};
  if (sample.target.shape() != size || prediction.shape() != size) {
    throw ShapeError(text("error_picture: image ", sample.image.shape(), ", mask ", sample.target.shape(),
                          ", prediction ", prediction.shape(), ". Mask and prediction are ", size, '.'));
  }
  const Tensor truth = sample.target.cast(DType::int32), guess = prediction.cast(DType::int32);
  const std::int32_t *const label = truth.values<std::int32_t>().data(), *const guessed =
                                                                             guess.values<std::int32_t>()
                                                                                 .data();
  const std::uint8_t* const from = ground.values<std::uint8_t>().data();
  Tensor picture = Tensor::uninitialized(ground.shape(), DType::uint8);
  std::uint8_t* const to = picture.mutable_values<std::uint8_t>().data();
  parallel_for(truth.elements(), std::int64_t{1} << 17, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t k = 3 * i; k < 3 * i + 3; ++k) {
        to[k] = label[i] == unknown_label ? 128
                : label[i] != guessed[i]  ? 255
                                          : static_cast<std::uint8_t>(from[k] / 3);
      }
    }
  });
  return picture;
}

Tensor prediction_panel(std::span<const Sample> samples, std::span<const Tensor> predictions,
                        const PanelOptions& options) {
  check_panel("prediction_panel", samples, predictions, options);
  PanelPictures cells(samples[0].image.shape(), std::ssize(samples), options);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    cells.add_image(image_picture(samples[i].image), i);
    cells.add_labels(samples[i].target);
    cells.add_labels(predictions[i]);
    if (options.errors) cells.add_errors(error_picture(samples[i], predictions[i]), i);
  }
  return panel(cells.pictures(), options.errors ? 4 : 3, options);
}

Tensor sample_panel(std::span<const Sample> samples, const PanelOptions& options) {
  std::vector<Tensor> masks;
  for (const Sample& sample : samples) masks.push_back(sample.target);
  check_panel("sample_panel", samples, masks, options);
  PanelPictures cells(samples[0].image.shape(), std::ssize(samples), options);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    cells.add_image(image_picture(samples[i].image), i);
    cells.add_labels(samples[i].target);
  }
  return panel(cells.pictures(), 2, options);
}

Tensor picture_panel(const std::vector<std::vector<Tensor>>& cells, const PanelOptions& options) {
  if (cells.empty() || cells.front().empty())
    throw ArgumentError("picture_panel: there is no picture. Give one cell or more, each of one or more.");
  check_options("picture_panel", options);
  const Tensor& first = cells.front().front();
  const std::int64_t side = panel_side(first.shape(), std::ssize(cells), options.max_side);
  std::vector<Tensor> pictures;
  for (const std::vector<Tensor>& cell : cells) {
    if (cell.size() != cells.front().size()) {
      throw ShapeError(text("picture_panel: a cell of ", cell.size(), " pictures beside one of ",
                            cells.front().size(), ". All cells have as many."));
    }
    for (const Tensor& picture : cell) {
      if (picture.dtype() != DType::uint8 || picture.shape().rank() != 3 || picture.shape()[2] != 3 ||
          picture.shape() != first.shape()) {
        throw ShapeError(text("picture_panel: a ", picture.dtype(), " picture ", picture.shape(),
                              " beside one of ", first.shape(), ". All are uint8 [h, w, 3] of one size."));
      }
      pictures.push_back(fit_picture(picture, side));
    }
  }
  return panel(pictures, std::ssize(cells.front()), options);
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
