#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/core/text.h>
#include <trous/data/detail/area_axis.h>
#include <trous/data/image.h>
#include <trous/data/resize_image.h>

namespace trous {
namespace {

struct NamedFilter {
  ResizeFilter value;
  std::string_view name;
};

constexpr std::array<NamedFilter, 2> filters{
    {{ResizeFilter::area, "area"}, {ResizeFilter::bilinear, "bilinear"}}};

// One axis of a resizing. Weights are whole numbers, so sums of whole pixels are exact.
struct ResizedAxis {
  std::int64_t from, to;
  ResizeFilter filter;

  /// The source pixels of target pixel i.
  RowRange sources(std::int64_t i) const {
    if (filter == ResizeFilter::area) return {area().first(i), area().end(i)};
    const std::int64_t first = place(i) / (2 * to);
    return {first, std::min(first + 2, from)};
  }
  /// The weight of source pixel r for target pixel i. The weights of a target pixel sum to total_weight().
  std::int64_t weight(std::int64_t r, std::int64_t i) const {
    if (filter == ResizeFilter::area) return area().overlap(r, i);
    return std::max<std::int64_t>(0, 2 * to - std::abs(place(i) - 2 * to * r));
  }
  std::int64_t total_weight() const { return filter == ResizeFilter::area ? from : 2 * to; }

 private:
  detail::AreaAxis area() const { return {from, to}; }
  // y of resize_rows, in units of 1 / (2 to).
  std::int64_t place(std::int64_t i) const {
    return std::clamp<std::int64_t>((2 * i + 1) * from - to, 0, 2 * to * (from - 1));
  }
};

ResizedAxis row_axis(const Resizing& r) { return {r.from.height, r.to.height, r.filter}; }
ResizedAxis column_axis(const Resizing& r) { return {r.from.width, r.to.width, r.filter}; }

// The weights of all source columns of all target columns, one after the other.
struct ColumnWeights {
  std::vector<RowRange> sources;
  std::vector<double> weights;
};

ColumnWeights column_weights(const ResizedAxis& axis) {
  ColumnWeights all;
  for (std::int64_t j = 0; j < axis.to; ++j) {
    const RowRange range = axis.sources(j);
    all.sources.push_back(range);
    for (std::int64_t c = range.begin; c < range.end; ++c)
      all.weights.push_back(static_cast<double>(axis.weight(c, j)));
  }
  return all;
}

// Whole sums are exact: 65535 times the pixels of an image is below 2^53.
template <class T>
T rounded(double mean) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(mean);
  } else {
    return static_cast<T>(std::floor(mean + 0.5));
  }
}

void check_band(const Tensor& band, std::int64_t top, const Resizing& resizing, const RowRange& wanted) {
  const auto& [from, to, filter] = resizing;
  if (band.shape().rank() != 3 || band.shape()[1] != from.width) {
    throw ShapeError(text("resize_rows: the rows are ", band.shape(), ". Rows of an image ", from.width,
                          " pixels wide are [rows, ", from.width, ", channels]."));
  }
  if (band.dtype() != DType::uint8 && band.dtype() != DType::int32 && band.dtype() != DType::float32) {
    throw DTypeError(
        text("resize_rows: the rows are ", band.dtype(), ". Images are uint8, int32 or float32."));
  }
  if (to.height < 1 || to.width < 1 || from.height < 1 || from.width < 1) {
    throw ArgumentError(text("resize_rows: an image of ", from.height, 'x', from.width, " cannot become ",
                             to.height, 'x', to.width, ". Both sides of both are 1 or more."));
  }
  if (wanted.begin < 0 || wanted.end > to.height || wanted.begin >= wanted.end) {
    throw ArgumentError(text("resize_rows: rows ", wanted.begin, " to ", wanted.end - 1,
                             " are not in an image of ", to.height, " rows."));
  }
  const RowRange needed = source_rows(resizing, wanted);
  if (top > needed.begin || top + band.shape()[0] < needed.end) {
    throw ArgumentError(text("resize_rows: rows ", needed.begin, " to ", needed.end - 1,
                             " are needed, and rows ", top, " to ", top + band.shape()[0] - 1,
                             " are given."));
  }
}

template <class T>
void resize_typed(const Tensor& band, std::int64_t top, const Resizing& resizing, std::int64_t begin,
                  Tensor& result) {
  const ResizedAxis rows = row_axis(resizing), columns = column_axis(resizing);
  const std::int64_t channels = band.shape()[2], row_size = columns.from * channels;
  const ColumnWeights across = column_weights(columns);
  const double total = static_cast<double>(rows.total_weight()) * static_cast<double>(columns.total_weight());
  const T* const in = band.values<T>().data();
  T* const out = result.mutable_values<T>().data();
  parallel_for(result.shape()[0], 8, [&](std::int64_t first, std::int64_t last) {
    std::vector<double> sums(static_cast<std::size_t>(row_size));
    for (std::int64_t i = first; i < last; ++i) {
      std::fill(sums.begin(), sums.end(), 0.0);
      const auto [from, end] = rows.sources(begin + i);
      for (std::int64_t r = from; r < end; ++r) {
        const auto w = static_cast<double>(rows.weight(r, begin + i));
        const T* const row = in + (r - top) * row_size;
        for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += w * static_cast<double>(row[k]);
      }
      const double* w = across.weights.data();
      T* pixel = out + i * columns.to * channels;
      for (const RowRange& range : across.sources) {
        for (std::int64_t k = 0; k < channels; ++k) {
          double sum = 0;
          for (std::int64_t c = range.begin; c < range.end; ++c)
            sum += w[c - range.begin] * sums[static_cast<std::size_t>(c * channels + k)];
          *pixel++ = rounded<T>(sum / total);
        }
        w += range.end - range.begin;
      }
    }
  });
}

}  // namespace

