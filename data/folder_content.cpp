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

// The fact and the remedy, without the name of the function that found it.
std::string sentence(const FileError& error) {
  const std::string whole = error.what();
  const std::size_t colon = whole.find(": ");
  return colon == std::string::npos ? whole : whole.substr(colon + 2);
}

// Runs `read` and notes what it throws.
template <class F>
void noting(std::vector<std::string>& faults, F&& read) {
  try {
    read();
  } catch (const FileError& error) {
    faults.push_back(sentence(error));
  }
}

std::string size_of_picture(std::int64_t height, std::int64_t width) { return text(width, " x ", height); }

class Judge {
 public:
  Judge(const ClassTable* table, bool table_is_faulty, std::int64_t memory)
      : table_(table), table_is_faulty_(table_is_faulty), memory_(memory) {}

  std::vector<std::string> run(FolderItem& item) {
    std::vector<std::string> faults;
    std::optional<Tensor> image, mask;
    noting(faults, [&] {
      if (InputFile(item.files.image).bytes() == 0) {
        throw FileError(
            text("folder: ", item.files.image, " is empty: 0 bytes. Fetch or write the file again."));
      }
      image = read_image(item.files.image);
      item.height = image->shape()[0];
      item.width = image->shape()[1];
      item.channels = image->shape()[2];
      item.hash = content_hash(*image);
    });
    noting(faults, [&] {
      // Where the table cannot be read, an RGB mask can be judged by its size alone.
      const bool size_only = table_is_faulty_ && mask_kind(item.files.mask) == MaskKind::colors;
      mask = size_only ? read_png(item.files.mask) : read_mask(item.files.mask, table_);
    });
    if (!image || !mask) return faults;
    if (mask->shape()[0] != item.height || mask->shape()[1] != item.width) {
      faults.push_back(text(item.files.mask, " has ", size_of_picture(mask->shape()[0], mask->shape()[1]),
                            " pixels, its image ", item.files.image, " ",
                            size_of_picture(item.height, item.width),
                            " (width x height). Save both at one size."));
      return faults;
    }
    for (const std::uint8_t number : mask->values<std::uint8_t>()) item.numbers.set(number);
    keep(item, std::move(*image), std::move(*mask));
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

}  // namespace

FolderContent read_folder_content(const FolderFiles& files, std::int64_t memory) {
  FolderContent result;
  result.faults = files.faults;
  bool table_is_faulty = false;
  if (files.class_table) {
    noting(result.faults, [&] { result.table = read_class_table(*files.class_table); });
    table_is_faulty = !result.table;
  }
  for (std::size_t part = 0; part < files.parts.size(); ++part) {
    for (const FolderPair& pair : files.parts[part].pairs) {
      FolderItem item;
      item.files = pair;
      item.part = part;
      result.items.push_back(std::move(item));
    }
  }
  Judge judge(result.table ? &*result.table : nullptr, table_is_faulty, memory);
  const auto count = static_cast<std::int64_t>(result.items.size());
  std::vector<std::vector<std::string>> faults(result.items.size());
  parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      faults[i] = judge.run(result.items[i]);
    }
  });
  for (std::vector<std::string>& some : faults) {
    std::move(some.begin(), some.end(), std::back_inserter(result.faults));
  }
  return result;
}

}  // namespace trous
