// Scores and the loss of a data set, batch by batch; class weights as text.
#include <gtest/gtest.h>

#include <trous/autograd/tape.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/class_weights.h>
#include <trous/train/evaluate.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TEST(Evaluate, TheLossIsTheMeanOverImages) {
  const AnyLayer net = small_net();
  const Dataset set = stripes(10, 4);
  // One by one: mean over images; cross-entropy without weights is the mean over each batch's known pixels,
  // of which every image has as many, so the batch does not matter.
  double expected = 0;
  for (std::int64_t i = 0; i < 10; ++i) {
    const Sample sample = set.sample(i);
    Pass pass;
    expected += make_loss("cross-entropy")(net(Variable(sample.image.reshaped({1, 12, 12, 1})), pass),
                                           sample.target.reshaped({1, 12, 12}))
                    .value()
                    .to_double() /
                10;
  }
  for (const std::int64_t batch : {1, 3, 4, 10, 99}) {
    const Evaluation seen = evaluate_with(net, set, {.batch = batch, .loss = make_loss("cross-entropy")});
    ASSERT_TRUE(seen.loss);
    EXPECT_NEAR(*seen.loss, expected, 1e-6) << "evaluate_with batches of " << batch;
  }
  EXPECT_EQ(evaluate_with(net, set, {.batch = 4}).loss, std::nullopt);
  Dataset none = set;
  none.size = 0;
  EXPECT_EQ(evaluate_with(net, none, {.loss = make_loss("dice")}).loss, std::nullopt);
}

TEST(Evaluate, ShowsEveryBatchWithItsPredictions) {
  const AnyLayer net = small_net();
  const Dataset set = stripes(7, 4);
  std::vector<std::int64_t> firsts, counts;
  ConfusionMatrix own(3, {255});
  const Evaluation seen = evaluate_with(
      net, set,
      {.batch = 3,
       .on_batch = [&](std::int64_t first, const Batch& batch, const Tensor&, const Tensor& predictions) {
         firsts.push_back(first);
         counts.push_back(batch.images.shape()[0]);
         EXPECT_TRUE(same_bits(predictions, predict(net, batch.images)));
         EXPECT_TRUE(same_bits(batch.images.reshaped({batch.images.elements()}),
                               make_batch(set, firsts.size() == 3 ? std::vector<std::int64_t>{6}
                                                                  : std::vector{first, first + 1, first + 2})
                                   .images.reshaped({batch.images.elements()})));
         own.add(batch.targets, predictions);
       }});
  EXPECT_EQ(firsts, (std::vector<std::int64_t>{0, 3, 6}));
  EXPECT_EQ(counts, (std::vector<std::int64_t>{3, 3, 1}));
  EXPECT_EQ(own.counts(), seen.scores.as<SegmentationScores>().confusion().counts());
}

