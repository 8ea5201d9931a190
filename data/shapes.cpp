#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/shapes.h>

namespace trous {
namespace {

using Rgb = std::array<double, 3>;

enum Form : std::int32_t { disk = 1, ring, square, triangle };

constexpr double noise = 0.06;     // largest deviation of a channel from its clean value
constexpr double contrast = 0.35;  // least distance of a shape's colour from those it lies on

constexpr double overlap = 0.85;  // two centres are this share of the sum of their radii apart, or more
constexpr int attempts = 50;      // at a free place for the next figure

struct Figure {
  Form form;
  double row, column, radius, sine, cosine;
  Rgb color;
};

Rgb random_color(Random& random) {
  Rgb color;
  for (double& channel : color) channel = random.uniform();
  return color;
}

double distance(const Rgb& a, const Rgb& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

Rgb mix(const Rgb& a, const Rgb& b, double share) {
  Rgb color;
  for (std::size_t i = 0; i < 3; ++i) color[i] = a[i] + share * (b[i] - a[i]);
  return color;
}

// Pixels from (row, column) to the figure's edge, negative inside. Exact for disk and ring; near the edge,
// which is where it matters, for the others too. All forms have about the same area for one radius.
double signed_distance(const Figure& figure, double row, double column) {
  const double x = column - figure.column, y = row - figure.row;
  const double turned_x = figure.cosine * x + figure.sine * y, turned_y = figure.cosine * y - figure.sine * x;
  const double radius = figure.radius;
  switch (figure.form) {
    case disk:
      return std::hypot(x, y) - radius;
    case ring:
      return std::abs(std::hypot(x, y) - 0.85 * radius) - 0.27 * radius;
    case square:
      return std::max(std::abs(turned_x), std::abs(turned_y)) - 0.9 * radius;
    case triangle:
      break;
  }
  // Equilateral: three half-planes at 0.75 radius from the centre.
  const double slanted = std::abs(turned_x) * (std::numbers::sqrt3 / 2) - turned_y / 2;
  return std::max(slanted, turned_y) - 0.75 * radius;
}

struct Scene {
  Rgb from, to;         // the background's gradient ...
  double down, across;  // ... and its direction
  std::vector<Figure> figures;
};

// A figure of one of the four forms, wholly or nearly inside the image. Its colour comes later.
Figure random_figure(Random& random, double size) {
  Figure figure{};
  figure.form = static_cast<Form>(1 + random.below(4));
  figure.radius = random.uniform(0.11, 0.2) * size;
  const double margin = 1.2 * figure.radius;
  figure.row = random.uniform(margin, size - margin);
  figure.column = random.uniform(margin, size - margin);
  const double turn = random.uniform(0, 2 * std::numbers::pi);
  figure.sine = std::sin(turn);
  figure.cosine = std::cos(turn);
  return figure;
}

Scene random_scene(Random& random, double size) {
  Scene scene;
  scene.from = random_color(random);
  scene.to = mix(scene.from, random_color(random), 0.5);
  const double direction = random.uniform(0, 2 * std::numbers::pi);
  scene.down = std::sin(direction);
  scene.across = std::cos(direction);
  const auto wanted = static_cast<std::size_t>(1 + random.below(4));
  for (int attempt = 0; attempt < attempts && scene.figures.size() < wanted; ++attempt) {
    Figure figure = random_figure(random, size);
    const bool free = std::all_of(scene.figures.begin(), scene.figures.end(), [&](const Figure& other) {
      return std::hypot(figure.row - other.row, figure.column - other.column) >=
             overlap * (figure.radius + other.radius);
    });
    if (!free) continue;
    const auto too_close = [&](const Rgb& color) {
      return distance(color, scene.from) < contrast || distance(color, scene.to) < contrast ||
             std::any_of(scene.figures.begin(), scene.figures.end(),
                         [&](const Figure& other) { return distance(color, other.color) < contrast; });
    };
    // At most five colours stand before: five balls of radius 0.35 leave a tenth of the cube.
    figure.color = random_color(random);
    while (too_close(figure.color)) figure.color = random_color(random);
    scene.figures.push_back(figure);
  }
  return scene;
}

// Noise in -1..1 for three channels, the sum of two uniform bytes each.
Rgb pixel_noise(Key key, std::int64_t pixel) {
  const auto words = random_words(key, static_cast<std::uint64_t>(pixel));
  Rgb result;
  for (std::size_t i = 0; i < 3; ++i) {
    result[i] = (static_cast<double>(words[i] & 0xFF) + static_cast<double>(words[i] >> 24) - 255) / 255;
  }
  return result;
}

Sample draw(Key key, std::int64_t size) {
  Random random(fold_in(key, 0));
  const Key noise_key = fold_in(key, 1);
  const Scene scene = random_scene(random, static_cast<double>(size));
  Sample sample{.image = Tensor::uninitialized({size, size, 3}, DType::float32),
                .target = Tensor::uninitialized({size, size}, DType::int32)};
  float* image = sample.image.mutable_values<float>().data();
  std::int32_t* mask = sample.target.mutable_values<std::int32_t>().data();
  const double half = static_cast<double>(size) / 2;
  for (std::int64_t pixel = 0; pixel < size * size; ++pixel) {
    const std::int64_t above = pixel / size, left = pixel % size;  // whole pixels
    const double row = static_cast<double>(above) + 0.5, column = static_cast<double>(left) + 0.5;
    // -1..1 along the gradient, sqrt 2 at the corner of a diagonal one.
    const double along = (scene.down * (row - half) + scene.across * (column - half)) / half;
    Rgb color = mix(scene.from, scene.to, 0.5 + along / (2 * std::numbers::sqrt2));
    mask[pixel] = 0;
    for (const Figure& figure : scene.figures) {
      const double edge = signed_distance(figure, row, column);
      if (edge < 0) mask[pixel] = figure.form;
      color = mix(color, figure.color, std::clamp(0.5 - edge, 0.0, 1.0));  // a soft edge, one pixel wide
    }
    const Rgb grain = pixel_noise(noise_key, pixel);
    for (std::size_t i = 0; i < 3; ++i) {
      *image++ = static_cast<float>(std::clamp(color[i] + noise * grain[i], 0.0, 1.0));
    }
  }
  return sample;
}

}  // namespace

Splits shapes(const ShapesOptions& options) {
  if (options.size < 16 || options.size > 1024) {
    throw ArgumentError(
        text("shapes: images of ", options.size, " pixels a side. Sides of 16 to 1024 are drawn."));
  }
  const auto split = [&](const char* name, std::uint64_t number, std::int64_t count) -> Dataset {
    if (count < 1) {
      throw ArgumentError(text("shapes: the ", name, " split has ", count, " images. Ask for 1 or more."));
    }
    const Key key = fold_in(Key{options.seed}, number);
    const std::int64_t size = options.size;
    return {
        .name = text("shapes/", name),
        .source = text("generated by trous with seed ", options.seed, ", split ", number),
        .classes = {"background", "disk", "ring", "square", "triangle"},
        .size = count,
        .image_shape = {size, size, 3},
        .sample = [=](std::int64_t i) { return draw(fold_in(key, static_cast<std::uint64_t>(i)), size); }};
  };
  return {.train = split("train", 0, options.train),
          .validation = split("validation", 1, options.validation),
          .test = split("test", 2, options.test)};
}

}  // namespace trous
