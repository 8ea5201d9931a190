#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/nifti.h>

#include "data/scratch.h"

namespace trous {
namespace {

struct Golden {
  const char* name;
  DType dtype;
  double (*value)(int ramp);  // of voxel x + 10 y + 100 z
  double slope = 1, intercept = 0;
};

TEST(Nifti, ReadsWhatNibabelWrote) {
  const auto half = [](int ramp) { return ramp / 2.0; };
  for (const Golden& known :
       {Golden{"u1.nii", DType::uint8, [](int ramp) { return double(ramp >> 1); }},
        Golden{"i2_big_endian.nii.gz", DType::int32, [](int ramp) { return ramp - 300.0; }, 0.5, -10},
        Golden{"u2.nii.gz", DType::int32, [](int ramp) { return ramp + 60000.0; }},
        Golden{"i4.nii.gz", DType::int32, [](int ramp) { return ramp - 300.0; }},
        Golden{"f4.nii.gz", DType::float32, half}, Golden{"f8_big_endian.nii.gz", DType::float64, half}}) {
    const NiftiVolume volume = read_nifti(golden(known.name));
    ASSERT_EQ(volume.voxels.shape(), (Shape{5, 4, 3})) << known.name;
    ASSERT_EQ(volume.voxels.dtype(), known.dtype) << known.name;
    EXPECT_EQ(volume.spacing, (std::array<double, 3>{2, 1.5, 0.5})) << known.name;
    EXPECT_EQ(volume.slope, known.slope) << known.name;
    EXPECT_EQ(volume.intercept, known.intercept) << known.name;
    const std::vector<double> values = volume.voxels.cast(DType::float64).to_vector<double>();
    for (int i = 0; i < 60; ++i) {
      const int x = i % 3, y = i / 3 % 4, z = i / 12;
      EXPECT_EQ(values[static_cast<std::size_t>(i)], known.value(x + 10 * y + 100 * z))
          << known.name << ' ' << i;
    }
  }
}

// The figures are nibabel's: tests/golden/print_brain_figures.py.
TEST(Nifti, ReadsTheVolumesOfMricron) {
  struct Known {
    const char* name;
    std::int64_t sum;
    std::array<int, 3> voxels;
  };
  for (const Known& known : {Known{"ch2", 317151210, {107, 53, 37}}, Known{"ch2bet", 158526435, {107, 53, 0}},
                             Known{"aal", 76656511, {29, 0, 0}}}) {
    const std::string path = text("/usr/share/mricron/templates/", known.name, ".nii.gz");
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "NOT TESTED: apt-get install mricron-data.";
    const NiftiVolume volume = read_nifti(path);
    ASSERT_EQ(volume.voxels.shape(), (Shape{181, 217, 181})) << known.name;
    EXPECT_EQ(volume.spacing, (std::array<double, 3>{1, 1, 1})) << known.name;
    const auto values = volume.voxels.values<std::uint8_t>();
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), std::int64_t{0}), known.sum) << known.name;
    const auto at = [&](std::size_t x, std::size_t y, std::size_t z) {
      return int{values[(z * 217 + y) * 181 + x]};
    };
    EXPECT_EQ((std::array{at(60, 100, 90), at(120, 80, 70), at(90, 30, 45)}), known.voxels) << known.name;
  }
}

TEST(Nifti, EveryTruncationIsAnError) {
  const Scratch scratch;
  for (const char* name : {"u1.nii", "f4.nii.gz"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      spill(scratch / "part", std::span(whole).first(length));
      EXPECT_THROW(read_nifti(scratch / "part"), FileError) << name << ' ' << length;
    }
  }
}

// u1.nii with other bytes in some places of its header.
class Changed : public testing::Test {
 protected:
  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  NiftiVolume read() {
    spill(path_, bytes_);
    bytes_ = slurp(golden("u1.nii"));
    return read_nifti(path_);
  }
  std::string message() {
    return message_of<FileError>([&] { read(); });
  }

  const Scratch scratch_;
  const std::string path_ = scratch_ / "a", a = "read_nifti: " + path_;
  Bytes bytes_ = slurp(golden("u1.nii"));
};

using NiftiHeader = Changed;

TEST_F(NiftiHeader, NoScalingIsAFactorOfOne) {
  const float nan = std::bit_cast<float>(0x7FC00000U);
  for (const auto& [slope, intercept] : {std::pair{0.0F, 5.0F}, {nan, 5.0F}, {nan, nan}, {2.0F, nan}}) {
    put(112, slope);
    put(116, intercept);
    const NiftiVolume volume = read();
    EXPECT_EQ(volume.slope, 1) << slope;
    EXPECT_EQ(volume.intercept, 0) << slope;
  }
}

TEST_F(NiftiHeader, SizesAreInMillimetres) {
  put<std::uint8_t>(123, 1 | 8);  // metres, seconds
  EXPECT_EQ(read().spacing[1], 1500);
  put<std::uint8_t>(123, 3);
  EXPECT_DOUBLE_EQ(read().spacing[1], 0.0015);
  put<std::uint8_t>(123, 0);
  EXPECT_EQ(read().spacing[1], 1.5);
}

