// Moving elements about: join, slice, pad and crop, reshape and permute, gather and scatter, blocks of
// pixels.
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/gather.h>
#include <trous/ops/join.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>
#include <trous/ops/space_to_batch.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Concat, ByHand) {
  const Variable a = track(f64({2, 1}, {1, 2})), b = track(f64({2, 2}, {3, 4, 5, 6}));
  EXPECT_EQ(numbers(concat({a, b}, 1)), (Numbers{1, 3, 4, 2, 5, 6}));
  EXPECT_EQ(numbers(concat({b, f64({1, 2}, {7, 8})}, -2)), (Numbers{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(numbers(concat({i32({1}, {1}), i32({2}, {2, 3})}, 0)), (Numbers{1, 2, 3})) << "integers too";
  const std::vector<Variable> g = vjp(concat({a, b, a}, 1), {a, b}, f64({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(numbers(g[0]), (Numbers{5, 13})) << "one Variable twice";
  EXPECT_EQ(numbers(g[1]), (Numbers{2, 3, 6, 7}));
}

TEST(Stack, ByHand) {
  const Tensor a = f64({2}, {1, 2}), b = f64({2}, {3, 4});
  EXPECT_EQ(numbers(stack({a, b}, 0)), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(numbers(stack({a, b}, 1)), (Numbers{1, 3, 2, 4}));
  EXPECT_EQ(stack({a, b, a}, -1).shape(), (Shape{2, 3}));
  EXPECT_EQ(stack({f64({}, {1}), f64({}, {2})}, 0).shape(), (Shape{2})) << "numbers into a vector";
}

TEST(JoinErrors, Texts) {
  const Tensor a = zeros({2, 3}), b = zeros({3, 3}), wide = zeros({2, 3}, DType::float64), flat = zeros({2});
  EXPECT_EQ(refused<ArgumentError>([] { concat({}, 0); }),
            "concat: there is nothing to join. Give one tensor or more.");
  EXPECT_EQ(refused<ArgumentError>([] { stack({}, 0); }),
            "stack: there is nothing to join. Give one tensor or more.");
  EXPECT_EQ(refused<ShapeError>([&] {
              concat({a, b}, 1);
            }),
            "concat: x number 1 is [3, 3], number 0 is [2, 3]. They may differ on axis 1 only.");
  EXPECT_EQ(refused<ShapeError>([&] {
              concat({a, flat}, 0);
            }),
            "concat: x number 1 is [2], number 0 is [2, 3]. They may differ on axis 0 only.");
  EXPECT_EQ(refused<DTypeError>([&] {
              concat({a, wide}, 0);
            }),
            "concat: x number 1 is float64, number 0 is float32. Cast one of them.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              concat({a, a}, 2);
            }),
            "concat: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ShapeError>([&] {
              stack({a, b}, 0);
            }),
            "stack: x number 1 is [3, 3], number 0 is [2, 3]. All must have one shape.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              stack({a, a}, 3);
            }),
            "stack: axis 3 does not exist in the result, whose rank is 3. Axes are -3 to 2.");
}

TEST(Slice, ByHand) {
  const Variable x = track(counting({3, 4}));
  EXPECT_EQ(numbers(slice(x, {1, 0}, {2, 3})), (Numbers{4, 5, 6, 8, 9, 10}));
  EXPECT_EQ(numbers(slice(x, {0, 1}, {2, 2}, {2, 2})), (Numbers{1, 3, 9, 11}));
  EXPECT_EQ(numbers(grad(sum(slice(x, {0, 1}, {2, 2}, {2, 2})), {x})[0]),
            (Numbers{0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1}));
  EXPECT_EQ(slice(x, {3, 0}, {0, 4}).shape(), (Shape{0, 4})) << "a batch of none";
}

TEST(PadAndCrop, ByHand) {
  const Variable x = track(f64({1, 2}, {1, 2}));
  EXPECT_EQ(numbers(pad(x, {1, 0}, {0, 2})), (Numbers{0, 0, 0, 0, 1, 2, 0, 0}));
  EXPECT_EQ(numbers(crop(counting({3, 4}), {1, 1}, {1, 2})), (Numbers{5}));
  EXPECT_EQ(numbers(grad(sum(pad(x, {1, 0}, {0, 2}) * counting({2, 4})), {x})[0]), (Numbers{4, 5}));
}

