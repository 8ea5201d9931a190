#include <algorithm>
#include <cstdlib>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/fashion.h>

namespace trous {
namespace {

constexpr std::int64_t canvas_height = 64, canvas_width = 84, side = 28;
constexpr std::int64_t apart = 24;  // of two corners, in rows or in columns
constexpr int attempts = 50;        // two garments may leave no place for a third
constexpr std::uint8_t fabric_threshold = 20;

// Adds one garment to a canvas. Its faint border pixels show on empty ground and nowhere else.
void paint(const FashionImages& images, const Garment& garment, float* image, std::int32_t* mask) {
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

Sample compose(const FashionImages& images, const std::vector<Garment>& garments) {
  Sample sample{.image = Tensor::zeros({canvas_height, canvas_width, 1}, DType::float32),
                .target = Tensor::zeros({canvas_height, canvas_width}, DType::int32)};
  float* image = sample.image.mutable_values<float>().data();
  std::int32_t* mask = sample.target.mutable_values<std::int32_t>().data();
  for (const Garment& garment : garments) paint(images, garment, image, mask);
  return sample;
}

Dataset make_split(FashionSplit split, const char* name, std::int64_t size, std::uint64_t seed,
                   const FashionImages& images) {
  if (size < 1) {
    throw ArgumentError(text("fashion: the ", name, " split has ", size, " canvases. Ask for 1 or more."));
  }
  std::vector<std::string> classes = fashion_class_names();
  classes.insert(classes.begin(), "background");
  return {.name = text("fashion/", name),
          .source = text(fashion_origin(fashion_sources(split)), ", composed on ", canvas_height, " x ",
                         canvas_width, " canvases with seed ", seed),
          .classes = std::move(classes),
          .size = size,
          .image_shape = {canvas_height, canvas_width, 1},
          .sample = [=](std::int64_t i) { return compose(images, fashion_garments(seed, split, i)); }};
}

}  // namespace

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
  const FashionImages train = read_fashion_images(options.directory, fashion_sources(FashionSplit::train));
  const FashionImages held_out = read_fashion_images(options.directory, fashion_sources(FashionSplit::test));
  return {.train = make_split(FashionSplit::train, "train", options.train, options.seed, train),
          .validation =
              make_split(FashionSplit::validation, "validation", options.validation, options.seed, held_out),
          .test = make_split(FashionSplit::test, "test", options.test, options.seed, held_out),
          .files = fashion_files(options.directory)};
}

}  // namespace trous
