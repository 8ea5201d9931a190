// One line per op and way to call it. Shapes are small and unequal, so that a swapped axis or in and out
// channels taken for one another cannot pass.
#include <catalogue_inputs.h>
#include <op_catalogue.h>

#include <trous/trous.h>

namespace trous::catalogue {
namespace {

using enum Kind;

Input class_weights(std::int64_t classes) {
  Input input = unbatched(positive({classes}));
  input.differentiable = false;
  return input;
}

Variable weighted_cross_entropy(Xs x) {
  return softmax_cross_entropy(x[0], x[1], {.class_weights = x[2], .ignore_index = 1});
}
Variable dice_with_ignored(Xs x) { return dice_loss(x[0], x[1], {.smooth = 0.5, .ignore_index = 1}); }
Variable smoothed_cross_entropy(Xs x) {
  return softmax_cross_entropy(x[0], x[1],
                               {.class_weights = x[2], .ignore_index = 1, .label_smoothing = 0.25});
}
Variable tversky_with_ignored(Xs x) {
  return tversky_loss(x[0], x[1], {.alpha = 0.75, .beta = 0.5, .smooth = 0, .ignore_index = 1});
}
Variable weighted_focal(Xs x) {
  return focal_loss(x[0], x[1], {.gamma = 1.5, .class_weights = x[2], .ignore_index = 1});
}

// Tables, which read best with a line or two per entry.
// clang-format off

std::vector<Line> arithmetic_lines() {
  return {
      {"add", "broadcast", linear, {real({2, 3}), weights({3})},
       [](Xs x) { return add(x[0], x[1]); }, Shape{0, 3}},
      {"sub", "broadcast", linear, {real({2, 1, 3}), weights({4, 1})},
       [](Xs x) { return sub(x[0], x[1]); }, Shape{0, 4, 3}},
      {"mul", "same_shape", trilinear, {real({3, 4}), real({3, 4})},
       [](Xs x) { return mul(x[0], x[1]); }, Shape{0, 4}},
      {"mul", "broadcast", trilinear, {real({3, 1, 2}), weights({4, 1})},
       [](Xs x) { return mul(x[0], x[1]); }, Shape{0, 4, 2}},
      {"div", "broadcast", pointwise, {real({2, 3}), unbatched(positive({3}))},
       [](Xs x) { return div(x[0], x[1]); }, Shape{0, 3}},
      {"scale", "by_minus_4", linear, {real({2, 3})}, [](Xs x) { return scale(x[0], -4); }, Shape{0, 3}},
      {"shift", "by_2", pointwise, {real({2, 3})}, [](Xs x) { return shift(x[0], 2); }, Shape{0, 3}},
      {"matmul", "3x4x5", trilinear, {real({3, 4}), weights({4, 5})},
       [](Xs x) { return matmul(x[0], x[1]); }, Shape{0, 5}},
      {"matmul", "batches", trilinear, {real({2, 3, 4}), real({2, 4, 2})},
       [](Xs x) { return matmul(x[0], x[1]); }, Shape{0, 3, 2}},
      {"matmul", "batches_broadcast", trilinear, {real({2, 1, 3, 2}), weights({3, 2, 2})},
       [](Xs x) { return matmul(x[0], x[1]); }, Shape{0, 3, 3, 2}},
      {"matmul", "one_matrix", trilinear, {real({2, 3, 4}), weights({4, 2})},
       [](Xs x) { return matmul(x[0], x[1]); }, Shape{0, 3, 2}},
      {"einsum", "batches", trilinear, {real({2, 3, 4}), real({2, 4, 2})},
       [](Xs x) { return einsum("nij,njk->nki", {x[0], x[1]}); }, Shape{0, 2, 3}},
      {"einsum", "summed_alone", trilinear, {real({2, 3, 4}), weights({2, 4, 3})},
       [](Xs x) { return einsum("nsj,ajc->nc", {x[0], x[1]}); }, Shape{0, 3}},
      {"einsum", "outer", trilinear, {real({2, 3}), weights({4})},
       [](Xs x) { return einsum("bi, k", {x[0], x[1]}); }, Shape{0, 3, 4}},
      {"einsum", "one", linear, {real({2, 3, 4, 2})},
       [](Xs x) { return einsum("nijk->nkj", {x[0]}); }, Shape{0, 2, 4}},
      {"einsum", "three", composite, {real({2, 3}), weights({3, 4}), weights({4, 2})},
       [](Xs x) { return einsum("ni,ij,jk->nk", {x[0], x[1], x[2]}); }, Shape{0, 2}},
      {"matmul", "batch_inside", trilinear, {weights({2, 3}), unbatched(real({3, 4}))},
       [](Xs x) { return matmul(x[0], x[1]); }, Shape{2, 4}},
      {"cast", "to_float64", linear, {real({2, 3})},
       [](Xs x) { return cast(x[0], DType::float64); }, Shape{0, 3}},
  };
}

std::vector<Line> pointwise_lines() {
  return {
      {"exp", "any", pointwise, {real({3, 4})}, [](Xs x) { return exp(x[0]); }, Shape{0, 4}},
      {"log", "positive", pointwise, {positive({3, 4})}, [](Xs x) { return log(x[0]); }, Shape{0, 4}},
      {"sqrt", "positive", pointwise, {positive({3, 4})}, [](Xs x) { return sqrt(x[0]); }, Shape{0, 4}},
      {"sin", "any", pointwise, {real({3, 4}, -4, 4)}, [](Xs x) { return sin(x[0]); }, Shape{0, 4}},
      {"cos", "any", pointwise, {real({3, 4}, -4, 4)}, [](Xs x) { return cos(x[0]); }, Shape{0, 4}},
      {"log1p", "above_minus_1", pointwise, {real({3, 4}, -0.5, 2)},
       [](Xs x) { return log1p(x[0]); }, Shape{0, 4}},
      {"expm1", "any", pointwise, {real({3, 4})}, [](Xs x) { return expm1(x[0]); }, Shape{0, 4}},
      {"erf", "any", pointwise, {real({3, 4}, -2, 2)}, [](Xs x) { return erf(x[0]); }, Shape{0, 4}},
      {"softplus", "any", pointwise, {real({3, 4}, -3, 3)}, [](Xs x) { return softplus(x[0]); }, Shape{0, 4}},
      {"leaky_relu", "eighth", pointwise, {off_zero({3, 4})},
       [](Xs x) { return leaky_relu(x[0], 0.125); }, Shape{0, 4}},
      {"prelu", "channels", pointwise, {off_zero({3, 4}), weights({4})},
       [](Xs x) { return prelu(x[0], x[1]); }, Shape{0, 4}},
      {"prelu", "scalar", pointwise, {off_zero({3, 2, 4}), weights({})},
       [](Xs x) { return prelu(x[0], x[1]); }, Shape{0, 2, 4}},
      {"elu", "alpha_2", pointwise, {off_zero({3, 4})}, [](Xs x) { return elu(x[0], 2); }, Shape{0, 4}},
      {"silu", "any", pointwise, {real({3, 4}, -3, 3)}, [](Xs x) { return silu(x[0]); }, Shape{0, 4}},
      {"gelu", "erf", pointwise, {real({3, 4}, -3, 3)}, [](Xs x) { return gelu(x[0]); }, Shape{0, 4}},
      {"gelu", "tanh", pointwise, {real({3, 4}, -3, 3)},
       [](Xs x) { return gelu(x[0], Gelu::tanh); }, Shape{0, 4}},
      {"hardswish", "inside", pointwise, {real({3, 4}, -2.5, 2.5)},
       [](Xs x) { return hardswish(x[0]); }, Shape{0, 4}},
      {"maximum", "broadcast", pointwise, {off_zero({3, 4}), unbatched(real({4}, -0.0625, 0.0625))},
       [](Xs x) { return maximum(x[0], x[1]); }, Shape{0, 4}},
      {"minimum", "broadcast", pointwise, {off_zero({3, 4}), unbatched(real({4}, -0.0625, 0.0625))},
       [](Xs x) { return minimum(x[0], x[1]); }, Shape{0, 4}},
      {"tanh", "any", pointwise, {real({3, 4})}, [](Xs x) { return tanh(x[0]); }, Shape{0, 4}},
      {"sigmoid", "any", pointwise, {real({3, 4}, -3, 3)}, [](Xs x) { return sigmoid(x[0]); }, Shape{0, 4}},
      {"relu", "off_zero", pointwise, {off_zero({3, 4})}, [](Xs x) { return relu(x[0]); }, Shape{0, 4}},
      {"abs", "off_zero", pointwise, {off_zero({3, 4})}, [](Xs x) { return abs(x[0]); }, Shape{0, 4}},
      {"pow", "cube", pointwise, {off_zero({3, 4})}, [](Xs x) { return pow(x[0], 3); }, Shape{0, 4}},
      {"pow", "square", pointwise, {real({3, 4})}, [](Xs x) { return pow(x[0], 2); }, Shape{0, 4}},
      {"pow", "minus_half", pointwise, {positive({3, 4})}, [](Xs x) { return pow(x[0], -0.5); }, Shape{0, 4}},
      {"clip", "both_ends", pointwise, {apart({4, 4})},
       [](Xs x) { return clip(x[0], -0.5, 0.5); }, Shape{0, 4}},
      {"clip", "uneven_ends", pointwise, {apart({4, 4})},
       [](Xs x) { return clip(x[0], -0.25, 0.75); }, Shape{0, 4}},
  };
}

std::vector<Line> compare_lines() {
  return {
      {"equal", "whole", locally_constant, {whole({2, 3}, 3), whole({2, 3}, 3)},
       [](Xs x) { return equal(x[0], x[1]); }, Shape{0, 3}},
      {"equal", "number", locally_constant, {real({2, 3})},
       [](Xs x) { return equal(x[0], 0.5); }, Shape{0, 3}},
      {"less", "broadcast", locally_constant, {real({2, 3}), weights({3})},
       [](Xs x) { return less(x[0], x[1]); }, Shape{0, 3}},
      {"less_equal", "number", locally_constant, {real({2, 3})},
       [](Xs x) { return less_equal(x[0], 0.1); }, Shape{0, 3}},
      {"greater", "broadcast", locally_constant, {real({2, 3}), weights({1})},
       [](Xs x) { return greater(x[0], x[1]); }, Shape{0, 3}},
      {"greater_equal", "number", locally_constant, {real({2, 3})},
       [](Xs x) { return greater_equal(x[0], 0); }, Shape{0, 3}},
      {"sign", "off_zero", locally_constant, {off_zero({2, 3})},
       [](Xs x) { return sign(x[0]); }, Shape{0, 3}},
      {"floor", "apart", locally_constant, {real({2, 3}, 0.1, 0.9)},
       [](Xs x) { return floor(x[0]); }, Shape{0, 3}},
      {"argmax", "axis_1", locally_constant, {apart({2, 5})}, [](Xs x) { return argmax(x[0], 1); }, Shape{0}},
      {"masked", "bits", linear, {real({2, 5}), bits({2, 5})},
       [](Xs x) { return masked(x[0], x[1]); }, Shape{0, 5}},
      {"where", "broadcast", linear, {bits({2, 5}), real({2, 5}), weights({5})},
       [](Xs x) { return where(x[0], x[1], x[2]); }, Shape{0, 5}},
  };
}

std::vector<Line> reduce_lines() {
  return {
      {"sum", "all", linear, {real({2, 3})}, [](Xs x) { return sum(x[0]); }, Shape{}},
      {"sum", "axes_0_2", linear, {real({2, 3, 4})}, [](Xs x) { return sum(x[0], {0, 2}); }, Shape{3}},
      {"mean", "all", linear, {real({2, 3})}, [](Xs x) { return mean(x[0]); }, throws_shape_error, false},
      {"mean", "axis_1_kept", linear, {real({2, 3})},
       [](Xs x) { return mean(x[0], {-1}, true); }, Shape{0, 1}, false},
      {"mean", "axes_1_2", linear, {real({2, 3, 5, 2})},
       [](Xs x) { return mean(x[0], {1, 2}); }, Shape{0, 2}, false},
      {"max", "all", pointwise, {apart({3, 4})}, [](Xs x) { return max(x[0]); }, throws_shape_error},
      {"max", "axis_1", pointwise, {apart({3, 4})}, [](Xs x) { return max(x[0], 1); }, Shape{0}},
      {"min", "all", pointwise, {apart({3, 4})}, [](Xs x) { return min(x[0]); }, throws_shape_error},
      {"min", "axis_1", pointwise, {apart({3, 4})}, [](Xs x) { return min(x[0], -1, true); }, Shape{0, 1}},
      {"broadcast_to", "middle", linear, {real({2, 1, 3})},
       [](Xs x) { return broadcast_to(x[0], {batch(x[0]), 4, 3}); }, Shape{0, 4, 3}},
      {"broadcast_to", "front", linear, {weights({3})},
       [](Xs x) { return broadcast_to(x[0], {2, 4, 3}); }, Shape{2, 4, 3}},
      {"sum_to", "ends", linear, {real({2, 3, 4})}, [](Xs x) { return sum_to(x[0], {3, 1}); }, Shape{3, 1}},
      {"log_softmax", "last", composite, {real({3, 5}, -3, 3)},
       [](Xs x) { return log_softmax(x[0]); }, Shape{0, 5}},
      {"log_softmax", "middle", composite, {real({2, 5, 3}, -3, 3)},
       [](Xs x) { return log_softmax(x[0], 1); }, Shape{0, 5, 3}},
      {"softmax", "last", composite, {real({3, 5}, -3, 3)},
       [](Xs x) { return softmax(x[0]); }, Shape{0, 5}},
      {"softmax", "middle", composite, {real({2, 5, 3}, -3, 3)},
       [](Xs x) { return softmax(x[0], 1); }, Shape{0, 5, 3}},
  };
}

std::vector<Line> shape_lines() {
  return {
      {"reshape", "derived", linear, {real({2, 3, 4})},
       [](Xs x) { return reshape(x[0], {-1, 4, 3}); }, Shape{0, 4, 3}},
      {"permute", "inner", linear, {real({2, 3, 4})},
       [](Xs x) { return permute(x[0], {0, 2, 1}); }, Shape{0, 4, 3}},
      {"permute", "cycle", linear, {real({2, 3, 4})},
       [](Xs x) { return permute(x[0], {2, 0, 1}); }, throws_shape_error},
      {"concat", "axis_1", linear, {real({2, 3}), real({2, 2})},
       [](Xs x) { return concat({x[0], x[1]}, 1); }, Shape{0, 5}},
      {"concat", "axis_0", linear, {real({2, 3}), real({1, 3})},
       [](Xs x) { return concat({x[0], x[1]}, 0); }, Shape{0, 3}},
      {"stack", "last", linear, {real({2, 3}), real({2, 3})},
       [](Xs x) { return stack({x[0], x[1]}, -1); }, Shape{0, 3, 2}},
      {"stack", "first", linear, {real({2, 3}), real({2, 3})},
       [](Xs x) { return stack({x[0], x[1]}, 0); }, throws_shape_error},
      {"slice", "steps", linear, {real({2, 7, 5})},
       [](Xs x) { return slice(x[0], {0, 1, 2}, {batch(x[0]), 3, 2}, {1, 2, 1}); }, Shape{0, 3, 2}},
      {"pad", "sides", linear, {real({2, 3, 2})},
       [](Xs x) { return pad(x[0], {0, 1, 2}, {0, 2, 0}); }, Shape{0, 6, 4}},
      {"crop", "sides", linear, {real({2, 6, 4})},
       [](Xs x) { return crop(x[0], {0, 1, 2}, {0, 2, 0}); }, Shape{0, 3, 2}},
      {"gather", "axis_1", linear, {real({2, 4, 3}), whole({2, 5, 3}, 4)},
       [](Xs x) { return gather(x[0], x[1], 1); }, Shape{0, 5, 3}},
      {"scatter_add", "axis_1", linear, {real({2, 5, 3}), whole({2, 5, 3}, 4)},
       [](Xs x) { return scatter_add(x[0], x[1], 1, 4); }, Shape{0, 4, 3}},
      {"space_to_batch", "2x3", linear, {real({2, 5, 5, 2})},
       [](Xs x) { return space_to_batch(x[0], {2, 3}, {.top = 1, .right = 1}); }, Shape{0, 3, 2, 2}},
      {"batch_to_space", "2x3", linear, {real({12, 3, 2, 2})},
       [](Xs x) { return batch_to_space(x[0], {2, 3}, {.bottom = 1, .left = 1}); }, Shape{0, 5, 5, 2}},
  };
}

std::vector<Line> conv_lines() {
  return {
      {"atrous_conv2d", "rate_2_same", trilinear, {real({2, 6, 5, 2}), weights({3, 3, 2, 3})},
       [](Xs x) { return atrous_conv2d(x[0], x[1], 2, Padding::same); }, Shape{0, 6, 5, 3}},
      {"atrous_conv2d", "rate_2x3_valid_even", trilinear, {real({2, 6, 7, 3}), weights({2, 2, 3, 2})},
       [](Xs x) { return atrous_conv2d(x[0], x[1], {2, 3}, Padding::valid); }, Shape{0, 4, 4, 2}},
      {"atrous_conv2d", "rate_3_same_even", trilinear, {real({2, 4, 5, 2}), weights({2, 4, 2, 3})},
       [](Xs x) { return atrous_conv2d(x[0], x[1], 3, Padding::same); }, Shape{0, 4, 5, 3}},
      {"atrous_conv2d", "one_channel", trilinear, {real({2, 4, 5, 1}), weights({3, 3, 1, 1})},
       [](Xs x) { return atrous_conv2d(x[0], x[1], 2, Padding::same); }, Shape{0, 4, 5, 1}},
      {"atrous_conv2d_transpose", "rate_2_same", trilinear, {real({2, 6, 5, 2}), weights({3, 3, 3, 2})},
       [](Xs x) { return atrous_conv2d_transpose(x[0], x[1], {batch(x[0]), 6, 5, 3}, 2, Padding::same); },
       Shape{0, 6, 5, 3}},
      {"atrous_conv2d_transpose", "rate_1x2_valid_even", trilinear,
       {real({2, 3, 4, 3}), weights({2, 3, 2, 3})},
       [](Xs x) { return atrous_conv2d_transpose(x[0], x[1], {1, 2}, Padding::valid); }, Shape{0, 4, 8, 2}},
      {"atrous_conv2d_transpose", "rate_3_same_even", trilinear, {real({2, 4, 5, 2}), weights({4, 2, 3, 2})},
       [](Xs x) { return atrous_conv2d_transpose(x[0], x[1], 3, Padding::same); }, Shape{0, 4, 5, 3}},
      {"atrous_conv2d_filter_grad", "rate_2_same", trilinear, {real({2, 6, 5, 2}), real({2, 6, 5, 3})},
       [](Xs x) { return atrous_conv2d_filter_grad(x[0], x[1], {3, 2, 2, 3}, 2, Padding::same); },
       Shape{3, 2, 2, 3}},
      {"atrous_conv2d_filter_grad", "rate_2x1_valid", trilinear, {real({2, 6, 5, 2}), real({2, 2, 4, 3})},
       [](Xs x) { return atrous_conv2d_filter_grad(x[0], x[1], {3, 2, 2, 3}, {2, 1}, Padding::valid); },
       Shape{3, 2, 2, 3}},
      {"atrous_conv2d_filter_grad", "one_tap", trilinear, {real({2, 3, 4, 1}), real({2, 3, 4, 1})},
       [](Xs x) { return atrous_conv2d_filter_grad(x[0], x[1], {1, 1, 1, 1}, 3, Padding::valid); },
       Shape{1, 1, 1, 1}},
      {"conv2d", "stride_2_same", trilinear, {real({2, 6, 5, 2}), weights({3, 3, 2, 3})},
       [](Xs x) { return conv2d(x[0], x[1], {.stride = 2}); }, Shape{0, 3, 3, 3}},
      {"conv2d", "stride_2x3_rate_2_explicit", trilinear, {real({2, 6, 7, 2}), weights({3, 2, 2, 3})},
       [](Xs x) { return conv2d(x[0], x[1], {{2, 3}, 2, ExplicitPadding{1, 0, 0, 2}}); }, Shape{0, 2, 3, 3}},
      {"conv2d", "groups_2_stride_2", trilinear, {real({2, 5, 4, 4}), weights({3, 2, 2, 6})},
       [](Xs x) { return conv2d(x[0], x[1], {.stride = 2, .groups = 2}); }, Shape{0, 3, 2, 6}},
      {"conv2d_transpose", "groups_3_stride_2_valid", trilinear, {real({2, 3, 2, 3}), weights({2, 3, 2, 3})},
       [](Xs x) {
         return conv2d_transpose(x[0], x[1], {.stride = 2, .padding = Padding::valid, .groups = 3});
       },
       Shape{0, 6, 5, 6}},
      {"conv2d_filter_grad", "groups_2", trilinear, {real({2, 4, 5, 4}), real({2, 4, 5, 2})},
       [](Xs x) { return conv2d_filter_grad(x[0], x[1], {3, 2, 2, 2}, {.groups = 2}); }, Shape{3, 2, 2, 2}},
      {"atrous_conv2d", "groups_2_rate_2", trilinear, {real({2, 4, 5, 4}), weights({3, 3, 2, 2})},
       [](Xs x) { return atrous_conv2d(x[0], x[1], {.rate = 2, .groups = 2}); }, Shape{0, 4, 5, 2}},
      {"atrous_conv2d_transpose", "groups_2_rate_2_valid", trilinear,
       {real({2, 3, 4, 4}), weights({2, 2, 1, 4})},
       [](Xs x) {
         return atrous_conv2d_transpose(x[0], x[1], {.rate = 2, .padding = Padding::valid, .groups = 2});
       },
       Shape{0, 5, 6, 2}},
      {"atrous_conv2d_filter_grad", "groups_3_rate_2", trilinear, {real({2, 4, 5, 3}), real({2, 4, 5, 6})},
       [](Xs x) { return atrous_conv2d_filter_grad(x[0], x[1], {3, 2, 1, 6}, {.rate = 2, .groups = 3}); },
       Shape{3, 2, 1, 6}},
      {"conv2d", "stride_3_rate_2_valid", trilinear, {real({2, 8, 6, 2}), weights({2, 3, 2, 3})},
       [](Xs x) { return conv2d(x[0], x[1], {3, 2, "VALID"}); }, Shape{0, 2, 1, 3}},
      {"conv2d_transpose", "stride_2_valid_longer", trilinear, {real({2, 3, 2, 2}), weights({3, 2, 3, 2})},
       [](Xs x) { return conv2d_transpose(x[0], x[1], {batch(x[0]), 8, 4, 3}, {2, 1, Padding::valid}); },
       Shape{0, 8, 4, 3}},
      {"conv2d_transpose", "stride_2_same", trilinear, {real({2, 3, 2, 2}), weights({4, 4, 3, 2})},
       [](Xs x) { return conv2d_transpose(x[0], x[1], {.stride = 2}); }, Shape{0, 6, 4, 3}},
      {"conv2d_transpose", "stride_2x3_rate_2_explicit", trilinear,
       {real({2, 3, 2, 2}), weights({3, 2, 3, 2})},
       [](Xs x) { return conv2d_transpose(x[0], x[1], {{2, 3}, 2, ExplicitPadding{1, 0, 0, 2}}); },
       Shape{0, 8, 4, 3}},
      {"conv2d_filter_grad", "stride_2_rate_2_same", trilinear, {real({2, 6, 5, 2}), real({2, 3, 3, 3})},
       [](Xs x) { return conv2d_filter_grad(x[0], x[1], {3, 2, 2, 3}, {.stride = 2, .rate = 2}); },
       Shape{3, 2, 2, 3}},
      {"conv2d_filter_grad", "stride_3_valid", trilinear, {real({2, 7, 5, 2}), real({2, 2, 2, 3})},
       [](Xs x) { return conv2d_filter_grad(x[0], x[1], {3, 2, 2, 3}, {.stride = 3, .padding = "VALID"}); },
       Shape{3, 2, 2, 3}},
      {"depthwise_conv2d", "rate_2_same", trilinear, {real({2, 5, 6, 3}), weights({3, 2, 3, 2})},
       [](Xs x) { return depthwise_conv2d(x[0], x[1], {.rate = 2}); }, Shape{0, 5, 6, 6}},
      {"depthwise_conv2d", "stride_2_valid", trilinear, {real({2, 5, 6, 2}), weights({2, 3, 2, 1})},
       [](Xs x) { return depthwise_conv2d(x[0], x[1], {.stride = 2, .padding = "VALID"}); },
       Shape{0, 2, 2, 2}},
      {"depthwise_conv2d", "stride_2x1_rate_2_explicit", trilinear,
       {real({2, 6, 5, 2}), weights({3, 2, 2, 3})},
       [](Xs x) { return depthwise_conv2d(x[0], x[1], {{2, 1}, 2, ExplicitPadding{0, 2, 1, 0}}); },
       Shape{0, 2, 4, 6}},
  };
}

std::vector<Line> image_lines() {
  return {
      // The places lie between the same pixels also in an image of one row or column.
      {"grid_sample", "zeros", composite, {real({2, 2, 3, 2}), real({2, 1, 2, 2}, 0.05, 0.2)},
       [](Xs x) { return grid_sample(x[0], x[1]); }, Shape{0, 1, 2, 2}},
      {"grid_sample", "edge_corners", composite, {real({2, 2, 3, 2}), real({2, 1, 2, 2}, 0.05, 0.2)},
       [](Xs x) { return grid_sample(x[0], x[1], {GridBorder::edge, true}); }, Shape{0, 1, 2, 2}},
      {"max_pool2d", "2x2", pointwise, {apart({2, 4, 5, 2})},
       [](Xs x) { return max_pool2d(x[0]); }, Shape{0, 2, 2, 2}},
      {"max_pool2d", "3x2_same", pointwise, {apart({2, 5, 4, 2})},
       [](Xs x) { return max_pool2d(x[0], {.window = {3, 2}, .stride = 1, .padding = Padding::same}); },
       Shape{0, 5, 4, 2}},
      {"max_pool2d", "3x2_explicit", pointwise, {apart({2, 5, 4, 2})},
       [](Xs x) { return max_pool2d(x[0], {{3, 2}, {2, 1}, ExplicitPadding{1, 0, 0, 1}}); },
       Shape{0, 2, 4, 2}},
      {"average_pool2d", "2x2", linear, {real({2, 4, 5, 2})},
       [](Xs x) { return average_pool2d(x[0]); }, Shape{0, 2, 2, 2}},
      {"average_pool2d", "3x3_same", linear, {real({2, 5, 4, 2})},
       [](Xs x) { return average_pool2d(x[0], {.window = 3, .stride = 2, .padding = Padding::same}); },
       Shape{0, 3, 2, 2}, false},
      {"average_pool2d", "3x2_explicit", linear, {real({2, 5, 4, 2})},
       [](Xs x) { return average_pool2d(x[0], {{3, 2}, {2, 1}, ExplicitPadding{1, 0, 0, 1}}); },
       Shape{0, 2, 4, 2}, false},
      {"resize_bilinear", "up_and_down", linear, {real({2, 3, 5, 2})},
       [](Xs x) { return resize_bilinear(x[0], 7, 3); }, Shape{0, 7, 3, 2}, false},
      {"resize_bilinear", "twice", linear, {real({2, 3, 4, 2})},
       [](Xs x) { return resize_bilinear(x[0], 6, 8); }, Shape{0, 6, 8, 2}},
      {"resize_nearest", "up_and_down", linear, {real({2, 3, 5, 2})},
       [](Xs x) { return resize_nearest(x[0], 7, 3); }, Shape{0, 7, 3, 2}},
      {"dropout", "half", linear, {real({4, 5})},
       [](Xs x) { return dropout(x[0], 0.5, Key{3}); }, Shape{0, 5}},
      {"dropout", "tenth", linear, {real({4, 5})},
       [](Xs x) { return dropout(x[0], 0.1, Key{3}); }, Shape{0, 5}, false},
      {"batch_norm", "images", composite, {real({2, 3, 2, 2}), weights({2}), weights({2})},
       [](Xs x) { return batch_norm(x[0], x[1], x[2]).value; }, throws_shape_error},
      {"batch_norm", "rows", composite, {real({8, 3}), weights({3}), weights({3})},
       [](Xs x) { return batch_norm(x[0], x[1], x[2]).value; }, throws_shape_error},
      {"batch_norm_relu", "images", composite, {real({2, 3, 2, 2}), weights({2}), weights({2})},
       [](Xs x) { return batch_norm_relu(x[0], x[1], x[2]).value; }, throws_shape_error},
      // Each channel has pixels on both sides of the kink.
      {"batch_norm_inference_relu", "images", composite,
       {real({2, 3, 2, 2}), weights({2}), near_0({2}), near_0({2}), unbatched(positive({2}))},
       [](Xs x) { return batch_norm_inference_relu(x[0], x[1], x[2], x[3], x[4]); },
       Shape{0, 3, 2, 2}},
      {"batch_norm_inference", "images", composite,
       {real({2, 3, 2, 2}), weights({2}), weights({2}), weights({2}), unbatched(positive({2}))},
       [](Xs x) { return batch_norm_inference(x[0], x[1], x[2], x[3], x[4]); }, Shape{0, 3, 2, 2}},
      {"group_norm", "two_groups", composite, {real({2, 2, 3, 4}), weights({4}), weights({4})},
       [](Xs x) { return group_norm(x[0], x[1], x[2], 2); }, Shape{0, 2, 3, 4}},
      {"group_norm", "one_group", composite, {real({3, 5, 2}), weights({2}), weights({2})},
       [](Xs x) { return group_norm(x[0], x[1], x[2], 1); }, Shape{0, 5, 2}},
      {"group_norm", "each_channel", composite, {real({2, 2, 3, 3}), weights({3}), weights({3})},
       [](Xs x) { return group_norm(x[0], x[1], x[2], 3); }, Shape{0, 2, 3, 3}},
      {"group_norm_relu", "two_groups", composite, {real({2, 2, 3, 4}), weights({4}), weights({4})},
       [](Xs x) { return group_norm_relu(x[0], x[1], x[2], 2); }, Shape{0, 2, 3, 4}},
      {"layer_norm", "images", composite, {real({2, 2, 3, 5}), weights({5}), weights({5})},
       [](Xs x) { return layer_norm(x[0], x[1], x[2]); }, Shape{0, 2, 3, 5}},
      {"layer_norm_relu", "images", composite, {real({2, 2, 3, 5}), weights({5}), weights({5})},
       [](Xs x) { return layer_norm_relu(x[0], x[1], x[2]); }, Shape{0, 2, 3, 5}},
      {"softmax_cross_entropy", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return softmax_cross_entropy(x[0], x[1]); }, Shape{}},
      {"softmax_cross_entropy", "weights_and_ignored", composite,
       {real({5, 4}, -3, 3), whole({5}, 4), class_weights(4)}, weighted_cross_entropy, Shape{}},
      {"softmax_cross_entropy", "logits_near_1000", composite, {real({3, 4}, 998, 1002), whole({3}, 4)},
       [](Xs x) { return softmax_cross_entropy(x[0], x[1]); }, Shape{}},
      {"dice_loss", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return dice_loss(x[0], x[1]); }, Shape{}},
      {"dice_loss", "smooth_and_ignored", composite, {real({5, 4}, -3, 3), whole({5}, 4)},
       dice_with_ignored, Shape{}},
      {"dice_loss", "logits_near_1000", composite, {real({3, 4}, 998, 1002), whole({3}, 4)},
       [](Xs x) { return dice_loss(x[0], x[1]); }, Shape{}},
      {"dice_loss", "no_smooth", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return dice_loss(x[0], x[1], {.smooth = 0}); }, Shape{}},
      {"focal_loss", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return focal_loss(x[0], x[1]); }, Shape{}},
      {"focal_loss", "gamma_weights_and_ignored", composite,
       {real({5, 4}, -3, 3), whole({5}, 4), class_weights(4)}, weighted_focal, Shape{}},
      {"focal_loss", "logits_near_1000", composite, {real({3, 4}, 998, 1002), whole({3}, 4)},
       [](Xs x) { return focal_loss(x[0], x[1]); }, Shape{}},
      {"softmax_cross_entropy", "smoothed", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return softmax_cross_entropy(x[0], x[1], {.label_smoothing = 0.125}); }, Shape{}},
      {"softmax_cross_entropy", "smoothed_weights_and_ignored", composite,
       {real({5, 4}, -3, 3), whole({5}, 4), class_weights(4)}, smoothed_cross_entropy, Shape{}},
      {"sigmoid_cross_entropy", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return sigmoid_cross_entropy(x[0], x[1]); }, Shape{}},
      {"sigmoid_cross_entropy", "ignored", composite, {real({5, 4}, -3, 3), whole({5}, 4)},
       [](Xs x) { return sigmoid_cross_entropy(x[0], x[1], {.ignore_index = 1}); }, Shape{}},
      {"tversky_loss", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return tversky_loss(x[0], x[1]); }, Shape{}},
      {"tversky_loss", "no_smooth_and_ignored", composite, {real({5, 4}, -3, 3), whole({5}, 4)},
       tversky_with_ignored, Shape{}},
      {"lovasz_loss", "plain", composite, {real({2, 3, 4}, -3, 3), whole({2, 3}, 4)},
       [](Xs x) { return lovasz_loss(x[0], x[1]); }, Shape{}},
      {"lovasz_loss", "ignored", composite, {real({5, 4}, -1, 1), whole({5}, 4)},
       [](Xs x) { return lovasz_loss(x[0], x[1], {.ignore_index = 1}); }, Shape{}},
      {"boundary_loss", "plain", composite, {real({2, 2, 3, 2}, -1, 1), whole({2, 2, 3}, 2)},
       [](Xs x) { return boundary_loss(x[0], x[1]); }, Shape{}},
      {"boundary_loss", "ignored", composite, {real({2, 3, 2, 3}, -1, 1), whole({2, 3, 2}, 3)},
       [](Xs x) { return boundary_loss(x[0], x[1], {.ignore_index = 1}); }, Shape{}},
      {"mse_loss", "plain", composite, {real({3, 4}), real({3, 4})},
       [](Xs x) { return mse_loss(x[0], x[1]); }, Shape{}},
      {"l1_loss", "off_zero", composite, {off_zero({3, 4}), real({3, 4}, -0.0625, 0.0625)},
       [](Xs x) { return l1_loss(x[0], x[1]); }, Shape{}},
      {"huber_loss", "delta_half", composite, {real({2, 3, 4}), real({2, 3, 4})},
       [](Xs x) { return huber_loss(x[0], x[1], {.delta = 0.5}); }, Shape{}},
      {"log_softmax", "near_1000", composite, {real({3, 5}, 998, 1002)},
       [](Xs x) { return log_softmax(x[0]); }, Shape{0, 5}},
  };
}

// clang-format on

}  // namespace

const std::vector<Line>& lines() {
  static const std::vector<Line> all = [] {
    std::vector<Line> joined;
    for (const auto& family : {arithmetic_lines(), pointwise_lines(), compare_lines(), reduce_lines(),
                               shape_lines(), order_lines(), conv_lines(), image_lines()}) {
      joined.insert(joined.end(), family.begin(), family.end());
    }
    add_traits(joined);
    return joined;
  }();
  return all;
}

}  // namespace trous::catalogue
