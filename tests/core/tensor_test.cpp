// A tensor gives back what it was made from, refuses what does not fit, and never changes once shared.
#include <cmath>
#include <core/thrown.h>
#include <limits>
#include <sstream>
#include <utility>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/tensor.h>

namespace trous {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

Tensor counting(const Shape& shape) {
  Tensor tensor = Tensor::uninitialized(shape, DType::int32);
  std::int32_t next = 0;
  for (std::int32_t& value : tensor.mutable_values<std::int32_t>()) value = next++;
  return tensor;
}

template <class T>
void gives_back(const std::vector<T>& values) {
  const Tensor tensor(Shape{2, 3}, values);
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor.dtype(), dtype_of<T>());
  EXPECT_EQ(tensor.elements(), 6);
  EXPECT_EQ(tensor.bytes(), 6 * sizeof(T));
  EXPECT_EQ(tensor.template to_vector<T>(), values);
}

TEST(Tensor, GivesItsValuesBack) {
  gives_back(std::vector<float>{1, -2, 3.5F, 4, 5, 6});
  gives_back(std::vector<double>{1, -2, 1e-300, 4, 5, 6});
  gives_back(std::vector<std::int32_t>{1, -2, 2147483647, 4, 5, 6});
  gives_back(std::vector<std::uint8_t>{1, 255, 3, 4, 5, 6});
}

