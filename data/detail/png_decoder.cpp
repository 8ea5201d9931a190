#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include <trous/core/error.h>
#include <trous/data/detail/png_decoder.h>
#include <trous/data/detail/png_message.h>
#include <trous/data/file.h>

namespace trous::detail {

// The file as libpng reads it: in order, through a buffer.
struct PngSource {
  explicit PngSource(const std::string& path) : file(path) {}

  InputFile file;
  std::array<std::uint8_t, 1 << 16> buffer;
  std::size_t next = 0, filled = 0;
  std::int64_t offset = 0;  // of the file, where the buffer ends
  std::string failure;      // why the file could not be read

  // Copies `count` bytes to `out`. Returns false if they cannot be read. No exception passes through libpng.
  bool take(std::uint8_t* out, std::size_t count) noexcept {
    while (count > 0) {
      if (next == filled && !refill()) return false;
      const std::size_t piece = std::min(count, filled - next);
      std::memcpy(out, buffer.data() + next, piece);
      next += piece;
      out += piece;
      count -= piece;
    }
    return true;
  }

  bool refill() noexcept {
    const auto left = static_cast<std::size_t>(file.bytes() - offset);
    filled = std::min(buffer.size(), left);
    next = 0;
    try {
      file.read(offset, std::span(buffer).first(filled));
    } catch (const FileError& error) {
      failure = error.what();
      return false;
    }
    offset += static_cast<std::int64_t>(filled);
    return filled > 0;
  }
};

namespace {

constexpr std::size_t png_header_bytes = 26;

// The header in the first bytes of a file: the signature, then the chunk IHDR of 13 bytes, in whose place
// libpng would skip a chunk of another name.
PngHeader header_in(const char* op, const InputFile& file) {
  std::vector<std::uint8_t> bytes(std::min(static_cast<std::size_t>(file.bytes()), png_header_bytes));
  file.read(0, bytes);
  if (bytes.size() < 8 || png_sig_cmp(bytes.data(), 0, 8) != 0) {
    throw FileError(text(op, ": ", file.path(), " is no PNG file. It starts with ", first_bytes(bytes),
                         " instead of 89 50 4e 47 0d 0a 1a 0a. Convert it to PNG."));
  }
  if (bytes.size() < png_header_bytes) {
    throw FileError(text(op, ": ", file.path(), " is truncated. It has ", bytes.size(),
                         " bytes. Fetch or write the file again."));
  }
  constexpr std::array<std::uint8_t, 8> chunk{0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  if (!std::equal(chunk.begin(), chunk.end(), bytes.begin() + 8)) {
    throw FileError(text(op, ": ", file.path(), " is damaged. Its first chunk starts with ",
                         first_bytes(std::span(bytes).subspan(8)),
                         " instead of 00 00 00 0d 49 48 44 52, which is IHDR. Fetch or write the file "
                         "again."));
  }
  const int color = bytes[25];
  return {.bits = bytes[24],
          .palette = (color & PNG_COLOR_MASK_PALETTE) != 0,
          .colors = (color & (PNG_COLOR_MASK_PALETTE | PNG_COLOR_MASK_COLOR)) == PNG_COLOR_MASK_COLOR,
          .alpha = (color & PNG_COLOR_MASK_ALPHA) != 0};
}

void take_png_bytes(png_structp png, png_bytep out, std::size_t count) {
  if (!static_cast<PngSource*>(png_get_io_ptr(png))->take(out, count))
    png_error(png, "the file ends too early");
}

// The facts in the header.
struct PngLayout {
  png_uint_32 width, height;
  int depth, color, interlace, channels;
  bool transparent_color;
};

bool read_png_layout(png_structp& png, png_infop& info, PngMessage& message, PngSource& source,
                     PngLayout& layout) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &message, keep_png_message, drop_png_warning);
  if (!png) return false;
  info = png_create_info_struct(png);
  if (!info) return false;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &source, take_png_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // limits.h has others, with better messages
  png_read_info(png, info);
  png_get_IHDR(png, info, &layout.width, &layout.height, &layout.depth, &layout.color, &layout.interlace,
               nullptr, nullptr);
  layout.channels = png_get_channels(png, info);
  layout.transparent_color = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  return true;
}

// From here on libpng has memory for rows, whose numbers have whole bytes.
bool begin_png_pixels(png_structp png, png_infop info, PngPixels pixels) {
  if (setjmp(png_jmpbuf(png))) return false;
  if (pixels == PngPixels::numbers) {
    png_set_packing(png);  // one byte for each index of 1, 2 or 4 bits
  } else {
    png_set_expand(png);  // palette to RGB, grey to 8 bits, transparent colour to alpha
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool decode_png_rows(png_structp png, std::uint8_t* out, std::int64_t rows, std::size_t stride, int passes) {
  if (setjmp(png_jmpbuf(png))) return false;
  for (int pass = 0; pass < passes; ++pass) {
    for (std::int64_t row = 0; row < rows; ++row)
      png_read_row(png, out + static_cast<std::size_t>(row) * stride, nullptr);
  }
  return true;
}

bool read_png_end(png_structp png) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_end(png, nullptr);
  return true;
}

// Deflate shrinks at most 1032 to 1, so a short file cannot hold the rows that its header promises.
std::int64_t min_file_bytes(const PngLayout& layout) {
  const std::int64_t row_bits = std::int64_t{layout.width} * layout.channels * layout.depth;
  return std::int64_t{layout.height} * ((row_bits + 7) / 8 + 1) / 1032;
}

}  // namespace

struct PngDecoder::State {
  explicit State(const std::string& path) : source(path) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { png_destroy_read_struct(&png, &info, nullptr); }

