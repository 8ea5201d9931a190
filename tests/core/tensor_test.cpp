#include <gtest/gtest.h>

#include <trous/core/tensor.h>

namespace trous {
namespace {

TEST(Tensor, KeepsShapeDtypeAndValues) {
  const Tensor tensor(Shape{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor.dtype(), DType::float32);
  EXPECT_EQ(tensor.to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace trous