// The atrous network sees less than a tile, so scores and loss have the very numbers of the whole images.
TEST(Evaluate, LargeImagesInTilesGiveTheNumbersOfTheWhole) {
  const AnyLayer net = small_net();
  const Dataset set = stripes(5, 4);
  const Shape& image = set.image_shape;
  const TilePlan tiles = plan_tiles(net, image, {.tile = 11});
  ASSERT_FALSE(tiles.whole());
  ASSERT_TRUE(tiles.exact);
  std::vector<Tensor> seen;
  const auto keep = [&](std::int64_t, const Batch&, const Tensor&, const Tensor& predictions) {
    seen.push_back(predictions);
  };
  const Loss loss = make_loss("cross-entropy");
  const Evaluation whole = evaluate_with(net, set, {.batch = 2, .loss = loss, .on_batch = keep});
  const Evaluation tiled =
      evaluate_with(net, set, {.batch = 2, .loss = loss, .plan = tiles, .on_batch = keep});
  EXPECT_EQ(whole.loss, tiled.loss);
  ASSERT_EQ(seen.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(same_bits(seen[i], seen[i + 3]));
}

TEST(Evaluate, ABatchOfLargeImagesHoldsOnlyAFew) {
  EXPECT_EQ(evaluation_batch({96, 96, 3}, 16), 16);
  EXPECT_EQ(evaluation_batch({1024, 1024, 3}, 16), 4);
  EXPECT_EQ(evaluation_batch({1024, 1025, 3}, 16), 3);
  EXPECT_EQ(evaluation_batch({4000, 3000, 3}, 16), 1);
}

using Floats = std::vector<float>;

Floats parsed(std::string_view list, const std::vector<std::int64_t>& pixels = {90, 9, 1}) {
  return parse_class_weights(list, pixels).to_vector<float>();
}

TEST(ParseClassWeights, TakesNumbersAndNames) {
  EXPECT_EQ(parsed("0.2,1,1"), (Floats{0.2F, 1, 1}));
  EXPECT_EQ(parsed("0,2.5e1,1e-3"), (Floats{0, 25, 1e-3F}));
  EXPECT_EQ(parsed("3", {5}), (Floats{3}));
  EXPECT_EQ(parsed("none"), (Floats{1, 1, 1}));
  for (const char* name : {"none", "inverse-sqrt", "enet"}) {
    EXPECT_EQ(parsed(name), class_weights(parse_class_weighting(name), {90, 9, 1}).to_vector<float>());
    EXPECT_NO_THROW(check_class_weights(name));
  }
  // A part of a longer text: nothing behind it is read.
  EXPECT_EQ(parsed(std::string_view("1,2,3,4").substr(0, 5)), (Floats{1, 2, 3}));
}

TEST(ParseClassWeights, RefusesOtherTexts) {
  for (const char* bad : {"", "1,", ",1", "1,,1", "1, 1,1", "1,1,x", "-1,1,1", "nan,1,1", "inf,1,1",
                          "1e999,1,1", "1;1;1", "0x1,1,1", "median"}) {
    const std::string expected = std::string("class weights: \"") + bad + "\" is not known. Choose " +
                                 listed(names_in(named_class_weightings())) +
                                 ", or give one number per class, as in 0.2,1,1.";
    EXPECT_EQ(thrown<ArgumentError>([&] { parsed(bad); }), expected);
    EXPECT_EQ(thrown<ArgumentError>([&] { check_class_weights(bad); }), expected);
  }
  EXPECT_EQ(thrown<ArgumentError>([] { parsed("1,2"); }),
            "class weights: 1,2 are 2 numbers for 3 classes. Give one per class, the background first.");
  EXPECT_NO_THROW(check_class_weights("1,2"));
}

TEST(ParseClassWeights, RefusesThoseWithWhichNothingIsLearned) {
  EXPECT_EQ(
      thrown<ArgumentError>([] { check_class_weights("0,0.0"); }),
      "class weights: 0,0.0 are all 0, so no pixel counts and nothing is learned. Give at least one class "
      "more than 0.");
  EXPECT_EQ(
      thrown<ArgumentError>([] {
        parsed("0,0,2.5", {1000, 40, 0});
      }),
      "class weights: 0, 0, 2.5 are 0 for every class that occurs, so nothing is learned. The classes have "
      "1000, 40, 0 training pixels. Give a class that has some more than 0.");
  EXPECT_EQ(parsed("0,1,0", {1000, 40, 0}), (Floats{0, 1, 0}));
}

TEST(Evaluate, ReportsAfterEachOpAndEndsAtAnException) {
  const Dataset data = stripes(5, 1);
  std::vector<std::int64_t> seen;
  std::size_t calls = 0;
  evaluate_with(small_net(), data, {.batch = 2, .on_progress = [&](std::int64_t done, std::int64_t total) {
                                      EXPECT_EQ(total, 5);
                                      ++calls;
                                      if (seen.empty() || seen.back() != done) seen.push_back(done);
                                    }});
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 2, 4, 5}));
  EXPECT_GT(calls, 12U) << "within a batch, too";
  struct Enough {};
  EXPECT_THROW(evaluate_with(small_net(), data,
                             {.batch = 5,
                              .on_progress =
                                  [calls = 0](std::int64_t, std::int64_t) mutable {
                                    if (++calls == 3)
                                      throw Enough();  // after the second op of the only batch
                                  }}),
               Enough);
}

}  // namespace
}  // namespace trous
