#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>
#include <trous/layers/detail/pixel_axes.h>
#include <trous/layers/tiling.h>

namespace trous {
namespace {

// The sides of the images on which the network is recorded: larger where it does not run on these. The first
// is a multiple of the usual strides, so that what it is reduced by can be read off it.
constexpr std::int64_t first_side = 240, min_side = 64, max_side = 960;

std::int64_t ceil_divided(std::int64_t a, std::int64_t b) {
  return a / b + (a % b != 0 && (a > 0) == (b > 0));
}

std::int64_t floored(std::int64_t a, std::int64_t b) { return -ceil_divided(-a, b); }

// An axis of a tile that is cut from an image at both ends. `pixels` of this node lie on `inputs` pixels of
// the image, in lowest terms. The first `front` pixels and the last `back` differ from those of the image.
struct CutAxis {
  bool mixed = true;
  std::int64_t extent = 0, pixels = 1, inputs = 1, front = 0, back = 0;

  friend bool operator==(const CutAxis&, const CutAxis&) = default;

  CutAxis scaled(std::int64_t times, std::int64_t by, std::int64_t to_extent) const {
    const std::int64_t common = std::gcd(pixels * times, inputs * by);
    return {false, to_extent, pixels * times / common, inputs * by / common, 0, 0};
  }

  // Pixel i reads pixels i stride + p rate - before.
  CutAxis through_window(const WindowAxis& w) const {
    if (mixed || w.in != extent) return {};
    CutAxis out = scaled(1, w.stride, w.out);
    out.front = std::max<std::int64_t>(0, ceil_divided(front + w.before, w.stride));
    const std::int64_t last_good = extent - 1 - back;  // of this axis
    const std::int64_t good = floored(last_good - (w.taps - 1) * w.rate + w.before, w.stride);
    out.back = std::max<std::int64_t>(0, w.out - 1 - good);
    return out;
  }

  // Pixel i reads the pixels j for which i = j stride + p rate - before.
  CutAxis through_transpose(const WindowAxis& w) const {
    if (mixed || w.out != extent) return {};
    CutAxis out = scaled(w.stride, 1, w.in);
    const auto reads = [&](std::int64_t i, auto is_wrong) {
      for (std::int64_t p = 0; p < w.taps; ++p) {
        const std::int64_t place = i + w.before - p * w.rate;
        if (place % w.stride == 0 && is_wrong(place / w.stride)) return true;
      }
      return false;
    };
    const auto before_front = [&](std::int64_t j) { return j < front; };
    const auto behind_back = [&](std::int64_t j) { return j >= extent - back; };
    // Behind these pixels no tap reaches a wrong one.
    out.front = std::max<std::int64_t>(0, front * w.stride - w.before + (w.taps - 1) * w.rate);
    while (out.front > 0 && !reads(out.front - 1, before_front)) --out.front;
    std::int64_t begin = std::min(w.in, (extent - back) * w.stride - w.before);
    while (begin < w.in && !reads(begin, behind_back)) ++begin;
    out.back = w.in - begin;
    return out;
  }

  // Pixel i lies at (i + 1/2) from / to - 1/2, between two pixels or on one.
  CutAxis through_resize(std::int64_t from, std::int64_t to, bool nearest) const {
    if (mixed || from != extent) return {};
    CutAxis out = scaled(to, from, to);
    const auto first = [&](std::int64_t i) {
      return floored(nearest ? (2 * i + 1) * from : (2 * i + 1) * from - to, 2 * to);
    };
    const auto last = [&](std::int64_t i) {
      return first(i) + (!nearest && ((2 * i + 1) * from - to) % (2 * to) != 0);
    };
    while (first(out.front) < front) ++out.front;
    while (last(to - 1 - out.back) >= extent - back) ++out.back;
    return out;
  }

