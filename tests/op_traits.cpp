// What is known of a line beyond its kind: its degree, what becomes of a batch that stands there twice, and
// the axes that cannot shrink to one element.
#include <algorithm>
#include <map>
#include <op_catalogue.h>
#include <set>

#include <trous/core/error.h>

namespace trous::catalogue {
namespace {

// By op, or by line where the lines of an op differ.
template <class T>
using Table = std::map<std::string, T>;

// Mixes: `permute_cycle` and the stack put the batch elsewhere; concat along axis 0 puts one batch behind the
// other's, and a flip along it the second first; the two rearrangements take parts of an image from all over
// the batch; dropout, the smoothing terms of Dice and Tversky and the order of equal errors are not the same
// for the second half.
const Table<Doubled>& doubled() {
  using enum Doubled;
  static const Table<Doubled> table{
      {"sum_all", adds},
      {"sum_axes_0_2", adds},
      {"sum_to_ends", adds},
      {"mean_all", stays},
      {"max_all", first},  // of two winners the first takes the gradient
      {"min_all", first},
      {"atrous_conv2d_filter_grad", adds},
      {"conv2d_filter_grad", adds},
      {"softmax_cross_entropy", stays},
      {"focal_loss", stays},
      {"dice_loss", mixes},
      {"dice_loss_no_smooth", stays},
      {"sigmoid_cross_entropy", stays},
      {"tversky_loss", mixes},
      {"tversky_loss_no_smooth_and_ignored", stays},
      {"lovasz_loss", mixes},  // of two equal errors the first takes more of the slope
      {"boundary_loss", stays},
      {"mse_loss", stays},
      {"l1_loss", stays},
      {"huber_loss", stays},
      {"permute_cycle", mixes},
      {"stack_first", mixes},
      {"concat_axis_0", mixes},
      {"space_to_batch", mixes},
      {"batch_to_space", mixes},
      {"dropout", mixes},
      {"flip_batch_and_last", mixes},
      {"tile_batch", mixes},
  };
  return table;
}

// Linear and trilinear lines have theirs by kind: all inputs together, and each alone.
const Table<std::vector<Scaling>>& degrees() {
  static const Table<std::vector<Scaling>> table{
      {"div", {{{1, 0}, 1}, {{0, 1}, -1}}},
      {"sqrt", {{{1}, 0.5}}},
      {"relu", {{{1}, 1}}},
      {"leaky_relu", {{{1}, 1}}},
      {"prelu", {{{1, 0}, 1}}},
      {"maximum", {{{1, 1}, 1}}},
      {"minimum", {{{1, 1}, 1}}},
      {"abs", {{{1}, 1}}},
      {"pow_square", {{{1}, 2}}},
      {"pow_cube", {{{1}, 3}}},
      {"pow_minus_half", {{{1}, -0.5}}},
      {"max", {{{1}, 1}}},
      {"sort", {{{1}, 1}}},
      {"topk", {{{1}, 1}}},
      {"norm", {{{1}, 1}}},
      {"mse_loss", {{{1, 1}, 2}}},
      {"l1_loss", {{{1, 1}, 1}}},
      {"var", {{{1}, 2}}},
      {"min", {{{1}, 1}}},
      {"max_pool2d", {{{1}, 1}}},
      {"einsum_three", {{{1, 0, 0}, 1}, {{0, 1, 0}, 1}, {{0, 0, 1}, 1}}},
      {"grid_sample", {{{1, 0}, 1}}},
      {"equal_whole", {}},
      {"less_broadcast", {{{1, 1}, 0}}},
      {"greater_broadcast", {{{1, 1}, 0}}},
      {"greater_equal", {{{1}, 0}}},  // than 0
      {"sign", {{{1}, 0}}},
      {"argmax", {{{1}, 0}}},
      {"argsort", {{{1}, 0}}},
      // In x they have none, because of epsilon.
      {"batch_norm", {{{0, 1, 1}, 1}}},
      {"batch_norm_relu", {{{0, 1, 1}, 1}}},
      {"batch_norm_inference", {{{0, 1, 1, 0, 0}, 1}}},
      {"group_norm", {{{0, 1, 1}, 1}}},
      {"group_norm_relu", {{{0, 1, 1}, 1}}},
      {"layer_norm", {{{0, 1, 1}, 1}}},
      {"layer_norm_relu", {{{0, 1, 1}, 1}}},
      {"batch_norm_inference_relu", {{{0, 1, 1, 0, 0}, 1}}},
      // In the class weights: they are divided by their sum.
      {"softmax_cross_entropy_weights_and_ignored", {{{0, 0, 1}, 0}}},
      {"focal_loss_gamma_weights_and_ignored", {{{0, 0, 1}, 0}}},
      {"softmax_cross_entropy_smoothed_weights_and_ignored", {{{0, 0, 1}, 0}}},
  };
  return table;
}

const std::set<std::string>& shift_free() {
  static const std::set<std::string> ops{"log_softmax", "softmax",      "softmax_cross_entropy",
                                         "dice_loss",   "focal_loss",   "tversky_loss",
                                         "lovasz_loss", "boundary_loss"};
  return ops;
}

// Where arguments of the call name an extent, or leave no window over one pixel, no whole block or no
// variance.
const Table<std::string>& rigid() {
  static const Table<std::string> table{
      {"sum_to_ends", "0.1"},
      {"reshape_derived", "0.1 0.2"},
      {"slice_steps", "0.1 0.2"},
      {"crop_sides", "0.1 0.2"},
      {"space_to_batch_2x3", "0.2"},
      {"batch_to_space_2x3", "0.0"},
      {"atrous_conv2d_transpose_rate_2_same", "0.1 0.2 1.2"},
      {"atrous_conv2d_filter_grad_rate_2_same", "0.3 1.3"},
      {"atrous_conv2d_filter_grad_rate_2x1_valid", "0.1 0.2 0.3 1.1 1.2 1.3"},
      {"conv2d_transpose_stride_2_valid_longer", "0.1 0.2 1.0 1.2"},
      {"conv2d_filter_grad_stride_2_rate_2_same", "0.3 1.3"},
      {"conv2d_groups_2_stride_2", "0.3 1.2 1.3"},
      {"conv2d_transpose_groups_3_stride_2_valid", "0.3 1.3"},
      {"conv2d_filter_grad_groups_2", "0.3 1.3"},
      {"atrous_conv2d_groups_2_rate_2", "0.3 1.2 1.3"},
      {"atrous_conv2d_transpose_groups_2_rate_2_valid", "0.3 1.3"},
      {"atrous_conv2d_filter_grad_groups_3_rate_2", "0.3 1.3"},
      {"conv2d_filter_grad_stride_3_valid", "0.1 0.2 0.3 1.1 1.2 1.3"},
      {"grid_sample_zeros", "1.3"},
      {"grid_sample_edge_corners", "1.3"},
      {"max_pool2d_2x2", "0.1 0.2"},
      {"max_pool2d_3x2_explicit", "0.1"},
      {"average_pool2d_2x2", "0.1 0.2"},
      {"average_pool2d_3x2_explicit", "0.1"},
      {"batch_norm_rows", "0.0"},
      {"group_norm_two_groups", "0.3 1.0 2.0"},
      {"group_norm_each_channel", "0.3 1.0 2.0"},
      {"group_norm_relu_two_groups", "0.3 1.0 2.0"},
      {"layer_norm_images", "0.3 1.0 2.0"},
      {"layer_norm_relu_images", "0.3 1.0 2.0"},
      {"var_unbiased", "0.1"},
      {"split_second_of_three", "0.1"},
      {"pad_reflect_sides", "0.1 0.2"},
      {"topk_2_of_5", "0.1"},
      {"pixel_shuffle_2x3", "0.3"},
      {"pixel_unshuffle_2x3", "0.1 0.2"},
  };
  return table;
}

std::vector<Scaling> of_kind(const Line& line) {
  std::vector<Scaling> scalings;
  const std::vector<std::size_t> inputs = differentiable(line);
  if (line.kind == Kind::linear) {
    Scaling together{std::vector<double>(line.inputs.size()), 1};
    for (const std::size_t i : inputs) together.powers[i] = 1;
    scalings.push_back(together);
  }
  if (line.kind == Kind::trilinear) {
    for (const std::size_t i : inputs) {
      Scaling alone{std::vector<double>(line.inputs.size()), 1};
      alone.powers[i] = 1;
      scalings.push_back(alone);
    }
  }
  return scalings;
}

template <class T>
const T* find(const Table<T>& table, const Line& line, std::set<std::string>& used) {
  for (const std::string& key : {line.name(), line.op}) {
    if (const auto found = table.find(key); found != table.end()) return used.insert(key), &found->second;
  }
  return nullptr;
}

template <class T>
void check_used(const Table<T>& table, const std::set<std::string>& used) {
  for (const auto& [key, value] : table) {
    if (!used.contains(key)) throw Error("op_traits: there is no line " + key);
  }
}

}  // namespace

void add_traits(std::vector<Line>& lines) {
  std::set<std::string> doubling, scaling, fixed;
  for (Line& line : lines) {
    if (const Doubled* d = find(doubled(), line, doubling)) line.doubled = *d;
    line.scalings = of_kind(line);
    if (const auto* s = find(degrees(), line, scaling)) line.scalings = *s;
    line.shift_free = shift_free().contains(line.op);
    if (const std::string* r = find(rigid(), line, fixed)) line.rigid = *r;
  }
  check_used(doubled(), doubling);
  check_used(degrees(), scaling);
  check_used(rigid(), fixed);
}

}  // namespace trous::catalogue
