#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/idx.h>

#include "data/scratch.h"

namespace trous {
namespace {

// A header of `extents`, then `count` bytes.
Bytes idx(int type, const std::vector<std::uint32_t>& extents, std::size_t count) {
  Bytes bytes{0, 0, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(extents.size())};
  for (const std::uint32_t extent : extents) {
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
  }
  bytes.resize(bytes.size() + count);
  return bytes;
}

std::string message(const Scratch& scratch, const Bytes& bytes) {
  spill(scratch / "a", bytes);
  return message_of<FileError>([&] { read_idx(scratch / "a"); });
}

TEST(Idx, ReadsWhatPythonWrotePlainOrCompressed) {
  Bytes expected;
  for (int i = 0; i < 24; ++i) expected.push_back(static_cast<std::uint8_t>(7 * i));
  for (const char* name : {"cube.idx", "cube.idx.gz", "two_members.idx.gz"}) {
    const Tensor cube = read_idx(golden(name));
    EXPECT_EQ(cube.shape(), (Shape{2, 3, 4})) << name;
    EXPECT_EQ(cube.to_vector<std::uint8_t>(), expected) << name;
  }
}

TEST(Idx, EveryTruncationIsAnError) {
  const Scratch scratch;
  for (const char* name : {"cube.idx", "cube.idx.gz"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      spill(scratch / "part", std::span(whole).first(length));
      EXPECT_THROW(read_idx(scratch / "part"), FileError) << name << ' ' << length;
    }
  }
}

TEST(Idx, SaysWhatIsWrong) {
  const Scratch scratch;
  const std::string a = "read_idx: " + scratch / "a";
  EXPECT_EQ(message(scratch, {1, 0, 8, 1, 0, 0, 0, 0}),
            a + " is no IDX file. It starts with 01 00 08 01 00 00 00 00 instead of 00 00, a type code and a "
                "rank. Give an IDX file, plain or gzip.");
  EXPECT_EQ(message(scratch, idx(0x0D, {1}, 4)),
            a + " has type code 13, float32. Only code 8, unsigned bytes, is read. Convert the file.");
  EXPECT_EQ(message(scratch, idx(0x42, {1}, 4)),
            a + " has type code 66, no type of the format. Only code 8, unsigned bytes, is read. Convert the "
                "file.");
  EXPECT_EQ(message(scratch, idx(8, {}, 1)),
            a + " has rank 0. Ranks 1 to 8 are read. Reshape the array when it is written.");
  EXPECT_EQ(message(scratch, {0, 0, 8, 2, 0, 0, 0}),
            a + " is truncated. Its header of rank 2 takes 12 bytes, it has 7. Fetch the file again.");
  EXPECT_EQ(
      message(scratch, idx(8, {2, 3}, 5)),
      a + " is truncated. Its header says [2, 3], 6 elements, and 5 bytes follow. Fetch the file again.");
  EXPECT_EQ(message(scratch, idx(8, {2, 3}, 7)),
            a + " has bytes too many. Its header says [2, 3], 6 elements, and 7 bytes follow. Fetch the file "
                "again.");
}

TEST(Idx, HugeExtentsAreRefusedBeforeAnyAllocation) {
  const Scratch scratch;
  const std::string a = "read_idx: " + scratch / "a";
  EXPECT_EQ(message(scratch, idx(8, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, 3)),
            a + " has a header that no tensor fits. shape: [4294967295, 4294967295, 4294967295] has more "
                "than 2^63 - "
                "1 elements. Use smaller extents.");
  EXPECT_EQ(
      message(scratch, idx(8, {0xFFFFFFFF, 0x7FFFFFFF}, 3)),
      a + " is truncated. Its header says [4294967295, 2147483647], 9223372030412324865 elements, and 3 "
          "bytes follow. Fetch the file again.");
  EXPECT_EQ(message(scratch, idx(8, {2, 0}, 0)),
            a + " has a header that no tensor fits. tensor: extent 0 on axis 1 of [2, 0]. Only axis 0, the "
                "batch, may be 0.");
}

TEST(Idx, NoElementsAreAnEmptyBatch) {
  const Scratch scratch;
  spill(scratch / "a", idx(8, {0, 28, 28}, 0));
  EXPECT_EQ(read_idx(scratch / "a").shape(), (Shape{0, 28, 28}));
}

}  // namespace
}  // namespace trous
