#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <span>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/image.h>
#include <trous/data/jpeg.h>
#include <trous/data/png.h>

namespace trous {
namespace {

// Throws unless `box` lies in an image or a map of this shape. Returns its channels.
std::int64_t check_box(const char* op, const Shape& shape, const PixelBox& box) {
  if (shape.rank() != 2 && shape.rank() != 3) {
    throw ShapeError(text(op, ": ", shape, " is no image. It is [height, width] or with channels."));
  }
  if (box.top < 0 || box.left < 0 || box.height < 1 || box.width < 1 || box.top > shape[0] - box.height ||
      box.left > shape[1] - box.width) {
    throw ArgumentError(text(op, ": a window of ", box.height, " x ", box.width, " (height x width) at row ",
                             box.top, ", column ", box.left, " is not inside an image of ", shape,
                             ". Move it or make it smaller."));
  }
  return shape.rank() == 3 ? shape[2] : 1;
}

}  // namespace

ImageFormat image_format(const std::string& path) {
  std::array<std::uint8_t, 8> buffer{};
  const InputFile file(path);
  const std::span<std::uint8_t> start(buffer.data(),
                                      static_cast<std::size_t>(std::min<std::int64_t>(8, file.bytes())));
  file.read(0, start);
  if (start.size() >= 4 && start[0] == 0x89 && start[1] == 'P' && start[2] == 'N' && start[3] == 'G') {
    return ImageFormat::png;
  }
  if (start.size() >= 3 && start[0] == 0xFF && start[1] == 0xD8 && start[2] == 0xFF) return ImageFormat::jpeg;
  throw FileError(text("read_image: ", path, " is neither PNG nor JPEG. It starts with ", first_bytes(start),
                       "; PNG starts with 89 50 4e 47, JPEG with ff d8 ff. Convert it to one of them."));
}

Tensor read_image(const std::string& path) {
  return image_format(path) == ImageFormat::png ? read_png(path) : read_jpeg(path);
}

Tensor rows_of(const Tensor& image, std::int64_t top, std::int64_t height) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3) {
    throw ShapeError(text("rows_of: image ", shape, " is no picture. It is [height, width, channels]."));
  }
  if (top < 0 || height < 1 || top > shape[0] - height) {
    throw ArgumentError(text("rows_of: ", height, " rows from row ", top, " on are not in image ", shape,
                             ". It has rows 0 to ", shape[0] - 1, "."));
  }
  const auto row = static_cast<std::size_t>(shape[1] * shape[2]);
  Tensor result = Tensor::uninitialized({height, shape[1], shape[2]}, image.dtype());
  visit(image.dtype(), [&]<class T>() {
    const auto rows = image.values<T>().subspan(static_cast<std::size_t>(top) * row,
                                                static_cast<std::size_t>(height) * row);
    std::copy(rows.begin(), rows.end(), result.mutable_values<T>().begin());
  });
  return result;
}

Tensor cropped(const Tensor& image, const PixelBox& box) {
  const Shape& shape = image.shape();
  const std::int64_t channels = check_box("cropped", shape, box);
  if (box == PixelBox{0, 0, shape[0], shape[1]}) return image;
  const Shape size =
      shape.rank() == 3 ? Shape{box.height, box.width, channels} : Shape{box.height, box.width};
  Tensor result = Tensor::uninitialized(size, image.dtype());
  visit(image.dtype(), [&]<class T>() {
    const T* from = image.values<T>().data() + (box.top * shape[1] + box.left) * channels;
    T* to = result.mutable_values<T>().data();
    for (std::int64_t row = 0; row < box.height; ++row, from += shape[1] * channels)
      to = std::copy_n(from, box.width * channels, to);
  });
  return result;
}

void paste(Tensor& image, const PixelBox& box, const Tensor& part) {
  const Shape& shape = image.shape();
  const std::int64_t channels = check_box("paste", shape, box);
  const Shape size =
      shape.rank() == 3 ? Shape{box.height, box.width, channels} : Shape{box.height, box.width};
  if (part.shape() != size) {
    throw ShapeError(text("paste: a part ", part.shape(), " does not fit a box of ", size, " of an image ",
                          shape, ". Give as many pixels and channels."));
  }
  visit(image.dtype(), [&]<class T>() {
    const T* from = part.values<T>().data();
    T* to = image.mutable_values<T>().data() + (box.top * shape[1] + box.left) * channels;
    for (std::int64_t row = 0; row < box.height;
         ++row, from += box.width * channels, to += shape[1] * channels)
      std::copy_n(from, box.width * channels, to);
  });
}

bool is_image_name(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& letter : extension) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

std::int64_t white_of(const Tensor& pixels) { return pixels.dtype() == DType::int32 ? 65535 : 255; }

std::int64_t brightest_of(const Tensor& pixels) {
  const auto numbers = pixels.values<std::int32_t>();
  return *std::max_element(numbers.begin(), numbers.end());
}

std::int64_t sensor_white(std::int64_t brightest) {
  for (const std::int64_t white : {1023, 4095, 16383}) {
    if (brightest <= white) return white;
  }
  return 65535;
}

Tensor to_float_image(const Tensor& pixels, std::int64_t channels, std::int64_t white) {
  const Shape& shape = pixels.shape();
  if (pixels.dtype() != DType::uint8 && pixels.dtype() != DType::int32) {
    throw DTypeError(text("to_float_image: the pixels are ", pixels.dtype(),
                          ". read_image gives uint8 or int32; a floating image needs no conversion."));
  }
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 4) {
    throw ShapeError(text("to_float_image: pixels ", shape,
                          " are no picture. They are [height, width, channels] with 1 to 4 channels."));
  }
  if (channels != 1 && channels != 3) {
    throw ArgumentError(
        text("to_float_image: ", channels, " channels were asked for. Ask for 1, grey, or 3, RGB."));
  }
  if (white < 1 || white > 65535) {
    throw ArgumentError(
        text("to_float_image: white ", white, " is not in 1 to 65535. White is 255 in 8 bits, 65535 in 16."));
  }
  Tensor image = Tensor::uninitialized({shape[0], shape[1], channels}, DType::float32);
  float* out = image.mutable_values<float>().data();
  const bool in_color = shape[2] >= 3;
  const auto whole = static_cast<float>(white);
  const double thousandfold = 1000 * static_cast<double>(white);
  const auto convert = [&](const auto* in) {
    for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i, in += shape[2], out += channels) {
      if (in_color && channels == 1) {
        // The sum is a whole number that a double holds, so the one division rounds, the same way everywhere.
        const std::int64_t luma =
            std::int64_t{299} * in[0] + std::int64_t{587} * in[1] + std::int64_t{114} * in[2];
        out[0] = static_cast<float>(static_cast<double>(luma) / thousandfold);
      } else {
        for (std::int64_t c = 0; c < channels; ++c) out[c] = static_cast<float>(in[in_color ? c : 0]) / whole;
      }
    }
  };
  if (pixels.dtype() == DType::uint8) {
    convert(pixels.values<std::uint8_t>().data());
  } else {
    convert(pixels.values<std::int32_t>().data());
  }
  return image;
}

}  // namespace trous