  CutAxis united(const CutAxis& other) const {
    if (mixed || other.mixed || extent != other.extent || pixels != other.pixels || inputs != other.inputs)
      return {};
    CutAxis both = *this;
    both.front = std::max(front, other.front);
    both.back = std::max(back, other.back);
    return both;
  }
};

using CutAxes = detail::PixelAxes<CutAxis>;

// The network on one small image.
struct Recorded {
  HeightWidth size;
  Tape tape;
  std::vector<std::optional<CutAxes>> axes;
};

Recorded recorded_at(const AnyLayer& net, HeightWidth size, std::int64_t channels) {
  const Recording scope(Recording::everything);
  const Variable x = track(Tensor::zeros({1, size.height, size.width, channels}, DType::float32), "image");
  Pass pass;
  pass.name_layers(net);
  const Variable y = net(x, pass);
  Tape tape = Tape::of(y);
  const CutAxis rows{false, size.height, 1, 1, 0, 0}, columns{false, size.width, 1, 1, 0, 0};
  auto axes = detail::pixel_axes<CutAxis>(tape, x, {rows, columns, size.height, size.width}, {});
  return {size, std::move(tape), std::move(axes)};
}

// The result is as large as the image and no pixel of it depends on all pixels.
bool keeps_size(const Recorded& r) {
  if (r.axes.empty() || !r.axes.back()) return false;
  const CutAxes& last = *r.axes.back();
  const auto kept = [](const CutAxis& axis, std::int64_t extent) {
    return !axis.mixed && axis.extent == extent && axis.pixels == 1 && axis.inputs == 1;
  };
  return r.tape[r.tape.size() - 1].shape.rank() == 4 && kept(last.rows, r.size.height) &&
         kept(last.columns, r.size.width);
}

std::optional<Tensor> value_of(const Node::Input& input) {
  return input.value ? input.value : input.node ? input.node->output : std::nullopt;
}

// Every pixel of the images a and b [n, h, w, c] has the same channels.
bool same_pixel(const Tensor& a, const Tensor& b) {
  if (a.shape().rank() != 4 || b.shape().rank() != 4 || a.shape()[3] != b.shape()[3]) return false;
  const auto channels = static_cast<std::ptrdiff_t>(a.shape()[3]);
  return visit(a.dtype(), [&]<class T>() {
    const std::span<const T> p = a.values<T>(), q = b.values<T>();
    return std::equal(p.begin() + channels, p.end(), p.begin()) &&
           std::equal(q.begin() + channels, q.end(), q.begin()) &&
           std::equal(p.begin(), p.begin() + channels, q.begin());
  });
}

// The tensor is the same at both sizes, or an image that is the same at every pixel.
bool same_at_both(const Node::Input& small, const Node::Input& large, bool is_image) {
  const std::optional<Tensor> a = value_of(small), b = value_of(large);
  if (!a || !b || a->dtype() != b->dtype()) return false;
  return same_bits(*a, *b) || (is_image && same_pixel(*a, *b));
}

bool grows(const CutAxis& small, const CutAxis& large, std::int64_t by) {
  CutAxis expected = small;
  expected.extent += by * small.pixels / small.inputs;
  return small.mixed ? large.mixed : large == expected;
}

// Sizes may differ, but not the numbers by which an op computes.
bool same_numbers(const Attributes& a, const Attributes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const auto *const p = std::get_if<double>(&x.second), *const q = std::get_if<double>(&y.second);
    return x.first == y.first && (p == nullptr) == (q == nullptr) && (!p || *p == *q);
  });
}

bool same_map(const Op& a, const Op& b) {
  if (a.kind != b.kind || a.pixels.map.index() != b.pixels.map.index() ||
      !same_numbers(a.attributes, b.attributes)) {
    return false;
  }
  const Windows *u = a.pixels.windows(), *v = b.pixels.windows();
  const auto same_axis = [](const WindowAxis& p, const WindowAxis& q) {
    return p.taps == q.taps && p.stride == q.stride && p.rate == q.rate && p.before == q.before;
  };
  return !u || (same_axis(u->height, v->height) && same_axis(u->width, v->width));
}

