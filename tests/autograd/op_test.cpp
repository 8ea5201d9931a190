// What a node is called and configured with, and the one formatter of it.
#include <autograd/toy_ops.h>

#include <gtest/gtest.h>

#include <trous/core/error.h>

namespace trous {
namespace {

TEST(Attributes, PrintInTheirOrder) {
  const Attributes attributes{{"rate", HeightWidth{2, 3}},
                              {"", std::string("SAME")},
                              {"axis", std::int64_t{-1}},
                              {"by", 0.5},
                              {"output_shape", std::vector<std::int64_t>{1, 31, 31, 8}}};
  EXPECT_EQ(text(attributes), "rate 2x3 SAME axis -1 by 0.5 output_shape [1, 31, 31, 8]");
  EXPECT_EQ(text(Attributes{}), "");
  EXPECT_EQ(text(Attributes{{"axes", std::vector<std::int64_t>{}}}), "axes []");
}

TEST(Attributes, AreFoundByKey) {
  const Attributes attributes{{"rate", HeightWidth{2, 3}}, {"axis", std::int64_t{-1}}};
  ASSERT_NE(attributes.find("axis"), nullptr);
  EXPECT_EQ(std::get<std::int64_t>(*attributes.find("axis")), -1);
  EXPECT_EQ(std::get<HeightWidth>(*attributes.find("rate")).width, 3);
  EXPECT_EQ(attributes.find("padding"), nullptr);
  EXPECT_TRUE(Attributes{}.empty());
  EXPECT_FALSE(attributes.empty());
}

TEST(Op, PrintsWhatItHas) {
  EXPECT_EQ(text(Op{"relu"}), "relu");
  EXPECT_EQ(text(Op{.kind = "scale", .attributes = {{"by", 2.5}}, .name = "layer"}),
            "scale (by 2.5) \"layer\"");
}

TEST(Variable, PrintsItsValue) { EXPECT_EQ(text(track(toy::vec({1, 2.5}))), "f64[2] [1, 2.5]"); }

TEST(AddSameShape, RefusesWhatDoesNotFit) {
  const auto message = [](const Tensor& a, const Tensor& b) {
    try {
      add_same_shape(a, b);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const Tensor f32 = Tensor::zeros({2}, DType::float32), f64 = Tensor::zeros({2}, DType::float64);
  EXPECT_EQ(message(f32, f64),
            "add: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(message(f64, Tensor::zeros({2}, DType::int32)),
            "add: float64 and int32 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(message(f64, Tensor::zeros({3}, DType::float64)),
            "add: shapes [2] and [3] differ. Use broadcast_to on one side.");
}

}  // namespace
}  // namespace trous
