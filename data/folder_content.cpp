#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <mutex>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/detail/scratch_file.h>
#include <trous/data/digest.h>
#include <trous/data/file.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_faults.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>
#include <trous/data/mask.h>
#include <trous/data/png.h>

namespace trous {
namespace {

// Runs `read` and notes the text of its exception.
template <class F>
void noting(std::vector<std::string>& faults, F&& read) {
  try {
    read();
  } catch (const FileError& error) {
    faults.push_back(sentence_of(error));
  }
}

std::string size_of_picture(std::int64_t height, std::int64_t width) { return text(width, " x ", height); }

// The numbers as bytes: one each, or the lower byte and the upper one.
std::vector<std::uint8_t> narrow_bytes(const Tensor& numbers) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(2 * static_cast<std::size_t>(numbers.elements()));
  for (const std::int32_t number : numbers.values<std::int32_t>()) {
    bytes.push_back(static_cast<std::uint8_t>(number & 255));
    bytes.push_back(static_cast<std::uint8_t>(number >> 8));
  }
  return bytes;
}

StoredPixels in_file(const Tensor& numbers, const std::shared_ptr<detail::ScratchFile>& file) {
  if (numbers.dtype() == DType::uint8)
    return {.file = file, .offset = file->append(numbers.values<std::uint8_t>())};
  return {.file = file, .offset = file->append(narrow_bytes(numbers)), .deep = true};
}

// The box of numbers that lie in a file, in rows of `width` pixels.
Tensor box_in_file(const StoredPixels& stored, std::int64_t width, std::int64_t channels,
                   const PixelBox& box) {
  const std::int64_t size = stored.deep ? 2 : 1, row_bytes = box.width * channels * size;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(box.height * row_bytes));
  for (std::int64_t row = 0; row < box.height; ++row) {
    stored.file->read(stored.offset + ((box.top + row) * width + box.left) * channels * size,
                      std::span(bytes).subspan(static_cast<std::size_t>(row * row_bytes),
                                               static_cast<std::size_t>(row_bytes)));
  }
  const Shape shape{box.height, box.width, channels};
  if (!stored.deep) return {shape, bytes};
  Tensor numbers = Tensor::uninitialized(shape, DType::int32);
  const std::uint8_t* from = bytes.data();
  for (std::int32_t& number : numbers.mutable_values<std::int32_t>()) {
    number = from[0] | from[1] << 8;
    from += 2;
  }
  return numbers;
}

[[noreturn]] void size_changed(const FolderItem& item) {
  throw FileError(text("folder: ", item.files.image, item.files.mask.empty() ? "" : " or its mask",
                       " has changed its size since it was first read, from ", item.in_file.width, " x ",
                       item.in_file.height,
                       " (width x height). Start again, and leave the files alone meanwhile."));
}

std::map<std::uint8_t, std::int64_t> pixels_of_numbers(const Tensor& mask) {
  std::array<std::int64_t, 256> pixels{};
  for (const std::uint8_t number : mask.values<std::uint8_t>()) ++pixels[number];
  std::map<std::uint8_t, std::int64_t> present;
  for (std::size_t number = 0; number < pixels.size(); ++number) {
    if (pixels[number] > 0) present[static_cast<std::uint8_t>(number)] = pixels[number];
  }
  return present;
}

// Up to 256 places of each number.
std::map<std::uint8_t, std::vector<std::uint32_t>> spread_places(const Tensor& mask) {
  const std::span<const std::uint8_t> numbers = mask.values<std::uint8_t>();
  constexpr std::int64_t max_places = 256;
  std::array<std::int64_t, 256> step{}, until{};
  std::map<std::uint8_t, std::vector<std::uint32_t>> places;
  for (const auto& [number, count] : pixels_of_numbers(mask)) {
    step[number] = (count + max_places - 1) / max_places;
    until[number] = step[number] / 2;
    places[number].reserve(static_cast<std::size_t>(std::min(count, max_places)));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint8_t number = numbers[i];
    if (until[number]-- > 0) continue;
    until[number] = step[number] - 1;
    places[number].push_back(static_cast<std::uint32_t>(i));
  }
  return places;
}

