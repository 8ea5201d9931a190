#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>

#include "data/scratch.h"

namespace trous {
namespace {

constexpr const char* goldens[]{"f4.npy", "f8.npy", "i4.npy", "u1.npy", "empty.npy", "long_shape.npy"};

TEST(Npy, ReadsWhatNumpyWrote) {
  const Tensor f4 = read_npy(golden("f4.npy"));
  EXPECT_EQ(f4.shape(), (Shape{2, 3}));
  const std::vector<float> values = f4.to_vector<float>();
  EXPECT_EQ((std::vector<float>(values.begin(), values.begin() + 5)),
            (std::vector<float>{1.5F, -2, 0.1F, 3e38F, std::numeric_limits<float>::infinity()}));
  EXPECT_TRUE(std::isnan(values[5]));
  EXPECT_TRUE(same_bits(read_npy(golden("f8.npy")), Tensor({}, {1.0 / 3})));
  EXPECT_TRUE(same_bits(read_npy(golden("i4.npy")), Tensor({3}, {-7, 0, 2147483647})));
  Bytes counted;
  for (std::uint8_t i = 0; i < 24; ++i) counted.push_back(i);
  EXPECT_TRUE(same_bits(read_npy(golden("u1.npy")), Tensor({2, 3, 4}, counted)));
  EXPECT_TRUE(same_bits(read_npy(golden("empty.npy")), Tensor::zeros({0, 4}, DType::float32)));
  EXPECT_TRUE(
      same_bits(read_npy(golden("long_shape.npy")), Tensor::ones({3, 1, 1, 1, 1, 1, 1, 1}, DType::uint8)));
  EXPECT_TRUE(same_bits(read_npy(golden("version2.npy")), Tensor({2}, {1, 2})));
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  const Scratch scratch;
  for (const char* name : goldens) {
    write_npy(scratch / name, read_npy(golden(name)));
    EXPECT_EQ(slurp(scratch / name), slurp(golden(name))) << name;
  }
}

TEST(Npy, EveryTruncationIsAnError) {
  const Scratch scratch;
  for (const char* name : {"f4.npy", "version2.npy"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      spill(scratch / "part", std::span(whole).first(length));
      EXPECT_THROW(read_npy(scratch / "part"), FileError) << name << ' ' << length;
    }
  }
}

// A file of format 1.0 with this header, then `count` bytes.
std::string message(const Scratch& scratch, const std::string& header, std::size_t count = 0) {
  Bytes bytes = bytes_of("\x93NUMPY");
  bytes.insert(bytes.end(), {1, 0, static_cast<std::uint8_t>(header.size()), 0});
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + count);
  spill(scratch / "a", bytes);
  return message_of<FileError>([&] { read_npy(scratch / "a"); });
}

TEST(Npy, SaysWhatIsWrongWithAFile) {
  const Scratch scratch;
  const std::string a = "read_npy: " + scratch / "a";
  EXPECT_EQ(
      message_of<FileError>([&] { read_npy(golden("cube.idx")); }),
      "read_npy: " + golden("cube.idx") +
          " is no .npy file. It starts with 00 00 08 03 00 00 00 02 instead of 93 4e 55 4d 50 59. Save it "
          "with numpy.save.");
  Bytes bytes = slurp(golden("f4.npy"));
  bytes[6] = 4;
  spill(scratch / "a", bytes);
  EXPECT_EQ(message_of<FileError>([&] { read_npy(scratch / "a"); }),
            a + " has format version 4. Versions 1 to 3 are read. Save it with numpy.save.");
  spill(scratch / "a", std::span(bytes).first(6));
  EXPECT_EQ(message_of<FileError>([&] { read_npy(scratch / "a"); }),
            a + " is truncated. It has 6 bytes and ends inside its header. Fetch or save the file again.");
  EXPECT_EQ(message_of<FileError>([&] { read_npy(golden("i8.npy")); }),
            "read_npy: " + golden("i8.npy") +
                " has dtype <i8. '<f4', '<f8', '<i4' and '|u1' are read. Save it with "
                "array.astype(numpy.float32), or another of these four.");
  EXPECT_EQ(message_of<FileError>([&] { read_npy(golden("fortran.npy")); }),
            "read_npy: " + golden("fortran.npy") +
                " is in Fortran order. C order, last axis fastest, is read. Save "
                "numpy.ascontiguousarray(array).");
  const std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  EXPECT_EQ(
      message(scratch, start + "(2, 3)}", 20),
      a + " is truncated. Its header says float32 [2, 3], 24 bytes, and 20 follow. Fetch or save the file "
          "again.");
  EXPECT_EQ(
      message(scratch, start + "(2, 3)}", 25),
      a + " has bytes too many. Its header says float32 [2, 3], 24 bytes, and 25 follow. Fetch or save the "
          "file again.");
  Bytes fields = bytes_of("\x93NUMPY");
  fields.insert(fields.end(), {2, 0, 1, 0, 1, 0});
  fields.resize(fields.size() + 65537);
  spill(scratch / "a", fields);
  EXPECT_EQ(
      message_of<FileError>([&] { read_npy(scratch / "a"); }),
      a + " has a header of 65537 bytes. Up to 65536 are read. Save a plain array, without named fields.");
}

TEST(Npy, AHeaderIsNothingButThreeKeys) {
  const Scratch scratch;
  for (const char* header :
       {"", "{", "{}", "[]", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': No, 'shape': ()}",
        "{'descr': <f4, 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': ()}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (a)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x"}) {
    EXPECT_EQ(message(scratch, header, 4),
              "read_npy: " + scratch / "a" +
                  " has a header that is no array's: " + std::string(header).substr(0, 80) +
                  ". It names descr, fortran_order and shape. Save it with numpy.save.");
  }
  message(scratch, "{\"shape\":(1),\"fortran_order\":True,\"descr\":\"<f4\"}\n\n",
          4);  // no other order matters
  EXPECT_EQ(read_npy(scratch / "a").shape(), (Shape{1}));
  EXPECT_EQ(message(scratch, "{'descr': '', 'fortran_order': False, 'shape': ()}", 4),
            "read_npy: " + scratch / "a" +
                " has dtype . '<f4', '<f8', '<i4' and '|u1' are read. Save it with "
                "array.astype(numpy.float32), or another of these four.");
}

TEST(Npy, HugeExtentsAreRefusedBeforeAnyAllocation) {
  const Scratch scratch;
  const std::string a = "read_npy: " + scratch / "a",
                    start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  EXPECT_EQ(message(scratch, start + "(4000000000, 4000000000)}", 4),
            a + " has a header that no tensor fits. shape: [4000000000, 4000000000] has more than 2^63 - 1 "
                "elements. Use smaller extents.");
  EXPECT_EQ(
      message(scratch, start + "(1000000000000,)}", 4),
      a + " is truncated. Its header says float32 [1000000000000], 4000000000000 bytes, and 4 follow. Fetch "
          "or save the file again.");
  EXPECT_EQ(
      message(scratch, start + "(2, 0)}"),
      a + " has a header that no tensor fits. tensor: extent 0 on axis 1 of [2, 0]. Only axis 0, the batch, "
          "may be 0.");
  EXPECT_NE(message(scratch, start + "(-1,)}", 4).find("has a header that no tensor fits"),
            std::string::npos);
  EXPECT_NE(message(scratch, start + "(1,1,1,1,1,1,1,1,1)}", 4).find("has a header that no tensor fits"),
            std::string::npos);
}

TEST(NpyWriter, PartsGiveTheFileOfTheWholeArray) {
  const Scratch scratch;
  for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
    std::vector<double> numbers;
    for (int i = 0; i < 5 * 3 * 2; ++i) numbers.push_back(7 * i);
    const Tensor whole = Tensor({5, 3, 2}, numbers).cast(dtype);
    write_npy(scratch / "whole.npy", whole);
    NpyWriter writer(scratch / "parts.npy", whole.shape(), dtype);
    writer.write(rows_of(whole, 0, 1));
    writer.write(rows_of(whole, 1, 3));
    EXPECT_FALSE(std::filesystem::exists(scratch / "parts.npy"));
    writer.write(rows_of(whole, 4, 1));
    writer.finish();
    EXPECT_EQ(slurp(scratch / "parts.npy"), slurp(scratch / "whole.npy")) << dtype;
    std::filesystem::remove(scratch / "parts.npy");
  }
}

