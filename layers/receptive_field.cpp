#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <ostream>
#include <unordered_map>
#include <variant>

#include <trous/core/error.h>
#include <trous/layers/receptive_field.h>

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

// The intervals of input pixels that the pixels of one axis see. The interval of pixel i + phases.size() is
// that of pixel i, `advance` input pixels further. Without phases, every pixel sees everything.
struct Axis {
  std::int64_t advance = 0;
  std::vector<Interval> phases = {};

  bool everything() const { return phases.empty(); }
  std::int64_t period() const { return static_cast<std::int64_t>(phases.size()); }
  Interval at(std::int64_t i) const {
    const std::int64_t turns = floor_divided(i, period());
    return phases[static_cast<std::size_t>(i - turns * period())].moved(turns * advance);
  }
  // Absent where they see everything.
  std::optional<std::int64_t> largest() const {
    if (everything()) return std::nullopt;
    std::int64_t size = 0;
    for (const Interval& seen : phases) size = std::max(size, seen.empty() ? 0 : seen.last - seen.first + 1);
    return size;
  }
};

// The axis whose pixel i sees the interval `see(i)`.
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

bool too_wide(const WindowAxis& w) {
  return std::max({w.stride, w.taps, w.rate, w.before, -w.before}) > widest || (w.taps - 1) * w.rate > widest;
}

// Pixel i meets pixels i stride + p rate - before.
Axis through_window(const Axis& in, const WindowAxis& w) {
  if (in.everything() || too_wide(w)) return {};
  const std::int64_t period = in.period() / std::gcd(in.period(), w.stride);
  return made(period, in.advance * (w.stride * period / in.period()), [&](std::int64_t i) {
    Interval seen;
    for (std::int64_t p = 0; p < w.taps; ++p) seen.include(in.at(i * w.stride + p * w.rate - w.before));
    return seen;
  });
}

// Pixel i meets the pixels j for which i = j stride + p rate - before.
Axis through_transpose(const Axis& in, const WindowAxis& w) {
  if (in.everything() || too_wide(w)) return {};
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

// The intervals that a node's pixels see; `height` and `width` are its extents.
struct Field {
  Axis rows, columns;
  std::int64_t height, width;
};

std::int64_t pixels(const Shape& shape) {
  return shape.rank() == 0 ? 0 : shape.elements(0, shape.rank() - 1);
}

HeightWidth spatial(const Shape& shape) { return {shape[1], shape[2]}; }

struct Dependent {
  std::size_t input;
  const Field* field;
};

bool keeps_pixels(const Node& node, const Field& field) {
  const Shape &from = node.inputs[0].shape, &to = node.shape;
  if (from.rank() == 0 || to.rank() == 0 || from[from.rank() - 1] != to[to.rank() - 1]) return false;
  return to.rank() != 4 || (to[1] == field.height && to[2] == field.width);
}

// Derives the intervals of `node` from those of its inputs, by the map that its op states. Absent where
// pixels are mixed in another way, or may be.
struct FieldOf {
  const Node& node;
  const std::vector<Dependent>& xs;

  // The image, where nothing else depends on x: no weights are made from it.
  const Field* image() const { return xs.size() == 1 && xs[0].input == 0 ? xs[0].field : nullptr; }

  std::optional<Field> operator()(const Pixels::Unknown&) const { return std::nullopt; }

  std::optional<Field> operator()(const Pixels::Same& same) const {
    if (!same.every_input && !image()) return std::nullopt;
    Field all = *xs[0].field;
    for (const auto& [input, field] : xs) {
      if (pixels(node.inputs[input].shape) != pixels(node.shape) || field->height != all.height ||
          field->width != all.width) {
        return std::nullopt;
      }
      all = {united(all.rows, field->rows), united(all.columns, field->columns), all.height, all.width};
    }
    return all;
  }

  std::optional<Field> operator()(const Pixels::Reshaped&) const {
    const Field& first = *xs[0].field;
    return keeps_pixels(node, first) ? std::optional(first) : std::nullopt;
  }

  std::optional<Field> operator()(const Pixels::Gathered& gathered) const {
    const auto& [h, w] = gathered.windows;
    if (!image()) return std::nullopt;
    return Field{through_window(image()->rows, h), through_window(image()->columns, w), h.out, w.out};
  }

  std::optional<Field> operator()(const Pixels::Scattered& scattered) const {
    const auto& [h, w] = scattered.windows;
    if (!image()) return std::nullopt;
    return Field{through_transpose(image()->rows, h), through_transpose(image()->columns, w), h.in, w.in};
  }

  std::optional<Field> operator()(const Pixels::Resized& r) const {
    if (!image()) return std::nullopt;
    return Field{through_resize(image()->rows, r.from.height, r.to.height, r.nearest),
                 through_resize(image()->columns, r.from.width, r.to.width, r.nearest), r.to.height,
                 r.to.width};
  }

  std::optional<Field> operator()(const Pixels::Picked&) const {
    const Dependent& places = xs.back();
    return xs.size() == 2 && places.input == 1 ? std::optional(*places.field) : std::nullopt;
  }
};

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
    const Field field =
        node == x.node() ? Field{itself, itself, whole.height, whole.width}
                         : std::visit(FieldOf{*node, dependents}, node->op.pixels.map).value_or(everything);
    boxes.push_back({field.rows.largest(), field.columns.largest()});
    fields.emplace(node.get(), field);
  }
  return boxes;
}

}  // namespace trous
