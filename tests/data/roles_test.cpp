// Samples of any tensors: each moves, or stays, as its role says.
#include <array>
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/loader.h>
#include <trous/data/palette.h>
#include <trous/data/sample_parts.h>

#include "data/scratch.h"
#include "data/warps.h"

namespace trous {
namespace {

// An image, an image to learn, and one more tensor of every role.
std::vector<SampleField> every_role() {
  return fields_of({.image_shape = shape,
                    .target = {.name = "clean", .role = Role::image, .shape = {height, width, 1}},
                    .more = {{.name = "regions", .role = Role::mask},
                             {.name = "later", .role = Role::image, .shape = shape, .input = true},
                             {.name = "corners", .role = Role::points, .shape = {3, 2}},
                             {.name = "class", .role = Role::label},
                             {.name = "weather", .role = Role::numbers, .shape = {2}, .input = true}}});
}

// The point k is the centre of a pixel, which is the bright one of channel k in both inputs.
constexpr std::array<std::array<std::int64_t, 2>, 3> bright_pixels{{{3, 7}, {20, 30}, {36, 51}}};

Sample sample_of_every_role() {
  std::vector<float> image(static_cast<std::size_t>(shape.elements())), points;
  for (std::size_t k = 0; k < bright_pixels.size(); ++k) {
    const auto [row, column] = bright_pixels[k];
    image[static_cast<std::size_t>(row * width + column) * 3 + k] = 1;
    points.push_back(static_cast<float>(row) + 0.5F);
    points.push_back(static_cast<float>(column) + 0.5F);
  }
  return {.image = Tensor(shape, image),
          .target = uniform({height, width, 1}, DType::float32, Key{8}),
          .more = {speckled().target, Tensor(shape, image), Tensor({3, 2}, points),
                   Tensor::full({}, DType::int32, 4), Tensor({2}, std::vector<float>{0.5F, -3})}};
}

TEST(Roles, EveryTensorHasAFieldWithItsShape) {
  const std::vector<SampleField> fields = every_role();
  ASSERT_EQ(fields.size(), 7U);
  EXPECT_EQ(fields[0], (SampleField{.name = "image", .role = Role::image, .shape = shape, .input = true}));
  EXPECT_EQ(fields[1], (SampleField{.name = "clean", .role = Role::image, .shape = {height, width, 1}}));
  EXPECT_EQ(fields[2].shape, (Shape{height, width})) << "a mask lies on the image where nothing else is said";
  EXPECT_EQ(fields[5], (SampleField{.name = "class", .role = Role::label}));
  EXPECT_EQ(fields[6].input, true);
  const std::vector<SampleField> of_numbers =
      fields_of({.image_shape = {5}, .target = {.name = "class", .role = Role::label}});
  EXPECT_EQ(of_numbers[0],
            (SampleField{.name = "image", .role = Role::numbers, .shape = {5}, .input = true}));
  const std::array<std::string_view, 5> names{"image", "mask", "points", "label", "numbers"};
  const std::array<DType, 5> dtypes{DType::float32, DType::int32, DType::float32, DType::int32,
                                    DType::float32};
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto role = static_cast<Role>(k);
    EXPECT_EQ(name(role), names[k]);
    EXPECT_EQ(dtype_of(role), dtypes[k]);
    EXPECT_EQ(lies_on_pixels(role), k < 2);
  }
}

// Images and masks, of target and further fields, move as image and mask of a segmentation do, whose map
// augment_test computes anew. Labels and numbers stay.
TEST(Roles, ImagesAndMasksMoveAsThoseOfASegmentation) {
  const Sample sample = sample_of_every_role();
  for (const Augmentation& mover : movers) {
    for (std::uint64_t key = 0; key < 6; ++key) {
      const Sample moved = augmented(every_role(), sample, mover, Key{key});
      const Tensor& regions = sample.more[0];
      const Sample first = augmented({sample.image, regions}, mover, Key{key});
      const Sample clean = augmented({sample.target, regions}, mover, Key{key});
      EXPECT_TRUE(same_bits(moved.image, first.image));
      EXPECT_TRUE(same_bits(moved.target, clean.image)) << "the image that is to be learned";
      EXPECT_TRUE(same_bits(moved.more[0], first.target));
      EXPECT_TRUE(same_bits(moved.more[1], first.image));
      EXPECT_TRUE(same_bits(moved.more[3], sample.more[3]) && same_bits(moved.more[4], sample.more[4]));
      const std::vector<SampleField> fields = augmented_fields(every_role(), mover);
      for (std::size_t k = 0; k < fields.size(); ++k) EXPECT_EQ(tensor_of(moved, k).shape(), fields[k].shape);
    }
  }
}

// A point (row, column) is where Warp says which point of the sample it shows. It is a float32, so it may be
// off by 2^-24 of its size along each axis, and its source by that times the map's factors.
TEST(Roles, APointGoesWhereItsPixelGoes) {
  const Sample sample = sample_of_every_role();
  int seen = 0;
  for (const Augmentation& mover : movers) {
    for (std::uint64_t key = 0; key < 12; ++key) {
      const Warp drawn = draw_warp(mover, shape, Key{key});
      const Sample moved = augmented(every_role(), sample, mover, Key{key});
      const auto points = moved.more[2].values<float>();
      const auto pixels = moved.image.values<float>();
      for (std::size_t k = 0; k < bright_pixels.size(); ++k) {
        const auto row = static_cast<double>(points[2 * k]), column = static_cast<double>(points[2 * k + 1]);
        const auto [from_row, from_column] = mapped(drawn, row, column);
        const double size = std::abs(row) + std::abs(column) + height + width;
        EXPECT_NEAR(from_row, static_cast<double>(bright_pixels[k][0]) + 0.5, size * 0x1p-23);
        EXPECT_NEAR(from_column, static_cast<double>(bright_pixels[k][1]) + 0.5, size * 0x1p-23);
        // The pixel that covers the point shows the bright one, whose tent is a pixel wide to each side.
        const auto i = static_cast<std::int64_t>(std::floor(row)),
                   j = static_cast<std::int64_t>(std::floor(column));
        if (i < 0 || i >= drawn.height || j < 0 || j >= drawn.width) continue;
        const auto shown = mapped(drawn, static_cast<double>(i) + 0.5, static_cast<double>(j) + 0.5);
        if (shown[0] < 0 || shown[0] >= height || shown[1] < 0 || shown[1] >= width) continue;
        ++seen;
        EXPECT_GT(pixels[static_cast<std::size_t>(i * drawn.width + j) * 3 + k], 0)
            << "point " << k << " at " << row << ", " << column;
      }
    }
  }
  EXPECT_GT(seen, 100);
}

TEST(Roles, PointsOfFlipsAndShiftsAreExact) {
  const Sample sample = sample_of_every_role();
  const auto moved = [&](const Warp& by) {
    return warp(every_role(), sample, by).more[2].to_vector<float>();
  };
  const auto turned = static_cast<double>(height), across = static_cast<double>(width);
  EXPECT_EQ(moved({.height = height, .width = width, .row = {-1, 0, turned}, .column = {0, -1, across}}),
            (std::vector<float>{33.5F, 44.5F, 16.5F, 21.5F, 0.5F, 0.5F}));
  EXPECT_EQ(moved({.height = height, .width = width, .row = {1, 0, -5}, .column = {0, 1, 40}}),
            (std::vector<float>{8.5F, -32.5F, 25.5F, -9.5F, 41.5F, 11.5F}))
      << "also out of sight";
  EXPECT_EQ(moved({.height = 2, .width = 9, .row = {1, 0, 2}, .column = {0, 1, 6}}),
            (std::vector<float>{1.5F, 1.5F, 18.5F, 24.5F, 34.5F, 45.5F}))
      << "from the corner of a crop";
  // Enlarged twice, and with rows and columns exchanged.
  EXPECT_EQ(moved({.height = height, .width = width, .row = {0.5, 0, 0}, .column = {0, 0.25, 0}}),
            (std::vector<float>{7, 30, 41, 122, 73, 206}));
  EXPECT_EQ(moved({.height = width, .width = height, .row = {0, 1, 0}, .column = {1, 0, 0}}),
            (std::vector<float>{7.5F, 3.5F, 30.5F, 20.5F, 51.5F, 36.5F}));
}

TEST(Roles, NoiseChangesTheFirstImageAlone) {
  const Sample sample = sample_of_every_role();
  for (Augmentation a : {Augmentation{}, movers.back()}) {
    const Sample still = augmented(every_role(), sample, a, Key{5});
    a.noise = 0.1;
    const Sample noisy = augmented(every_role(), sample, a, Key{5});
    EXPECT_FALSE(same_bits(noisy.image, still.image));
    for (std::size_t k = 1; k < every_role().size(); ++k)
      EXPECT_TRUE(same_bits(tensor_of(noisy, k), tensor_of(still, k))) << every_role()[k].name;
  }
}

TEST(Roles, BrightnessChangesTheImageWhereTheTargetIsNone) {
  const std::vector<SampleField> fields =
      fields_of({.image_shape = shape, .target = {.name = "size", .role = Role::numbers, .shape = {1}}});
  const Sample sample{uniform(shape, DType::float32, Key{1}), Tensor::ones({1}, DType::float32)};
  const Sample changed = augmented(fields, sample, {.brightness = 0.2}, Key{2});
  EXPECT_FALSE(same_bits(changed.image, sample.image));
  EXPECT_TRUE(same_bits(changed.target, sample.target));
}

TEST(Roles, TransformsThatDoNotFitAreRefused) {
  const auto refusal = [](const std::vector<SampleField>& fields, const Augmentation& a) {
    return message_of<Error>([&] { augmented_fields(fields, a); });
  };
  for (const Augmentation& a : {Augmentation{.brightness = 0.1}, Augmentation{.contrast = 0.1}}) {
    EXPECT_EQ(
        refusal(every_role(), a),
        "augmented: brightness and contrast change the image and not its clean, so a network would learn "
        "to undo them. Leave them out.");
  }
  std::vector<SampleField> coarse = every_role();
  coarse[1].shape = {18, 26, 1};
  for (const Augmentation& mover : movers) {
    EXPECT_EQ(refusal(coarse, mover),
              "augmented: image [37, 52, 3] and clean [18, 26, 1] do not lie on one another. Give them one "
              "height and width, or leave out what moves pixels: flip, scale, rotate, shift and crop.");
  }
  EXPECT_EQ(augmented_fields(coarse, {.noise = 0.1}), coarse) << "noise moves nothing";
  const std::vector<SampleField> numbers = fields_of({.image_shape = {4}});
  for (const Augmentation& a : {Augmentation{.flip_vertical = true}, Augmentation{.noise = 0.1}}) {
    EXPECT_EQ(refusal(numbers, a),
              "augmented: the input is numbers [4], which have no pixels. Leave out the augmentation.");
  }
  EXPECT_EQ(augmented_fields(numbers, {}), numbers);
}

TEST(Roles, ASampleThatIsNotThatOfItsFieldsIsRefused) {
  const std::vector<SampleField> fields = every_role();
  Dataset set{.name = "toy",
              .size = 3,
              .image_shape = shape,
              .target = fields[1],
              .more = {fields.begin() + 2, fields.end()}};
  const auto refusal = [&](const auto& change) {
    Sample sample = sample_of_every_role();
    change(sample);
    set.sample = [sample](std::int64_t) { return sample; };
    const std::string message = message_of<Error>([&] { checked_sample(set, 2); });
    const std::string fact = message.substr(std::string("toy: sample 2").size());
    const std::vector<std::int64_t> index{0};
    EXPECT_EQ(message_of<Error>([&] { make_batch(set, index); }), "toy: sample 0" + fact);
    EXPECT_EQ(message_of<Error>([&] { warp(fields, sample, {.height = 3}); }), "warp: the sample" + fact);
    EXPECT_EQ(message_of<Error>([&] { augmented(fields, sample, {.noise = 0.1}, Key{1}); }),
              "augmented: the sample" + fact);
    return message;
  };
  EXPECT_EQ(
      refusal([](Sample& s) { s.more.clear(); }),
      "toy: sample 2 has 0 tensors beside image and target, and the fields are 5. Give one for each field.");
  EXPECT_EQ(refusal([](Sample& s) { s.more[3] = Tensor::ones({}, DType::float32); }),
            "toy: sample 2 has a float32 class where int32 belongs. Cast it.");
  EXPECT_EQ(refusal([](Sample& s) { s.more[4] = Tensor::ones({3}, DType::float32); }),
            "toy: sample 2 has weather [3] where [2] belongs. All samples have one shape.");
  EXPECT_EQ(refusal([](Sample& s) {
              s.target = Tensor::ones({4, 4, 1}, DType::float32);
            }),
            "toy: sample 2 has clean [4, 4, 1] where [37, 52, 1] belongs. Crop or pad it.");
  Sample bare = sample_of_every_role();
  bare.more.clear();
  EXPECT_EQ(message_of<ShapeError>([&] { tensor_of(bare, 4); }),
            "sample: it has no tensor for field 4, but 0 beside image and target. Give one for each field.");
}

// Sample i: numbers that no other sample has, in every tensor.
Dataset of_every_role(std::int64_t size) {
  const std::vector<SampleField> fields = every_role();
  return {.name = "roles",
          .size = size,
          .image_shape = shape,
          .sample =
              [fields](std::int64_t i) {
                Sample sample = sample_of_every_role();
                for (std::size_t k = 0; k < fields.size(); ++k) {
                  const Key key = fold_in(fold_in(Key{9}, static_cast<std::uint64_t>(i)), k);
                  tensor_of(sample, k) =
                      uniform(fields[k].shape, DType::float32, key, 0, 30).cast(dtype_of(fields[k].role));
                }
                return sample;
              },
          .target = fields[1],
          .more = {fields.begin() + 2, fields.end()}};
}

std::vector<Tensor> tensors_of(const Batch& batch) {
  std::vector<Tensor> all{batch.images, batch.targets};
  all.insert(all.end(), batch.more.begin(), batch.more.end());
  return all;
}

template <class T>
std::vector<T> row_of(const Tensor& stacked, std::int64_t i) {
  const std::vector<T> all = stacked.to_vector<T>();
  const std::int64_t count = stacked.elements() / stacked.shape()[0];
  return {all.begin() + i * count, all.begin() + (i + 1) * count};
}

TEST(Roles, ALoaderStacksEveryTensorWithAnyNumberOfWorkers) {
  const Dataset set = of_every_role(5);
  for (const Augmentation& a : {Augmentation{}, movers.back()}) {
    for (const int workers : {0, 1, 3}) {
      Loader loader(set, {.batch = 3,
                          .augmentation = a,
                          .order_key = Key{1},
                          .augmentation_key = Key{2},
                          .workers = workers});
      BatchOrder order(5, 3, Key{1});
      for (std::int64_t step = 0; step < 4; ++step) {
        const std::vector<Tensor> batch = tensors_of(loader.take(step));
        ASSERT_EQ(batch.size(), 7U);
        for (std::int64_t i = 0; i < 3; ++i) {
          const Sample sample = set.sample(order.indices(step)[static_cast<std::size_t>(i)]);
          const Sample expected =
              augmented(every_role(), sample, a, fold_in(Key{2}, static_cast<std::uint64_t>(3 * step + i)));
          for (std::size_t k = 0; k < batch.size(); ++k) {
            if (batch[k].dtype() == DType::int32) {
              EXPECT_EQ(row_of<std::int32_t>(batch[k], i), tensor_of(expected, k).to_vector<std::int32_t>());
            } else {
              EXPECT_EQ(row_of<float>(batch[k], i), tensor_of(expected, k).to_vector<float>());
            }
          }
        }
      }
    }
  }
}

// A data set that can read boxes: a crop of it is that of whole samples, points included.
TEST(Roles, ACropThatReadsABoxIsThatOfTheWhole) {
  const Dataset whole = of_every_role(2);
  Dataset boxes = whole;
  boxes.parts.emplace();
  boxes.parts->extent = [](std::int64_t) { return HeightWidth{height, width}; };
  boxes.parts->read = [sample = whole.sample](std::int64_t i, const PixelBox& box) {
    return part_of(every_role(), sample(i), box);
  };
  for (const Augmentation& mover : movers) {
    for (std::uint64_t key = 0; key < 6; ++key) {
      const Sample a = augmented(whole, 1, mover, Key{key}, false),
                   b = augmented(boxes, 1, mover, Key{key}, false);
      for (std::size_t k = 0; k < 7; ++k) EXPECT_TRUE(same_bits(tensor_of(a, k), tensor_of(b, k))) << k;
    }
  }
}

TEST(Roles, ADataSetThatReadsBoxesRefusesWhatOthersRefuse) {
  Dataset boxes = of_every_role(2);
  const auto refusal = [&] {
    return message_of<ArgumentError>([&] {
      augmented(boxes, 0, {.crop = Window{9, 9}, .brightness = 0.1}, Key{1}, false);
    });
  };
  const std::string of_whole = refusal();
  EXPECT_EQ(
      of_whole,
      "augmented: brightness and contrast change the image and not its clean, so a network would learn to "
      "undo them. Leave them out.");
  boxes.parts.emplace();
  boxes.parts->extent = [](std::int64_t) { return HeightWidth{height, width}; };
  EXPECT_EQ(refusal(), of_whole) << "before a box is read";
}

TEST(Roles, ABatchOfNoneHasEveryTensor) {
  const std::vector<Tensor> none = tensors_of(make_batch(of_every_role(3), {}));
  const std::vector<Shape> shapes{{0, height, width, 3},
                                  {0, height, width, 1},
                                  {0, height, width},
                                  {0, height, width, 3},
                                  {0, 3, 2},
                                  {0},
                                  {0, 2}};
  ASSERT_EQ(none.size(), shapes.size());
  for (std::size_t k = 0; k < none.size(); ++k) {
    EXPECT_EQ(none[k].shape(), shapes[k]);
    EXPECT_EQ(none[k].dtype(), dtype_of(every_role()[k].role));
  }
}

}  // namespace
}  // namespace trous
