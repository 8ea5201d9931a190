#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <ostream>

#include <trous/core/error.h>
#include <trous/layers/detail/pixel_axes.h>
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
struct SeenAxis {
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

  SeenAxis through_window(const WindowAxis& w) const;
  SeenAxis through_transpose(const WindowAxis& w) const;
  SeenAxis through_resize(std::int64_t from, std::int64_t to, bool nearest) const;
  SeenAxis united(const SeenAxis& other) const;
};

// The axis whose pixel i sees the interval `see(i)`.
template <class See>
SeenAxis made(std::int64_t period, std::int64_t advance, See see) {
  if (period > longest_period || advance > farthest) return {};
  SeenAxis result{advance, {}};
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
SeenAxis SeenAxis::through_window(const WindowAxis& w) const {
  if (everything() || too_wide(w)) return {};
  const std::int64_t turns = period() / std::gcd(period(), w.stride);
  return made(turns, advance * (w.stride * turns / period()), [&](std::int64_t i) {
    Interval seen;
    for (std::int64_t p = 0; p < w.taps; ++p) seen.include(at(i * w.stride + p * w.rate - w.before));
    return seen;
  });
}

// Pixel i meets the pixels j for which i = j stride + p rate - before.
SeenAxis SeenAxis::through_transpose(const WindowAxis& w) const {
  if (everything() || too_wide(w)) return {};
  return made(period() * w.stride, advance, [&](std::int64_t i) {
    Interval seen;
    for (std::int64_t p = 0; p < w.taps; ++p) {
      const std::int64_t place = i + w.before - p * w.rate;
      if (place % w.stride == 0) seen.include(at(place / w.stride));
    }
    return seen;
  });
}

// Half-pixel centres: pixel i lies at (i + 1/2) from / to - 1/2, between two pixels or on one.
SeenAxis SeenAxis::through_resize(std::int64_t from, std::int64_t to, bool nearest) const {
  if (everything() || from > widest || to > widest) return {};
  // After `step` output pixels the centre has moved by whole pixels, as many as this axis repeats after.
  const std::int64_t common = std::gcd(from, to), pixels = from / common, step = to / common;
  const std::int64_t turns = period() / std::gcd(period(), pixels);
  return made(step * turns, advance * (pixels * turns / period()), [&](std::int64_t i) {
    const std::int64_t twice = (2 * i + 1) * from;
    if (nearest) return at(floor_divided(twice, 2 * to));
    const std::int64_t below = floor_divided(twice - to, 2 * to);
    Interval seen = at(below);
    if ((twice - to) % (2 * to) != 0) seen.include(at(below + 1));
    return seen;
  });
}

SeenAxis SeenAxis::united(const SeenAxis& other) const {
  // Where pixels do not lie equally far apart, nothing repeats.
  if (everything() || other.everything() || advance * other.period() != other.advance * period()) return {};
  const std::int64_t common = std::lcm(period(), other.period());
  return made(common, advance * (common / period()), [&](std::int64_t i) {
    Interval seen = at(i);
    seen.include(other.at(i));
    return seen;
  });
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
  const SeenAxis itself{1, {{0, 0}}};
  std::vector<ReceptiveField> boxes;
  for (const auto& axes :
       detail::pixel_axes<SeenAxis>(tape, x, {itself, itself, x.shape()[1], x.shape()[2]}, {})) {
    boxes.push_back(axes ? ReceptiveField{axes->rows.largest(), axes->columns.largest()} : ReceptiveField{});
  }
  return boxes;
}

}  // namespace trous