// Reads pairs of an image and its mask, and lists the faults for which a pair cannot be used.
class PairReader {
 public:
  PairReader(const ClassTable* table, bool table_is_faulty, const FolderDecoding& decoding)
      : table_(table), table_is_faulty_(table_is_faulty), decoding_(decoding) {}

  /// Decodes the files of `item`, notes in it what they hold, and returns its faults.
  std::vector<std::string> read(FolderItem& item) {
    std::vector<std::string> faults;
    std::optional<Tensor> image;
    std::optional<Mask> mask;
    noting(faults, [&] { image = read_own_image(item); });
    if (item.files.mask.empty()) {
      if (!image) return faults;
      resize(item, *image);
      keep(item, std::move(*image), std::nullopt);
      return faults;
    }
    noting(faults, [&] {
      // Where the table cannot be read, only the size of an RGB mask can be checked.
      const bool size_only = table_is_faulty_ && mask_kind(item.files.mask) == MaskKind::colors;
      mask = size_only ? Mask{.numbers = read_png(item.files.mask)} : read_mask(item.files.mask, table_);
    });
    if (!image || !mask) return faults;
    if (mask->numbers.shape()[0] != item.height || mask->numbers.shape()[1] != item.width) {
      faults.push_back(
          text(item.files.mask, " has ", size_of_picture(mask->numbers.shape()[0], mask->numbers.shape()[1]),
               " pixels, its image ", item.files.image, " ", size_of_picture(item.height, item.width),
               " (width x height). Save both at one size."));
      return faults;
    }
    if (mask->numbers.shape().rank() != 2) return faults;  // RGB without the table that is faulty
    item.numbers = pixels_of_numbers(mask->numbers);
    item.white = mask->white;
    item.palette = std::move(mask->palette);
    item.greys = mask->greys;
    resize(item, *image);
    if (item.is_resized()) mask->numbers = resize_labels(mask->numbers, {item.height, item.width});
    item.places = spread_places(mask->numbers);
    keep(item, std::move(*image), std::move(mask->numbers));
    return faults;
  }

 private:
  // The image of `item`, whose size, brightness and hash are noted.
  static Tensor read_own_image(FolderItem& item) {
    if (InputFile(item.files.image).bytes() == 0) {
      throw FileError(
          text("folder: ", item.files.image, " is empty: 0 bytes. Fetch or write the file again."));
    }
    Tensor image = read_image(item.files.image);
    item.height = image.shape()[0];
    item.width = image.shape()[1];
    item.channels = image.shape()[2];
    item.in_file = {item.height, item.width};
    if (image.dtype() == DType::int32) item.brightest = brightest_of(image);
    item.hash = content_hash(image);
    return image;
  }

  void resize(FolderItem& item, Tensor& image) const {
    if (!decoding_.resize) return;
    const HeightWidth size = fitted_size(item.in_file, decoding_.resize->longest);
    if (size == item.in_file) return;
    item.height = size.height;
    item.width = size.width;
    image = resize_image(image, size, decoding_.resize->filter);
  }

  void keep(FolderItem& item, Tensor image, std::optional<Tensor> mask) {
    const auto bytes = static_cast<std::int64_t>(image.bytes() + (mask ? mask->bytes() : 0));
    if ((bytes_ += bytes) <= decoding_.bytes) {
      item.image.tensor = std::move(image);
      item.mask.tensor = std::move(mask);
    } else if (!decoding_.cache.empty()) {
      const std::shared_ptr<detail::ScratchFile> file = scratch_file();
      item.image = in_file(image, file);
      if (mask) item.mask = in_file(*mask, file);
    }
  }