TEST_F(NiftiHeader, AxesOfExtentOneMayFollowOrBeLeftOut) {
  put<std::int16_t>(40, 5);
  EXPECT_EQ(read().voxels.shape(), (Shape{5, 4, 3}));
  put<std::int16_t>(40, 2);
  bytes_.resize(352 + 12);
  EXPECT_EQ(read().voxels.shape(), (Shape{1, 4, 3}));
}

TEST_F(NiftiHeader, SaysWhatIsWrong) {
  put<std::int32_t>(0, 349);
  EXPECT_EQ(message(),
            a + " is no NIfTI-1 file. It starts with 5d 01 00 00 00 00 00 00 instead of the header's "
                "size, 348, in 4 bytes. Convert it to NIfTI-1.");
  put<std::int32_t>(0, 540);
  EXPECT_EQ(message(), a + " is a NIfTI-2 file. NIfTI-1 is read. Save it as NIfTI-1.");
  bytes_.resize(351);
  EXPECT_EQ(message(), a + " is truncated. A header takes 352 bytes, it has 351. Fetch the file again.");
  put(344, std::array{'n', 'i', '1', '\0'});
  EXPECT_EQ(message(),
            a + " is the header of a pair of files. One file with header and voxels is read. Save it as "
                ".nii.");
  put(344, std::array{'n', '+', '2', '\0'});
  EXPECT_EQ(message(),
            a + " is no NIfTI-1 file. At byte 344 it has 6e 2b 32 00 instead of 6e 2b 31 00. Convert it "
                "to NIfTI-1.");
  put<std::int16_t>(40, 8);
  EXPECT_EQ(message(), a + " has 8 axes. NIfTI-1 has 1 to 7. Fetch or write the file again.");
  put<std::int16_t>(44, 0);
  EXPECT_EQ(message(),
            a + " has extent 0 on axis 1, counted from 0. A volume has extents of 1 or more on axes 0 to "
                "2, and 1 on others. Cut one volume out of it.");
  put<std::int16_t>(40, 4);
  put<std::int16_t>(48, 2);
  EXPECT_EQ(message(),
            a + " has extent 2 on axis 3, counted from 0. A volume has extents of 1 or more on axes 0 to "
                "2, and 1 on others. Cut one volume out of it.");
  put<std::int16_t>(70, 128);
  EXPECT_EQ(message(),
            a + " has data type 128 of 8 bits. 2 (uint8), 256 (int8), 4 (int16), 512 (uint16), 8 (int32), "
                "16 (float32) and 64 (float64) are read. Convert it.");
  put<std::int16_t>(72, 16);
  EXPECT_EQ(message(),
            a + " has data type 2 of 16 bits. 2 (uint8), 256 (int8), 4 (int16), 512 (uint16), 8 (int32), "
                "16 (float32) and 64 (float64) are read. Convert it.");
  for (const float offset : {351.0F, 352.5F, 413.0F, -352.0F, std::bit_cast<float>(0x7FC00000U)}) {
    put(108, offset);
    EXPECT_EQ(message(),
              text(a, " has its voxels at byte ", offset,
                   " of 412. They start at a whole number from 352 on. Fetch or write the file again."));
  }
  bytes_.push_back(0);
  EXPECT_EQ(message(),
            a + " has bytes too many. Its header says [z, y, x] = [5, 4, 3], 60 bytes, and 61 follow. "
                "Fetch the file again.");
}

TEST_F(NiftiHeader, HugeExtentsAreRefusedBeforeAnyAllocation) {
  for (const std::size_t at : {42, 44, 46}) put<std::int16_t>(at, 32767);
  EXPECT_EQ(message(),
            a + " is truncated. Its header says [z, y, x] = [32767, 32767, 32767], 35181150961663 bytes, "
                "and 60 follow. Fetch the file again.");
}

TEST_F(NiftiHeader, AChangedByteIsAnErrorOrAnotherVolume) {
  for (std::size_t i = 0; i < 352; ++i) {
    bytes_[i] ^= static_cast<std::uint8_t>(i % 2 ? 1U << i % 8 : 0xFF);
    try {
      EXPECT_LE(read().voxels.elements(), 60);
    } catch (const FileError&) {
    }
  }
}

TEST(Nifti, ReadsInt8) {
  const Scratch scratch;
  Bytes bytes = slurp(golden("u1.nii"));
  bytes[70] = 0;
  bytes[71] = 1;  // 256
  bytes[352] = 0x80;
  bytes[411] = 0xFF;
  spill(scratch / "a", bytes);
  const Tensor voxels = read_nifti(scratch / "a").voxels;
  EXPECT_EQ(voxels.values<std::int32_t>()[0], -128);
  EXPECT_EQ(voxels.values<std::int32_t>()[59], -1);
}

}  // namespace
}  // namespace trous