TEST(Tensor, CopiesTheValuesItIsMadeFrom) {
  std::vector<float> values{1, 2};
  const Tensor tensor(Shape{2}, values);
  values[0] = 9;
  EXPECT_EQ(tensor.to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(Tensor, RefusesAWrongNumberOfValues) {
  EXPECT_EQ(thrown<ShapeError>([] {
              Tensor(Shape{2, 3}, std::vector<float>(5));
            }),
            "tensor: shape [2, 3] has 6 elements, but 5 values are given. Give one value per element.");
  EXPECT_EQ(thrown<ShapeError>([] { Tensor(Shape{}, std::vector<double>{}); }),
            "tensor: shape [] has 1 elements, but 0 values are given. Give one value per element.");
}

TEST(Tensor, RefusesShapesBeforeItAllocates) {
  const StorageCount start = live_storage();
  EXPECT_EQ(thrown<ShapeError>([] {
              Tensor::zeros({2, 0}, DType::float32);
            }),
            "tensor: extent 0 on axis 1 of [2, 0]. Only axis 0, the batch, may be 0.");
  EXPECT_EQ(thrown<ShapeError>([] { Tensor::zeros({-1}, DType::float32); }),
            "shape: extent -1 on axis 0 of [-1] is negative. Extents count elements.");
  EXPECT_EQ(thrown<ShapeError>([] {
              Tensor::uninitialized({std::int64_t{1} << 62, 4}, DType::uint8);
            }),
            "shape: [4611686018427387904, 4] has more than 2^63 - 1 elements. Use smaller extents.");
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(Tensor, MayHaveNoImages) {
  const Tensor empty(Shape{0, 4}, std::vector<float>{});
  EXPECT_EQ(empty.elements(), 0);
  EXPECT_TRUE(empty.to_vector<float>().empty());
  EXPECT_TRUE(all_finite(empty));
  EXPECT_TRUE(same_bits(empty, Tensor::ones({0, 4}, DType::float32)));
  EXPECT_EQ(empty.cast(DType::int32).shape(), (Shape{0, 4}));
  EXPECT_EQ(text(empty), "f32[0, 4] []");
}

TEST(Tensor, FillsWithOneValue) {
  EXPECT_EQ(Tensor::full({3}, DType::float64, 0.1).to_vector<double>(), (std::vector<double>{0.1, 0.1, 0.1}));
  EXPECT_EQ(Tensor::ones({2}, DType::uint8).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 1}));
  EXPECT_EQ(Tensor::scalar(2).shape(), Shape());
  EXPECT_EQ(Tensor::scalar(2).item<float>(), 2.0F);
}

TEST(Tensor, IsReadInItsOwnType) {
  const Tensor tensor = Tensor::zeros({2}, DType::float32);
  EXPECT_EQ(thrown<DTypeError>([&] { (void)tensor.values<double>(); }),
            "tensor: the elements are float32, not float64. Read them as float32 or cast the tensor.");
  EXPECT_EQ(thrown<DTypeError>([&] { (void)tensor.to_vector<std::uint8_t>(); }),
            "tensor: the elements are float32, not uint8. Read them as float32 or cast the tensor.");
}

TEST(Tensor, ChangesOnlyWhileItIsUnshared) {
  Tensor tensor = Tensor::uninitialized({2}, DType::float32);
  tensor.mutable_values<float>()[0] = 1;
  tensor.mutable_values<float>()[1] = 2;
  const std::string refused =
      "tensor: its elements are shared, so they no longer change. Fill a fresh tensor.";
  {
    const Tensor shared = tensor;
    EXPECT_EQ(thrown<Error>([&] { tensor.mutable_values<float>(); }), refused);
    EXPECT_EQ(shared.to_vector<float>(), (std::vector<float>{1, 2}));
  }
  {
    const Tensor view = tensor.reshaped({2, 1});
    EXPECT_EQ(thrown<Error>([&] { tensor.mutable_values<float>(); }), refused);
  }
  tensor.mutable_values<float>()[0] = 7;  // unshared again
  EXPECT_EQ(tensor.to_vector<float>(), (std::vector<float>{7, 2}));
}

TEST(Tensor, ItemIsTheOnlyElement) {
  EXPECT_EQ(Tensor::full({1, 1}, DType::float64, 0.1).item<double>(), 0.1);
  EXPECT_EQ(Tensor::full({1}, DType::int32, 7).to_double(), 7.0);
  EXPECT_EQ(Tensor::full({}, DType::uint8, 255).to_double(), 255.0);
  EXPECT_EQ(thrown<ShapeError>([] {
              (void)Tensor::zeros({2, 3}, DType::float32).item<float>();
            }),
            "item: the tensor has shape [2, 3], which is not one element. Reduce it first.");
  EXPECT_EQ(thrown<ShapeError>([] { (void)Tensor::zeros({0}, DType::float32).to_double(); }),
            "item: the tensor has shape [0], which is not one element. Reduce it first.");
  EXPECT_EQ(thrown<DTypeError>([] { (void)Tensor::zeros({}, DType::float32).item<double>(); }),
            "tensor: the elements are float32, not float64. Read them as float32 or cast the tensor.");
}

TEST(Tensor, ReshapedSharesItsMemory) {
  const Tensor tensor = counting({2, 3});
  const Tensor tall = tensor.reshaped({3, 2});
  EXPECT_EQ(tall.shape(), (Shape{3, 2}));
  EXPECT_TRUE(tall.same_storage(tensor));
  EXPECT_EQ(tall.to_vector<std::int32_t>(), tensor.to_vector<std::int32_t>());
  EXPECT_FALSE(tensor.same_storage(counting({2, 3})));
  EXPECT_EQ(thrown<ShapeError>([&] {
              (void)tensor.reshaped({4, 2});
            }),
            "reshape: [2, 3] has 6 elements, [4, 2] has 8. Choose extents with the same product.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              (void)tensor.reshaped({-2, -3});
            }),
            "shape: extent -2 on axis 0 of [-2, -3] is negative. Extents count elements.");
  EXPECT_EQ(thrown<ShapeError>([] {
              (void)Tensor::zeros({0, 2}, DType::int32).reshaped({2, 0});
            }),
            "tensor: extent 0 on axis 1 of [2, 0]. Only axis 0, the batch, may be 0.");
}

TEST(Tensor, CastConverts) {
  const Tensor tensor(Shape{4}, std::vector<double>{1.75, -1.75, 0.1, 200});
  EXPECT_EQ(tensor.cast(DType::int32).to_vector<std::int32_t>(), (std::vector<std::int32_t>{1, -1, 0, 200}));
  EXPECT_EQ(tensor.cast(DType::float32).to_vector<float>(), (std::vector<float>{1.75F, -1.75F, 0.1F, 200}));
  EXPECT_EQ(counting({3}).cast(DType::uint8).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0, 1, 2}));
  EXPECT_TRUE(tensor.cast(DType::float64).same_storage(tensor));
}

