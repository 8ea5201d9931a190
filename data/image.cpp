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

Tensor read_image(const std::string& path) {
  std::array<std::uint8_t, 8> buffer{};
  const InputFile file(path);
  const std::span<std::uint8_t> start(buffer.data(),
                                      static_cast<std::size_t>(std::min<std::int64_t>(8, file.bytes())));
  file.read(0, start);
  if (start.size() >= 4 && start[0] == 0x89 && start[1] == 'P' && start[2] == 'N' && start[3] == 'G') {
    return read_png(path);
  }
  if (start.size() >= 3 && start[0] == 0xFF && start[1] == 0xD8 && start[2] == 0xFF) return read_jpeg(path);
  throw FileError(text("read_image: ", path, " is neither PNG nor JPEG. It starts with ", first_bytes(start),
                       "; PNG starts with 89 50 4e 47, JPEG with ff d8 ff. Convert it to one of them."));
}

bool is_image_name(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& letter : extension) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Tensor to_float_image(const Tensor& pixels, std::int64_t channels) {
  const Shape& shape = pixels.shape();
  if (pixels.dtype() != DType::uint8) {
    throw DTypeError(text("to_float_image: the pixels are ", pixels.dtype(),
                          ". read_image gives uint8; a floating image needs no conversion."));
  }
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 4) {
    throw ShapeError(text("to_float_image: pixels ", shape,
                          " are no picture. They are [height, width, channels] with 1 to 4 channels."));
  }
  if (channels != 1 && channels != 3) {
    throw ArgumentError(
        text("to_float_image: ", channels, " channels were asked for. Ask for 1, grey, or 3, RGB."));
  }
  Tensor image = Tensor::uninitialized({shape[0], shape[1], channels}, DType::float32);
  const std::uint8_t* in = pixels.values<std::uint8_t>().data();
  float* out = image.mutable_values<float>().data();
  const bool in_color = shape[2] >= 3;
  for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i, in += shape[2], out += channels) {
    if (in_color && channels == 1) {
      // Below 2^24, so exact: the one division rounds, the same way everywhere.
      out[0] = static_cast<float>(299 * in[0] + 587 * in[1] + 114 * in[2]) / 255000.0F;
    } else {
      for (std::int64_t c = 0; c < channels; ++c) out[c] = static_cast<float>(in[in_color ? c : 0]) / 255.0F;
    }
  }
  return image;
}

}  // namespace trous
