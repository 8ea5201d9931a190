#include <array>
#include <cmath>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/data/fashion_labels.h>
#include <trous/data/image.h>

namespace trous {
namespace {

const Shape garment_shape{28, 28, 1};

// Image `index` of a file, as float32 in 0..1.
Tensor garment_image(const FashionImages& images, std::int64_t index) {
  const auto pixels = static_cast<std::size_t>(garment_shape.elements());
  return to_float_image(Tensor(garment_shape, images.pixels.values<std::uint8_t>().subspan(
                                                  static_cast<std::size_t>(index) * pixels, pixels)),
                        1);
}

Dataset labelled_split(FashionSplit split, const char* name, const FashionImages& images) {
  const FashionSources sources = fashion_sources(split);
  const auto sample = [images, first = sources.first](std::int64_t i) -> Sample {
    const std::int32_t label = images.labels.values<std::uint8_t>()[static_cast<std::size_t>(first + i)];
    return {.image = garment_image(images, first + i), .target = Tensor::full({}, DType::int32, label)};
  };
  return {.name = text("fashion-labels/", name),
          .source = fashion_origin(sources),
          .classes = fashion_class_names(),
          .size = sources.count,
          .image_shape = garment_shape,
          .sample = sample,
          .target = {.name = "label", .role = Role::label}};
}

Dataset noisy_split(const FashionNoisyOptions& options, FashionSplit split, std::int64_t size,
                    const FashionImages& images) {
  const std::string_view name = split_names()[static_cast<std::size_t>(split)];
  FashionSources sources = fashion_sources(split);
  sources.count = size;
  const Key key = fold_in(Key{options.seed}, static_cast<std::uint64_t>(split));
  const auto sample = [=, first = sources.first, deviation = options.deviation](std::int64_t i) -> Sample {
    const Tensor clean = garment_image(images, first + i);
    const Tensor noise =
        normal(garment_shape, DType::float32, fold_in(key, static_cast<std::uint64_t>(i)), 0, deviation);
    return {.image = zip(clean, noise, [](auto a, auto b) { return a + b; }), .target = clean};
  };
  return {.name = text("fashion-noisy/", name),
          .source = text(fashion_origin(sources), ", with normal noise of deviation ", options.deviation,
                         ", seed ", options.seed, ", not clamped to 0..1"),
          .size = size,
          .image_shape = garment_shape,
          .sample = sample,
          .target = {.name = "clean image", .role = Role::image, .shape = garment_shape}};
}

void check_noisy(const FashionNoisyOptions& options) {
  const std::array sizes{options.train, options.validation, options.test};
  for (std::size_t split = 0; split < sizes.size(); ++split) {
    const std::int64_t most = fashion_sources(static_cast<FashionSplit>(split)).count;
    if (sizes[split] >= 1 && sizes[split] <= most) continue;
    throw ArgumentError(text("fashion_noisy: the ", split_names()[split], " split has ", sizes[split],
                             " images. Ask for 1 to ", most, "."));
  }
  if (!std::isfinite(options.deviation) || options.deviation < 0) {
    throw ArgumentError(text("fashion_noisy: noise cannot have the deviation ", options.deviation,
                             ". Give 0 or more, such as 0.2."));
  }
}

}  // namespace

Splits fashion_labels(const FashionLabelsOptions& options) {
  const FashionImages train = read_fashion_images(options.directory, fashion_sources(FashionSplit::train));
  const FashionImages held_out = read_fashion_images(options.directory, fashion_sources(FashionSplit::test));
  return {.train = labelled_split(FashionSplit::train, "train", train),
          .validation = labelled_split(FashionSplit::validation, "validation", held_out),
          .test = labelled_split(FashionSplit::test, "test", held_out),
          .files = fashion_files(options.directory)};
}

Splits fashion_noisy(const FashionNoisyOptions& options) {
  check_noisy(options);
  const FashionImages train = read_fashion_images(options.directory, fashion_sources(FashionSplit::train));
  const FashionImages held_out = read_fashion_images(options.directory, fashion_sources(FashionSplit::test));
  return {.train = noisy_split(options, FashionSplit::train, options.train, train),
          .validation = noisy_split(options, FashionSplit::validation, options.validation, held_out),
          .test = noisy_split(options, FashionSplit::test, options.test, held_out),
          .files = fashion_files(options.directory)};
}

}  // namespace trous
