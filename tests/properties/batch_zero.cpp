// A batch of none gives what the line says: a result of that shape, whose gradients are exact zeros of the
// inputs' shapes, or a ShapeError.
#include <algorithm>
#include <op_catalogue.h>
#include <properties/conformance.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/error.h>

namespace trous::catalogue {
namespace {

bool all_zero(const Tensor& x) {
  return visit(x.dtype(), [&]<class T> {
    return std::all_of(x.values<T>().begin(), x.values<T>().end(), [](T v) { return v == 0; });
  });
}

class BatchOfNone : public testing::TestWithParam<Line> {};

TEST_P(BatchOfNone, GivesWhatTheLineSays) {
  const Line line = with_batches(GetParam(), 0);
  if (!line.batch_0) {
    const std::vector<Tensor> inputs = sample(line, DType::float32);
    const StorageCount before = live_storage();
    EXPECT_THROW(line.call(tracked(line, inputs).inputs), ShapeError);
    conformance::note(line, conformance::Property::batch_0, 0);
    EXPECT_EQ(live_storage().buffers, before.buffers);
    return;
  }
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> inputs = sample(line, dtype);
    const Evaluation result = evaluate(line, inputs);
    EXPECT_EQ(result.value.shape(), *line.batch_0);
    conformance::note(line, conformance::Property::batch_0, 0);
    EXPECT_EQ(result.value.dtype(), evaluate(GetParam(), sample(GetParam(), dtype)).value.dtype());
    for (std::size_t k = 0; k < result.gradients.size(); ++k) {
      const Tensor& x = inputs[differentiable(line)[k]];
      EXPECT_EQ(result.gradients[k].shape(), x.shape());
      // An input without a batch, whose repetitions do not depend on it either, has an ordinary gradient.
      if (result.value.elements() == 0) {
        EXPECT_TRUE(all_zero(result.gradients[k])) << "input " << k;
      }
    }
  }
}

// The shape a line gives for the batch of none is that of every batch, but for the batch.
TEST(BatchZero, HasTheShapeOfOtherBatches) {
  for (const Line& line : lines()) {
    if (!line.batch_0) continue;
    const Line twice = with_batches(line, 2);
    const Tensor value = evaluate(twice, sample(twice, DType::float32)).value;
    Shape expected = *line.batch_0;
    if (expected.rank() > 0 && expected[0] == 0) expected[0] = value.shape()[0];
    EXPECT_EQ(value.shape(), expected) << line.name();
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, BatchOfNone, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
