#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <optional>
#include <ostream>
#include <string_view>
#include <unordered_map>

#include <trous/core/error.h>
#include <trous/layers/receptive_field.h>
#include <trous/ops/window.h>

namespace trous {
namespace {

// Longer periods, wider windows and farther pixels are not followed: they count as the whole image. Products
// of any three stay below 2^63.
constexpr std::int64_t longest_period = 1 << 12, widest = 1 << 20, farthest = 1 << 24;

std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && a < 0); }

// The input pixels first .. last; none where first > last.
struct Interval {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();

  bool empty() const { return first > last; }
  Interval moved(std::int64_t by) const { return empty() ? *this : Interval{first + by, last + by}; }
  void include(const Interval& other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

// What the pixels of one axis see: pixel i + phases.size() sees what pixel i sees, `advance` input pixels
// further. Without phases, they see everything.
struct Axis {
  std::int64_t advance = 0;
  std::vector<Interval> phases = {};

  bool everything() const { return phases.empty(); }
  std::int64_t period() const { return static_cast<std::int64_t>(phases.size()); }
  Interval at(std::int64_t i) const {
    const std::int64_t turns = floor_divided(i, period());
    return phases[static_cast<std::size_t>(i - turns * period())].moved(turns * advance);
  }
  // Nothing where they see everything.
  std::optional<std::int64_t> largest() const {
    if (everything()) return std::nullopt;
    std::int64_t size = 0;
    for (const Interval& seen : phases) size = std::max(size, seen.empty() ? 0 : seen.last - seen.first + 1);
    return size;
  }
};

// The axis whose pixel i sees what `see(i)` says.
template <class See>
Axis made(std::int64_t period, std::int64_t advance, See see) {
  if (period > longest_period || advance > farthest) return {};
  Axis result{advance, {}};
  for (std::int64_t i = 0; i < period; ++i) {
    const Interval seen = see(i);
    if (!seen.empty() && (seen.first < -farthest || seen.last > farthest)) return {};
    result.phases.push_back(seen);
  }
  return result;
}

struct Window {
  std::int64_t taps, stride, rate, before;  // `before`: pixels of padding

  bool too_wide() const {
    return std::max({stride, taps, rate, before, -before}) > widest || (taps - 1) * rate > widest;
  }
};

// Pixel i meets pixels i stride + p rate - before.
Axis through_window(const Axis& in, const Window& w) {
  if (in.everything() || w.too_wide()) return {};
  const std::int64_t period = in.period() / std::gcd(in.period(), w.stride);
  return made(period, in.advance * (w.stride * period / in.period()), [&](std::int64_t i) {
    Interval seen;
    for (std::int64_t p = 0; p < w.taps; ++p) seen.include(in.at(i * w.stride + p * w.rate - w.before));
    return seen;
  });
}

// Pixel i meets the pixels j for which i = j stride + p rate - before.
Axis through_transpose(const Axis& in, const Window& w) {
  if (in.everything() || w.too_wide()) return {};
  return made(in.period() * w.stride, in.advance, [&](std::int64_t i) {
    Interval seen;
    for (std::int64_t p = 0; p < w.taps; ++p) {
      const std::int64_t place = i + w.before - p * w.rate;
      if (place % w.stride == 0) seen.include(in.at(place / w.stride));
    }
    return seen;
  });
}

// Half-pixel centres: pixel i lies at (i + 1/2) from / to - 1/2, between two pixels or on one.
Axis through_resize(const Axis& in, std::int64_t from, std::int64_t to, bool nearest) {
  if (in.everything() || from > widest || to > widest) return {};
  // After `step` output pixels the centre has moved by whole pixels, as many as `in` repeats after.
  const std::int64_t common = std::gcd(from, to), pixels = from / common, step = to / common;
  const std::int64_t turns = in.period() / std::gcd(in.period(), pixels);
  return made(step * turns, in.advance * (pixels * turns / in.period()), [&](std::int64_t i) {
    const std::int64_t twice = (2 * i + 1) * from;
    if (nearest) return in.at(floor_divided(twice, 2 * to));
    const std::int64_t below = floor_divided(twice - to, 2 * to);
    Interval seen = in.at(below);
    if ((twice - to) % (2 * to) != 0) seen.include(in.at(below + 1));
    return seen;
  });
}

Axis through_slice(const Axis& in, std::int64_t begin, std::int64_t step) {
  return through_window(in, {1, step, 1, -begin});
}

Axis united(const Axis& a, const Axis& b) {
  // Where pixels do not lie equally far apart, nothing repeats.
  if (a.everything() || b.everything() || a.advance * b.period() != b.advance * a.period()) return {};
  const std::int64_t period = std::lcm(a.period(), b.period());
  return made(period, a.advance * (period / a.period()), [&](std::int64_t i) {
    Interval seen = a.at(i);
    seen.include(b.at(i));
    return seen;
  });
}

// What a node's pixels see; `height` and `width` count them.
struct Field {
  Axis rows, columns;
  std::int64_t height, width;
};

std::int64_t pixels(const Shape& shape) {
  return shape.rank() == 0 ? 0 : shape.elements(0, shape.rank() - 1);
}

HeightWidth pair_of(const Node& node, std::string_view key, HeightWidth otherwise) {
  const Attribute* const found = node.op.attributes.find(key);
  const auto* const pair = found ? std::get_if<HeightWidth>(found) : nullptr;
  return pair ? *pair : otherwise;
}

// The recorded padding: SAME, VALID or top:bottomxleft:right.
std::optional<ExplicitPadding> counted_padding(const Node& node) {
  const Attribute* const found = node.op.attributes.find("");
  const auto* const padding = found ? std::get_if<std::string>(found) : nullptr;
  if (padding && *padding == "SAME") return std::nullopt;
  std::int64_t numbers[4] = {};
  const char* at = padding && *padding != "VALID" ? padding->c_str() : "";
  for (int i = 0; *at != '\0' && i < 4; ++i, at += *at != '\0') {
    at = std::from_chars(at, padding->c_str() + padding->size(), numbers[i]).ptr;
  }
  return ExplicitPadding{numbers[0], numbers[1], numbers[2], numbers[3]};
}

HeightWidth spatial(const Shape& shape) { return {shape[1], shape[2]}; }

// The windows of a convolution or a pool along one axis, and how many of them fit on `large` pixels.
struct Windows {
  Window window;
  std::int64_t count;
};

Windows windows_on(std::int64_t large, Window w, const std::optional<ExplicitPadding>& padding, bool rows) {
  const std::int64_t span = (w.taps - 1) * w.rate + 1;
  if (!padding) {
    const std::int64_t count = (large + w.stride - 1) / w.stride;
    w.before = std::max<std::int64_t>(0, (count - 1) * w.stride + span - large) / 2;
    return {w, count};
  }
  w.before = rows ? padding->top : padding->left;
  const std::int64_t after = rows ? padding->bottom : padding->right;
  return {w, (large + w.before + after - span) / w.stride + 1};
}

// `field` through the windows of a convolution or a pool, or of a convolution's transpose.
Field through_windows(const Field& field, const Node& node, bool transpose) {
  const Shape& filters = node.inputs.back().shape;
  const HeightWidth taps = pair_of(node, "window", {filters[0], filters[1]});
  const HeightWidth stride = pair_of(node, "stride", {1, 1}), rate = pair_of(node, "rate", {1, 1});
  const auto padding = counted_padding(node);
  const HeightWidth large = transpose ? spatial(node.shape) : HeightWidth{field.height, field.width};
  const Windows h = windows_on(large.height, {taps.height, stride.height, rate.height, 0}, padding, true);
  const Windows w = windows_on(large.width, {taps.width, stride.width, rate.width, 0}, padding, false);
  if (transpose) {
    return {through_transpose(field.rows, h.window), through_transpose(field.columns, w.window), large.height,
            large.width};
  }
  return {through_window(field.rows, h.window), through_window(field.columns, w.window), h.count, w.count};
}

// A count for each axis of an image; null for an op of a program's own that shares a kind with one of ours.
const std::vector<std::int64_t>* counts(const Node& node, std::string_view key) {
  const Attribute* const found = node.op.attributes.find(key);
  const auto* const numbers = found ? std::get_if<std::vector<std::int64_t>>(found) : nullptr;
  return numbers && numbers->size() == 4 ? numbers : nullptr;
}

std::optional<Field> sliced(const Field& field, const Node& node) {
  const std::string& kind = node.op.kind;
  const std::vector<std::int64_t> ones(4, 1);
  const auto* const begin = counts(node, kind == "slice" ? "begin" : "before");
  const auto* const step = kind == "slice" ? counts(node, "step") : &ones;
  if (!begin || !step || node.shape.rank() != 4) return std::nullopt;
  const std::int64_t sign = kind == "pad" ? -1 : 1;
  return Field{through_slice(field.rows, sign * (*begin)[1], (*step)[1]),
               through_slice(field.columns, sign * (*begin)[2], (*step)[2]), node.shape[1], node.shape[2]};
}

struct Dependent {
  std::size_t input;
  const Field* field;
};

bool keeps_pixels(const Node& node, const Field& field) {
  const Shape &from = node.inputs[0].shape, &to = node.shape;
  if (from.rank() == 0 || to.rank() == 0 || from[from.rank() - 1] != to[to.rank() - 1]) return false;
  return to.rank() != 4 || (to[1] == field.height && to[2] == field.width);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The ops whose result at a pixel is computed from that pixel of their inputs.
constexpr std::string_view pixelwise[] = {"abs",
                                          "add",
                                          "batch_norm",
                                          "batch_norm_inference",
                                          "batch_norm_inference_relu",
                                          "batch_norm_relu",
                                          "broadcast_to",
                                          "cast",
                                          "clip",
                                          "div",
                                          "dropout",
                                          "equal",
                                          "exp",
                                          "floor",
                                          "greater",
                                          "greater_equal",
                                          "less",
                                          "less_equal",
                                          "log",
                                          "masked",
                                          "matmul",
                                          "matmul_nt",
                                          "mul",
                                          "pow",
                                          "relu",
                                          "scale",
                                          "shift",
                                          "sigmoid",
                                          "sign",
                                          "sqrt",
                                          "sub",
                                          "sum_to",
                                          "tanh",
                                          "where"};

// The ops that are so where their axis is the channels.
constexpr std::string_view pixelwise_over_channels[] = {"argmax", "concat", "log_softmax"};

bool is_pixelwise(const Node& node) {
  const auto among = [&](const auto& kinds) {
    return std::ranges::find(kinds, node.op.kind) != std::end(kinds);
  };
  if (!among(pixelwise_over_channels)) return among(pixelwise);
  const Attribute* const axis = node.op.attributes.find("axis");
  return axis != nullptr && *axis == Attribute(std::int64_t{node.shape.rank() - 1});
}

// Of the pooled image and the winners' places; the places say which pixels.
const Field* winners(const Node& node, const std::vector<Dependent>& xs) {
  if (xs.size() != 2) return nullptr;
  const NodePtr& indices = node.inputs[1].node;
  return indices && indices->op.kind == "max_pool2d_indices" ? xs[1].field : nullptr;
}

// Nothing where pixels are mixed in another way than by windows, or may be.
std::optional<Field> field_of(const Node& node, const std::vector<Dependent>& xs) {
  const std::string& kind = node.op.kind;
  const Field& first = *xs[0].field;
  const bool alone = xs.size() == 1 && xs[0].input == 0;  // no weights made from the image
  const bool image = alone && node.inputs[0].shape.rank() == 4;
  if (is_one_of(kind,
                {"conv2d", "atrous_conv2d", "depthwise_conv2d", "average_pool2d", "max_pool2d_indices"})) {
    return image ? std::optional(through_windows(first, node, false)) : std::nullopt;
  }
  if (is_one_of(kind, {"conv2d_transpose", "atrous_conv2d_transpose", "depthwise_conv2d_transpose"})) {
    return image ? std::optional(through_windows(first, node, true)) : std::nullopt;
  }
  if (is_one_of(kind, {"slice", "crop", "pad"})) {
    return image ? sliced(first, node) : std::nullopt;
  }
  if (kind == "resize_bilinear" || kind == "resize_nearest") {
    const bool nearest = kind == "resize_nearest";
    return Field{through_resize(first.rows, first.height, node.shape[1], nearest),
                 through_resize(first.columns, first.width, node.shape[2], nearest), node.shape[1],
                 node.shape[2]};
  }
  if (kind == "gather") {
    const Field* const pooled = winners(node, xs);
    return pooled ? std::optional(*pooled) : std::nullopt;
  }
  if (kind == "reshape") return keeps_pixels(node, first) ? std::optional(first) : std::nullopt;
  if (!is_pixelwise(node) || (kind.starts_with("matmul") && !alone)) return std::nullopt;
  Field all = first;
  for (const auto& [input, field] : xs) {
    if (pixels(node.inputs[input].shape) != pixels(node.shape) || field->height != all.height ||
        field->width != all.width) {
      return std::nullopt;
    }
    all = {united(all.rows, field->rows), united(all.columns, field->columns), all.height, all.width};
  }
  return all;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const ReceptiveField& field) {
  if (field.empty()) return stream << '-';
  if (field == ReceptiveField::whole_image()) return stream << "whole image";
  if (!field.height) return stream << "all x " << *field.width;
  if (!field.width) return stream << *field.height << " x all";
  return stream << *field.height << 'x' << *field.width;
}

std::vector<ReceptiveField> receptive_fields(const Tape& tape, const Variable& x) {
  if (x.shape().rank() != 4) {
    throw ShapeError(text("receptive_fields: x ", x.shape(), " has rank ", x.shape().rank(),
                          ", needs 4: [batch, height, width, channels]."));
  }
  const HeightWidth whole = spatial(x.shape());
  const Axis itself{1, {{0, 0}}};
  std::unordered_map<const Node*, Field> fields;
  std::vector<ReceptiveField> boxes;
  for (const NodePtr& node : tape) {
    std::vector<Dependent> dependents;
    for (std::size_t i = 0; i < node->inputs.size(); ++i) {
      const auto found = fields.find(node->inputs[i].node.get());
      if (found != fields.end()) dependents.push_back({i, &found->second});
    }
    if (node != x.node() && dependents.empty()) {
      boxes.emplace_back();
      continue;
    }
    const Field everything{
        {}, {}, node->shape.rank() == 4 ? node->shape[1] : 0, node->shape.rank() == 4 ? node->shape[2] : 0};
    const Field field = node == x.node() ? Field{itself, itself, whole.height, whole.width}
                                         : field_of(*node, dependents).value_or(everything);
    boxes.push_back({field.rows.largest(), field.columns.largest()});
    fields.emplace(node.get(), field);
  }
  return boxes;
}

}  // namespace trous
