#include <algorithm>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/folder_images.h>
#include <trous/data/image.h>

namespace trous {

Tensor FolderImages::image(std::size_t index, const PixelBox& box) const {
  const Tensor pixels = image_pixels(items[index], box, filter);
  return to_float_image(pixels, channels, pixels.dtype() == DType::int32 ? white : white_of(pixels));
}

Tensor FolderImages::image(std::size_t index) const {
  const FolderItem& item = items[index];
  Tensor own = image(index, {0, 0, item.height, item.width});
  if (own.shape() == Shape{height, width, channels}) return own;
  Tensor result = Tensor::zeros({height, width, channels}, DType::float32);
  paste(result, {0, 0, item.height, item.width}, own);
  return result;
}

void FolderImages::take(std::vector<FolderItem> decoded, const FolderOptions& options) {
  items = std::move(decoded);
  std::int64_t brightest = 0;
  for (const FolderItem& item : items) {
    height = std::max(height, item.height);
    width = std::max(width, item.width);
    brightest = std::max(brightest, item.brightest);
    if (item.channels >= 3) channels = 3;
  }
  if (options.resize) filter = options.resize->filter;
  if (brightest > 0) white = options.white > 0 ? options.white : sensor_white(brightest);
}

std::string note_on_bits(const FolderImages& images) {
  std::int64_t deep = 0, brightest = 0;
  for (const FolderItem& item : images.items) {
    deep += item.brightest > 0;
    brightest = std::max(brightest, item.brightest);
  }
  if (deep == 0) return {};
  const auto all = static_cast<std::int64_t>(images.items.size());
  return text("; ", deep, " of ", all, deep == 1 ? " image has" : " images have",
              " 16 bits, their brightest number is ", brightest, ": divided by ", images.white,
              deep < all ? ", the others by 255" : "");
}

std::string note_on_size(const FolderImages& images, const Resize& resize, const std::string& masks) {
  const FolderItem* largest = nullptr;
  std::int64_t smaller = 0;
  for (const FolderItem& item : images.items) {
    if (!item.is_resized()) continue;
    ++smaller;
    if (!largest ||
        item.in_file.height * item.in_file.width > largest->in_file.height * largest->in_file.width)
      largest = &item;
  }
  const auto all = static_cast<std::int64_t>(images.items.size());
  if (!largest) {
    return text("; no image is longer than ", resize.longest, " pixels, so none was resized");
  }
  return text("; ", smaller, " of ", all, smaller == 1 ? " image" : " images", " of up to ",
              largest->in_file.width, " x ", largest->in_file.height, " resized to ", resize.longest,
              " pixels on the longest side (", name(resize.filter), masks, "), and learned and scored so");
}

std::string note_on_padding(const FolderImages& images, const std::string& padding) {
  const auto smaller = std::count_if(images.items.begin(), images.items.end(), [&](const FolderItem& item) {
    return item.height != images.height || item.width != images.width;
  });
  if (smaller == 0) return {};
  return text("; ", smaller, " of ", images.items.size(), " images padded at the bottom and the right to ",
              images.width, " x ", images.height, ", there ", padding);
}

std::string note_on_ignored(const FolderFiles& files) {
  if (files.ignored == 0) return {};
  return text("; ", files.ignored, files.ignored == 1 ? " entry that is" : " entries that are",
              " no PNG or JPEG ignored, such as ", files.first_ignored);
}

std::string notes_on_images(const FolderImages& images, const FolderFiles& files,
                            const FolderOptions& options) {
  return text(note_on_bits(images), options.resize ? note_on_size(images, *options.resize, "") : "",
              note_on_padding(images, "black"), note_on_ignored(files));
}

}  // namespace trous
