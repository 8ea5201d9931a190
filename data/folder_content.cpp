#include <array>
#include <atomic>
#include <iterator>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/data/file.h>
#include <trous/data/folder_content.h>
#include <trous/data/image.h>
#include <trous/data/mask.h>
#include <trous/data/png.h>

namespace trous {
namespace {

// The text of an error without the name of its function.
std::string sentence(const FileError& error) {
  const std::string whole = error.what();
  const std::size_t colon = whole.find(": ");
  return colon == std::string::npos ? whole : whole.substr(colon + 2);
}

// Runs `read` and notes the text of its exception.
template <class F>
void noting(std::vector<std::string>& faults, F&& read) {
  try {
    read();
  } catch (const FileError& error) {
    faults.push_back(sentence(error));
  }
}

std::string size_of_picture(std::int64_t height, std::int64_t width) { return text(width, " x ", height); }

// Reads pairs of an image and its mask, and lists the faults for which a pair cannot be used.
class PairReader {
 public:
  PairReader(const ClassTable* table, bool table_is_faulty, std::int64_t memory)
      : table_(table), table_is_faulty_(table_is_faulty), memory_(memory) {}

  /// Decodes the files of `item`, notes in it what they hold, and returns its faults.
  std::vector<std::string> read(FolderItem& item) {
    std::vector<std::string> faults;
    std::optional<Tensor> image;
    std::optional<Mask> mask;
    noting(faults, [&] {
      if (InputFile(item.files.image).bytes() == 0) {
        throw FileError(
            text("folder: ", item.files.image, " is empty: 0 bytes. Fetch or write the file again."));
      }
      image = read_image(item.files.image);
      item.height = image->shape()[0];
      item.width = image->shape()[1];
      item.channels = image->shape()[2];
      if (image->dtype() == DType::int32) item.brightest = brightest_of(*image);
      item.hash = content_hash(*image);
    });
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
    std::array<std::int64_t, 256> pixels{};
    for (const std::uint8_t number : mask->numbers.values<std::uint8_t>()) ++pixels[number];
    for (std::size_t number = 0; number < pixels.size(); ++number) {
      if (pixels[number] > 0) item.numbers[static_cast<std::uint8_t>(number)] = pixels[number];
    }
    item.white = mask->white;
    item.palette = std::move(mask->palette);
    item.greys = mask->greys;
    keep(item, std::move(*image), std::move(mask->numbers));
    return faults;
  }

 private:
  void keep(FolderItem& item, Tensor image, Tensor mask) {
    const auto bytes = static_cast<std::int64_t>(image.bytes() + mask.bytes());
    if ((bytes_ += bytes) > memory_) return;
    item.image = std::move(image);
    item.mask = std::move(mask);
  }

  const ClassTable* table_;
  bool table_is_faulty_;
  std::int64_t memory_;
  std::atomic<std::int64_t> bytes_{0};  // of all pairs so far, kept or not
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

FolderContent read_folder_content(const FolderFiles& files, std::int64_t memory, std::int64_t threshold,
                                  const OnProgress& on_progress) {
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
  PairReader reader(result.table ? &*result.table : nullptr, table_is_faulty, memory);
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
