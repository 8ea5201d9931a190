#include <algorithm>
#include <new>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/detail/png_encoder.h>
#include <trous/data/detail/png_message.h>
#include <trous/data/file.h>

namespace trous::detail {
namespace {

bool append(std::vector<std::uint8_t>& bytes, const std::uint8_t* data, std::size_t count) noexcept {
  try {
    bytes.insert(bytes.end(), data, data + count);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void give_png_bytes(png_structp png, png_bytep data, std::size_t count) {
  if (!append(*static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png)), data, count))
    png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

bool encode_png_header(png_structp& png, png_infop& info, PngMessage& message,
                       std::vector<std::uint8_t>& bytes, const PngEncoding& encoding,
                       const png_color* palette) {
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &message, keep_png_message, drop_png_warning);
  if (!png) return false;
  info = png_create_info_struct(png);
  if (!info) return false;
  if (setjmp(png_jmpbuf(png))) return false;
  constexpr int colors[]{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                         PNG_COLOR_TYPE_RGB_ALPHA};
  const int color = palette ? PNG_COLOR_TYPE_PALETTE : colors[encoding.channels - 1];
  png_set_write_fn(png, &bytes, give_png_bytes, flush_nothing);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, static_cast<png_uint_32>(encoding.width), static_cast<png_uint_32>(encoding.height),
               encoding.bits, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (encoding.level != usual_level) png_set_compression_level(png, encoding.level);
  if (palette) png_set_PLTE(png, info, palette, static_cast<int>(encoding.palette.size()));
  png_write_info(png, info);
  png_set_packing(png);
  return true;
}

bool encode_png_rows(png_structp png, const std::uint8_t* rows, std::int64_t count, std::size_t stride) {
  if (setjmp(png_jmpbuf(png))) return false;
  for (std::int64_t row = 0; row < count; ++row)
    png_write_row(png, rows + static_cast<std::size_t>(row) * stride);
  return true;
}

bool encode_png_end(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_write_end(png, info);
  return true;
}

}  // namespace

struct PngEncoder::State {
  explicit State(const std::string& path) : file(path) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { png_destroy_write_struct(&png, &info); }

  OutputFile file;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::vector<std::uint8_t> bytes;  // made by libpng and not yet in the file
  PngMessage message;
};

PngEncoder::PngEncoder(const char* op, const std::string& path, const PngEncoding& encoding)
    : state_(std::make_unique<State>(path)), op_(op), path_(path), row_bytes_(encoding.row_bytes()) {
  std::vector<png_color> palette;
  for (const Color& color : encoding.palette) palette.push_back({color.red, color.green, color.blue});
  if (!encode_png_header(state_->png, state_->info, state_->message, state_->bytes, encoding,
                         palette.empty() ? nullptr : palette.data()))
    not_encoded();
  flush();
}

PngEncoder::~PngEncoder() = default;

void PngEncoder::not_encoded() {
  const PngMessage message = state_->message;
  state_.reset();
  throw FileError(
      text(op_, ": ", path_, " was not written. libpng says: ", message.text, ". Write a smaller picture."));
}

void PngEncoder::check_open() const {
  if (state_) return;
  throw Error(text(op_, ": ", path_,
                   " is closed. It was finished, or a write to it failed. Write it with another PngWriter."));
}

void PngEncoder::flush() {
  state_->file.write(state_->bytes);
  state_->bytes.clear();
}

void PngEncoder::write_rows(const std::uint8_t* rows, std::int64_t count) {
  check_open();
  // So few that the encoded bytes, which wait in memory, are about a megabyte.
  const auto at_once = static_cast<std::int64_t>(std::max<std::size_t>(1, (1 << 20) / row_bytes_));
  for (std::int64_t row = 0; row < count; row += at_once) {
    if (!encode_png_rows(state_->png, rows + static_cast<std::size_t>(row) * row_bytes_,
                         std::min(at_once, count - row), row_bytes_))
      not_encoded();
    flush();
  }
}

void PngEncoder::finish() {
  check_open();
  if (!encode_png_end(state_->png, state_->info)) not_encoded();
  flush();
  state_->file.finish();
  state_.reset();
}

}  // namespace trous::detail
