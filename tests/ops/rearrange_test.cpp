// Mirrors, rotations, copies, parts and borders by hand and as PyTorch has them, and what is refused.
#include <ops/support.h>

#include <trous/ops/join.h>
#include <trous/ops/rearrange.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Squeeze, ByHand) {
  const Tensor x = counting({1, 2, 1, 3});
  EXPECT_EQ(squeeze(x, {0, -2}).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(x, {2}).shape(), (Shape{1, 2, 3})) << "only what is named";
  EXPECT_EQ(squeeze(zeros({1}), {0}).shape(), Shape{});
  EXPECT_EQ(unsqueeze(x, 0).shape(), (Shape{1, 1, 2, 1, 3}));
  EXPECT_EQ(unsqueeze(x, -1).shape(), (Shape{1, 2, 1, 3, 1}));
  EXPECT_EQ(unsqueeze(f64({}, {7}), -1).shape(), Shape{1});
  EXPECT_EQ(unsqueeze(zeros({0, 2}), 1).shape(), (Shape{0, 1, 2}));
}

TEST(Flip, ByHand) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(numbers(flip(x, {1})), (Numbers{2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(numbers(flip(x, {0})), (Numbers{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(numbers(flip(x, {-1, 0})), (Numbers{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(numbers(flip(x, {})), numbers(x));
  EXPECT_EQ(numbers(flip(i32({3}, {1, 2, 3}), {0})), (Numbers{3, 2, 1})) << "integers too";
  EXPECT_EQ(flip(zeros({0, 2}), {0}).shape(), (Shape{0, 2}));
}

TEST(Roll, ByHand) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(numbers(roll(x, 1, 1)), (Numbers{2, 0, 1, 5, 3, 4}));
  EXPECT_EQ(numbers(roll(x, -1, 1)), (Numbers{1, 2, 0, 4, 5, 3}));
  EXPECT_EQ(numbers(roll(x, 3, 0)), (Numbers{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(numbers(roll(x, -6, -1)), numbers(x));
  EXPECT_EQ(numbers(roll(counting({5}), std::numeric_limits<std::int64_t>::min(), 0)),
            (Numbers{3, 4, 0, 1, 2}))
      << "-2^63 is 2 modulo 5";
}

TEST(Tile, ByHand) {
  const Variable x = track(f64({2, 2}, {1, 2, 3, 4}));
  const Variable y = tile(x, {1, 2});
  EXPECT_EQ(numbers(y), (Numbers{1, 2, 1, 2, 3, 4, 3, 4}));
  EXPECT_EQ(numbers(vjp(y, {x}, counting({2, 4}))[0]), (Numbers{2, 4, 10, 12}));
  EXPECT_EQ(numbers(tile(x, {2, 1})), (Numbers{1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(tile(counting({1, 2, 3}), {2, 3, 4}).shape(), (Shape{2, 6, 12}));
  EXPECT_EQ(numbers(tile(f64({}, {7}), {})), Numbers{7});
  EXPECT_EQ(tile(zeros({0, 2}), {3, 2}).shape(), (Shape{0, 4}));
}

TEST(Split, PartsJoinAgain) {
  const Variable x = track(counting({2, 6, 2}));
  const std::vector<Variable> parts = split(x, {1, 3, 2}, -2);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[1].shape(), (Shape{2, 3, 2}));
  EXPECT_EQ(numbers(parts[2]), (Numbers{8, 9, 10, 11, 20, 21, 22, 23}));
  EXPECT_TRUE(same_bits(concat(parts, 1).value(), x.value()));
  EXPECT_EQ(numbers(vjp(parts[0], {x}, ones({2, 1, 2}, DType::float64))[0]),
            (Numbers{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(split(zeros({0, 2}), {0, 0}, 0)[1].shape(), (Shape{0, 2}));
}

// Values and gradients of torch.nn.functional.pad, PyTorch 1.13.0a0.
TEST(Borders, AreThoseOfPyTorch) {
  const Variable x = track(counting({1, 2, 3, 1}));
  const Tensor seed = map(counting({1, 3, 6, 1}), [](auto v) { return v + 1; });
  const Variable mirror = pad_reflect(x, {0, 1, 2, 0}, {0, 0, 1, 0});
  EXPECT_EQ(numbers(mirror), (Numbers{5, 4, 3, 4, 5, 4, 2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4}));
  EXPECT_EQ(numbers(vjp(mirror, {x}, seed)[0]), (Numbers{9, 30, 18, 18, 60, 36}));
  const Variable edge = pad_edge(x, {0, 1, 2, 0}, {0, 0, 1, 0});
  EXPECT_EQ(numbers(edge), (Numbers{0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5}));
  EXPECT_EQ(numbers(vjp(edge, {x}, seed)[0]), (Numbers{30, 14, 34, 42, 16, 35}));
  EXPECT_EQ(numbers(pad_edge(f64({1}, {7}), {2}, {1})), (Numbers{7, 7, 7, 7}));
  EXPECT_TRUE(same_bits(pad_reflect(x, {0, 0, 0, 0}, {0, 0, 0, 0}).value(), x.value()));
  EXPECT_EQ(pad_reflect(zeros({0, 3}), {0, 2}, {0, 0}).shape(), (Shape{0, 5}));
}

TEST(RearrangeErrors, Texts) {
  const Tensor x = zeros({3, 4}), none = zeros({0, 4});
  EXPECT_EQ(refused<ShapeError>([&] {
              squeeze(zeros({1, 4}), {0, 1});
            }),
            "squeeze: x [1, 4] has 4 elements along these axes, not 1. Name axes of extent 1, or reduce the "
            "others first: sum, mean, max.");
  EXPECT_EQ(refused<ShapeError>([&] { squeeze(none, {0}); }),
            "squeeze: x [0, 4] has 0 elements along these axes, not 1. Name axes of extent 1, or reduce the "
            "others first: sum, mean, max.");
  EXPECT_EQ(refused<ArgumentError>([&] { unsqueeze(x, 3); }),
            "unsqueeze: axis 3 does not exist in the result, whose rank is 3. Axes are -3 to 2.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              flip(x, {0, -2});
            }),
            "flip: axis -2 of x [3, 4] is named twice. Name each axis once.");
  EXPECT_EQ(refused<ArgumentError>([&] { roll(x, 1, 2); }),
            "roll: axis 2 does not exist. x [3, 4] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] { tile(x, {2}); }),
            "tile: 1 entries of repeats for x [3, 4]. Give one per axis.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              tile(x, {2, 0});
            }),
            "tile: repeats 0 on axis 1 of x [3, 4]. Give 1 or more.");
  EXPECT_EQ(
      refused<ShapeError>([&] {
        tile(x, {1, huge});
      }),
      text("tile: the extent on axis 1 of x [3, 4], ", huge, " times, exceeds 2^63 - 1. Repeat it less."));
  EXPECT_EQ(refused<ShapeError>([&] {
              tile(x, {huge / 16, 1});
            }),
            text("tensor: ", Shape{3 * (huge / 16), 4},
                 " of 4-byte elements exceeds 2^63 - 1 bytes. Use smaller extents."));
  const std::string sizes =
      "split: sizes do not cut axis 1 of x [3, 4], which has 4 elements. Give sizes of 1 or more that add up "
      "to it.";
  for (const std::vector<std::int64_t>& wrong : std::vector<std::vector<std::int64_t>>{
           {}, {1, 2}, {1, 4}, {4, 0}, {5, -1}, {huge, huge, huge, huge, 4}})
    EXPECT_EQ(refused<ArgumentError>([&] { split(x, wrong, 1); }), sizes);
}

TEST(BorderErrors, Texts) {
  const Tensor x = zeros({3, 4}), none = zeros({0, 4});
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_reflect(x, {0, 1}, {0, 4});
            }),
            "pad_reflect: 1 before and 4 after on axis 1 of x [3, 4], which has 4 elements. A mirror does "
            "not repeat the first or last, so it has fewer to give. Add fewer, or use pad_edge.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_reflect(none, {1, 0}, {0, 0});
            }),
            "pad_reflect: 1 before and 0 after on axis 0 of x [0, 4], which has 0 elements. A mirror does "
            "not repeat the first or last, so it has fewer to give. Add fewer, or use pad_edge.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_reflect(x, {0, -1}, {0, 0});
            }),
            "pad_reflect: -1 before and 0 after on axis 1: a count is negative. Use crop for the opposite.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_reflect(x, {0}, {0, 9, 9});
            }),
            "pad_reflect: 1 entries of before for x [3, 4]. Give one per axis.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_edge(x, {0, 1}, {1});
            }),
            "pad_edge: 1 entries of after for x [3, 4]. Give one per axis.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad_edge(x, {0, 1}, {1, -2});
            }),
            "pad_edge: 1 before and -2 after on axis 1: a count is negative. Use crop for the opposite.");
  EXPECT_EQ(refused<ShapeError>([&] {
              pad_edge(x, {1, 0}, {0, std::numeric_limits<std::int64_t>::max()});
            }),
            "pad_edge: the extent on axis 1 of x [3, 4] exceeds 2^63 - 1. Pad less.");
  EXPECT_EQ(refused<ShapeError>([&] {
              pad_edge(none, {0, 0}, {1, 0});
            }),
            "pad_edge: x [0, 4] has no elements to repeat. Skip empty batches.");
}

}  // namespace
}  // namespace trous
