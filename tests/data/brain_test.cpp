#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/brain.h>
#include <trous/data/ignore.h>
#include <trous/data/nifti.h>
#include <trous/data/palette.h>
#include <trous/data/survey.h>

#include "data/scratch.h"

namespace trous {
namespace {

#define NEEDS_MRICRON_DATA()                                     \
  if (!std::filesystem::exists(BrainOptions{}.directory)) {      \
    GTEST_SKIP() << "NOT TESTED: apt-get install mricron-data."; \
  }

// Numbers of this kind are those that tests/golden/print_brain_figures.py prints: nibabel, NumPy, SciPy.
struct Figures {
  std::vector<std::int64_t> classes;
  std::int64_t masks, images;  // each voxel times its place, which starts again after 65,521
};

Figures figures_of(const Dataset& set) {
  Figures figures{std::vector<std::int64_t>(10), 0, 0};
  std::int64_t place = 0;
  for (std::int64_t i = 0; i < set.size; ++i) {
    const Sample sample = checked_sample(set, i);
    for (std::size_t at = 0; at < 96 * 184; ++at, ++place) {
      const std::int32_t label = sample.target.values<std::int32_t>()[at];
      if (label != unknown_label) ++figures.classes.at(static_cast<std::size_t>(label));
      figures.masks += label * (place % 65521 + 1);
      figures.images += std::lround(255 * sample.image.values<float>()[at]) * (place % 65521 + 1);
    }
  }
  return figures;
}

// The padding, and a class that is ignored, are unknown in the masks; a prediction says a class everywhere
// that counts, and the ignored one where the left side has it.
TEST(BrainMirror, smp_547_PredictsAnIgnoredClassToo) {
  const auto side = [](const char* name, std::vector<std::int32_t> labels) {
    return Dataset{.name = name,
                   .source = "the tests",
                   .classes = {"air", "head", "deep"},
                   .size = 1,
                   .image_shape = {1, 4, 1},
                   .sample = [labels](std::int64_t) {
                     return Sample{Tensor::zeros({1, 4, 1}, DType::float32), Tensor({1, 4}, labels)};
                   }};
  };
  const Dataset right = side("right", {0, 1, 2, 255});
  const Splits both{side("left", {1, 1, 2, 255}), right, right};
  EXPECT_EQ(brain_mirror_prediction(both, 0).to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{1, 1, 2, 255}));
  EXPECT_EQ(brain_mirror_prediction(ignoring(both, 1), 0).to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{1, 1, 2, 1}));
}

TEST(Brain, EveryVoxelIsWhatNumpyAndScipyMakeOfTheFiles) {
  NEEDS_MRICRON_DATA();
  const Splits splits = brain();
  const Figures left = figures_of(splits.train), right = figures_of(splits.validation);
  EXPECT_EQ(left.classes, (std::vector<std::int64_t>{1592861, 1030715, 191861, 221348, 113105, 119656, 86297,
                                                     42724, 43675, 92688}));
  EXPECT_EQ(left.masks, 2654000328028);
  EXPECT_EQ(left.images, 5153028196903);
  EXPECT_EQ(right.classes, (std::vector<std::int64_t>{1552235, 1033479, 199978, 227830, 115070, 131497, 83891,
                                                      45081, 45623, 100246}));
  EXPECT_EQ(right.masks, 2660318579627);
  EXPECT_EQ(right.images, 5165428925498);
  EXPECT_EQ(class_pixels(splits.train), left.classes);
}

