#include <bit>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/safetensors.h>

#include "data/scratch.h"

namespace trous {
namespace {

// A file with this header and `data` zero bytes.
Bytes file_of(const std::string& header, std::size_t data) {
  Bytes bytes(8 + header.size() + data);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::copy(header.begin(), header.end(), bytes.begin() + 8);
  return bytes;
}

std::string message(const Bytes& bytes) {
  const Scratch scratch;
  spill(scratch / "f", bytes);
  std::string text = message_of<FileError>([&] { read_safetensors(scratch / "f"); });
  const std::size_t at = text.find(scratch / "f");
  if (at != std::string::npos) text.replace(at, (scratch / "f").size(), "FILE");
  return text;
}

std::string message(const std::string& header, std::size_t data) { return message(file_of(header, data)); }

SafetensorsFile small_file() {
  return {.tensors = {{"w", Tensor({2}, std::vector<float>{1, -2})}, {"n", Tensor({3}, Bytes{7, 8, 9})}},
          .metadata = {{"step", "3"}}};
}

TEST(Safetensors, BytesAreTheFormats) {
  const Scratch scratch;
  write_safetensors(scratch / "f", small_file());
  const std::string header =
      R"({"__metadata__":{"step":"3"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("n":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";
  ASSERT_EQ(header.size(), 135U);
  Bytes expected{136, 0, 0, 0, 0, 0, 0, 0};
  expected.insert(expected.end(), header.begin(), header.end());
  for (const int byte : {0x20, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 7, 8, 9}) {
    expected.push_back(static_cast<std::uint8_t>(byte));
  }
  EXPECT_EQ(slurp(scratch / "f"), expected);
}

TEST(Safetensors, ReadsWhatPythonWroteAndWritesTheSameBytes) {
  const SafetensorsFile file = read_safetensors(golden("python.safetensors"));
  const std::map<std::string, std::string> metadata{{"author", "a \"quoted\" name"},
                                                    {"seed", "18446744073709551615"}};
  EXPECT_EQ(file.metadata, metadata);
  const std::vector<std::pair<std::string, Tensor>> expected{
      {"bytes", Tensor({3}, Bytes{0, 128, 255})},
      {"größe", Tensor({2}, std::vector<double>{1.0 / 3, -std::numeric_limits<double>::infinity()})},
      {"layer/weight", Tensor({2, 2}, std::vector<float>{1.5F, -2, 0.1F, 3e38F})},
      {"scalar", Tensor({}, std::vector<std::int32_t>{-7})},
      {"empty", Tensor({0, 4}, std::vector<std::int32_t>{})},
      {"step", Tensor({1}, std::vector<std::int32_t>{std::numeric_limits<std::int32_t>::max()})}};
  ASSERT_EQ(file.tensors.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(file.tensors[i].first, expected[i].first);
    EXPECT_TRUE(same_bits(file.tensors[i].second, expected[i].second)) << expected[i].first;
  }
  const Scratch scratch;
  write_safetensors(scratch / "f", file);
  EXPECT_EQ(slurp(scratch / "f"), slurp(golden("python.safetensors")));
}

TEST(Safetensors, KeepsNotANumberBitForBit) {
  const Scratch scratch;
  const Tensor values({3}, std::vector<float>{std::bit_cast<float>(0x7FC01234U), -0.0F,
                                              std::numeric_limits<float>::denorm_min()});
  write_safetensors(scratch / "f", {.tensors = {{"", values}}, .metadata = {}});
  const SafetensorsFile file = read_safetensors(scratch / "f");
  ASSERT_EQ(file.tensors.size(), 1U);
  EXPECT_EQ(file.tensors[0].first, "");
  EXPECT_TRUE(same_bits(file.tensors[0].second, values));
}

TEST(Safetensors, NothingIsAFileToo) {
  const Scratch scratch;
  write_safetensors(scratch / "f", {});
  EXPECT_EQ(slurp(scratch / "f"), (file_of("{}      ", 0)));
  EXPECT_TRUE(read_safetensors(scratch / "f").tensors.empty());
}

TEST(Safetensors, DataMayLieInAnotherOrderThanTheHeader) {
  const Scratch scratch;
  Bytes bytes = file_of(R"({"b":{"data_offsets":[1,3],"shape":[2],"dtype":"U8"},)"
                        R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                        3);
  bytes[bytes.size() - 3] = 5;
  bytes[bytes.size() - 1] = 6;
  spill(scratch / "f", bytes);
  const SafetensorsFile file = read_safetensors(scratch / "f");
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[0].second.to_vector<std::uint8_t>(), (Bytes{0, 6}));
  EXPECT_EQ(file.tensors[1].second.to_vector<std::uint8_t>(), (Bytes{5}));
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const Scratch scratch;
  for (const char* name : {"python.safetensors"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      spill(scratch / "part", std::span(whole).first(length));
      EXPECT_THROW(read_safetensors(scratch / "part"), FileError) << length;
    }
  }
}

TEST(Safetensors, AChangedByteIsAnErrorOrAnotherFileButNeverACrash) {
  const Scratch scratch;
  const Bytes whole = slurp(golden("python.safetensors"));
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x04, 0x20, 0x80, 0xFF}) {
      Bytes changed = whole;
      changed[i] ^= static_cast<std::uint8_t>(mask);
      spill(scratch / "f", changed);
      try {
        read_safetensors(scratch / "f");
      } catch (const FileError&) {
        ++refused;
      }
    }
  }
  // Each of the five changes to each byte of the 8-byte length leaves no header that ends in the right place.
  EXPECT_GE(refused, 5 * 8);
}

