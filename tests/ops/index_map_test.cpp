// Permuting, broadcasting, cropping and padding against a loop over indices. They are one copy, which merges
// axes where it may: so every order and every choice of axes, and images on both sides of a task's length.
#include <algorithm>
#include <numeric>
#include <ops/support.h>

#include <trous/ops/broadcast.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>

namespace trous {
namespace {

using Index = std::vector<std::int64_t>;

// The elements of a tensor of `shape`, element [i0, i1, ...] being f(i0, i1, ...).
template <class F>
std::vector<double> made(const Shape& shape, const F& f) {
  std::vector<double> values;
  Index index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t k = 0; k < shape.elements(); ++k) {
    values.push_back(f(index));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      auto& i = index[static_cast<std::size_t>(axis)];
      if (++i < shape[axis]) break;
      i = 0;
    }
  }
  return values;
}

// What counting(shape) holds at `index`, an index beyond an extent of 1 counting as 0.
double counted(const Shape& shape, const Index& index) {
  std::int64_t place = 0;
  for (int axis = 0; axis < shape.rank(); ++axis)
    place = place * shape[axis] + (shape[axis] == 1 ? 0 : index[static_cast<std::size_t>(axis)]);
  return static_cast<double>(place);
}

// Of the last one two extents are equal, so that a step may be an extent by chance.
const std::vector<Shape> shapes{{2, 3, 1, 4}, {5, 1, 1, 7}, {3, 129, 43, 2}, {1, 4, 70, 90}, {3, 2, 3, 1}};

TEST(IndexMap, PermutesInEveryOrder) {
  for (const Shape& shape : shapes) {
    const Tensor x = counting(shape);
    Index order{0, 1, 2, 3};
    do {
      const Variable y = permute(x, order);
      const auto expected = made(y.shape(), [&](const Index& at) {
        Index from(4);
        for (std::size_t k = 0; k < 4; ++k) from[static_cast<std::size_t>(order[k])] = at[k];
        return counted(shape, from);
      });
      EXPECT_EQ(numbers(y), expected) << Shape(order) << " of " << shape;
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(IndexMap, BroadcastsAlongEveryChoiceOfAxes) {
  for (const Shape& shape : shapes) {
    for (int choice = 0; choice < 16; ++choice) {
      Shape small = shape;
      for (int axis = 0; axis < 4; ++axis) {
        if (choice >> axis & 1) small[axis] = 1;
      }
      const auto expected = made(shape, [&](const Index& at) { return counted(small, at); });
      EXPECT_EQ(numbers(broadcast_to(counting(small), shape)), expected) << small << " to " << shape;
    }
  }
}

TEST(IndexMap, CropsAndPadsEveryChoiceOfAxes) {
  for (const Shape& shape : shapes) {
    for (int choice = 0; choice < 16; ++choice) {
      Index before(4, 0), after(4, 0);
      for (int axis = 0; axis < 4; ++axis) {
        if (!(choice >> axis & 1) || shape[axis] < 3) continue;
        before[static_cast<std::size_t>(axis)] = 1;
        after[static_cast<std::size_t>(axis)] = shape[axis] > 3 ? 2 : 1;
      }
      const Variable small = crop(counting(shape), before, after);
      const auto expected = made(small.shape(), [&](Index at) {
        for (std::size_t k = 0; k < 4; ++k) at[k] += before[k];
        return counted(shape, at);
      });
      EXPECT_EQ(numbers(small), expected) << Shape(before) << " before " << shape;
      const auto padded = made(shape, [&](const Index& at) {
        bool inside = true;
        for (std::size_t k = 0; k < 4; ++k)
          inside = inside && at[k] >= before[k] && at[k] < shape[static_cast<int>(k)] - after[k];
        return inside ? counted(shape, at) : 0;
      });
      EXPECT_EQ(numbers(pad(small, before, after)), padded) << Shape(before) << " before " << shape;
    }
  }
}

TEST(IndexMap, OfOneElementOrNone) {
  EXPECT_EQ(numbers(broadcast_to(f64({}, {7}), {1, 1})), std::vector<double>{7});
  EXPECT_EQ(numbers(permute(counting({1, 1}), {1, 0})), std::vector<double>{0});
  EXPECT_EQ(broadcast_to(f64({}, {7}), {0, 3, 2}).shape(), (Shape{0, 3, 2}));
  EXPECT_EQ(broadcast_to(zeros({0, 1, 2}), {0, 3, 2}).shape(), (Shape{0, 3, 2}));
  EXPECT_EQ(crop(zeros({0, 4}), {0, 1}, {0, 1}).shape(), (Shape{0, 2}));
  EXPECT_EQ(pad(zeros({0, 4}), {0, 1}, {0, 1}).shape(), (Shape{0, 6}));
}

}  // namespace
}  // namespace trous
