// Images and masks in another size: how they are read smaller, and how results get the size of the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <trous/core/on_progress.h>
#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/data/image_rows.h>

namespace trous {

/// How the pixels of an image in another size come from those of the image; resize_rows has the formulas.
enum class ResizeFilter { area, bilinear };

/// "area", "bilinear".
std::string_view name(ResizeFilter filter);

/// Images that are read smaller than their files.
struct Resize {
  std::int64_t longest = 0;  ///< images with a longer side get this one as their longest; others stay
  ResizeFilter filter = ResizeFilter::area;

  bool operator==(const Resize&) const = default;
};

/// Reads "512", which takes the area filter, or "512:bilinear". Throws ArgumentError for other words, and for
/// sides that are not in 4 to 32768.
Resize parse_resize(std::string_view words);

/// The words that parse_resize reads.
std::string to_text(const Resize& resize);

/// An image that gets another size, and how.
struct Resizing {
  HeightWidth from, to;
  ResizeFilter filter = ResizeFilter::area;
};

/// Rows begin .. end - 1.
struct RowRange {
  std::int64_t begin, end;
};

/// The size of an image whose longest side becomes `longest`, and whose other side follows, rounded, with
/// one pixel at least. The same where no side is longer.
HeightWidth fitted_size(const HeightWidth& size, std::int64_t longest);

/// `rows` of an image of size `from` that gets the size `to`, with f = from.height / to.height:
///
///   result[i, j] = sum over r and c of a(i, r) b(j, c) image[r, c]
///
///   area          a(i, r) = (length of [r, r + 1] inside [i f, (i + 1) f]) / f
///
///   bilinear      a(i, r) = max(0, 1 - |y - r|)
///                 y = (i + 1/2) f - 1/2, clamped to 0 .. from.height - 1
///
/// and b likewise of the widths. Whole numbers are rounded, halves up. Bilinear reads 2x2 pixels, however
/// small the image becomes, as torch.nn.functional.interpolate with align_corners=False, antialias=False.
///
/// band      uint8, int32 or float32 [rows, from.width, channels]: the rows of the image from `top` on, at
///           least those that source_rows names
/// returns   [rows.end - rows.begin, to.width, channels], of the same dtype
///
/// Throws ShapeError or DTypeError for another band, ArgumentError for rows that are not in the result, or
/// none.
Tensor resize_rows(const Tensor& band, std::int64_t top, const Resizing& resizing, const RowRange& rows);

/// The rows of an image from which `rows` of the resized image are made.
RowRange source_rows(const Resizing& resizing, const RowRange& rows);

/// The image [h, w, channels] in the size `to`, see resize_rows.
Tensor resize_image(const Tensor& image, const HeightWidth& to, ResizeFilter filter);

/// As resize_image, of a file, of which a few rows are in memory at a time. Calls `on_rows` with the rows of
/// the file as they are read, some of them twice, and `on_progress` with their number. Throws as
/// ImageRows::rows.
Tensor read_resized(ImageRows& file, const HeightWidth& to, ResizeFilter filter,
                    const OnProgress& on_progress = nullptr,
                    const std::function<void(const Tensor& rows)>& on_rows = nullptr);

/// A map in the size `to`, each pixel the nearest one:
///
///   result[i, j] = labels[floor((i + 1/2) h / to.height), floor((j + 1/2) w / to.width)]
///
/// labels    uint8 or int32 [h, w]
/// returns   [to.height, to.width], of the same dtype
///
/// Throws ShapeError or DTypeError for other tensors. Source: "nearest-exact" of
/// torch.nn.functional.interpolate.
Tensor resize_labels(const Tensor& labels, const HeightWidth& to);

}  // namespace trous