TEST(Safetensors, JudgesTheLengthOfTheHeader) {
  EXPECT_EQ(
      message(Bytes{1, 2, 3}),
      "read_safetensors: FILE has 3 bytes. The length of the header alone takes 8. Write the file again.");
  EXPECT_EQ(
      message(Bytes(10, 0xFF)),
      "read_safetensors: FILE announces a header of 18446744073709551615 bytes. The file has 10 bytes, and "
      "a header at most 100000000. Write the file again.");
  EXPECT_EQ(
      message(Bytes{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}),
      "read_safetensors: FILE announces a header of 3 bytes. The file has 10 bytes, and a header at most "
      "100000000. Write the file again.");
  const Scratch scratch;
  spill(scratch / "f",
        Bytes{1, 0xE1, 0xF5, 5, 0, 0, 0, 0});  // 100,000,001, in a file with a hole of that size
  std::filesystem::resize_file(scratch / "f", 200'000'000);
  EXPECT_EQ(message_of<FileError>([&] { read_safetensors(scratch / "f"); }),
            "read_safetensors: " + scratch / "f" +
                " announces a header of 100000001 bytes. The file has 200000000 bytes, and a header at most "
                "100000000. Write the file again.");
}

TEST(Safetensors, JudgesTheJson) {
  const std::string start = "read_safetensors: FILE has ", end = ". Write the file again.";
  EXPECT_EQ(message("{]", 0), start + "a header that is no JSON from its byte 2 on" + end);
  EXPECT_EQ(message("", 0), start + "a header that is no JSON from its byte 1 on" + end);
  EXPECT_EQ(message("{} {}", 0), start + "a header that is no JSON from its byte 4 on" + end);
  EXPECT_EQ(message("{\"\xFF\":{}}", 0), start + "a header that is no JSON from its byte 3 on" + end);
  EXPECT_EQ(message("7", 0),
            start + "the number 7 at the start of the header, where the format has an object" + end);
  EXPECT_EQ(message(R"({"a":null})", 0), start + R"(null at "a", where the format has an object)" + end);
  EXPECT_EQ(message(R"({"__metadata__":{"a":1}})", 0),
            start + R"(the number 1 at "a" in __metadata__, where the format has a string)" + end);
  EXPECT_EQ(message(R"({"a":{"dtype":7}})", 0),
            start + R"(the number 7 at "dtype" of "a", where the format has a string)" + end);
  EXPECT_EQ(message(R"({"a":{"shape":{}}})", 0),
            start + R"(an object at "shape" of "a", where the format has an array)" + end);
  for (const char* number : {"-1", "1.5", "1e3", "123456789012345678901"}) {
    EXPECT_EQ(message(text(R"({"a":{"shape":[)", number, "]}}"), 0),
              start + "the number " + number +
                  R"( at "shape" of "a", where the format has a whole number from 0 on)" + end);
  }
  EXPECT_EQ(message(R"({"a":{"shape":[9223372036854775808]}})", 0),
            start + R"(the number 9223372036854775808 at "shape" of "a", more than 2^63 - 1)" + end);
  EXPECT_EQ(message(R"({"a":{"color":"red"}})", 0),
            start + R"(the field "color" in tensor "a"; the format has dtype, shape and data_offsets)" + end);
}

TEST(Safetensors, DeepNestingEndsAtTheFirstWrongLevel) {
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += R"({"a":)";
  EXPECT_EQ(message(deep, 0), R"(read_safetensors: FILE has the field "a" in tensor "a")"
                              R"(; the format has dtype, shape and data_offsets. Write the file again.)");
  EXPECT_EQ(message(std::string(1'000'000, '['), 0),
            "read_safetensors: FILE has an array at the start of the header, where the format has an object. "
            "Write the file again.");
  EXPECT_EQ(message(R"({"a":{"shape":)" + std::string(1'000'000, '['), 0),
            R"(read_safetensors: FILE has an array at "shape")"
            R"( of "a", where the format has a whole number from 0 on. Write the file again.)");
}

TEST(Safetensors, NamesAreUnique) {
  const std::string a = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(message("{" + a + "," + a + "}", 0),
            R"(read_safetensors: FILE names "a" twice. Write the file again.)");
  EXPECT_EQ(message(R"({"__metadata__":{},"__metadata__":{}})", 0),
            R"(read_safetensors: FILE names "__metadata__" twice. Write the file again.)");
  EXPECT_EQ(message(R"({"__metadata__":{"k":"1","k":"2"}})", 0),
            R"(read_safetensors: FILE names "k" twice in __metadata__. Write the file again.)");
  EXPECT_EQ(message(R"({"a":{"dtype":"U8","dtype":"F32"}})", 0),
            R"(read_safetensors: FILE names "dtype" twice in tensor "a". Write the file again.)");
  EXPECT_EQ(message(R"({"a":{"shape":[],"shape":[]}})", 0),
            R"(read_safetensors: FILE names "shape" twice in tensor "a". Write the file again.)");
}

