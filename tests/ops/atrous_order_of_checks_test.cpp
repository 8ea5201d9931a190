// The one order of checks of the heart, the same for every rate. Stage k of a call satisfies the checks
// before k and violates every check from k on that can be violated at once; what it throws must be check k.
#include <ops/support.h>

#include <trous/ops/atrous_conv2d.h>

namespace trous {
namespace {

struct Stage {
  std::string kind, fragment;  // of the error that must win
};

template <class F>
std::string kind_and_text(F&& f) {
  const StorageCount before = live_storage();
  std::string result = "(nothing was thrown)";
  try {
    f();
  } catch (const ShapeError& e) {
    result = std::string("ShapeError ") + e.what();
  } catch (const DTypeError& e) {
    result = std::string("DTypeError ") + e.what();
  } catch (const ArgumentError& e) {
    result = std::string("ArgumentError ") + e.what();
  }
  EXPECT_EQ(live_storage().buffers, before.buffers);
  return result;
}

void expect_wins(const std::string& thrown, const Stage& stage, std::size_t k, const Rate& rate) {
  EXPECT_TRUE(thrown.starts_with(stage.kind + ' ')) << "stage " << k << ", rate " << rate << ": " << thrown;
  EXPECT_NE(thrown.find(stage.fragment), std::string::npos)
      << "stage " << k << ", rate " << rate << ": " << thrown;
}

const std::vector<Rate> rates{1, 2, 3, {1, 2}, {3, 1}};

TEST(AtrousOrderOfChecks, Conv) {
  const std::vector<Stage> stages{{"ArgumentError", "padding \"FULL\""},
                                  {"ShapeError", "value has rank 3"},
                                  {"ShapeError", "filters has rank 5"},
                                  {"DTypeError", "do not mix"},
                                  {"DTypeError", "not a floating type"},
                                  {"ShapeError", "has extent 0 on axis 0"},
                                  {"ShapeError", "filters expect 5"},
                                  {"ArgumentError", "rate 0 on the height"},
                                  {"ShapeError", "on the width axis exceeds 2^63 - 1"},
                                  {"ShapeError", "no window fits on the height axis"}};
  for (const Rate& good : rates) {
    for (std::size_t k = 0; k < stages.size(); ++k) {
      const auto violated = [k](std::size_t check) { return k <= check; };
      const DType integer = violated(4) ? DType::int32 : DType::float32;
      const Tensor value = zeros(violated(1) ? Shape{9, 9, 2} : Shape{2, 9, 9, 2}, integer);
      const Shape flat{violated(5) ? 0 : 3, 3, violated(6) ? 5 : 2, 3};
      const Tensor filters = zeros(violated(2) ? Shape{flat[0], 3, flat[2], 3, 1} : flat,
                                   violated(3) ? DType::float64 : integer);
      const Rate rate(violated(7) ? 0 : violated(9) ? 100 : good.height, violated(8) ? huge : good.width);
      expect_wins(kind_and_text([&] { atrous_conv2d(value, filters, rate, violated(0) ? "FULL" : "VALID"); }),
                  stages[k], k, good);
    }
  }
}

TEST(AtrousOrderOfChecks, Transpose) {
  const std::vector<Stage> stages{{"ArgumentError", "padding \"FULL\""},
                                  {"ShapeError", "value has rank 3"},
                                  {"ShapeError", "filters has rank 5"},
                                  {"DTypeError", "do not mix"},
                                  {"DTypeError", "not a floating type"},
                                  {"ShapeError", "has extent 0 on axis 0"},
                                  {"ShapeError", "filters expect 5"},
                                  {"ArgumentError", "rate 0 on the height"},
                                  {"ShapeError", "on the width axis exceeds 2^63 - 1"},
                                  {"ShapeError", "exceeds 2^63 - 1 bytes"},
                                  {"ShapeError", "has 3 elements, needs 4"},
                                  {"ShapeError", "has -1 on axis 1"},
                                  {"ShapeError", "does not fit"}};
  for (const Rate& good : rates) {
    for (std::size_t k = 0; k < stages.size(); ++k) {
      const auto violated = [k](std::size_t check) { return k <= check; };
      const DType integer = violated(4) ? DType::int32 : DType::float32;
      const Tensor value = zeros(violated(1) ? Shape{9, 9, 2} : Shape{2, 9, 9, 2}, integer);
      const Shape flat{violated(5) ? 0 : 3, 3, 3, violated(6) ? 5 : 2};
      const Tensor filters = zeros(violated(2) ? Shape{flat[0], 3, 3, flat[3], 1} : flat,
                                   violated(3) ? DType::float64 : integer);
      const Rate rate(violated(7)   ? 0
                      : violated(9) ? huge / 4
                                    : good.height,
                      violated(8) ? huge : good.width);
      const Shape output_shape = violated(10)   ? Shape{2, -1, 9}
                                 : violated(11) ? Shape{2, -1, 9, 3}
                                                : Shape{2, 1, 9, 3};
      expect_wins(kind_and_text([&] {
                    atrous_conv2d_transpose(value, filters, output_shape, rate,
                                            violated(0) ? "FULL" : "VALID");
                  }),
                  stages[k], k, good);
    }
  }
}

TEST(AtrousOrderOfChecks, FilterGrad) {
  const std::vector<Stage> stages{{"ArgumentError", "padding \"FULL\""},
                                  {"ShapeError", "value has rank 3"},
                                  {"ShapeError", "grad has rank 3"},
                                  {"ShapeError", "filter_shape has rank 5"},
                                  {"DTypeError", "do not mix"},
                                  {"DTypeError", "not a floating type"},
                                  {"ShapeError", "has extent -1 on axis 0"},
                                  {"ShapeError", "input has 2 channels, filters expect 5"},
                                  {"ShapeError", "grad has 7 channels, filters expect 3"},
                                  {"ArgumentError", "rate 0 on the height"},
                                  {"ShapeError", "on the width axis exceeds 2^63 - 1"},
                                  {"ShapeError", "no window fits on the height axis"},
                                  {"ShapeError", "grad [1, 9, 9, 3] does not fit"}};
  for (const Rate& good : rates) {
    for (std::size_t k = 0; k < stages.size(); ++k) {
      const auto violated = [k](std::size_t check) { return k <= check; };
      const DType integer = violated(5) ? DType::int32 : DType::float32;
      const Tensor value = zeros(violated(1) ? Shape{9, 9, 2} : Shape{2, 9, 9, 2}, integer);
      const std::int64_t channels = violated(8) ? 7 : 3;
      const Tensor grad = zeros(violated(2) ? Shape{9, 9, channels} : Shape{1, 9, 9, channels},
                                violated(4) ? DType::float64 : integer);
      const Shape flat{violated(6) ? -1 : 3, 3, violated(7) ? 5 : 2, 3};
      const Shape filter_shape = violated(3) ? Shape{flat[0], 3, flat[2], 3, 1} : flat;
      const Rate rate(violated(9) ? 0 : violated(11) ? 100 : good.height, violated(10) ? huge : good.width);
      expect_wins(kind_and_text([&] {
                    atrous_conv2d_filter_grad(value, grad, filter_shape, rate,
                                              violated(0) ? "FULL" : "VALID");
                  }),
                  stages[k], k, good);
    }
  }
}

}  // namespace
}  // namespace trous
