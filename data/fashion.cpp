#include <algorithm>
#include <cstdlib>
#include <unistd.h>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/fashion.h>
#include <trous/data/idx.h>

namespace trous {
namespace {

constexpr std::int64_t canvas_height = 64, canvas_width = 84, side = 28;
constexpr std::int64_t apart = 24;  // of two corners, in rows or in columns
constexpr int attempts = 50;        // two garments may leave no place for a third
constexpr std::uint8_t fabric_threshold = 20;

struct Images {
  Tensor pixels, labels;
};

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

Images read_images(const std::string& directory, const FashionSources& sources) {
  Images result{.pixels = read_part(directory, sources.images, {sources.in_file, side, side}),
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

// Adds one garment to a canvas. Its faint border pixels show on empty ground and nowhere else.
void paint(const Images& images, const Garment& garment, float* image, std::int32_t* mask) {
  const std::uint8_t* pixels = images.pixels.values<std::uint8_t>().data() + garment.image * side * side;
  const std::int32_t label =
      images.labels.values<std::uint8_t>()[static_cast<std::size_t>(garment.image)] + 1;
  for (std::int64_t row = 0; row < side; ++row) {
    for (std::int64_t column = 0; column < side; ++column) {
      const std::int64_t at = (garment.row + row) * canvas_width + garment.column + column;
      const std::uint8_t value = pixels[row * side + column];
      const float brightness = static_cast<float>(value) / 255.0F;
      if (value > fabric_threshold) {
        image[at] = brightness;
        mask[at] = label;
      } else if (mask[at] == 0) {
        image[at] = std::max(image[at], brightness);
      }
    }
  }
}

Sample compose(const Images& images, const std::vector<Garment>& garments) {
  Sample sample{.image = Tensor::zeros({canvas_height, canvas_width, 1}, DType::float32),
                .target = Tensor::zeros({canvas_height, canvas_width}, DType::int32)};
  float* image = sample.image.mutable_values<float>().data();
  std::int32_t* mask = sample.target.mutable_values<std::int32_t>().data();
  for (const Garment& garment : garments) paint(images, garment, image, mask);
  return sample;
}

Dataset make_split(FashionSplit split, const char* name, std::int64_t size, std::uint64_t seed,
                   const Images& images) {
  if (size < 1) {
    throw ArgumentError(text("fashion: the ", name, " split has ", size, " canvases. Ask for 1 or more."));
  }
  const FashionSources sources = fashion_sources(split);
  return {
      .name = text("fashion/", name),
      .source = text("Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist), images ",
                     sources.first, " to ", sources.first + sources.count - 1, " of ", sources.images,
                     ", composed on ", canvas_height, " x ", canvas_width, " canvases with seed ", seed),
      .classes = {"background", "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
                  "sneaker", "bag", "ankle boot"},
      .size = size,
      .image_shape = {canvas_height, canvas_width, 1},
      .sample = [=](std::int64_t i) { return compose(images, fashion_garments(seed, split, i)); }};
}

}  // namespace

FashionSources fashion_sources(FashionSplit split) {
  if (split == FashionSplit::train) {
    return {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60000, 0, 60000};
  }
  return {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10000,
          split == FashionSplit::validation ? 0 : 5000, 5000};
}

std::vector<Garment> fashion_garments(std::uint64_t seed, FashionSplit split, std::int64_t canvas) {
  const FashionSources sources = fashion_sources(split);
  const Key split_key = fold_in(Key{seed}, static_cast<std::uint64_t>(split));
  Random random(fold_in(split_key, static_cast<std::uint64_t>(canvas)));
  const std::int64_t wanted = 1 + random.below(3);
  std::vector<Garment> garments;
  for (int attempt = 0; attempt < attempts && static_cast<std::int64_t>(garments.size()) < wanted;
       ++attempt) {
    const Garment garment{.image = sources.first + random.below(sources.count),
                          .row = random.below(canvas_height - side + 1),
                          .column = random.below(canvas_width - side + 1)};
    const bool free = std::all_of(garments.begin(), garments.end(), [&](const Garment& other) {
      return std::abs(garment.row - other.row) >= apart || std::abs(garment.column - other.column) >= apart;
    });
    if (free) garments.push_back(garment);
  }
  return garments;
}

Splits fashion(const FashionOptions& options) {
  std::vector<std::string> files;
  for (const FashionSplit split : {FashionSplit::train, FashionSplit::test}) {
    const FashionSources sources = fashion_sources(split);
    for (const std::string& name : {sources.images, sources.labels}) {
      files.push_back(options.directory + "/" + name);
    }
  }
  const Images train = read_images(options.directory, fashion_sources(FashionSplit::train));
  const Images held_out = read_images(options.directory, fashion_sources(FashionSplit::test));
  return {.train = make_split(FashionSplit::train, "train", options.train, options.seed, train),
          .validation =
              make_split(FashionSplit::validation, "validation", options.validation, options.seed, held_out),
          .test = make_split(FashionSplit::test, "test", options.test, options.seed, held_out),
          .files = std::move(files)};
}

}  // namespace trous