  PngSource source;
  png_structp png = nullptr;
  png_infop info = nullptr;
  PngMessage message;
};

PngDecoder::PngDecoder(const char* op, const std::string& path, PngPixels pixels, Reading reading)
    : state_(std::make_unique<State>(path)), op_(op), path_(path) {
  header_in(op, state_->source.file);
  check(pixels, reading);
  if (!begin_png_pixels(state_->png, state_->info, pixels)) damaged();
  size_.channels = png_get_channels(state_->png, state_->info);
  row_bytes_ = png_get_rowbytes(state_->png, state_->info);
}

PngDecoder::~PngDecoder() = default;

void PngDecoder::check(PngPixels pixels, Reading reading) {
  PngLayout layout{};
  if (!read_png_layout(state_->png, state_->info, state_->message, state_->source, layout)) damaged();
  palette_ = layout.color == PNG_COLOR_TYPE_PALETTE;
  interlaced_ = layout.interlace == PNG_INTERLACE_ADAM7;
  size_ = {.width = layout.width, .height = layout.height, .channels = layout.channels, .bits = layout.depth};
  if (pixels == PngPixels::numbers && (layout.channels != 1 || layout.depth > 8)) {
    throw FileError(text(op_, ": ", path_, " holds colours, not labels: ", layout.channels, " channels of ",
                         layout.depth, " bits. Labels have a palette or one grey channel of up to 8 bits."));
  }
  if (pixels == PngPixels::colors) {  // as png_set_expand makes of it
    size_.channels = (palette_ ? 3 : layout.channels) + (layout.transparent_color ? 1 : 0);
  }
  check_size(op_, path_, size_, interlaced_ ? Reading::whole : reading);
  check_promise(op_, path_, size_, min_file_bytes(layout), state_->source.file.bytes());
}

void PngDecoder::damaged() const {
  if (!state_->source.failure.empty()) throw FileError(state_->source.failure);
  throw FileError(text(op_, ": ", path_, " is truncated or damaged. libpng says: ", state_->message.text,
                       ". Fetch or write the file again."));
}

void PngDecoder::read_rows(std::uint8_t* out, std::int64_t count) {
  if (!decode_png_rows(state_->png, out, count, row_bytes_, 1)) damaged();
}

void PngDecoder::finish() {
  if (!read_png_end(state_->png)) damaged();
}

void PngDecoder::read_all(std::uint8_t* out) {
  if (!decode_png_rows(state_->png, out, size_.height, row_bytes_, interlaced_ ? 7 : 1)) damaged();
  finish();
}

Tensor PngDecoder::read_image() {
  if (size_.bits == 16) {
    std::vector<std::uint8_t> stored(row_bytes_ * static_cast<std::size_t>(size_.height));
    read_all(stored.data());
    return widened(stored.data(), shape());
  }
  Tensor pixels = Tensor::uninitialized(shape(), DType::uint8);
  read_all(pixels.mutable_values<std::uint8_t>().data());
  return pixels;
}

std::vector<Color> PngDecoder::palette() const {
  png_colorp colors = nullptr;
  int count = 0;
  if (palette_) png_get_PLTE(state_->png, state_->info, &colors, &count);
  std::vector<Color> result;
  for (int i = 0; i < count; ++i) result.push_back({colors[i].red, colors[i].green, colors[i].blue});
  return result;
}

PngHeader png_header(const char* op, const std::string& path) { return header_in(op, InputFile(path)); }

Tensor widened(const std::uint8_t* stored, const Shape& shape) {
  Tensor result = Tensor::uninitialized(shape, DType::int32);
  for (std::int32_t& number : result.mutable_values<std::int32_t>()) {
    number = stored[0] << 8 | stored[1];
    stored += 2;
  }
  return result;
}

}  // namespace trous::detail
