// libjpeg reports an error by calling a function that must not return. As in png_message.h it jumps, and so
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
#include <trous/data/detail/jpeg_decoder.h>
#include <trous/data/file.h>

namespace trous::detail {

struct JpegErrors : jpeg_error_mgr {
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
  const std::uint8_t* bytes = nullptr;  // of the whole file
  bool behind_scan = false;             // whether the last marker began a scan, whose pixels follow it
};

namespace {

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

[[noreturn]] void keep_jpeg_message(j_common_ptr jpeg) {
  auto* errors = static_cast<JpegErrors*>(jpeg->err);
  errors->format_message(jpeg, errors->message);
  std::longjmp(errors->jump, 1);
}

// Whether the bytes that libjpeg has just skipped are padding: zeros and 0xFF, or one other value at least
// `min_equal` times. Behind a scan they may also be a hole in the file, of which the decoder took the
// beginning for pixels. Then more such bytes stand before the marker than it skipped; a few more are its
// reading ahead, by at most 8 bytes, and true pixels that look the same.
bool skipped_padding(const jpeg_decompress_struct& jpeg, const JpegErrors& errors) {
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

void follow_markers(JpegErrors& errors) {
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
  auto& errors = *static_cast<JpegErrors*>(jpeg->err);
  if (level >= 0) return follow_markers(errors);
  const Effect effect = effect_of(errors.msg_code);
  if (effect == Effect::none) return;
  if (effect == Effect::none_if_padding &&
      skipped_padding(*reinterpret_cast<jpeg_decompress_struct*>(jpeg), errors))
    return;
  keep_jpeg_message(jpeg);
}

bool read_jpeg_header(jpeg_decompress_struct& jpeg, JpegErrors& errors, const std::uint8_t* bytes,
                      std::size_t count) {
  if (setjmp(errors.jump)) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes, count);
  errors.bytes = bytes;
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);  // EXIF
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

bool start_jpeg(jpeg_decompress_struct& jpeg, JpegErrors& errors) {
  if (setjmp(errors.jump)) return false;
  jpeg_start_decompress(&jpeg);
  return true;
}

bool decode_jpeg_rows(jpeg_decompress_struct& jpeg, JpegErrors& errors, std::uint8_t* out, std::int64_t count,
                      std::size_t stride) {
  if (setjmp(errors.jump)) return false;
  for (std::int64_t row = 0; row < count; ++row) {
    JSAMPROW place = out + static_cast<std::size_t>(row) * stride;
    jpeg_read_scanlines(&jpeg, &place, 1);
  }
  return true;
}

bool finish_jpeg(jpeg_decompress_struct& jpeg, JpegErrors& errors) {
  if (setjmp(errors.jump)) return false;
  jpeg_finish_decompress(&jpeg);
  return true;
}

// Huffman coding spends a bit or more on every block of 8 x 8. Arithmetic coding has no such bound: a picture
// of one colour takes next to nothing. Such a picture is refused where it has more than 256 blocks a byte, or
// a file of 4 KiB could ask for gigabytes.
std::int64_t min_jpeg_bytes(const jpeg_decompress_struct& jpeg) {
  const std::int64_t blocks_of_a_byte = jpeg.arith_code ? 256 : 8;
  std::int64_t blocks = 0;
  for (int c = 0; c < jpeg.num_components; ++c) {
    const jpeg_component_info& component = jpeg.comp_info[c];
    blocks += std::int64_t{component.width_in_blocks} * component.height_in_blocks;
  }
  return blocks / blocks_of_a_byte;
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
int exif_orientation(const jpeg_decompress_struct& jpeg) {
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

struct JpegDecoder::State {
  explicit State(const std::string& path) : bytes(read_file(path)) {
    jpeg.err = jpeg_std_error(&errors);
    errors.error_exit = keep_jpeg_message;
    errors.emit_message = judge_message;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { jpeg_destroy_decompress(&jpeg); }

  std::vector<std::uint8_t> bytes;  // of the whole file
  jpeg_decompress_struct jpeg{};
  JpegErrors errors{};
};

JpegDecoder::JpegDecoder(const std::string& path, Reading reading)
    : state_(std::make_unique<State>(path)), path_(path) {
  const std::vector<std::uint8_t>& bytes = state_->bytes;
  if (bytes.size() < 3 || bytes[0] != 0xFF || bytes[1] != 0xD8 || bytes[2] != 0xFF) {
    throw FileError(text("read_jpeg: ", path, " is no JPEG file. It starts with ", first_bytes(bytes),
                         " instead of ff d8 ff. Convert it to JPEG."));
  }
  if (!read_jpeg_header(state_->jpeg, state_->errors, bytes.data(), bytes.size())) damaged();
  orientation_ = exif_orientation(state_->jpeg);  // the end of decoding frees what it is read from
  check(reading);
  state_->jpeg.out_color_space = size_.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
}

JpegDecoder::~JpegDecoder() = default;

void JpegDecoder::check(Reading reading) {
  jpeg_decompress_struct& jpeg = state_->jpeg;
  if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK || jpeg.num_components > 3) {
    throw FileError(text("read_jpeg: ", path_, " holds ", jpeg.num_components,
                         " components, CMYK colours for print. Grey and RGB are read. Convert it to RGB."));
  }
  size_ = {
      .width = jpeg.image_width, .height = jpeg.image_height, .channels = jpeg.num_components == 1 ? 1 : 3};
  // libjpeg keeps the coefficients of all scans where there are several, and a turned picture is turned
  // whole.
  const bool in_order = orientation_ == 1 && !jpeg_has_multiple_scans(&jpeg);
  check_size("read_jpeg", path_, size_, in_order ? reading : Reading::whole);
  check_promise("read_jpeg", path_, size_, min_jpeg_bytes(jpeg), std::ssize(state_->bytes));
}

void JpegDecoder::damaged() const {
  throw FileError(text("read_jpeg: ", path_, " is truncated or damaged. libjpeg says: ",
                       state_->errors.message, ". Fetch or write the file again."));
}

Shape JpegDecoder::shape() const {
  const bool transposed = orientation_ >= 5;
  return {transposed ? size_.width : size_.height, transposed ? size_.height : size_.width, size_.channels};
}

void JpegDecoder::read_rows(std::uint8_t* out, std::int64_t count) {
  if (!started_ && !start_jpeg(state_->jpeg, state_->errors)) damaged();
  started_ = true;
  if (!decode_jpeg_rows(state_->jpeg, state_->errors, out, count, row_bytes())) damaged();
}

void JpegDecoder::finish() {
  if (!finish_jpeg(state_->jpeg, state_->errors)) damaged();
}

Tensor JpegDecoder::read_image() {
  Tensor pixels = Tensor::uninitialized({size_.height, size_.width, size_.channels}, DType::uint8);
  read_rows(pixels.mutable_values<std::uint8_t>().data(), size_.height);
  finish();
  return upright(pixels, orientation_);
}

}  // namespace trous::detail
