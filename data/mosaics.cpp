#include <algorithm>
#include <array>
#include <cmath>
#include <unistd.h>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/mosaics.h>
#include <trous/data/png.h>

namespace trous {
namespace {

constexpr std::int64_t height = 96, width = 128, photograph = 512;
constexpr int cells_of_mosaic = 5;
constexpr double brightness = 128, deviation = 40;  // of 255
constexpr std::array<const char*, 3> textures{"brick", "grass", "gravel"};

std::string texture_path(const std::string& directory, const char* texture) {
  return directory + "/" + texture + ".png";
}

// uint8 [512, 512, 1]
Tensor read_texture(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    throw FileError(
        text("mosaics: ", path,
             " does not exist. Give the directory that holds brick.png, grass.png and gravel.png: "
             "examples/textures of the sources of trous, or install the Debian package that has them: "
             "apt-get install --no-install-recommends python3-skimage."));
  }
  Tensor image = read_png(path);
  if (image.shape() != Shape{photograph, photograph, 1}) {
    throw FileError(text("mosaics: ", path, " has shape ", image.shape(), ". The photograph has [",
                         photograph, ", ", photograph, ", 1]. Take it from scikit-image 0.19."));
  }
  return image;
}

// Fills the pixels whose mask is `cell` with the crop of the cell, whose mean and deviation are made the same
// everywhere; a crop without any deviation would be of one colour.
void fill(const Tensor& texture, const MosaicCell& cell, std::int32_t number, const std::int32_t* of_cell,
          float* image) {
  const std::uint8_t* const from = texture.values<std::uint8_t>().data() + cell.top * photograph + cell.left;
  double sum = 0, squares = 0;
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      const double v = from[row * photograph + column];
      sum += v;
      squares += v * v;
    }
  }
  constexpr auto count = static_cast<double>(height * width);
  const double mean = sum / count, variance = squares / count - mean * mean;
  const double scale = variance > 0 ? deviation / std::sqrt(variance) : 0;
  for (std::int64_t i = 0; i < height * width; ++i) {
    if (of_cell[i] != number) continue;
    const std::int64_t row = i / width, column = i % width;
    const double v = from[row * photograph + column];
    image[i] = static_cast<float>(std::clamp(brightness + (v - mean) * scale, 0.0, 255.0) / 255);
  }
}

double squared(double rows, double columns) { return rows * rows + columns * columns; }

Sample compose(const std::vector<Tensor>& photographs, const std::vector<MosaicCell>& cells) {
  Sample sample{.image = Tensor::zeros({height, width, 1}, DType::float32),
                .target = Tensor::zeros({height, width}, DType::int32)};
  std::vector<std::int32_t> of_cell(static_cast<std::size_t>(height * width));
  std::int32_t* const mask = sample.target.mutable_values<std::int32_t>().data();
  for (std::int64_t i = 0; i < height * width; ++i) {
    const std::int64_t above = i / width, left = i % width;  // whole pixels
    const double row = static_cast<double>(above) + 0.5, column = static_cast<double>(left) + 0.5;
    const auto nearest =
        std::min_element(cells.begin(), cells.end(), [&](const MosaicCell& a, const MosaicCell& b) {
          return squared(a.row - row, a.column - column) < squared(b.row - row, b.column - column);
        });
    of_cell[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(nearest - cells.begin());
    mask[i] = nearest->texture;
  }
  float* const image = sample.image.mutable_values<float>().data();
  for (std::size_t k = 0; k < cells.size(); ++k) {
    fill(photographs[static_cast<std::size_t>(cells[k].texture)], cells[k], static_cast<std::int32_t>(k),
         of_cell.data(), image);
  }
  return sample;
}

Dataset mosaics_split(MosaicsSplit split, const char* name, std::int64_t size, std::uint64_t seed,
                      const std::vector<Tensor>& photographs) {
  if (size < 1)
    throw ArgumentError(text("mosaics: the ", name, " split has ", size, " mosaics. Ask for 1 or more."));
  const MosaicsSource from = mosaics_source(split);
  return {.name = text("mosaics/", name),
          .source = text("brick, grass and gravel (CC0 photographs of scikit-image), rows ", from.top, " to ",
                         from.top + from.height - 1, ", columns ", from.left, " to ",
                         from.left + from.width - 1, ", composed with seed ", seed),
          .classes = {textures.begin(), textures.end()},
          .size = size,
          .image_shape = {height, width, 1},
          .sample = [=](std::int64_t i) { return compose(photographs, mosaic_cells(seed, split, i)); }};
}

}  // namespace

MosaicsSource mosaics_source(MosaicsSplit split) {
  constexpr std::int64_t half = photograph / 2;
  if (split == MosaicsSplit::train) return {0, 0, photograph, half};
  return {split == MosaicsSplit::validation ? 0 : half, half, half, half};
}

std::vector<MosaicCell> mosaic_cells(std::uint64_t seed, MosaicsSplit split, std::int64_t index) {
  const MosaicsSource from = mosaics_source(split);
  const Key of_split = fold_in(Key{seed}, static_cast<std::uint64_t>(split));
  Random random(fold_in(of_split, static_cast<std::uint64_t>(index)));
  std::vector<MosaicCell> cells(cells_of_mosaic);
  for (MosaicCell& cell : cells) {
    cell.row = random.uniform(0, static_cast<double>(height));
    cell.column = random.uniform(0, static_cast<double>(width));
    cell.texture = static_cast<std::int32_t>(random.below(std::ssize(textures)));
    cell.top = from.top + random.below(from.height - height + 1);
    cell.left = from.left + random.below(from.width - width + 1);
  }
  return cells;
}

Splits mosaics(const MosaicsOptions& options) {
  std::vector<std::string> files;
  std::vector<Tensor> photographs;
  for (const char* const texture : textures) {
    files.push_back(texture_path(options.directory, texture));
    photographs.push_back(read_texture(files.back()));
  }
  const auto split = [&](MosaicsSplit which, const char* name, std::int64_t size) {
    return mosaics_split(which, name, size, options.seed, photographs);
  };
  return {.train = split(MosaicsSplit::train, "train", options.train),
          .validation = split(MosaicsSplit::validation, "validation", options.validation),
          .test = split(MosaicsSplit::test, "test", options.test),
          .files = std::move(files)};
}

}  // namespace trous
