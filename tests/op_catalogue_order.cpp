// The catalogue's lines of ops about order and shape, and of reductions that are not linear.
#include <catalogue_inputs.h>

#include <trous/trous.h>

namespace trous::catalogue {

using enum Kind;

// Tables, which read best with a line or two per entry.
// clang-format off

std::vector<Line> order_lines() {
  return {
      {"logsumexp", "middle", composite, {real({2, 3, 4}, -3, 3)},
       [](Xs x) { return logsumexp(x[0], {1}); }, Shape{0, 4}},
      {"logsumexp", "last_two_kept", composite, {real({2, 3, 4}, -3, 3)},
       [](Xs x) { return logsumexp(x[0], {2, -2}, true); }, Shape{0, 1, 1}},
      {"var", "unbiased", composite, {real({2, 5, 3})}, [](Xs x) { return var(x[0], {1}); }, Shape{0, 3}},
      {"var", "population_kept", composite, {real({2, 3, 4})},
       [](Xs x) { return var(x[0], {1, 2}, {.correction = 0, .keep_axes = true}); }, Shape{0, 1, 1}},
      {"norm", "middle", composite, {real({2, 5, 3})}, [](Xs x) { return norm(x[0], {1}); }, Shape{0, 3}},
      {"norm", "last_kept", composite, {real({3, 4})},
       [](Xs x) { return norm(x[0], {-1}, true); }, Shape{0, 1}},
      {"squeeze", "middle", linear, {real({2, 1, 3, 1})},
       [](Xs x) { return squeeze(x[0], {-1, 1}); }, Shape{0, 3}},
      {"unsqueeze", "inner", linear, {real({2, 3})}, [](Xs x) { return unsqueeze(x[0], 1); }, Shape{0, 1, 3}},
      {"unsqueeze", "last", linear, {real({2, 3})}, [](Xs x) { return unsqueeze(x[0], -1); }, Shape{0, 3, 1}},
      {"flip", "inner", linear, {real({2, 3, 4})}, [](Xs x) { return flip(x[0], {1}); }, Shape{0, 3, 4}},
      {"flip", "batch_and_last", linear, {real({2, 3, 4})},
       [](Xs x) { return flip(x[0], {-1, 0}); }, Shape{0, 3, 4}},
      {"roll", "forth", linear, {real({2, 5, 3})}, [](Xs x) { return roll(x[0], 2, 1); }, Shape{0, 5, 3}},
      {"roll", "back_beyond_the_end", linear, {real({2, 5})},
       [](Xs x) { return roll(x[0], -7, -1); }, Shape{0, 5}},
      {"tile", "inner", linear, {real({2, 3, 2})},
       [](Xs x) { return tile(x[0], {1, 2, 3}); }, Shape{0, 6, 6}},
      {"tile", "batch", linear, {real({2, 3})}, [](Xs x) { return tile(x[0], {3, 1}); }, Shape{0, 3}},
      {"split", "second_of_three", linear, {real({2, 6, 3})},
       [](Xs x) { return split(x[0], {1, 3, 2}, 1)[1]; }, Shape{0, 3, 3}},
      {"pad_reflect", "sides", linear, {real({2, 4, 3})},
       [](Xs x) { return pad_reflect(x[0], {0, 3, 1}, {0, 2, 2}); }, Shape{0, 9, 6}},
      {"pad_edge", "sides", linear, {real({2, 3, 2})},
       [](Xs x) { return pad_edge(x[0], {0, 4, 1}, {0, 2, 0}); }, Shape{0, 9, 3}},
      {"one_hot", "of_4", locally_constant, {whole({2, 3}, 4)},
       [](Xs x) { return one_hot(x[0], 4); }, Shape{0, 3, 4}},
      {"cumsum", "middle", linear, {real({2, 4, 3})}, [](Xs x) { return cumsum(x[0], 1); }, Shape{0, 4, 3}},
      {"cumsum", "exclusive", linear, {real({2, 5})},
       [](Xs x) { return cumsum(x[0], -1, {.exclusive = true}); }, Shape{0, 5}},
      {"cumsum", "reverse", linear, {real({2, 5})},
       [](Xs x) { return cumsum(x[0], 1, {.reverse = true}); }, Shape{0, 5}},
      {"cumsum", "exclusive_reverse", linear, {real({2, 4, 3})},
       [](Xs x) { return cumsum(x[0], 1, {.exclusive = true, .reverse = true}); }, Shape{0, 4, 3}},
      {"argsort", "ascending", locally_constant, {apart({2, 5})},
       [](Xs x) { return argsort(x[0]); }, Shape{0, 5}},
      {"argsort", "descending", locally_constant, {apart({2, 5, 3})},
       [](Xs x) { return argsort(x[0], 1, Sorted::descending); }, Shape{0, 5, 3}},
      {"sort", "ascending", pointwise, {apart({2, 5})}, [](Xs x) { return sort(x[0]); }, Shape{0, 5}},
      {"sort", "descending", pointwise, {apart({2, 5, 3})},
       [](Xs x) { return sort(x[0], 1, Sorted::descending); }, Shape{0, 5, 3}},
      {"topk", "2_of_5", pointwise, {apart({2, 5, 3})},
       [](Xs x) { return topk(x[0], 2, 1).values; }, Shape{0, 2, 3}},
      {"pixel_shuffle", "2x3", linear, {real({2, 3, 2, 12})},
       [](Xs x) { return pixel_shuffle(x[0], {2, 3}); }, Shape{0, 6, 6, 2}},
      {"pixel_unshuffle", "2x3", linear, {real({2, 4, 6, 2})},
       [](Xs x) { return pixel_unshuffle(x[0], {2, 3}); }, Shape{0, 2, 2, 12}},
  };
}

// clang-format on

}  // namespace trous::catalogue
