// libjpeg reports an error by calling a function that must not return. As in png.cpp it jumps, and so
// everything between a setjmp and libjpeg is a plain function over plain pointers, which returns false;
// its caller, which owns the memory, throws. Most damage is a mere warning to libjpeg, which then makes up
// pixels: here such a warning is an error.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

// What jpeglib.h defines decides which numbers jerror.h has.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/jpeg.h>

namespace trous {
namespace {

constexpr std::int64_t max_extent = 1 << 15;
constexpr std::int64_t max_decoded = std::int64_t{1} << 30;

struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
  const std::uint8_t* bytes = nullptr;  // of the whole file
  bool behind_scan = false;             // whether the last marker began a scan, whose pixels follow it
};

enum class Effect { none, pixels_lost, none_if_padding };
struct Warning {
  int code;
  Effect effect;
};

// All of libjpeg's warnings, and what each means for the pixels.
constexpr std::array warnings{
    // An unknown transform of colours: libjpeg takes YCbCr, as every viewer that uses it does.
    Warning{JWRN_ADOBE_XFORM, Effect::none},
    // Arithmetic codes that nothing stands for: the rest of the scan is made up.
    Warning{JWRN_ARITH_BAD_CODE, Effect::pixels_lost},
    // Of a colour profile, which is not applied.
    Warning{JWRN_BOGUS_ICC, Effect::none},
    // A scan refines digits that no scan before it has given: one is missing.
    Warning{JWRN_BOGUS_PROGRESSION, Effect::pixels_lost},
    // Bytes before a marker that belong to nothing. Some cameras pad with equal bytes there. Others are
    // pixels that the decoder did not reach, since what came before them was damaged.
    Warning{JWRN_EXTRANEOUS_DATA, Effect::none_if_padding},
    // A scan ends before all its pixels: the rest is made up.
    Warning{JWRN_HIT_MARKER, Effect::pixels_lost},
    // Huffman codes that nothing stands for: the rest of the scan is made up.
    Warning{JWRN_HUFF_BAD_CODE, Effect::pixels_lost},
    // The version of the container, on which no pixel depends.
    Warning{JWRN_JFIF_MAJOR, Effect::none},
    // The file ends before its end marker: whole scans of a progressive picture may be missing.
    Warning{JWRN_JPEG_EOF, Effect::pixels_lost},
    // A restart marker is missing, and the pixels before the next one are made up.
    Warning{JWRN_MUST_RESYNC, Effect::pixels_lost},
    // A sequential scan announces a range of frequencies. It always has all, and some encoders write zeros
    // there (jdhuff.c).
    Warning{JWRN_NOT_SEQUENTIAL, Effect::none},
    // Of writers only.
    Warning{JWRN_TOO_MUCH_DATA, Effect::pixels_lost},
};

Effect effect_of(int code) {
  const auto* const found = std::find_if(warnings.begin(), warnings.end(),
                                         [code](const Warning& warning) { return warning.code == code; });
  return found == warnings.end() ? Effect::pixels_lost : found->effect;
}

[[noreturn]] void keep_message(j_common_ptr jpeg) {
  auto* errors = static_cast<ErrorManager*>(jpeg->err);
  errors->format_message(jpeg, errors->message);
  std::longjmp(errors->jump, 1);
}

// Whether the bytes that libjpeg has just skipped are padding: zeros and 0xFF, or one other value at least
// `min_equal` times. Behind a scan they may also be a hole in the file, of which the decoder took the
// beginning for pixels. Then more such bytes stand before the marker than it skipped; a few more are its
// reading ahead, by at most 8 bytes, and true pixels that look the same.
bool skipped_padding(const jpeg_decompress_struct& jpeg, const ErrorManager& errors) {
  constexpr std::ptrdiff_t max_more = 16, min_equal = 8;
  const auto is_usual = [](std::uint8_t byte) { return byte == 0 || byte == 0xFF; };
  const std::uint8_t* const end = jpeg.src->next_input_byte;
  const std::uint8_t* begin = end;
  while (begin > errors.bytes && (begin[-1] == end[-1] || (is_usual(begin[-1]) && is_usual(end[-1]))))
    --begin;
  const std::ptrdiff_t padding = end - begin, skipped = errors.msg_parm.i[0];
  return skipped <= padding && (is_usual(end[-1]) || padding >= min_equal) &&
         (!errors.behind_scan || padding - skipped <= max_more);
}

void follow_markers(ErrorManager& errors) {
  switch (errors.msg_code) {
    case JTRC_SOS:
      errors.behind_scan = true;
      break;
    case JTRC_ADOBE:
    case JTRC_APP0:
    case JTRC_APP14:
    case JTRC_DAC:
    case JTRC_DHT:
    case JTRC_DQT:
    case JTRC_DRI:
    case JTRC_JFIF:
    case JTRC_MISC_MARKER:
      errors.behind_scan = false;
      break;
    default:
      break;
  }
}

// Levels below 0 are warnings, others are traces.
void judge_message(j_common_ptr jpeg, int level) {
  auto& errors = *static_cast<ErrorManager*>(jpeg->err);
  if (level >= 0) return follow_markers(errors);
  const Effect effect = effect_of(errors.msg_code);
  if (effect == Effect::none) return;
  if (effect == Effect::none_if_padding &&
      skipped_padding(*reinterpret_cast<jpeg_decompress_struct*>(jpeg), errors))
    return;
  keep_message(jpeg);
}

struct Decoder {
  jpeg_decompress_struct jpeg{};
  ErrorManager errors{};

