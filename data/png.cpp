// libpng reports an error by longjmp. So everything between a setjmp and libpng is a plain function over
// plain pointers: a jump never passes over an object with a destructor. Those functions return false, and
// their callers, which own the memory, throw.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include <png.h>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/png.h>

namespace trous {
namespace {

constexpr std::int64_t max_extent = 1 << 15;
constexpr std::int64_t max_decoded = std::int64_t{1} << 30;

struct Message {
  char text[160] = "out of memory";
};

[[noreturn]] void keep_message(png_structp png, png_const_charp text) {
  std::snprintf(static_cast<Message*>(png_get_error_ptr(png))->text, sizeof(Message::text), "%s", text);
  png_longjmp(png, 1);
}

void drop_warning(png_structp, png_const_charp) {}

// Reading.

struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const std::uint8_t* next = nullptr;
  std::size_t left = 0;
  Message message;

  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

void take_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder->left) png_error(png, "the file ends too early");
  std::memcpy(out, decoder->next, count);
  decoder->next += count;
  decoder->left -= count;
}

// The facts in the header, before and after the conversion to whole bytes.
struct Layout {
  png_uint_32 width, height;
  int depth, color, stored_channels, channels;

  std::size_t bytes_of_number() const { return depth == 16 ? 2 : 1; }
  std::size_t row_bytes() const {
    return std::size_t{width} * static_cast<std::size_t>(channels) * bytes_of_number();
  }
};

bool read_layout(Decoder& decoder, bool indices, Layout& layout) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder.message, keep_message, drop_warning);
  decoder.png = png;
  if (!png) return false;
  decoder.info = png_create_info_struct(png);
  if (!decoder.info) return false;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &decoder, take_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // checked below, with better messages
  png_read_info(png, decoder.info);
  png_get_IHDR(png, decoder.info, &layout.width, &layout.height, &layout.depth, &layout.color, nullptr,
               nullptr, nullptr);
  layout.stored_channels = png_get_channels(png, decoder.info);
  if (layout.width > max_extent || layout.height > max_extent) {
    layout.channels = layout.stored_channels;
    return true;  // check_layout refuses it, before libpng takes memory for a row
  }
  if (indices) {
    png_set_packing(png);  // one byte for each index of 1, 2 or 4 bits
  } else {
    png_set_expand(png);  // palette to RGB, grey to 8 bits, transparent colour to alpha
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
  layout.channels = png_get_channels(png, decoder.info);
  return true;
}

// `out` has height rows of layout.row_bytes() bytes.
bool read_pixels(Decoder& decoder, const Layout& layout, std::uint8_t* out) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  const int passes = png_get_interlace_type(decoder.png, decoder.info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  const std::size_t stride = layout.row_bytes();
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 row = 0; row < layout.height; ++row)
      png_read_row(decoder.png, out + row * stride, nullptr);
  }
  png_read_end(decoder.png, nullptr);
  return true;
}

[[noreturn]] void damaged(const char* op, const std::string& path, const Decoder& decoder) {
  throw FileError(text(op, ": ", path, " is truncated or damaged. libpng says: ", decoder.message.text,
                       ". Fetch or write the file again."));
}

void check_layout(const char* op, const std::string& path, const Layout& layout, std::size_t file_bytes) {
  const std::int64_t width = layout.width, height = layout.height;
  // A number of 16 bits becomes an int32.
  const std::int64_t bytes = layout.depth == 16 ? 4 : 1;
  if (width > max_extent || height > max_extent || width * height * layout.channels * bytes > max_decoded) {
    throw FileError(text(op, ": ", path, " has ", width, " x ", height, " pixels of ", layout.channels,
                         " channels", layout.depth == 16 ? " of 16 bits" : "", ". Up to ", max_extent,
                         " a side and ", max_decoded, " bytes are read. Cut it into tiles."));
  }
  // Deflate shrinks at most 1032 to 1, so a short file cannot hold the rows that its header promises.
  const std::int64_t row_bits = width * layout.stored_channels * layout.depth;
  const std::int64_t min_bytes = height * ((row_bits + 7) / 8 + 1) / 1032;
  if (min_bytes > static_cast<std::int64_t>(file_bytes)) {
    throw FileError(text(op, ": ", path, " is truncated. Its header says ", width, " x ", height,
                         " pixels, which take at least ", min_bytes, " bytes, and it has ", file_bytes,
                         ". Fetch or write the file again."));
  }
}

constexpr std::size_t png_header_bytes = 26;