  // A std::call_once whose function throws is never left with the thread sanitizer.
  std::shared_ptr<detail::ScratchFile> scratch_file() {
    const std::lock_guard lock(mutex_);
    if (!file_) file_ = std::make_shared<detail::ScratchFile>(decoding_.cache);
    return file_;
  }

  const ClassTable* table_;
  bool table_is_faulty_;
  FolderDecoding decoding_;
  std::atomic<std::int64_t> bytes_{0};  // of all pairs so far, kept or not
  std::mutex mutex_;                    // of file_
  std::shared_ptr<detail::ScratchFile> file_;
};

// Black and white, with the names that the folder gives them.
ClassTable thresholded(const FolderFiles& files, const std::optional<ClassTable>& table,
                       std::int64_t threshold) {
  if (!table) return black_and_white(threshold);
  if (table->entries.size() == 2 && table->classes().size() == 2 && !table->has_colors() &&
      !table->has_numbers()) {
    return black_and_white(threshold, table->entries[0].name, table->entries[1].name);
  }
  throw FileError(text("folder: ", *files.class_table, " lists ", table->entries.size(), " entries",
                       table->has_colors()    ? " with colours"
                       : table->has_numbers() ? " with numbers"
                                              : "",
                       ", and a mask threshold makes two classes. Leave the threshold out, or let the table "
                       "be the two names."));
}

}  // namespace

Tensor image_pixels(const FolderItem& item, const PixelBox& box, ResizeFilter filter) {
  if (item.image.tensor) return cropped(*item.image.tensor, box);
  if (item.image.file) return box_in_file(item.image, item.width, item.channels, box);
  ImageRows rows(item.files.image);
  if (rows.shape() != Shape{item.in_file.height, item.in_file.width, item.channels}) size_changed(item);
  const HeightWidth size{item.height, item.width};
  if (item.is_resized()) return cropped(read_resized(rows, size, filter), box);
  return cropped(rows.rows(box.top, box.height), {0, box.left, box.height, box.width});
}

Tensor mask_numbers(const FolderItem& item, const ClassTable* table, const PixelBox& box) {
  if (item.mask.tensor) return cropped(*item.mask.tensor, box);
  if (item.mask.file) return box_in_file(item.mask, item.width, 1, box).reshaped({box.height, box.width});
  const Tensor numbers = read_mask(item.files.mask, table).numbers;
  if (numbers.shape() != Shape{item.in_file.height, item.in_file.width}) size_changed(item);
  const HeightWidth size{item.height, item.width};
  return cropped(item.is_resized() ? resize_labels(numbers, size) : numbers, box);
}

FolderContent read_folder_content(const FolderFiles& files, const FolderDecoding& decoding,
                                  std::int64_t threshold, const OnProgress& on_progress) {
  FolderContent result;
  result.faults = files.faults;
  bool table_is_faulty = false;
  if (files.class_table) {
    noting(result.faults, [&] { result.table = read_class_table(*files.class_table); });
    table_is_faulty = !result.table;
  }
  if (threshold > 0 && !table_is_faulty) {
    const std::size_t before = result.faults.size();
    noting(result.faults, [&] { result.table = thresholded(files, result.table, threshold); });
    table_is_faulty = result.faults.size() > before;
    if (table_is_faulty) result.table.reset();
  }
  for (std::size_t part = 0; part < files.parts.size(); ++part) {
    for (const FolderPair& pair : files.parts[part].pairs) {
      FolderItem item;
      item.files = pair;
      item.part = part;
      result.items.push_back(std::move(item));
    }
  }
  PairReader reader(result.table ? &*result.table : nullptr, table_is_faulty, decoding);
  const auto count = static_cast<std::int64_t>(result.items.size());
  std::vector<std::vector<std::string>> faults(result.items.size());
  ProgressCount progress(on_progress, count);
  parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      faults[i] = reader.read(result.items[i]);
      progress.add_one();
    }
  });
  for (std::vector<std::string>& some : faults) {
    std::move(some.begin(), some.end(), std::back_inserter(result.faults));
  }
  return result;
}

}  // namespace trous