std::string_view name(ResizeFilter filter) {
  return std::find_if(filters.begin(), filters.end(),
                      [&](const NamedFilter& row) { return row.value == filter; })
      ->name;
}

Resize parse_resize(std::string_view words) {
  const std::size_t colon = std::min(words.find(':'), words.size());
  const auto longest = parsed_number<std::int64_t>(std::string(words.substr(0, colon)));
  if (!longest || *longest < 4 || *longest > 32768) {
    throw ArgumentError(
        text("resize: \"", words, "\" has no side from 4 to 32768. Write 512, or 512:bilinear."));
  }
  if (colon == words.size()) return {.longest = *longest};
  return {.longest = *longest, .filter = row_named("resize", filters, words.substr(colon + 1)).value};
}

std::string to_text(const Resize& resize) {
  std::string words = std::to_string(resize.longest);
  if (resize.filter != Resize().filter) words += text(':', name(resize.filter));
  return words;
}

HeightWidth fitted_size(const HeightWidth& size, std::int64_t longest) {
  const std::int64_t side = std::max(size.height, size.width);
  const auto fitted = [&](std::int64_t n) {
    return side <= longest ? n : std::max<std::int64_t>(1, (2 * n * longest + side) / (2 * side));
  };
  return {fitted(size.height), fitted(size.width)};
}

RowRange source_rows(const Resizing& resizing, const RowRange& rows) {
  const ResizedAxis axis = row_axis(resizing);
  return {axis.sources(rows.begin).begin, axis.sources(rows.end - 1).end};
}

Tensor resize_rows(const Tensor& band, std::int64_t top, const Resizing& resizing, const RowRange& rows) {
  check_band(band, top, resizing, rows);
  Tensor result =
      Tensor::uninitialized({rows.end - rows.begin, resizing.to.width, band.shape()[2]}, band.dtype());
  switch (band.dtype()) {
    case DType::uint8:
      resize_typed<std::uint8_t>(band, top, resizing, rows.begin, result);
      break;
    case DType::int32:
      resize_typed<std::int32_t>(band, top, resizing, rows.begin, result);
      break;
    default:
      resize_typed<float>(band, top, resizing, rows.begin, result);
  }
  return result;
}

Tensor resize_image(const Tensor& image, const HeightWidth& to, ResizeFilter filter) {
  if (image.shape().rank() != 3) {
    throw ShapeError(text("resize_image: ", image.shape(), " is no image. It is [height, width, channels]."));
  }
  return resize_rows(image, 0, {{image.shape()[0], image.shape()[1]}, to, filter}, {0, to.height});
}

Tensor read_resized(ImageRows& file, const HeightWidth& to, ResizeFilter filter,
                    const OnProgress& on_progress, const std::function<void(const Tensor& rows)>& on_rows) {
  constexpr std::int64_t band = 16;  // rows of the result at a time
  const Resizing resizing{{file.shape()[0], file.shape()[1]}, to, filter};
  Tensor result = Tensor::uninitialized({to.height, to.width, file.shape()[2]}, file.dtype());
  for (std::int64_t begin = 0; begin < to.height; begin += band) {
    const std::int64_t end = std::min(begin + band, to.height);
    const RowRange rows = source_rows(resizing, {begin, end});
    if (on_progress) on_progress(rows.begin, resizing.from.height);
    const Tensor read = file.rows(rows.begin, rows.end - rows.begin);
    if (on_rows) on_rows(read);
    paste(result, {begin, 0, end - begin, to.width}, resize_rows(read, rows.begin, resizing, {begin, end}));
  }
  file.finish();
  if (on_progress) on_progress(resizing.from.height, resizing.from.height);
  return result;
}

Tensor resize_labels(const Tensor& labels, const HeightWidth& to) {
  if (labels.shape().rank() != 2 || labels.elements() == 0 || to.height < 1 || to.width < 1) {
    throw ShapeError(text("resize_labels: ", labels.shape(), " cannot become ", to.height, 'x', to.width,
                          ". Labels are [height, width], with a pixel at least."));
  }
  if (labels.dtype() != DType::uint8 && labels.dtype() != DType::int32) {
    throw DTypeError(text("resize_labels: the labels are ", labels.dtype(), ". They are uint8 or int32."));
  }
  const std::int64_t height = labels.shape()[0], width = labels.shape()[1];
  const auto nearest = [](std::int64_t i, std::int64_t from, std::int64_t size) {
    return (2 * i + 1) * from / (2 * size);
  };
  Tensor result = Tensor::uninitialized({to.height, to.width}, labels.dtype());
  visit(labels.dtype(), [&]<class T> {
    const T* const in = labels.values<T>().data();
    T* out = result.mutable_values<T>().data();
    for (std::int64_t i = 0; i < to.height; ++i) {
      const T* const row = in + nearest(i, height, to.height) * width;
      for (std::int64_t j = 0; j < to.width; ++j) *out++ = row[nearest(j, width, to.width)];
    }
  });
  return result;
}

}  // namespace trous