// Odd numbers of the atlas are the left hemisphere's, up to 108, after which comes the vermis.
TEST(Brain, TheTrainingHalfIsTheLeftOne) {
  NEEDS_MRICRON_DATA();
  const Splits splits = brain();
  const Tensor atlas = read_nifti(BrainOptions{}.directory + "/aal.nii.gz").voxels;
  const Tensor scan = read_nifti(BrainOptions{}.directory + "/ch2.nii.gz").voxels;
  std::array<double, 2> center{}, voxels{};
  for (std::int64_t i = 0; i < atlas.elements(); ++i) {
    const int region = atlas.values<std::uint8_t>()[static_cast<std::size_t>(i)];
    if (region == 0 || region > 108) continue;
    center[region % 2] += static_cast<double>(i % 181);
    ++voxels[region % 2];
  }
  EXPECT_LT(center[1] / voxels[1], 70);
  EXPECT_GT(center[0] / voxels[0], 110);
  for (const std::int64_t y : {0, 60, 108, 216}) {
    const Tensor left = splits.train.sample(y).image, right = splits.validation.sample(y).image;
    for (std::int64_t row = 0; row < 90; ++row) {
      for (std::int64_t z = 0; z < 181; ++z) {
        const auto at = static_cast<std::size_t>(row * 184 + z);
        const auto voxel = [&](std::int64_t x) {
          return static_cast<float>(
                     scan.values<std::uint8_t>()[static_cast<std::size_t>((z * 217 + y) * 181 + x)]) /
                 255.0F;
        };
        ASSERT_EQ(left.values<float>()[at], voxel(89 - row));
        ASSERT_EQ(right.values<float>()[at], voxel(91 + row));
      }
    }
  }
}

TEST(Brain, ThePaddingIsDarkAndUnknown) {
  NEEDS_MRICRON_DATA();
  const Splits splits = brain();
  for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
    const Sample sample = set->sample(108);
    for (std::int64_t at = 0; at < 96 * 184; ++at) {
      const bool padding = at / 184 >= 90 || at % 184 >= 181;
      const auto index = static_cast<std::size_t>(at);
      ASSERT_EQ(sample.target.values<std::int32_t>()[index] == unknown_label, padding) << at;
      if (padding) {
        ASSERT_EQ(sample.image.values<float>()[index], 0) << at;
      }
    }
  }
}

TEST(Brain, TheMirroredAtlasScoresWhatNumpySays) {
  NEEDS_MRICRON_DATA();
  const Splits splits = brain();
  std::array<std::array<double, 10>, 10> counts{};
  for (std::int64_t i = 0; i < 217; ++i) {
    const Tensor truth = splits.validation.sample(i).target, said = brain_mirror_prediction(splits, i);
    for (std::size_t at = 0; at < 96 * 184; ++at) {
      const std::int32_t t = truth.values<std::int32_t>()[at], s = said.values<std::int32_t>()[at];
      ASSERT_EQ(t == unknown_label, s == unknown_label);
      if (t != unknown_label) ++counts[static_cast<std::size_t>(t)][static_cast<std::size_t>(s)];
    }
  }
  double mean = 0, hits = 0, all = 0;
  for (std::size_t c = 0; c < 10; ++c) {
    double united = -counts[c][c];
    for (std::size_t k = 0; k < 10; ++k) united += counts[c][k] + counts[k][c];
    mean += counts[c][c] / united / 10;
    hits += counts[c][c];
    all = std::accumulate(counts[c].begin(), counts[c].end(), all);
  }
  EXPECT_NEAR(mean, 0.751801, 5e-7);
  EXPECT_NEAR(hits / all, 0.920288, 5e-7);
  EXPECT_THROW(brain_mirror_prediction(splits, 217), ArgumentError);
}

TEST(Brain, ASampleDependsOnItsIndexAlone) {
  NEEDS_MRICRON_DATA();
  std::vector<std::int64_t> indices{7, 100, 216, 0, 7};
  const int before = threads();
  set_threads(1);
  const Batch one = make_batch(brain().train, indices);
  set_threads(3);
  const Batch three = make_batch(brain().train, indices);
  set_threads(before);
  EXPECT_TRUE(same_bits(one.images, three.images) && same_bits(one.targets, three.targets));
}