// The header in the first bytes of a file: the signature, then the chunk IHDR of 13 bytes, in whose place
// libpng would skip a chunk of another name.
PngHeader header_in(const char* op, const std::string& path, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 8 || png_sig_cmp(bytes.data(), 0, 8) != 0) {
    throw FileError(text(op, ": ", path, " is no PNG file. It starts with ", first_bytes(bytes),
                         " instead of 89 50 4e 47 0d 0a 1a 0a. Convert it to PNG."));
  }
  if (bytes.size() < png_header_bytes) {
    throw FileError(text(op, ": ", path, " is truncated. It has ", bytes.size(),
                         " bytes. Fetch or write the file again."));
  }
  constexpr std::array<std::uint8_t, 8> chunk{0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  if (!std::equal(chunk.begin(), chunk.end(), bytes.begin() + 8)) {
    throw FileError(
        text(op, ": ", path, " is damaged. Its first chunk starts with ", first_bytes(bytes.subspan(8)),
             " instead of 00 00 00 0d 49 48 44 52, which is IHDR. Fetch or write the file again."));
  }
  const int color = bytes[25];
  return {.bits = bytes[24],
          .palette = (color & PNG_COLOR_MASK_PALETTE) != 0,
          .colors = (color & (PNG_COLOR_MASK_PALETTE | PNG_COLOR_MASK_COLOR)) == PNG_COLOR_MASK_COLOR,
          .alpha = (color & PNG_COLOR_MASK_ALPHA) != 0};
}

// A file whose header has been read and checked.
struct Opened {
  std::vector<std::uint8_t> bytes;
  Decoder decoder;
  Layout layout{};

  Opened(const char* op, const std::string& path, bool indices) : bytes(read_file(path)) {
    header_in(op, path, bytes);
    decoder.next = bytes.data();
    decoder.left = bytes.size();
    if (!read_layout(decoder, indices, layout)) damaged(op, path, decoder);
    if (indices && (layout.channels != 1 || layout.depth > 8)) {
      throw FileError(text(op, ": ", path, " holds colours, not labels: ", layout.channels, " channels of ",
                           layout.depth,
                           " bits. Labels have a palette or one grey channel of up to 8 bits."));
    }
    check_layout(op, path, layout, bytes.size());
  }

  void read(const char* op, const std::string& path, std::uint8_t* out) {
    if (!read_pixels(decoder, layout, out)) damaged(op, path, decoder);
  }
};

// PNG stores numbers of 16 bits with the upper byte first.
Tensor widened(const std::vector<std::uint8_t>& stored, const Shape& shape) {
  Tensor result = Tensor::uninitialized(shape, DType::int32);
  const std::uint8_t* from = stored.data();
  for (std::int32_t& number : result.mutable_values<std::int32_t>()) {
    number = from[0] << 8 | from[1];
    from += 2;
  }
  return result;
}

// Writing.
struct Encoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::vector<std::uint8_t> bytes;
  Message message;

  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() { png_destroy_write_struct(&png, &info); }
};