// Both tapes compute the same at each pixel. So do the tapes of images of any size that leaves their
// remainders.
bool repeats(const Recorded& small, const Recorded& large) {
  if (small.tape.size() != large.tape.size()) return false;
  for (std::size_t i = 0; i < small.tape.size(); ++i) {
    const Node &a = small.tape[i], &b = large.tape[i];
    const auto &u = small.axes[i], &v = large.axes[i];
    if (u.has_value() != v.has_value()) return false;
    if (!u) continue;
    if (!same_map(a.op, b.op) || a.inputs.size() != b.inputs.size() ||
        !grows(u->rows, v->rows, large.size.height - small.size.height) ||
        !grows(u->columns, v->columns, large.size.width - small.size.width)) {
      return false;
    }
    const auto* const same = std::get_if<Pixels::Same>(&a.op.pixels.map);
    for (std::size_t k = 0; k < a.inputs.size(); ++k) {
      const NodePtr& from = a.inputs[k].node;
      const std::optional<std::size_t> at = from ? small.tape.find(from.get()) : std::nullopt;
      if (at && small.axes[*at]) continue;
      if (!same_at_both(a.inputs[k], b.inputs[k], same && same->every_input)) return false;
    }
  }
  return true;
}

// The network on the first of the sizes size, size + step, ... up to max_side on which it runs.
std::optional<Recorded> recorded_from(const AnyLayer& net, HeightWidth size, std::int64_t channels,
                                      HeightWidth step) {
  for (;; size = {size.height + step.height, size.width + step.width}) {
    try {
      return recorded_at(net, size, channels);
    } catch (const Error&) {  // too small, or of no size at all
      if (std::max(size.height + step.height, size.width + step.width) > max_side) return std::nullopt;
    }
  }
}

// The period after which the strides of all nodes repeat; absent where it is longer than the small images.
std::optional<HeightWidth> period_of(const Recorded& r) {
  HeightWidth period{1, 1};
  for (const auto& axes : r.axes) {
    if (!axes || axes->rows.mixed || axes->columns.mixed) continue;
    period = {std::lcm(period.height, axes->rows.inputs), std::lcm(period.width, axes->columns.inputs)};
    if (std::max(period.height, period.width) > max_side) return std::nullopt;
  }
  return period;
}

// About `sides`, in whole periods.
HeightWidth whole_periods(std::int64_t sides, HeightWidth period) {
  return {ceil_divided(sides, period.height) * period.height,
          ceil_divided(sides, period.width) * period.width};
}

// The smallest size from `least` on that leaves the remainder of `size`.
std::int64_t congruent(std::int64_t size, std::int64_t period, std::int64_t least) {
  return size + ceil_divided(least - size, period) * period;
}

}  // namespace

std::optional<Tiling> exact_tiling(const AnyLayer& net, const Shape& image) {
  if (image.rank() != 3) {
    throw ShapeError(text("exact_tiling: image ", image, ". It is [height, width, channels]."));
  }
  const std::int64_t channels = image[2];
  const std::optional<Recorded> first =
      recorded_from(net, {first_side, first_side}, channels, {first_side, first_side});
  if (!first || first->axes.empty() || !first->axes.back()) return std::nullopt;
  if (first->axes.back()->rows.mixed || first->axes.back()->columns.mixed) return std::nullopt;
  const std::optional<HeightWidth> period = period_of(*first);
  if (!period) return std::nullopt;
  Tiling tiling{*period, {0, 0}, {0, 0}};
  const HeightWidth size{congruent(image[0], tiling.period.height, min_side),
                         congruent(image[1], tiling.period.width, min_side)};
  const std::optional<Recorded> small =
      recorded_from(net, size, channels, whole_periods(min_side, tiling.period));
  if (!small || !keeps_size(*small)) return std::nullopt;
  const HeightWidth larger{small->size.height + tiling.period.height,
                           small->size.width + tiling.period.width};
  const std::optional<Recorded> large = recorded_from(net, larger, channels, tiling.period);
  if (!large || large->size != larger || !repeats(*small, *large)) return std::nullopt;
  const CutAxes& cut = *small->axes.back();
  tiling.before = {cut.rows.front, cut.columns.front};
  tiling.after = {cut.rows.back, cut.columns.back};
  return tiling;
}

HeightWidth stride_period(const AnyLayer& net, std::int64_t channels) {
  const std::optional<Recorded> first =
      recorded_from(net, {first_side, first_side}, channels, {first_side, first_side});
  return first ? period_of(*first).value_or(HeightWidth{1, 1}) : HeightWidth{1, 1};
}

}  // namespace trous
