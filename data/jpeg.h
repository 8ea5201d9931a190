// JPEG files: photographs as uint8 tensors.
#pragma once

#include <string>

#include <trous/core/tensor.h>

namespace trous {

/// Reads the pixels of a JPEG file, upright: if the orientation in its EXIF data shows that the camera was
/// turned, the picture is turned back, so h and w are those a viewer shows. Baseline and progressive files;
/// no colour profile is applied. Decoders may differ by a few units in 255, since the standard leaves them
/// room to round.
///
/// returns   uint8 [h, w, channels], channels 1 (grey) or 3 (RGB)
///
/// Throws FileError, naming the file, if it is absent, no JPEG, truncated or damaged as far as the format
/// shows it (it has no checksums; whatever libjpeg finds corrupt counts, except what concerns no pixel, such
/// as equal bytes that some cameras write before a marker), holds CMYK colours, is wider or higher than
/// 32768, or larger than 1 GiB when decoded; sizes are checked before pixels are allocated.
Tensor read_jpeg(const std::string& path);

}  // namespace trous