TEST(NpyWriter, RefusesRowsOfAnotherArray) {
  const Scratch scratch;
  {
    NpyWriter writer(scratch / "a.npy", {3, 2}, DType::float32);
    EXPECT_EQ(
        message_of<DTypeError>([&] {
          writer.write(Tensor::zeros({1, 2}, DType::float64));
        }),
        "write_npy: the rows are float64, the array is float32. Cast them, or make the writer for float64.");
    EXPECT_EQ(message_of<ShapeError>([&] {
                writer.write(Tensor::zeros({1, 3}, DType::float32));
              }),
              "write_npy: rows [1, 3] are none of an array [3, 2]. All extents but the first are equal.");
    EXPECT_THROW(writer.write(Tensor::zeros({2}, DType::float32)), ShapeError);
    writer.write(Tensor::zeros({2, 2}, DType::float32));
    EXPECT_EQ(message_of<ShapeError>([&] {
                writer.write(Tensor::zeros({2, 2}, DType::float32));
              }),
              "write_npy: rows [2, 2] are too many for an array [3, 2], of which 2 elements are missing. "
              "Make the writer with the extent of all rows.");
    EXPECT_EQ(message_of<ArgumentError>([&] { writer.finish(); }),
              "write_npy: 2 of 6 elements of an array [3, 2] are missing. Write them before finish.");
  }
  EXPECT_EQ(scratch.files(), 0U);
  EXPECT_THROW(NpyWriter(scratch / "a.npy", {3, 0}, DType::float32), ShapeError);
  EXPECT_EQ(scratch.files(), 0U);
}

TEST(Npy, AFailedWriteLeavesTheEarlierFile) {
  const Scratch scratch;
  EXPECT_THROW(write_npy(scratch / "none/a.npy", Tensor::scalar(1)), FileError);
  EXPECT_EQ(scratch.files(), 0U);
}

}  // namespace
}  // namespace trous