bool append(std::vector<std::uint8_t>& bytes, const std::uint8_t* data, std::size_t count) noexcept {
  try {
    bytes.insert(bytes.end(), data, data + count);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void give_bytes(png_structp png, png_bytep data, std::size_t count) {
  auto* encoder = static_cast<Encoder*>(png_get_io_ptr(png));
  if (!append(encoder->bytes, data, count)) png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

struct Encoding {
  png_uint_32 width, height;
  int depth, color, channels;
  PngEffort effort = PngEffort::usual;
};

bool encode(Encoder& encoder, const Encoding& encoding, const png_color* palette, int colors,
            const std::uint8_t* pixels) {
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder.message, keep_message, drop_warning);
  encoder.png = png;
  if (!png) return false;
  encoder.info = png_create_info_struct(png);
  if (!encoder.info) return false;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, &encoder, give_bytes, flush_nothing);
  png_set_IHDR(png, encoder.info, encoding.width, encoding.height, encoding.depth, encoding.color,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (encoding.effort == PngEffort::quick) png_set_compression_level(png, 3);
  if (palette) png_set_PLTE(png, encoder.info, palette, colors);
  png_write_info(png, encoder.info);
  png_set_packing(png);
  const std::size_t stride = std::size_t{encoding.width} * static_cast<std::size_t>(encoding.channels) *
                             (encoding.depth == 16 ? 2 : 1);
  for (png_uint_32 row = 0; row < encoding.height; ++row) png_write_row(png, pixels + row * stride);
  png_write_end(png, encoder.info);
  return true;
}

void write_encoded(const char* op, const std::string& path, const Encoding& encoding,
                   const png_color* palette, int colors, const std::uint8_t* pixels) {
  Encoder encoder;
  if (!encode(encoder, encoding, palette, colors, pixels)) {
    throw FileError(text(op, ": ", path, " was not written. libpng says: ", encoder.message.text,
                         ". Write a smaller picture."));
  }
  write_file(path, encoder.bytes);
}

bool fits(const Shape& shape) {
  return shape[0] >= 1 && shape[0] <= max_extent && shape[1] >= 1 && shape[1] <= max_extent;
}

// Numbers of 16 bits as PNG stores them, the upper byte first.
std::vector<std::uint8_t> narrowed(const Tensor& image) {
  std::vector<std::uint8_t> stored;
  stored.reserve(static_cast<std::size_t>(2 * image.elements()));
  for (const std::int32_t number : image.values<std::int32_t>()) {
    if (number < 0 || number > 65535) {
      throw ArgumentError(text("write_png: number ", number, " at place ", stored.size() / 2,
                               " is not in 0 to 65535. PNG holds no other."));
    }
    stored.push_back(static_cast<std::uint8_t>(number >> 8));
    stored.push_back(static_cast<std::uint8_t>(number & 255));
  }
  return stored;
}

// The labels as bytes, each known to have a colour.
std::vector<std::uint8_t> label_bytes(const Tensor& labels, std::size_t colors) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(labels.elements()));
  const auto convert = [&](const auto values) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::int64_t label = values[i];
      if (label < 0 || label >= static_cast<std::int64_t>(colors)) {
        const auto width = static_cast<std::size_t>(labels.shape()[1]);
        throw ArgumentError(text("write_indexed_png: label ", label, " at row ", i / width, ", column ",
                                 i % width, " has no colour. The palette has ", colors,
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

PngHeader read_png_header(const std::string& path) {
  const InputFile file(path);
  std::vector<std::uint8_t> bytes(std::min(static_cast<std::size_t>(file.bytes()), png_header_bytes));
  file.read(0, bytes);
  return header_in("read_png_header", path, bytes);
}

Tensor read_png(const std::string& path) {
  Opened file("read_png", path, false);
  const Shape shape{file.layout.height, file.layout.width, file.layout.channels};
  if (file.layout.depth == 16) {
    std::vector<std::uint8_t> stored(file.layout.row_bytes() * file.layout.height);
    file.read("read_png", path, stored.data());
    return widened(stored, shape);
  }
  Tensor pixels = Tensor::uninitialized(shape, DType::uint8);
  file.read("read_png", path, pixels.mutable_values<std::uint8_t>().data());
  return pixels;
}

IndexedPng read_png_numbers(const std::string& path) {
  Opened file("read_indexed_png", path, true);
  IndexedPng result{.numbers = Tensor::uninitialized({file.layout.height, file.layout.width}, DType::uint8),
                    .bits = file.layout.depth,
                    .palette = {}};
  file.read("read_indexed_png", path, result.numbers.mutable_values<std::uint8_t>().data());
  png_colorp colors = nullptr;
  int count = 0;
  if (file.layout.color == PNG_COLOR_TYPE_PALETTE)
    png_get_PLTE(file.decoder.png, file.decoder.info, &colors, &count);
  for (int i = 0; i < count; ++i) result.palette.push_back({colors[i].red, colors[i].green, colors[i].blue});
  return result;
}

Tensor read_indexed_png(const std::string& path) { return read_png_numbers(path).numbers; }

void write_png(const std::string& path, const Tensor& image, PngEffort effort) {
  const Shape& shape = image.shape();
  if (image.dtype() != DType::uint8 && image.dtype() != DType::int32) {
    throw DTypeError(text("write_png: the image is ", image.dtype(),
                          ", PNG holds uint8, or int32 of 0 to 65535. A float32 image in "
                          "0..1 becomes one through image_picture."));
  }
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 4 || !fits(shape)) {
    throw ShapeError(text("write_png: image ", shape, " is no picture. It is [height, width, channels] with ",
                          "sides of 1 to ", max_extent, " and 1 to 4 channels."));
  }
  constexpr int colors[]{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                         PNG_COLOR_TYPE_RGB_ALPHA};
  const Encoding encoding{.width = static_cast<png_uint_32>(shape[1]),
                          .height = static_cast<png_uint_32>(shape[0]),
                          .depth = image.dtype() == DType::int32 ? 16 : 8,
                          .color = colors[shape[2] - 1],
                          .channels = static_cast<int>(shape[2]),
                          .effort = effort};
  if (encoding.depth == 16)
    return write_encoded("write_png", path, encoding, nullptr, 0, narrowed(image).data());
  write_encoded("write_png", path, encoding, nullptr, 0, image.values<std::uint8_t>().data());
}

void write_indexed_png(const std::string& path, const Tensor& labels, std::span<const Color> palette) {
  const Shape& shape = labels.shape();
  if (labels.dtype() != DType::uint8 && labels.dtype() != DType::int32) {
    throw DTypeError(text("write_indexed_png: the labels are ", labels.dtype(),
                          ". Labels are uint8 or int32; take argmax of scores first."));
  }
  if (shape.rank() != 2 || !fits(shape)) {
    throw ShapeError(text("write_indexed_png: labels ", shape,
                          " are no picture. They are [height, width] with ", "sides of 1 to ", max_extent,
                          "."));
  }
  if (palette.empty() || palette.size() > 256) {
    throw ArgumentError(
        text("write_indexed_png: the palette has ", palette.size(), " colours. PNG takes 1 to 256."));
  }
  const std::vector<std::uint8_t> bytes = label_bytes(labels, palette.size());
  std::vector<png_color> colors;
  for (const Color& color : palette) colors.push_back({color.red, color.green, color.blue});
  const std::size_t count = palette.size();
  const Encoding encoding{.width = static_cast<png_uint_32>(shape[1]),
                          .height = static_cast<png_uint_32>(shape[0]),
                          .depth = count <= 2    ? 1
                                   : count <= 4  ? 2
                                   : count <= 16 ? 4
                                                 : 8,
                          .color = PNG_COLOR_TYPE_PALETTE,
                          .channels = 1};
  write_encoded("write_indexed_png", path, encoding, colors.data(), static_cast<int>(count), bytes.data());
}

}  // namespace trous
