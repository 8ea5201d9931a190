#include <trous/data/detail/jpeg_decoder.h>
#include <trous/data/jpeg.h>

namespace trous {

Tensor read_jpeg(const std::string& path) {
  return detail::JpegDecoder(path, detail::Reading::whole).read_image();
}

}  // namespace trous
