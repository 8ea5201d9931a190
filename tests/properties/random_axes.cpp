// What moves, repeats and sums elements along axes, in shapes of any rank that nobody chose.
#include <algorithm>
#include <numeric>
#include <properties/random_cases.h>

namespace trous {
namespace {

Shape draw_shape(Int min_rank, Int max_rank, Int max_extent) {
  std::vector<Int> extents;
  const Int rank = draw("rank", min_rank, max_rank);
  for (Int k = 0; k < rank; ++k) extents.push_back(draw("extent", 1, max_extent));
  return extents;
}

TEST(RandomAxes, PadIsTheTransposeOfCropAndUndoneByIt) {
  for_all([] {
    const Tensor x = integers(draw_shape(1, 4, 4), 1);
    std::vector<Int> before, after;
    for (int k = 0; k < x.shape().rank(); ++k) {
      before.push_back(draw("before", 0, 3));
      after.push_back(draw("after", 0, 3));
    }
    const auto padded = [&](const Variable& v) { return pad(v, before, after); };
    const auto cropped = [&](const Variable& v) { return crop(v, before, after); };
    const Array all(x);
    RC_ASSERT(numbers(padded(x)) == numbers(made(padded(x).shape(), [&](Index i) {
                for (int k = 0; k < x.shape().rank(); ++k) {
                  auto& place = i[static_cast<std::size_t>(k)];
                  place -= before[static_cast<std::size_t>(k)];
                  if (place < 0 || place >= x.shape()[k]) return Rounded();
                }
                return all.at(i);
              })));
    RC_ASSERT(same_bits(cropped(padded(x)).value(), x));
    dot_test(padded, x);
    dot_test(cropped, integers(padded(x).shape(), 2));
    // One is the other's gradient, and not merely a transpose.
    const Variable leaf = track(x);
    const Tensor seed = integers(padded(x).shape(), 3);
    RC_ASSERT(same_bits(vjp(padded(leaf), {leaf}, seed)[0].value(), cropped(seed).value()));
  });
}

TEST(RandomAxes, SliceIsItsLoop) {
  for_all([] {
    const Tensor x = integers(draw_shape(1, 4, 6), 1);
    std::vector<Int> begin, size, step;
    for (int k = 0; k < x.shape().rank(); ++k) {
      begin.push_back(draw("begin", 0, x.shape()[k] - 1));
      step.push_back(draw("step", 1, 3));
      size.push_back(draw("size", 1, (x.shape()[k] - begin.back() - 1) / step.back() + 1));
    }
    const auto sliced = [&](const Variable& v) { return slice(v, begin, size, step); };
    const Array all(x);
    RC_ASSERT(numbers(sliced(x)) == numbers(made(size, [&](Index i) {
                for (std::size_t k = 0; k < i.size(); ++k) i[k] = begin[k] + i[k] * step[k];
                return all.at(i);
              })));
    dot_test(sliced, x);
  });
}

TEST(RandomAxes, PermuteConcatAndReshapeMoveElementsAlone) {
  for_all([] {
    const Tensor x = integers(draw_shape(1, 4, 4), 1);
    const auto rank = static_cast<std::size_t>(x.shape().rank());
    std::vector<Int> order(rank), back(rank), turned;
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t k = 0; k + 1 < rank; ++k) {
      std::swap(
          order[k],
          order[static_cast<std::size_t>(draw("axis", static_cast<Int>(k), static_cast<Int>(rank) - 1))]);
    }
    for (std::size_t k = 0; k < rank; ++k) back[static_cast<std::size_t>(order[k])] = static_cast<Int>(k);
    for (const Int k : order) turned.push_back(x.shape()[static_cast<int>(k)]);
    const Array all(x);
    const Variable y = permute(x, order);
    RC_ASSERT(numbers(y) == numbers(made(turned, [&](const Index& i) {
                Index from(rank);
                for (std::size_t k = 0; k < rank; ++k) from[static_cast<std::size_t>(order[k])] = i[k];
                return all.at(from);
              })));
    RC_ASSERT(same_bits(permute(y, back).value(), x));
    dot_test([&](const Variable& v) { return permute(v, order); }, x);

    const int axis = static_cast<int>(draw("cut axis", 0, static_cast<Int>(rank) - 1));
    const Int cut = draw("cut", 0, x.shape()[axis] - 1);
    if (cut == 0) return;
    std::vector<Int> none(rank), first(rank), second(rank);
    first[static_cast<std::size_t>(axis)] = x.shape()[axis] - cut;
    second[static_cast<std::size_t>(axis)] = cut;
    RC_ASSERT(same_bits(concat({crop(x, none, first), crop(x, second, none)}, axis).value(), x));
    RC_ASSERT(numbers(reshape(x, {-1})) == numbers(Variable(x)));
  });
}

TEST(RandomAxes, SumsOverAnyAxesAreTheirLoop) {
  for_all([] {
    const Tensor x = integers(draw_shape(1, 5, 4), 1);
    std::vector<int> axes;
    std::vector<Int> kept_shape, shape;
    for (int k = 0; k < x.shape().rank(); ++k) {
      const bool reduced = draw("reduced", 0, 1) == 1;
      if (reduced) axes.push_back(draw("counted from the end", 0, 1) == 1 ? k - x.shape().rank() : k);
      kept_shape.push_back(reduced ? 1 : x.shape()[k]);
      if (!reduced) shape.push_back(x.shape()[k]);
    }
    const Array all(x);
    Array loops{Shape(kept_shape)};
    catalogue::for_each_index(x.shape(), [&](Index i) {
      const Rounded element = all.at(i);
      for (std::size_t k = 0; k < i.size(); ++k) i[k] = kept_shape[k] == 1 ? 0 : i[k];
      loops.at(i).value += element.value;
    });
    const Variable kept = sum(x, axes, true), gone = sum(x, axes);
    RC_ASSERT(kept.shape() == Shape(kept_shape));
    RC_ASSERT(gone.shape() == Shape(shape));
    RC_ASSERT(numbers(kept) == numbers(loops));
    RC_ASSERT(numbers(gone) == numbers(loops));
    RC_ASSERT(same_bits(sum_to(x, kept_shape).value(), kept.value()));
    const Int count = x.elements() / kept.value().elements();
    const std::vector<double> averages = numbers(mean(x, axes));
    for (std::size_t k = 0; k < averages.size(); ++k)
      RC_ASSERT(std::round(averages[k] * static_cast<double>(count)) == numbers(loops)[k]);
    dot_test([&](const Variable& v) { return sum(v, axes); }, x);
    dot_test([&](const Variable& v) { return sum_to(v, kept_shape); }, x);
  });
}

TEST(RandomAxes, BroadcastToRepeatsAndSumToCollects) {
  for_all([] {
    const Shape shape = draw_shape(1, 5, 4);
    std::vector<Int> narrow;
    const Int missing = draw("missing in front", 0, shape.rank());
    for (int k = static_cast<int>(missing); k < shape.rank(); ++k)
      narrow.push_back(draw("repeated", 0, 1) == 1 ? 1 : shape[k]);
    const Tensor x = integers(narrow, 1);
    const Array all(x);
    const auto repeated = [&](const Variable& v) { return broadcast_to(v, shape); };
    RC_ASSERT(numbers(repeated(x)) ==
              numbers(made(shape, [&](const Index& i) { return all.broadcast_at(i); })));
    const double times = static_cast<double>(shape.elements()) / static_cast<double>(x.elements());
    RC_ASSERT(numbers(sum_to(repeated(x), narrow)) == numbers(scale(x, times)));
    dot_test(repeated, x);
    // A binary op broadcasts in the same way.
    RC_ASSERT(numbers(add(x, Tensor::zeros(shape, DType::float64))) == numbers(repeated(x)));
  });
}

}  // namespace
}  // namespace trous