TEST(SliceErrors, Texts) {
  const Tensor x = zeros({3, 4});
  EXPECT_EQ(refused<ArgumentError>([&] {
              slice(x, {0}, {1, 1});
            }),
            "slice: 1 entries of begin for x [3, 4]. Give one per axis.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              slice(x, {0, 0}, {1, 1}, {1});
            }),
            "slice: 1 entries of step for x [3, 4]. Give one per axis.");
  EXPECT_EQ(
      refused<ArgumentError>([&] {
        slice(x, {0, 2}, {1, 3});
      }),
      "slice: begin 2, size 3, step 1 on axis 1 leaves x [3, 4]. begin + (size - 1) step must be 0 to 3.");
  EXPECT_EQ(
      refused<ArgumentError>([&] {
        slice(x, {0, -1}, {1, 1});
      }),
      "slice: begin -1, size 1, step 1 on axis 1 leaves x [3, 4]. begin + (size - 1) step must be 0 to 3.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              slice(x, {1, 0}, {huge, 1}, {huge, 1});
            }),
            "slice: begin 1, size 4611686018427387904, step 4611686018427387904 on axis 0 leaves x [3, 4]. "
            "begin + (size - "
            "1) step must be 0 to 2.");
  EXPECT_EQ(refused<ShapeError>([&] {
              slice(x, {0, 0}, {3, 0});
            }),
            "slice: size 0 on axis 1 leaves nothing of x [3, 4]. Only axis 0, the batch, may be 0.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad(x, {0, -1}, {0, 0});
            }),
            "pad: -1 before and 0 after on axis 1: a count is negative. Use crop for the opposite.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              crop(x, {0, 1}, {0, -2});
            }),
            "crop: 1 before and -2 after on axis 1: a count is negative. Use pad for the opposite.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              pad(x, {0}, {0, 0});
            }),
            "pad: 1 entries of before for x [3, 4]. Give one per axis.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              crop(x, {0, 2}, {0, 2});
            }),
            "crop: 2 before and 2 after on axis 1 leave nothing of x [3, 4]. Crop less.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              crop(x, {huge, 0}, {huge, 0});
            }),
            "crop: 4611686018427387904 before and 4611686018427387904 after on axis 0 leave nothing of x [3, "
            "4]. Crop less.");
  EXPECT_EQ(refused<ShapeError>([&] {
              pad(x, {0, huge}, {0, huge});
            }),
            "pad: the extent on axis 1 of x [3, 4] exceeds 2^63 - 1. Pad less.");
}

TEST(Reshape, DerivesOneExtentAndSharesMemory) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(reshape(x, {4, -1}).shape(), (Shape{4, 6}));
  EXPECT_EQ(reshape(x, {-1}).shape(), (Shape{24}));
  EXPECT_TRUE(reshape(x, {24}).value().same_storage(x));
  EXPECT_EQ(reshape(f64({1}, {5}), {}).shape(), Shape{});
}

TEST(Permute, ByHand) {
  EXPECT_EQ(numbers(permute(counting({2, 3}), {1, 0})), (Numbers{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(permute(zeros({2, 3, 4}), {2, 0, 1}).shape(), (Shape{4, 2, 3}));
  const Tensor x = random64({2, 3, 4, 5}, 1);
  EXPECT_TRUE(same_bits(permute(permute(x, {3, 1, 0, 2}), {2, 1, 3, 0}).value(), x));
}

TEST(ReshapeErrors, Texts) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(refused<ShapeError>([&] {
              reshape(x, {4, -1});
            }),
            "reshape: [2, 3] has 6 elements, which [4, -1] does not divide. Choose extents whose product "
            "divides the number "
            "of elements.");
  EXPECT_EQ(refused<ShapeError>([&] {
              reshape(x, {-1, -1});
            }),
            "reshape: [-1, -1] leaves more than one extent open. Give all but one; x is [2, 3].");
  EXPECT_EQ(refused<ArgumentError>([&] {
              permute(x, {0, 0});
            }),
            "permute: order [0, 0] does not name each axis of x [2, 3] once. Name 0 to 1 in any order.");
  EXPECT_EQ(refused<ArgumentError>([&] { permute(x, {0}); }),
            "permute: order [0] does not name each axis of x [2, 3] once. Name 0 to 1 in any order.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              permute(x, {0, 2});
            }),
            "permute: order [0, 2] does not name each axis of x [2, 3] once. Name 0 to 1 in any order.");
}

