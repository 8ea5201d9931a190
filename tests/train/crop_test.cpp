// The crop that a training takes of itself.
#include <gtest/gtest.h>

#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/reduce.h>
#include <trous/train/crop.h>

#include "train/toys.h"

namespace trous {
namespace {

template <class Net>
AnyLayer with_first_values(Net net) {
  initialize(net, Key{1});
  return net;
}

TEST(SuggestedCrop, IsTwiceTheFieldBetweenBounds) {
  const SegmentationOptions options{.in_channels = 1, .classes = 2, .width = 2};
  const AnyLayer small = with_first_values(SmallDilated(options));  // sees 87 pixels
  const AnyLayer deep = with_first_values(DeepDilated(options));    // sees 177
  EXPECT_EQ(suggested_crop(small, {1500, 2000, 1}), (Window{256, 256}));
  EXPECT_EQ(suggested_crop(deep, {1500, 2000, 1}), (Window{384, 384}));
  SegmentationOptions wide = options;
  wide.kernel = 7;  // sees 525
  EXPECT_EQ(suggested_crop(with_first_values(DeepDilated(wide)), {1500, 2000, 1}), (Window{512, 512}));
}

TEST(SuggestedCrop, IsAbsentForSmallImagesAndNeverLargerThanTheImage) {
  const AnyLayer net = small_net();
  EXPECT_EQ(suggested_crop(net, {512, 512, 1}), std::nullopt);
  EXPECT_EQ(suggested_crop(net, {512, 513, 1}), (Window{256, 256}));
  EXPECT_EQ(suggested_crop(net, {100, 5000, 1}), (Window{100, 256}));
}

TEST(SuggestedCrop, OfANetworkThatSeesTheWholeImage) {
  const AnyLayer net = AnyLayer([](const Variable& x) {
    return x + broadcast_to(mean(x, {1, 2}, true), x.shape());
  });
  EXPECT_EQ(suggested_crop(net, {1000, 1000, 1}), (Window{256, 256}));
}

}  // namespace
}  // namespace trous