TEST(Safetensors, JudgesEachTensor) {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const std::string start = R"(read_safetensors: FILE: tensor "a" has )", end = ". Write the file again.";
  EXPECT_EQ(message(R"({"a":{"dtype":"U8","shape":[]}})", 1), start + "no data_offsets" + end);
  EXPECT_EQ(message(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1), start + "no shape" + end);
  EXPECT_EQ(message(R"({"a":{}})", 1), start + "no dtype" + end);
  EXPECT_EQ(message(entry("BF16", "[1]", "[0,2]"), 2),
            start + R"(dtype "BF16"; F32, F64, I32 and U8 are read)" + end);
  EXPECT_EQ(message(entry("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1), start + "rank 9; up to 8 is read" + end);
  EXPECT_EQ(
      message(entry("U8", "[3000000000,4000000000]", "[0,1]"), 1),
      start +
          "a shape that no tensor has: shape: [3000000000, 4000000000] has more than 2^63 - 1 elements. "
          "Use smaller extents." +
          end);
  EXPECT_EQ(
      message(entry("F64", "[4611686018427387904]", "[0,0]"), 0),
      start +
          "a shape that no tensor has: tensor: [4611686018427387904] of 8-byte elements exceeds 2^63 - 1 "
          "bytes. Use smaller extents." +
          end);
  EXPECT_EQ(message(entry("U8", "[2,0]", "[0,0]"), 0),
            start +
                "a shape that no tensor has: tensor: extent 0 on axis 1 of [2, 0]. Only axis 0, the batch, "
                "may be 0." +
                end);
  for (const char* offsets : {"[0, 5]", "[5, 4]", "[0]", "[]", "[0, 1, 2]"}) {
    EXPECT_EQ(message(entry("U8", "[4]", offsets), 4),
              start + "data_offsets " + offsets + ", which are no range inside the 4 bytes of data" + end);
  }
  EXPECT_EQ(message(entry("F32", "[2,3]", "[0,20]"), 20),
            start + "20 bytes, but shape [2, 3] of F32 takes 24" + end);
}

TEST(Safetensors, DataHaveNeitherOverlapNorHole) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  EXPECT_EQ(message(two("[0,4]", "[3,7]"), 7),
            R"(read_safetensors: FILE: tensor "b" begins at byte 3 of the data)"
            R"(, but the tensors before it end at 4: they overlap. Write the file again.)");
  EXPECT_EQ(message(two("[5,9]", "[0,4]"), 9),
            R"(read_safetensors: FILE: tensor "a" begins at byte 5 of the data)"
            R"(, but the tensors before it end at 4: there is a hole. Write the file again.)");
  EXPECT_EQ(message(two("[1,5]", "[5,9]"), 9),
            R"(read_safetensors: FILE: tensor "a" begins at byte 1 of the data)"
            R"(, but the tensors before it end at 0: there is a hole. Write the file again.)");
  EXPECT_EQ(message(two("[0,4]", "[4,8]"), 9),
            "read_safetensors: FILE has 9 bytes of data, its tensors take 8. Write the file again.");
}

TEST(Safetensors, RefusesNamesThatAFileCannotHold) {
  const Scratch scratch;
  const Tensor one = Tensor::scalar(1);
  const auto write = [&](const std::vector<std::pair<std::string, Tensor>>& tensors) {
    return message_of<ArgumentError>(
        [&] { write_safetensors(scratch / "f", {.tensors = tensors, .metadata = {}}); });
  };
  EXPECT_EQ(write({{"w", one}, {"w", one}}),
            R"(write_safetensors: the name "w" occurs twice. Give each tensor a name of its own.)");
  EXPECT_EQ(write({{"__metadata__", one}}),
            R"(write_safetensors: the name "__metadata__" is the format's own. Choose another one.)");
  EXPECT_EQ(
      write({{"w\xFF", one}}),
      "write_safetensors: a name or a metadata string of 2 bytes is not UTF-8. It starts with 77 ff. Encode "
      "bytes as text first.");
  EXPECT_EQ(scratch.files(), 0U);
}

TEST(Safetensors, AFailedWriteLeavesTheEarlierFile) {
  const Scratch scratch;
  write_safetensors(scratch / "f", small_file());
  const Bytes before = slurp(scratch / "f");
  SafetensorsFile twice = small_file();
  twice.tensors.push_back(twice.tensors[0]);
  EXPECT_THROW(write_safetensors(scratch / "f", twice), ArgumentError);
  EXPECT_EQ(slurp(scratch / "f"), before);
  EXPECT_THROW(write_safetensors(scratch / "none/f", small_file()), FileError);
  EXPECT_EQ(scratch.files(), 1U);
}

}  // namespace
}  // namespace trous
