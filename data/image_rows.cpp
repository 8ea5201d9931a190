#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/detail/jpeg_decoder.h>
#include <trous/data/detail/png_decoder.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>

namespace trous {
namespace {

std::unique_ptr<detail::RowDecoder> open_rows(const std::string& path) {
  if (image_format(path) == ImageFormat::jpeg)
    return std::make_unique<detail::JpegDecoder>(path, detail::Reading::by_rows);
  return std::make_unique<detail::PngDecoder>("read_png", path, detail::PngPixels::colors,
                                              detail::Reading::by_rows);
}

}  // namespace

struct ImageRows::State {
  explicit State(const std::string& path)
      : decoder(open_rows(path)),
        shape(decoder->shape()),
        dtype(decoder->dtype()),
        in_order(decoder->in_order()),
        row_bytes(decoder->row_bytes()) {}

  std::size_t bytes_of(std::int64_t rows) const { return static_cast<std::size_t>(rows) * row_bytes; }
  std::int64_t next() const { return top + static_cast<std::int64_t>(window.size() / row_bytes); }
  void check(std::int64_t new_top, std::int64_t height) const;
  void move_to(std::int64_t new_top);
  void decode_until(std::int64_t end);
  void finish_at_end();
  void decode_whole();
  Tensor rows(std::int64_t new_top, std::int64_t height);
  void finish();

  // Calls `f`. A FileError ends the reading: libpng and libjpeg cannot go on behind one.
  template <class F>
  auto guarded(F&& f) {
    if (!failure.empty()) throw FileError(failure);
    try {
      return f();
    } catch (const FileError& error) {
      failure = error.what();
      decoder.reset();
      throw;
    }
  }

  std::unique_ptr<detail::RowDecoder> decoder;  // null once all rows were read, or reading failed
  Shape shape;
  DType dtype;
  bool in_order;
  std::size_t row_bytes;
  std::int64_t top = 0;
  std::vector<std::uint8_t> window;  // the rows from `top` on, as far as they were decoded
  std::optional<Tensor> whole;       // all rows of a file that is not decoded in order
  std::string failure;               // the text of the error that ended the reading
};

// Drops the rows above `new_top`, the ones that were not decoded yet too.
void ImageRows::State::move_to(std::int64_t new_top) {
  constexpr std::size_t min_piece = 1 << 16;
  const std::int64_t kept_from = std::min(new_top, next());
  window.erase(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(bytes_of(kept_from - top)));
  top = kept_from;
  if (top == new_top) return;
  const auto at_once = static_cast<std::int64_t>(std::max<std::size_t>(1, min_piece / row_bytes));
  std::vector<std::uint8_t> dropped(bytes_of(std::min(at_once, new_top - top)));
  while (top < new_top) {
    const std::int64_t count = std::min(at_once, new_top - top);
    decoder->read_rows(dropped.data(), count);
    top += count;
  }
}

// Decodes the rows up to `end` into the window.
void ImageRows::State::decode_until(std::int64_t end) {
  const std::int64_t from = next();
  if (from >= end) return;
  const std::size_t kept = window.size();
  // A vector that grows holds its old memory beside the new; here the old one is first cut to the rows kept.
  if (bytes_of(end - top) > window.capacity()) window.shrink_to_fit();
  window.resize(kept + bytes_of(end - from));
  decoder->read_rows(window.data() + kept, end - from);
}

void ImageRows::State::finish_at_end() {
  if (!decoder || next() < shape[0]) return;
  decoder->finish();
  decoder.reset();
}

void ImageRows::State::decode_whole() {
  if (!whole) whole = decoder->read_image();
  decoder.reset();
}

void ImageRows::State::check(std::int64_t new_top, std::int64_t height) const {
  if (new_top < 0 || height < 1 || new_top > shape[0] - height) {
    throw ArgumentError(text("image_rows: ", height, " rows from row ", new_top, " on are not in image ",
                             shape, ". It has rows 0 to ", shape[0] - 1, "."));
  }
  if (new_top < top) {
    throw ArgumentError(text("image_rows: row ", new_top, " is above row ", top,
                             ", where the latest window began. Windows move down; open the file again to "
                             "begin at its top."));
  }
}

Tensor ImageRows::State::rows(std::int64_t new_top, std::int64_t height) {
  check(new_top, height);
  if (!in_order) {
    decode_whole();
    top = new_top;
    return rows_of(*whole, top, height);
  }
  move_to(new_top);
  decode_until(new_top + height);
  finish_at_end();
  const Shape rows_shape{height, shape[1], shape[2]};
  if (dtype == DType::int32) return detail::widened(window.data(), rows_shape);
  return {rows_shape, std::span<const std::uint8_t>(window).first(bytes_of(height))};
}

void ImageRows::State::finish() {
  if (!decoder) return;
  if (!in_order) return decode_whole();
  move_to(shape[0]);
  finish_at_end();
}

ImageRows::ImageRows(const std::string& path) : state_(std::make_unique<State>(path)) {}
ImageRows::~ImageRows() = default;
ImageRows::ImageRows(ImageRows&&) noexcept = default;
ImageRows& ImageRows::operator=(ImageRows&&) noexcept = default;

const Shape& ImageRows::shape() const { return state_->shape; }

DType ImageRows::dtype() const { return state_->dtype; }

Tensor ImageRows::rows(std::int64_t top, std::int64_t height) {
  return state_->guarded([&] { return state_->rows(top, height); });
}

void ImageRows::finish() {
  state_->guarded([&] { state_->finish(); });
}

}  // namespace trous
