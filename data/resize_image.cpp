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

// The source pixels of a target pixel, [begin, end).
RowRange sources(ResizeFilter filter, std::int64_t from, std::int64_t to, std::int64_t i) {
  const detail::AreaAxis axis{from, to};
  if (filter == ResizeFilter::area) return {axis.first(i), axis.end(i)};
  // y = ((2 i + 1) from - to) / (2 to)
  const std::int64_t y = std::clamp<std::int64_t>((2 * i + 1) * from - to, 0, 2 * to * (from - 1));
  const std::int64_t first = y / (2 * to);
  return {first, std::min(first + 2, from)};
}

// The weight of source pixel r for target pixel i, a whole number. Those of a target pixel sum to
// total_weight.
std::int64_t weight(ResizeFilter filter, std::int64_t from, std::int64_t to, std::int64_t r, std::int64_t i) {
  if (filter == ResizeFilter::area) return detail::AreaAxis{from, to}.overlap(r, i);
  const std::int64_t y = std::clamp<std::int64_t>((2 * i + 1) * from - to, 0, 2 * to * (from - 1));
  return std::max<std::int64_t>(0, 2 * to - std::abs(y - 2 * to * r));
}

std::int64_t total_weight(ResizeFilter filter, std::int64_t from, std::int64_t to) {
  return filter == ResizeFilter::area ? from : 2 * to;
}

// The weights of all source columns of all target columns, one after the other.
struct ColumnWeights {
  std::vector<RowRange> sources;
  std::vector<double> weights;
};

ColumnWeights column_weights(ResizeFilter filter, std::int64_t from, std::int64_t to) {
  ColumnWeights all;
  for (std::int64_t j = 0; j < to; ++j) {
    const RowRange range = sources(filter, from, to, j);
    all.sources.push_back(range);
    for (std::int64_t c = range.begin; c < range.end; ++c)
      all.weights.push_back(static_cast<double>(weight(filter, from, to, c, j)));
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

void check_band(const Tensor& band, std::int64_t top, const HeightWidth& from, const HeightWidth& to,
                const RowRange& wanted, ResizeFilter filter) {
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
  const RowRange needed = source_rows(from.height, to.height, wanted, filter);
  if (top > needed.begin || top + band.shape()[0] < needed.end) {
    throw ArgumentError(text("resize_rows: rows ", needed.begin, " to ", needed.end - 1,
                             " are needed, and rows ", top, " to ", top + band.shape()[0] - 1,
                             " are given."));
  }
}

template <class T>
void resize_typed(const Tensor& band, std::int64_t top, const HeightWidth& from, const HeightWidth& to,
                  std::int64_t begin, ResizeFilter filter, Tensor& result) {
  const std::int64_t channels = band.shape()[2], row_size = from.width * channels;
  const ColumnWeights columns = column_weights(filter, from.width, to.width);
  const double total = static_cast<double>(total_weight(filter, from.height, to.height)) *
                       static_cast<double>(total_weight(filter, from.width, to.width));
  const T* const in = band.values<T>().data();
  T* const out = result.mutable_values<T>().data();
  parallel_for(result.shape()[0], 8, [&](std::int64_t first, std::int64_t last) {
    std::vector<double> sums(static_cast<std::size_t>(row_size));
    for (std::int64_t i = first; i < last; ++i) {
      std::fill(sums.begin(), sums.end(), 0.0);
      const RowRange rows = sources(filter, from.height, to.height, begin + i);
      for (std::int64_t r = rows.begin; r < rows.end; ++r) {
        const auto w = static_cast<double>(weight(filter, from.height, to.height, r, begin + i));
        const T* const row = in + (r - top) * row_size;
        for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += w * static_cast<double>(row[k]);
      }
      const double* w = columns.weights.data();
      T* pixel = out + i * to.width * channels;
      for (const RowRange& range : columns.sources) {
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

RowRange source_rows(std::int64_t from_height, std::int64_t to_height, const RowRange& rows,
                     ResizeFilter filter) {
  return {sources(filter, from_height, to_height, rows.begin).begin,
          sources(filter, from_height, to_height, rows.end - 1).end};
}

Tensor resize_rows(const Tensor& band, std::int64_t top, const HeightWidth& from, const HeightWidth& to,
                   std::int64_t begin, std::int64_t end, ResizeFilter filter) {
  check_band(band, top, from, to, {begin, end}, filter);
  Tensor result = Tensor::uninitialized({end - begin, to.width, band.shape()[2]}, band.dtype());
  switch (band.dtype()) {
    case DType::uint8:
      resize_typed<std::uint8_t>(band, top, from, to, begin, filter, result);
      break;
    case DType::int32:
      resize_typed<std::int32_t>(band, top, from, to, begin, filter, result);
      break;
    default:
      resize_typed<float>(band, top, from, to, begin, filter, result);
  }
  return result;
}

Tensor resize_image(const Tensor& image, const HeightWidth& to, ResizeFilter filter) {
  if (image.shape().rank() != 3) {
    throw ShapeError(text("resize_image: ", image.shape(), " is no image. It is [height, width, channels]."));
  }
  return resize_rows(image, 0, {image.shape()[0], image.shape()[1]}, to, 0, to.height, filter);
}

Tensor read_resized(ImageRows& file, const HeightWidth& to, ResizeFilter filter,
                    const OnProgress& on_progress, const std::function<void(const Tensor& rows)>& on_rows) {
  constexpr std::int64_t band = 16;  // rows of the result at a time
  const HeightWidth from{file.shape()[0], file.shape()[1]};
  Tensor result = Tensor::uninitialized({to.height, to.width, file.shape()[2]}, file.dtype());
  for (std::int64_t begin = 0; begin < to.height; begin += band) {
    const std::int64_t end = std::min(begin + band, to.height);
    const RowRange rows = source_rows(from.height, to.height, {begin, end}, filter);
    if (on_progress) on_progress(rows.begin, from.height);
    const Tensor read = file.rows(rows.begin, rows.end - rows.begin);
    if (on_rows) on_rows(read);
    paste(result, {begin, 0, end - begin, to.width},
          resize_rows(read, rows.begin, from, to, begin, end, filter));
  }
  file.finish();
  if (on_progress) on_progress(from.height, from.height);
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
