#include <algorithm>
#include <ostream>

#include <trous/core/error.h>
#include <trous/ops/window.h>

namespace trous {
namespace {

using ResolvedPadding = std::variant<Padding, ExplicitPadding>;

struct AxisQuery {
  std::string_view op, image, axis;
  std::int64_t taps, stride, rate, lo, hi;
  const ResolvedPadding& padding;
};

[[noreturn]] void too_large(const AxisQuery& q, std::int64_t extent) {
  throw ShapeError(text(q.op, ": the size on the ", q.axis, " axis exceeds 2^63 - 1. ", q.image, " has ",
                        extent, " there, the filter ", q.taps, " taps, rate ", q.rate, ", stride ", q.stride,
                        ". Use a smaller rate."));
}

// a + b c, or an error.
std::int64_t multiply_add(const AxisQuery& q, std::int64_t extent, std::int64_t a, std::int64_t b,
                          std::int64_t c) {
  std::int64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(b, c, &product) || __builtin_add_overflow(a, product, &sum))
    too_large(q, extent);
  return sum;
}

// The pixels a filter spans; the sum with the image must not overflow either, nor its bytes.
std::int64_t span_of(const AxisQuery& q, std::int64_t extent) {
  const std::int64_t span = multiply_add(q, extent, 1, q.taps - 1, q.rate);
  multiply_add(q, extent, multiply_add(q, extent, extent, 1, span), 1,
               multiply_add(q, extent, q.lo, 1, q.hi));
  return span;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

WindowAxis axis_over(const AxisQuery& q, std::int64_t in) {
  const std::int64_t span = span_of(q, in);
  if (const Padding* named = std::get_if<Padding>(&q.padding); named && *named == Padding::same) {
    const std::int64_t out = ceil_div(in, q.stride);
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * q.stride + span - in);
    return {in, out, q.taps, q.stride, q.rate, total / 2};
  }
  const std::int64_t padded = in + q.lo + q.hi;
  if (padded < span) {
    throw ShapeError(text(q.op, ": no window fits on the ", q.axis, " axis. The filter spans ", span,
                          " pixels (", q.taps, " taps, rate ", q.rate, "), ", q.image, " has ", in,
                          q.lo + q.hi > 0 ? text(" and ", q.lo + q.hi, " of padding") : "",
                          ". Use SAME, a smaller rate or a larger image."));
  }
  return {in, (padded - span) / q.stride + 1, q.taps, q.stride, q.rate, q.lo};
}

WindowAxis axis_onto(const AxisQuery& q, std::int64_t out) {
  const std::int64_t span = span_of(q, out);
  if (const Padding* named = std::get_if<Padding>(&q.padding); named && *named == Padding::same) {
    return axis_over(q, multiply_add(q, out, 0, out, q.stride));
  }
  // The next q.stride - 1 sizes serve as well, and where the smallest is no image, one of them may be.
  const std::int64_t smallest = multiply_add(q, out, span, out - 1, q.stride) - q.lo - q.hi;
  const std::int64_t in = smallest < 1 && smallest > 1 - q.stride ? 1 : smallest;
  if (in < 1) {
    throw ShapeError(text(q.op, ": nothing is left on the ", q.axis, " axis. ", q.image, " has ", out,
                          ", the filter spans ", span, " pixels, and the padding crops ", q.lo + q.hi,
                          ". Use less padding."));
  }
  return axis_over(q, in);
}

template <class PerAxisFunction>
Windows both_axes(std::string_view op, std::string_view image, Extents extents, Extents taps,
                  const Stride& stride, const Rate& rate, const ResolvedPadding& padding,
                  PerAxisFunction&& axis) {
  const ExplicitPadding* counts = std::get_if<ExplicitPadding>(&padding);
  const ExplicitPadding pads = counts ? *counts : ExplicitPadding{};
  const AxisQuery height{op,          image,    "height",    taps.height, stride.height,
                         rate.height, pads.top, pads.bottom, padding};
  const AxisQuery width{op,         image,     "width",    taps.width, stride.width,
                        rate.width, pads.left, pads.right, padding};
  // Overflow on either axis is told before a window that does not fit on the other.
  span_of(height, extents.height);
  span_of(width, extents.width);
  return {axis(height, extents.height), axis(width, extents.width)};
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const PerAxis& count) {
  stream << count.height;
  return count.height == count.width ? stream : stream << 'x' << count.width;
}

std::string_view name(Padding padding) { return padding == Padding::same ? "SAME" : "VALID"; }

Padding parse_padding(std::string_view op, std::string_view padding) {
  if (padding == "SAME") return Padding::same;
  if (padding == "VALID") return Padding::valid;
  throw ArgumentError(text(op, ": padding \"", padding,
                           "\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep "
                           "height and width, VALID takes windows inside the image."));
}

std::variant<Padding, ExplicitPadding> WindowPadding::resolve(std::string_view op) const {
  if (const auto* named = std::get_if<Padding>(&choice_)) return *named;
  if (const auto* written = std::get_if<std::string>(&choice_)) return parse_padding(op, *written);
  const auto& counts = std::get<ExplicitPadding>(choice_);
  for (const std::int64_t count : {counts.top, counts.bottom, counts.left, counts.right}) {
    if (count < 0) {
      throw ArgumentError(text(op, ": padding ", padding_text(counts),
                               " has a negative count. Crop the image to take pixels away."));
    }
  }
  return counts;
}

std::string padding_text(const std::variant<Padding, ExplicitPadding>& padding) {
  if (const auto* named = std::get_if<Padding>(&padding)) return std::string(name(*named));
  const auto& p = std::get<ExplicitPadding>(padding);
  return text(p.top, ':', p.bottom, 'x', p.left, ':', p.right);
}

void check_at_least_one(std::string_view op, std::string_view what, const PerAxis& count) {
  const bool height = count.height < 1;
  if (!height && count.width >= 1) return;
  throw ArgumentError(text(op, ": ", what, ' ', height ? count.height : count.width, " on the ",
                           height ? "height" : "width", " axis is below 1. A ", what, " of 1 ",
                           what == "rate" ? "is a dense filter." : "visits every pixel."));
}

Windows windows_over(std::string_view op, std::string_view image, Extents in, Extents taps,
                     const Stride& stride, const Rate& rate,
                     const std::variant<Padding, ExplicitPadding>& padding) {
  return both_axes(op, image, in, taps, stride, rate, padding, axis_over);
}

Windows windows_onto(std::string_view op, std::string_view image, Extents out, Extents taps,
                     const Stride& stride, const Rate& rate,
                     const std::variant<Padding, ExplicitPadding>& padding) {
  return both_axes(op, image, out, taps, stride, rate, padding, axis_onto);
}

}  // namespace trous
