#include <vector>

#include <trous/core/error.h>
#include <trous/data/detail/limits.h>
#include <trous/data/detail/png_encoder.h>
#include <trous/data/png_writer.h>

namespace trous {
namespace {

using detail::PngEncoding;

// Whether the sides of an image [h, w, ...] are those of a PNG file that is written by rows.
bool rows_fit(const Shape& shape, std::int64_t channels, DType dtype) {
  return shape[0] >= 1 && shape[0] <= detail::max_rows && shape[1] >= 1 && shape[1] <= detail::max_row &&
         shape[1] * channels * static_cast<std::int64_t>(size_of(dtype)) <= detail::max_row;
}

PngEncoding image_encoding(const Shape& shape, DType dtype, PngEffort effort) {
  if (dtype != DType::uint8 && dtype != DType::int32) {
    throw DTypeError(text("write_png: the image is ", dtype,
                          ", PNG holds uint8, or int32 of 0 to 65535. A float32 image in "
                          "0..1 becomes one through image_picture."));
  }
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 4 || !rows_fit(shape, shape[2], dtype)) {
    throw ShapeError(text("write_png: image ", shape, " of ", dtype,
                          " is no picture. It is [height, width, channels] with 1 to 4 channels, 1 to ",
                          detail::max_rows, " rows and up to ", detail::max_row, " bytes a row."));
  }
  return {.width = shape[1],
          .height = shape[0],
          .bits = dtype == DType::int32 ? 16 : 8,
          .channels = static_cast<int>(shape[2]),
          .level = effort == PngEffort::quick ? 3 : detail::usual_level};
}

PngEncoding label_encoding(const Shape& shape, std::span<const Color> palette) {
  if (shape.rank() != 2 || !rows_fit(shape, 1, DType::uint8)) {
    throw ShapeError(text("write_indexed_png: labels ", shape,
                          " are no picture. They are [height, width] with 1 to ", detail::max_rows,
                          " rows and up to ", detail::max_row, " labels a row."));
  }
  const std::size_t count = palette.size();
  if (count < 1 || count > 256) {
    throw ArgumentError(text("write_indexed_png: the palette has ", count, " colours. PNG takes 1 to 256."));
  }
  return {.width = shape[1],
          .height = shape[0],
          .bits = count <= 2    ? 1
                  : count <= 4  ? 2
                  : count <= 16 ? 4
                                : 8,
          .channels = 1,
          .palette = palette};
}

// Numbers of 16 bits as PNG stores them, the upper byte first. `before` numbers of the image were written.
std::vector<std::uint8_t> narrowed(const Tensor& rows, std::int64_t before) {
  std::vector<std::uint8_t> stored;
  stored.reserve(static_cast<std::size_t>(2 * rows.elements()));
  for (const std::int32_t number : rows.values<std::int32_t>()) {
    if (number < 0 || number > 65535) {
      throw ArgumentError(text("write_png: number ", number, " at place ", before + std::ssize(stored) / 2,
                               " is not in 0 to 65535. PNG holds no other."));
    }
    stored.push_back(static_cast<std::uint8_t>(number >> 8));
    stored.push_back(static_cast<std::uint8_t>(number & 255));
  }
  return stored;
}

// The labels as bytes, each known to have a colour. Their first row is row `top` of the image.
std::vector<std::uint8_t> label_bytes(const Tensor& labels, std::size_t colors, std::int64_t top) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(labels.elements()));
  const auto convert = [&](const auto values) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::int64_t label = values[i];
      if (label < 0 || label >= static_cast<std::int64_t>(colors)) {
        const std::int64_t width = labels.shape()[1], place = static_cast<std::int64_t>(i);
        throw ArgumentError(text("write_indexed_png: label ", label, " at row ", top + place / width,
                                 ", column ", place % width, " has no colour. The palette has ", colors,
                                 ". Pass class_palette(), which has 256."));
      }
      bytes[i] = static_cast<std::uint8_t>(label);
    }
  };
  if (labels.dtype() == DType::uint8) {
    convert(labels.values<std::uint8_t>());
  } else {
    convert(labels.values<std::int32_t>());
  }
  return bytes;
}

}  // namespace

struct PngWriter::State {
  const char* op;
  Shape shape;
  DType dtype;
  std::size_t colors;  // of the palette, 0 without one
  detail::PngEncoder encoder;
  std::int64_t written = 0;  // rows
};

PngWriter::PngWriter(const std::string& path, const Shape& shape, DType dtype, PngEffort effort)
    : state_(new State{
          "write_png", shape, dtype, 0, {"write_png", path, image_encoding(shape, dtype, effort)}}) {}

PngWriter::PngWriter(const std::string& path, const Shape& shape, std::span<const Color> palette)
    : state_(new State{"write_indexed_png",
                       shape,
                       DType::uint8,
                       palette.size(),
                       {"write_indexed_png", path, label_encoding(shape, palette)}}) {}

PngWriter::~PngWriter() = default;

void PngWriter::check_rows(const Tensor& rows) const {
  const Shape &shape = state_->shape, &given = rows.shape();
  const bool labels = state_->colors > 0;
  if (labels ? rows.dtype() != DType::uint8 && rows.dtype() != DType::int32 : rows.dtype() != state_->dtype) {
    throw DTypeError(text(state_->op, ": the ", labels ? "labels" : "rows", " are ", rows.dtype(), ". ",
                          labels ? "Labels are uint8 or int32; take argmax of scores first."
                                 : text("The writer was made for ", state_->dtype, " rows.")));
  }
  if (given.rank() != shape.rank() || given[1] != shape[1] || (!labels && given[2] != shape[2])) {
    throw ShapeError(text(state_->op, ": rows ", given, " are none of an image ", shape,
                          ". All extents but the first are equal."));
  }
  if (given[0] > shape[0] - state_->written) {
    throw ShapeError(text(state_->op, ": ", given[0], " rows after ", state_->written, " of ", shape[0],
                          " are too many. Make the writer with the height of all rows."));
  }
}

void PngWriter::write(const Tensor& rows) {
  check_rows(rows);
  const Shape& shape = state_->shape;
  const std::int64_t count = rows.shape()[0];
  if (state_->colors > 0) {
    state_->encoder.write_rows(label_bytes(rows, state_->colors, state_->written).data(), count);
  } else if (state_->dtype == DType::int32) {
    state_->encoder.write_rows(narrowed(rows, state_->written * shape[1] * shape[2]).data(), count);
  } else {
    state_->encoder.write_rows(rows.values<std::uint8_t>().data(), count);
  }
  state_->written += count;
}

void PngWriter::finish() {
  if (state_->written < state_->shape[0]) {
    throw ArgumentError(text(state_->op, ": ", state_->shape[0] - state_->written, " of ", state_->shape[0],
                             " rows are missing. Write them before finish."));
  }
  state_->encoder.finish();
}

}  // namespace trous