  Decoder() {
    jpeg.err = jpeg_std_error(&errors);
    errors.error_exit = keep_message;
    errors.emit_message = judge_message;
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

bool read_header(Decoder& decoder, const std::uint8_t* bytes, std::size_t count) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_create_decompress(&decoder.jpeg);
  jpeg_mem_src(&decoder.jpeg, bytes, count);
  decoder.errors.bytes = bytes;
  jpeg_save_markers(&decoder.jpeg, JPEG_APP0 + 1, 0xFFFF);  // EXIF
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

// `out` has output_height rows of output_width * channels bytes.
bool read_pixels(Decoder& decoder, std::size_t stride, std::uint8_t* out) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_start_decompress(&decoder.jpeg);
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW row = out + decoder.jpeg.output_scanline * stride;
    jpeg_read_scanlines(&decoder.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

[[noreturn]] void damaged(const std::string& path, const Decoder& decoder) {
  throw FileError(text("read_jpeg: ", path, " is truncated or damaged. libjpeg says: ",
                       decoder.errors.message, ". Fetch or write the file again."));
}

void check_header(const std::string& path, const jpeg_decompress_struct& jpeg, std::size_t file_bytes) {
  if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK || jpeg.num_components > 3) {
    throw FileError(text("read_jpeg: ", path, " holds ", jpeg.num_components,
                         " components, CMYK colours for print. Grey and RGB are read. Convert it to RGB."));
  }
  const std::int64_t width = jpeg.image_width, height = jpeg.image_height;
  const std::int64_t channels = jpeg.num_components == 1 ? 1 : 3;
  if (width > max_extent || height > max_extent || width * height * channels > max_decoded) {
    throw FileError(text("read_jpeg: ", path, " has ", width, " x ", height, " pixels of ", channels,
                         " channels. Up to ", max_extent, " a side and ", max_decoded,
                         " bytes are read. Cut it into tiles."));
  }
  // Huffman coding spends a bit or more on every block of 8 x 8; only arithmetic coding may spend less.
  std::int64_t blocks = 0;
  for (int c = 0; c < jpeg.num_components; ++c) {
    const jpeg_component_info& component = jpeg.comp_info[c];
    blocks += std::int64_t{component.width_in_blocks} * component.height_in_blocks;
  }
  if (!jpeg.arith_code && blocks / 8 > static_cast<std::int64_t>(file_bytes)) {
    throw FileError(text("read_jpeg: ", path, " is truncated. Its header says ", width, " x ", height,
                         " pixels, which take at least ", blocks / 8, " bytes, and it has ", file_bytes,
                         ". Fetch or write the file again."));
  }
}

// A number of 2 or 4 bytes in the TIFF data of an EXIF segment, or nothing where they end before it.
struct Tiff {
  std::span<const std::uint8_t> bytes;
  bool little;

  std::optional<std::uint32_t> number(std::size_t at, std::size_t count) const {
    if (at > bytes.size() || bytes.size() - at < count) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + (little ? count - 1 - i : i)];
    return value;
  }
};

// The value 1 to 8 of EXIF's orientation tag; 1, upright, where there is none that makes sense.
int orientation(const jpeg_decompress_struct& jpeg) {
  constexpr std::uint8_t exif[]{'E', 'x', 'i', 'f', 0, 0};
  constexpr std::uint32_t tag = 0x0112, uint16_type = 3;
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker; marker = marker->next) {
    const std::span<const std::uint8_t> data(marker->data, marker->data_length);
    if (data.size() < 14 || !std::equal(exif, exif + 6, data.begin())) continue;
    const Tiff tiff{data.subspan(6), data[6] == 'I'};
    const std::size_t directory = tiff.number(4, 4).value_or(0);
    const std::uint32_t entries = tiff.number(directory, 2).value_or(0);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::size_t at = directory + 2 + 12 * i;
      if (tiff.number(at, 2) != tag || tiff.number(at + 2, 2) != uint16_type) continue;
      const std::uint32_t value = tiff.number(at + 8, 2).value_or(1);
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
  }
  return 1;
}

// The picture as it is seen. Where the stored first row and first column are in it: 1 top, left; 2 top,
// right; 3 bottom, right; 4 bottom, left; 5 left, top; 6 right, top; 7 right, bottom; 8 left, bottom.
Tensor upright(const Tensor& stored, int turn) {
  if (turn == 1) return stored;
  const std::int64_t rows = stored.shape()[0], columns = stored.shape()[1], channels = stored.shape()[2];
  const bool transposed = turn >= 5;
  const bool backward_rows = turn == 3 || turn == 4 || turn == 6 || turn == 7;
  const bool backward_columns = turn == 2 || turn == 3 || turn == 7 || turn == 8;
  Tensor seen = Tensor::uninitialized({transposed ? columns : rows, transposed ? rows : columns, channels},
                                      DType::uint8);
  const std::uint8_t* in = stored.values<std::uint8_t>().data();
  std::uint8_t* out = seen.mutable_values<std::uint8_t>().data();
  const std::int64_t width = seen.shape()[1];
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t r = backward_rows ? rows - 1 - row : row;
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int64_t c = backward_columns ? columns - 1 - column : column;
      const std::int64_t place = transposed ? c * width + r : r * width + c;
      std::copy_n(in + (row * columns + column) * channels, channels, out + place * channels);
    }
  }
  return seen;
}

}  // namespace

Tensor read_jpeg(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  if (bytes.size() < 3 || bytes[0] != 0xFF || bytes[1] != 0xD8 || bytes[2] != 0xFF) {
    throw FileError(text("read_jpeg: ", path, " is no JPEG file. It starts with ", first_bytes(bytes),
                         " instead of ff d8 ff. Convert it to JPEG."));
  }
  Decoder decoder;
  if (!read_header(decoder, bytes.data(), bytes.size())) damaged(path, decoder);
  check_header(path, decoder.jpeg, bytes.size());
  const int turn = orientation(decoder.jpeg);  // the end of decoding frees what it is read from
  const std::int64_t channels = decoder.jpeg.num_components == 1 ? 1 : 3;
  decoder.jpeg.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  Tensor pixels =
      Tensor::uninitialized({decoder.jpeg.image_height, decoder.jpeg.image_width, channels}, DType::uint8);
  const std::size_t stride = std::size_t{decoder.jpeg.image_width} * static_cast<std::size_t>(channels);
  if (!read_pixels(decoder, stride, pixels.mutable_values<std::uint8_t>().data())) damaged(path, decoder);
  return upright(pixels, turn);
}

}  // namespace trous
