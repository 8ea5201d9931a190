#include <algorithm>
#include <span>
#include <unistd.h>

#include <trous/core/error.h>
#include <trous/data/fashion_source.h>
#include <trous/data/idx.h>

namespace trous {
namespace {

Tensor read_part(const std::string& directory, const std::string& name, const Shape& shape) {
  const std::string path = directory + "/" + name;
  if (access(path.c_str(), F_OK) != 0) {
    throw FileError(
        text("fashion: ", path,
             " does not exist. Fashion-MNIST comes as a Debian package: "
             "apt-get install dataset-fashion-mnist, or give the directory that holds its files."));
  }
  Tensor part = read_idx(path);
  if (part.shape() != shape) {
    throw FileError(text("fashion: ", path, " has shape ", part.shape(), ". Fashion-MNIST has ", shape,
                         " there. Install dataset-fashion-mnist again."));
  }
  return part;
}

}  // namespace

FashionSources fashion_sources(FashionSplit split) {
  if (split == FashionSplit::train) {
    return {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60000, 0, 60000};
  }
  return {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10000,
          split == FashionSplit::validation ? 0 : 5000, 5000};
}

FashionImages read_fashion_images(const std::string& directory, const FashionSources& sources) {
  FashionImages result{.pixels = read_part(directory, sources.images, {sources.in_file, 28, 28}),
                       .labels = read_part(directory, sources.labels, {sources.in_file})};
  const std::span<const std::uint8_t> labels = result.labels.values<std::uint8_t>();
  const auto wrong = std::find_if(labels.begin(), labels.end(), [](std::uint8_t label) { return label > 9; });
  if (wrong != labels.end()) {
    throw FileError(text("fashion: ", directory, "/", sources.labels, " has label ", int{*wrong}, " at ",
                         wrong - labels.begin(),
                         ". Fashion-MNIST has labels 0 to 9. Install "
                         "dataset-fashion-mnist again."));
  }
  return result;
}

std::vector<std::string> fashion_files(const std::string& directory) {
  std::vector<std::string> files;
  for (const FashionSplit split : {FashionSplit::train, FashionSplit::test}) {
    const FashionSources sources = fashion_sources(split);
    for (const std::string& name : {sources.images, sources.labels})
      files.push_back(text(directory, '/', name));
  }
  return files;
}

std::vector<std::string> fashion_class_names() {
  return {"T-shirt", "trouser", "pullover", "dress", "coat",
          "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
}

std::string fashion_origin(const FashionSources& sources) {
  return text("Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist), images ",
              sources.first, " to ", sources.first + sources.count - 1, " of ", sources.images);
}

}  // namespace trous