TEST(Gather, ByHand) {
  const Variable x = track(f64({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Tensor at = i32({2, 2}, {2, 2, 0, 1});
  EXPECT_EQ(numbers(gather(x, at, 1)), (Numbers{3, 3, 4, 5}));
  EXPECT_EQ(numbers(gather(x, i32({1, 3}, {1, 0, 1}), 0)), (Numbers{4, 2, 6}));
  EXPECT_EQ(numbers(grad(sum(gather(x, at, 1)), {x})[0]), (Numbers{0, 0, 2, 1, 1, 0}))
      << "picked twice, added twice";
  EXPECT_EQ(numbers(scatter_add(f64({2, 2}, {1, 2, 3, 4}), at, 1, 4)), (Numbers{0, 0, 3, 0, 3, 4, 0, 0}));
}

TEST(GatherErrors, Texts) {
  const Tensor x = zeros({2, 3}), at = zeros({2, 2}, DType::int32), floats = zeros({2, 2});
  EXPECT_EQ(refused<ArgumentError>([&] {
              gather(x, i32({2, 2}, {0, 1, 3, 0}), 1);
            }),
            "gather: index 3 at place 2 of indices [2, 2] is not in 0 to 2. Axis 1 of the tensor picked from "
            "has 3 elements.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              gather(x, i32({2, 1}, {0, -1}), 1);
            }),
            "gather: index -1 at place 1 of indices [2, 1] is not in 0 to 2. Axis 1 of the tensor picked "
            "from has 3 elements.");
  EXPECT_EQ(refused<DTypeError>([&] { gather(x, floats, 1); }),
            "gather: indices are float32, must be int32. Cast them: cast(indices, DType::int32).");
  EXPECT_EQ(refused<ShapeError>([&] { gather(x, at, 0); }),
            "gather: indices [2, 2] do not fit x [2, 3]. They may differ on axis 0 only.");
  EXPECT_EQ(refused<ArgumentError>([&] { gather(x, at, 2); }),
            "gather: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ShapeError>([&] { scatter_add(x, at, 1, 4); }),
            "scatter_add: x [2, 3] and indices [2, 2] differ. Each element needs an index.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              scatter_add(floats, i32({2, 2}, {0, 1, 2, 3}), 1, 3);
            }),
            "scatter_add: index 3 at place 3 of indices [2, 2] is not in 0 to 2. Axis 1 of the tensor picked "
            "from has 3 elements.");
  const Tensor whole = zeros({2, 2}, DType::int32);
  EXPECT_EQ(refused<DTypeError>([&] { scatter_add(whole, at, 1, 3); }),
            "scatter_add: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(SpaceToBatch, ByHand) {
  const Tensor x = counting({1, 2, 4, 1});
  EXPECT_EQ(numbers(space_to_batch(x, {2, 2})), (Numbers{0, 2, 1, 3, 4, 6, 5, 7}));
  EXPECT_EQ(numbers(space_to_batch(x, {1, 2}, {.left = 1, .right = 1})),
            (Numbers{0, 1, 3, 0, 5, 7, 0, 2, 0, 4, 6, 0}));
  const Tensor two = random64({2, 4, 6, 3}, 1);
  EXPECT_TRUE(same_bits(batch_to_space(space_to_batch(two, {2, 3}), {2, 3}).value(), two));
  // The block's place comes before the image's in the batch, as in TensorFlow.
  EXPECT_EQ(numbers(space_to_batch(counting({2, 1, 2, 1}), {1, 2})), (Numbers{0, 2, 1, 3}));
}

TEST(SpaceToBatchErrors, Texts) {
  const Tensor x = zeros({1, 4, 6, 2}), flat = zeros({4, 6, 2});
  EXPECT_EQ(refused<ShapeError>([&] { space_to_batch(flat, 2); }),
            "space_to_batch: x has rank 3, needs 4. x [4, 6, 2] must be [batch, height, width, channels].");
  EXPECT_EQ(refused<ArgumentError>([&] {
              space_to_batch(x, {2, 0});
            }),
            "space_to_batch: block 2x0 is below 1. A block of 1x1 changes nothing.");
  EXPECT_EQ(refused<ArgumentError>([&] { space_to_batch(x, 2, {.top = -2}); }),
            "space_to_batch: padding -2:0x0:0 has a negative count. Crop the image to take pixels away.");
  EXPECT_EQ(refused<ShapeError>([&] {
              space_to_batch(x, {4, 4}, {.left = 1});
            }),
            "space_to_batch: block 4x4 does not divide 4x7, the padded image. x [1, 4, 6, 2], padding "
            "0:0x1:0. Pad to a "
            "multiple of the block.");
  EXPECT_EQ(refused<ShapeError>([&] { batch_to_space(x, 2); }),
            "batch_to_space: block 2x2 does not divide the batch 1 of x [1, 4, 6, 2]. The batch must hold "
            "whole blocks.");
  EXPECT_EQ(refused<ShapeError>([&] { batch_to_space(x, 1, {.top = 2, .bottom = 2}); }),
            "batch_to_space: crops 2:2x0:0 leave nothing of [1, 4, 6, 2]. Crop less.");
  EXPECT_EQ(refused<ShapeError>([&] { space_to_batch(x, 1, {.top = huge, .bottom = huge}); }),
            "space_to_batch: 4 + 4611686018427387904 + 4611686018427387904 exceeds 2^63 - 1. Pad less.");
  EXPECT_EQ(refused<ShapeError>([&] {
              batch_to_space(x, {huge, 4});
            }),
            "batch_to_space: 4611686018427387904 * 4 exceeds 2^63 - 1. Use a smaller block.");
}

}  // namespace
}  // namespace trous