// A float beyond the integers is undefined in C++: the result would depend on machine and optimiser.
TEST(Tensor, CastOfWhatAnIntegerCannotHoldSaturates) {
  const Tensor tensor(Shape{7},
                      std::vector<double>{-1, 255.9, 256, 1e300, -infinity, infinity, not_a_number});
  EXPECT_EQ(tensor.cast(DType::uint8).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{0, 255, 255, 255, 0, 255, 0}));
  const std::int32_t low = std::numeric_limits<std::int32_t>::min();
  const std::int32_t high = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(tensor.cast(DType::int32).to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{-1, 255, 256, high, low, high, 0}));
  // 2^31 is a float; the largest int32 is not.
  const Tensor border(Shape{2}, std::vector<float>{2147483648.0F, -2147483648.0F});
  EXPECT_EQ(border.cast(DType::int32).to_vector<std::int32_t>(), (std::vector<std::int32_t>{high, low}));
  EXPECT_EQ(Tensor::full({1}, DType::uint8, 300).item<std::uint8_t>(), 255);
}

TEST(Tensor, CastBetweenIntegersSaturatesToo) {
  const Tensor x(Shape{4}, {300, -1, 7, 255});
  EXPECT_EQ(x.cast(DType::uint8).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{255, 0, 7, 255}));
}

TEST(Tensor, SameBitsTellsApartWhatComparesEqual) {
  const auto one = [](double value) { return Tensor::full({1}, DType::float64, value); };
  EXPECT_TRUE(same_bits(one(not_a_number), one(not_a_number)));
  EXPECT_FALSE(same_bits(one(0.0), one(-0.0)));
  EXPECT_FALSE(same_bits(one(0), Tensor::zeros({1}, DType::float32)));
  EXPECT_FALSE(same_bits(one(0), Tensor::zeros({1, 1}, DType::float64)));
}

TEST(Tensor, AllFiniteFindsOneBadElementAnywhere) {
  constexpr std::int64_t count = 100'001;  // several chunks of work and a ragged last one
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{32'768}, count - 1}) {
    for (const double bad : {not_a_number, infinity, -infinity}) {
      Tensor tensor = Tensor::full({count}, DType::float32, 1e38);
      EXPECT_TRUE(all_finite(tensor));
      tensor.mutable_values<float>()[static_cast<std::size_t>(at)] = static_cast<float>(bad);
      EXPECT_FALSE(all_finite(tensor)) << bad << " at " << at;
    }
  }
  EXPECT_TRUE(all_finite(counting({3})));
}

TEST(Tensor, PrintsEveryElementOfASmallOne) {
  EXPECT_EQ(text(counting({2, 3})), "i32[2, 3] [[0, 1, 2], [3, 4, 5]]");
  EXPECT_EQ(text(Tensor::full({2}, DType::float64, 0.5)), "f64[2] [0.5, 0.5]");
  EXPECT_EQ(text(Tensor::scalar(-1.5)), "f32[] -1.5");
  EXPECT_EQ(text(Tensor::full({1}, DType::uint8, 65)), "u8[1] [65]");  // a number and not the letter A
  EXPECT_EQ(text(counting({6})), "i32[6] [0, 1, 2, 3, 4, 5]");
}

TEST(Tensor, PrintsTheEdgesOfALargeOne) {
  EXPECT_EQ(text(counting({7})), "i32[7] [0, 1, 2, ..., 4, 5, 6]");
  EXPECT_EQ(text(counting({100})), "i32[100] [0, 1, 2, ..., 97, 98, 99]");
  EXPECT_EQ(text(counting({7, 2})), "i32[7, 2] [[0, 1], [2, 3], [4, 5], ..., [8, 9], [10, 11], [12, 13]]");
  EXPECT_EQ(text(counting({1, 7, 1})), "i32[1, 7, 1] [[[0], [1], [2], ..., [4], [5], [6]]]");
}

}  // namespace
}  // namespace trous
