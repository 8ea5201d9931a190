// Ops about order and shape, in shapes of any rank that nobody chose. The numbers are small integers, so that
// orders have many ties.
#include <algorithm>
#include <numeric>
#include <properties/random_cases.h>

namespace trous {
namespace {

Shape shape_of_any_rank(Int max_extent) {
  std::vector<Int> extents;
  const Int rank = draw("rank", 1, 4);
  for (Int k = 0; k < rank; ++k) extents.push_back(draw("extent", 1, max_extent));
  return extents;
}

int any_axis_of(const Shape& shape) { return static_cast<int>(draw("axis", 0, shape.rank() - 1)); }

// x with the index `to(i, extent)` on one axis.
template <class To>
std::vector<double> with_places(const Tensor& x, int axis, const To& to) {
  const Array all(x);
  return numbers(made(x.shape(), [&](Index i) {
    Int& place = i[static_cast<std::size_t>(axis)];
    place = to(place, x.shape()[axis]);
    return all.at(i);
  }));
}

TEST(RandomOrder, FlipRollAndSplitMoveElementsAlone) {
  for_all([] {
    const Tensor x = integers(shape_of_any_rank(5), 1);
    const int axis = any_axis_of(x.shape());
    const Int shift = draw("shift", -12, 12), extent = x.shape()[axis];
    const auto flipped = [&](const Variable& v) { return flip(v, {axis}); };
    const auto rolled = [&](const Variable& v) { return roll(v, shift, axis); };
    RC_ASSERT(numbers(flipped(x)) == with_places(x, axis, [](Int i, Int n) { return n - 1 - i; }));
    RC_ASSERT(numbers(rolled(x)) ==
              with_places(x, axis, [&](Int i, Int n) { return (i - shift + 12 * n) % n; }));
    dot_test(flipped, x);
    dot_test(rolled, x);
    std::vector<int> every(static_cast<std::size_t>(x.shape().rank()));
    std::iota(every.begin(), every.end(), 0);
    std::vector<double> backwards = numbers(Variable(x));
    std::reverse(backwards.begin(), backwards.end());
    RC_ASSERT(numbers(flip(x, every)) == backwards);
    const Int cut = draw("cut", 1, extent);
    const std::vector<Int> sizes =
        cut == extent ? std::vector<Int>{cut} : std::vector<Int>{cut, extent - cut};
    RC_ASSERT(same_bits(concat(split(x, sizes, axis), axis).value(), x));
    RC_ASSERT(same_bits(squeeze(unsqueeze(x, axis), {axis}).value(), x));
  });
}

TEST(RandomOrder, TilesAndBordersAreTheirLoops) {
  for_all([] {
    const Tensor x = integers(shape_of_any_rank(4), 1);
    const Shape& shape = x.shape();
    std::vector<Int> repeats, before, after, tiled, padded;
    for (int k = 0; k < shape.rank(); ++k) {
      repeats.push_back(draw("repeats", 1, 3));
      before.push_back(draw("before", 0, shape[k] - 1));
      after.push_back(draw("after", 0, shape[k] - 1));
      tiled.push_back(shape[k] * repeats.back());
      padded.push_back(before.back() + shape[k] + after.back());
    }
    const Array all(x);
    const auto placed = [&](const std::vector<Int>& extents, const auto& to) {
      return numbers(made(extents, [&](Index i) {
        for (std::size_t k = 0; k < i.size(); ++k) i[k] = to(i[k], k, shape[static_cast<int>(k)]);
        return all.at(i);
      }));
    };
    const auto copies = [&](const Variable& v) { return tile(v, repeats); };
    const auto mirror = [&](const Variable& v) { return pad_reflect(v, before, after); };
    const auto edge = [&](const Variable& v) { return pad_edge(v, before, after); };
    RC_ASSERT(numbers(copies(x)) == placed(tiled, [](Int i, std::size_t, Int n) { return i % n; }));
    RC_ASSERT(numbers(mirror(x)) == placed(padded, [&](Int i, std::size_t k, Int n) {
                const Int from_the_first = std::abs(i - before[k]);
                return n - 1 - std::abs(n - 1 - from_the_first);
              }));
    RC_ASSERT(numbers(edge(x)) == placed(padded, [&](Int i, std::size_t k, Int n) {
                return std::clamp<Int>(i - before[k], 0, n - 1);
              }));
    dot_test(copies, x);
    dot_test(mirror, x);
    dot_test(edge, x);
  });
}

TEST(RandomOrder, CumsumIsItsLoop) {
  for_all([] {
    const Tensor x = integers(shape_of_any_rank(6), 1);
    const int axis = any_axis_of(x.shape());
    const CumsumOptions options{draw("exclusive", 0, 1) == 1, draw("reverse", 0, 1) == 1};
    const auto sums = [&](const Variable& v) { return cumsum(v, axis, options); };
    const Array all(x);
    RC_ASSERT(numbers(sums(x)) == numbers(made(x.shape(), [&](const Index& at) {
                const Int own = at[static_cast<std::size_t>(axis)];
                Rounded sum;
                for (Int k = 0; k < x.shape()[axis]; ++k) {
                  Index i = at;
                  i[static_cast<std::size_t>(axis)] = k;
                  const Int ahead = options.reverse ? k - own : own - k;
                  if (ahead > 0 || (ahead == 0 && !options.exclusive)) sum.value += all.at(i).value;
                }
                return sum;
              })));
    dot_test(sums, x);
  });
}

// An element stands behind those that come before it and behind equal ones whose place is smaller.
TEST(RandomOrder, SortIsStableAndTopKIsItsBeginning) {
  for_all([] {
    const Tensor x = integers(shape_of_any_rank(8), 1);
    const int axis = any_axis_of(x.shape());
    const bool descending = draw("descending", 0, 1) == 1;
    const Sorted order = descending ? Sorted::descending : Sorted::ascending;
    const Array all(x), places(argsort(x, axis, order).value()), values(sort(x, axis, order).value());
    Array expected_places(x.shape()), expected_values(x.shape());
    catalogue::for_each_index(x.shape(), [&](const Index& at) {
      const Int own = at[static_cast<std::size_t>(axis)];
      Index i = at, to = at;
      Int& rank = to[static_cast<std::size_t>(axis)] = 0;
      for (Int k = 0; k < x.shape()[axis]; ++k) {
        i[static_cast<std::size_t>(axis)] = k;
        const long double other = all.at(i).value, mine = all.at(at).value;
        rank += (descending ? other > mine : other < mine) || (other == mine && k < own);
      }
      expected_places.at(to) = Rounded(static_cast<double>(own));
      expected_values.at(to) = all.at(at);
    });
    RC_ASSERT(numbers(places) == numbers(expected_places));
    RC_ASSERT(numbers(values) == numbers(expected_values));
    const Int count = draw("count", 1, x.shape()[axis]);
    const TopK top = topk(x, count, axis);
    std::vector<Int> none(static_cast<std::size_t>(x.shape().rank()), 0), rest = none;
    rest[static_cast<std::size_t>(axis)] = x.shape()[axis] - count;
    RC_ASSERT(same_bits(top.values.value(), crop(sort(x, axis, Sorted::descending), none, rest).value()));
    RC_ASSERT(same_bits(top.indices.value(), crop(argsort(x, axis, Sorted::descending), none, rest).value()));
  });
}

// Sums of squares of integers are exact, and so is their scaling, so the roots are the same bits.
TEST(RandomOrder, NormOverAnyAxesIsTheRootOfTheSumOfSquares) {
  for_all([] {
    const Tensor x = integers(shape_of_any_rank(4), 1);
    std::vector<int> axes;
    for (int k = 0; k < x.shape().rank(); ++k) {
      if (draw("reduced", 0, 1) == 1)
        axes.push_back(draw("counted from the end", 0, 1) == 1 ? k - x.shape().rank() : k);
    }
    const bool keep = draw("keep", 0, 1) == 1;
    RC_ASSERT(
        same_bits(norm(x, axes, keep).value(), sqrt(sum(Variable(x) * Variable(x), axes, keep)).value()));
  });
}

TEST(RandomOrder, PixelShuffleIsItsLoopAndUndone) {
  for_all([] {
    const Int bh = draw("block height", 1, 3), bw = draw("block width", 1, 3), c = draw("channels", 1, 3);
    const Tensor x =
        integers({draw("batch", 1, 2), draw("height", 1, 3), draw("width", 1, 3), bh * bw * c}, 1);
    const auto shuffled = [&](const Variable& v) { return pixel_shuffle(v, {bh, bw}); };
    const Variable y = shuffled(x);
    const Array all(x);
    RC_ASSERT(numbers(y) == numbers(made(y.shape(), [&](const Index& i) {
                return all.at({i[0], i[1] / bh, i[2] / bw, (i[1] % bh * bw + i[2] % bw) * c + i[3]});
              })));
    RC_ASSERT(same_bits(pixel_unshuffle(y, {bh, bw}).value(), x));
    dot_test(shuffled, x);
    dot_test([&](const Variable& v) { return pixel_unshuffle(v, {bh, bw}); }, y.value());
  });
}

}  // namespace
}  // namespace trous