TEST(Brain, RecordsWhatItIs) {
  NEEDS_MRICRON_DATA();
  const Splits splits = brain();
  const std::string source =
      "Colin27 T1 (Holmes et al. 1998) and AAL atlas (Tzourio-Mazoyer et al. 2002), from Debian package "
      "mricron-data, coronal slices 0 to 216, ";
  EXPECT_EQ(splits.train.source, source + "left hemisphere");
  EXPECT_EQ(splits.validation.source,
            source + "mirrored right hemisphere of the same person: this says nothing about other people");
  EXPECT_EQ(splits.test.source,
            source +
                "mirrored right hemisphere of the same person: the very slices of validation, since there is "
                "no third set");
  for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
    EXPECT_EQ(set->size, 217);
    EXPECT_EQ(set->classes.size(), 10U);
  }
  EXPECT_TRUE(same_bits(splits.test.sample(90).target, splits.validation.sample(90).target));
}

// A plain NIfTI-1 file of uint8 zeros but for one voxel.
void spill_nifti(const std::string& path, std::array<std::uint8_t, 3> extents, std::size_t place = 0,
                 std::uint8_t value = 0) {
  Bytes bytes = slurp(golden("u1.nii"));
  bytes.resize(352);
  for (std::size_t axis = 0; axis < 3; ++axis) bytes[42 + 2 * axis] = extents[axis];
  bytes.resize(352 + std::size_t{extents[0]} * extents[1] * extents[2]);
  bytes[352 + place] = value;
  spill(path, bytes);
}

TEST(Brain, SaysWhatIsWrongWithItsFiles) {
  const Scratch scratch;
  const auto message = [&] { return message_of<FileError>([&] { brain({.directory = scratch.path()}); }); };
  const std::string absent =
      " does not exist. Colin27 and the AAL atlas come as a Debian package: apt-get install mricron-data, or "
      "give the directory that holds its templates.";
  const std::string scan = scratch / "ch2.nii.gz", names = scratch / "aal.nii.txt";
  EXPECT_EQ(message(), "brain: " + scan + absent);
  spill_nifti(scan, {181, 217, 180});
  EXPECT_EQ(message(),
            "brain: " + scan +
                " has uint8 voxels, [z, y, x] = [180, 217, 181]. Colin27 has uint8 [181, 217, 181]. "
                "Install mricron-data again.");
  spill_nifti(scan, {181, 217, 181});
  EXPECT_EQ(message(), "brain: " + scratch / "ch2bet.nii.gz" + absent);
  spill_nifti(scratch / "ch2bet.nii.gz", {181, 217, 181});
  EXPECT_EQ(message(), "brain: " + scratch / "aal.nii.gz" + absent);
  spill_nifti(scratch / "aal.nii.gz", {181, 217, 181}, 5, 2);
  EXPECT_EQ(message(), "brain: " + names + absent);
  spill(names, bytes_of("1 Precentral_L 2001\n\n300 Insula_L 3001\n"));
  EXPECT_EQ(message(),
            "brain: " + names +
                ", line 3 names no region of the AAL atlas: 300 Insula_L 3001. Install mricron-data "
                "again.");
  for (const char* line : {"2 Nose_R 1", "two Insula_L 3001", "2", "0 Insula_L 3001"}) {
    spill(names, bytes_of(text(line, "\r\n")));
    EXPECT_EQ(message(), "brain: " + names + ", line 1 names no region of the AAL atlas: " + line +
                             ". Install mricron-data again.");
  }
  spill(names, bytes_of("1 Precentral_L 2001\r\n"));
  EXPECT_EQ(message(), "brain: " + scratch.path() +
                           "/aal.nii.gz has region 2, which aal.nii.txt does not name. Install mricron-data "
                           "again.");
  // One region of one voxel at x = 5, y = 0, z = 0 is the left hemisphere's, and all else is air.
  spill(names, bytes_of("2 Insula_L 3001\r\n"));
  const Splits splits = brain({.directory = scratch.path()});
  EXPECT_EQ(splits.train.sample(0).target.values<std::int32_t>()[(89 - 5) * 184], 7);
  EXPECT_EQ(class_pixels(splits.train),
            (std::vector<std::int64_t>{90 * 181 * 217 - 1, 0, 0, 0, 0, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace trous
