// Channels into pixels: the order, against the example of TensorFlow's documentation and against PyTorch's
// order, and what is refused.
#include <ops/support.h>

#include <trous/ops/pixel_shuffle.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

// The examples of tf.nn.depth_to_space: one pixel of 12 channels, and 2 x 2 pixels of 4.
TEST(PixelShuffle, HasTheOrderOfDepthToSpace) {
  EXPECT_EQ(numbers(pixel_shuffle(counting({1, 1, 1, 12}), 2)), numbers(counting({1, 2, 2, 3})));
  const Variable y = pixel_shuffle(counting({1, 2, 2, 4}), 2);
  EXPECT_EQ(y.shape(), (Shape{1, 4, 4, 1}));
  EXPECT_EQ(numbers(y), (Numbers{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}));
  EXPECT_TRUE(same_bits(pixel_unshuffle(y, 2).value(), counting({1, 2, 2, 4})));
}

// torch.nn.functional.pixel_shuffle of channels 0 to 7, PyTorch 1.13.0a0, seen as NHWC.
TEST(PixelShuffle, HasPyTorchsOrderOfPermutedChannels) {
  const Variable channels = reshape(counting({1, 1, 1, 8}), {2, 4});
  const Variable permuted = reshape(permute(channels, {1, 0}), {1, 1, 1, 8});
  EXPECT_EQ(numbers(pixel_shuffle(permuted, 2)), (Numbers{0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST(PixelShuffle, KeepsWhatHasBlocksOfOne) {
  EXPECT_TRUE(same_bits(pixel_shuffle(counting({2, 3, 2, 5}), 1).value(), counting({2, 3, 2, 5})));
  EXPECT_EQ(pixel_shuffle(i32({1, 1, 1, 3}, {1, 2, 3}), {1, 3}).shape(), (Shape{1, 1, 3, 1}));
}

TEST(PixelShuffleErrors, Texts) {
  EXPECT_EQ(refused<ShapeError>([] {
              pixel_shuffle(zeros({2, 3, 4}), 2);
            }),
            "pixel_shuffle: x has rank 3, needs 4. x [2, 3, 4] must be [batch, height, width, channels].");
  EXPECT_EQ(refused<ArgumentError>([] {
              pixel_unshuffle(zeros({1, 2, 2, 4}), {2, 0});
            }),
            "pixel_unshuffle: block 2x0 is not in 1 to 2^31. A block of 1x1 changes nothing.");
  EXPECT_EQ(refused<ArgumentError>([] {
              pixel_shuffle(zeros({1, 2, 2, 4}), huge);
            }),
            text("pixel_shuffle: block ", huge, 'x', huge,
                 " is not in 1 to 2^31. A block of 1x1 changes nothing."));
  EXPECT_EQ(refused<ShapeError>([] {
              pixel_shuffle(zeros({1, 2, 2, 8}), {2, 3});
            }),
            "pixel_shuffle: x [1, 2, 2, 8] has 8 channels, no multiple of 6, the pixels of a block of 2x3. "
            "Give whole blocks of channels.");
  EXPECT_EQ(refused<ShapeError>([] {
              pixel_unshuffle(zeros({1, 4, 5, 1}), 2);
            }),
            "pixel_unshuffle: block 2x2 does not divide 4x5 pixels of x [1, 4, 5, 1]. Pad or crop x to a "
            "multiple of the block.");
}

}  // namespace
}  // namespace trous
