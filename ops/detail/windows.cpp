#include <algorithm>

#include <trous/core/error.h>
#include <trous/ops/detail/windows.h>

namespace trous::detail {
namespace {

// One axis of a query.
struct AxisQuery {
  const WindowQuery& all;
  std::string_view axis;
  std::int64_t extent, taps, stride, rate, lo, hi;
};

[[noreturn]] void too_large(const AxisQuery& q) {
  const std::string_view culprit = q.rate > 1             ? "rate"
                                   : q.stride > 1         ? "stride"
                                   : q.lo > 0 || q.hi > 0 ? "padding"
                                                          : "image";
  throw ShapeError(text(q.all.op, ": the size on the ", q.axis, " axis exceeds 2^63 - 1. ", q.all.image,
                        " has ", q.extent, " there, the ", q.all.filter, ' ', q.taps, " taps, rate ", q.rate,
                        ", stride ", q.stride, ". Use a smaller ", culprit, '.'));
}

// a + b c, or an error.
std::int64_t multiply_add(const AxisQuery& q, std::int64_t a, std::int64_t b, std::int64_t c) {
  std::int64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(b, c, &product) || __builtin_add_overflow(a, product, &sum)) too_large(q);
  return sum;
}

// The pixels a filter spans; the sum with the image and its padding must not overflow either.
std::int64_t span_of(const AxisQuery& q) {
  const std::int64_t span = multiply_add(q, 1, q.taps - 1, q.rate);
  multiply_add(q, multiply_add(q, q.extent, 1, span), 1, multiply_add(q, q.lo, 1, q.hi));
  return span;
}

bool is_same(const AxisQuery& q) {
  const Padding* const named = std::get_if<Padding>(&q.all.padding);
  return named && *named == Padding::same;
}

[[noreturn]] void no_window(const AxisQuery& q, std::int64_t span) {
  const bool filter = q.all.filter == "filter";
  throw ShapeError(text(q.all.op, ": no window fits on the ", q.axis, " axis. The ", q.all.filter, " spans ",
                        span, " pixels", filter ? text(" (", q.taps, " taps, rate ", q.rate, ")") : "", ", ",
                        q.all.image, " has ", q.extent,
                        q.lo + q.hi > 0 ? text(" and ", q.lo + q.hi, " of padding") : "",
                        ". Use SAME, a smaller ", filter ? "rate" : "window", " or a larger image."));
}

WindowAxis axis_over(const AxisQuery& q) {
  const std::int64_t in = q.extent, span = span_of(q);
  if (is_same(q)) {
    const std::int64_t out = in / q.stride + (in % q.stride != 0);
    const std::int64_t zeros = std::max<std::int64_t>(0, (out - 1) * q.stride + span - in);
    return {in, out, q.taps, q.stride, q.rate, zeros / 2};
  }
  const std::int64_t padded = in + q.lo + q.hi;
  if (padded < span) no_window(q, span);
  return {in, (padded - span) / q.stride + 1, q.taps, q.stride, q.rate, q.lo};
}

WindowAxis axis_onto(const AxisQuery& q) {
  const std::int64_t span = span_of(q);
  AxisQuery over = q;
  if (is_same(q)) {
    over.extent = multiply_add(q, 0, q.extent, q.stride);
    return axis_over(over);
  }
  // The next q.stride - 1 sizes serve as well, and where the smallest is no image, one of them may be.
  const std::int64_t smallest = multiply_add(q, span, q.extent - 1, q.stride) - q.lo - q.hi;
  over.extent = smallest < 1 && smallest > 1 - q.stride ? 1 : smallest;
  if (over.extent < 1) {
    throw ShapeError(text(q.all.op, ": nothing is left on the ", q.axis, " axis. ", q.all.image, " has ",
                          q.extent, ", the filter spans ", span, " pixels, and the padding crops ",
                          q.lo + q.hi, ". Use less padding."));
  }
  return axis_over(over);
}

Windows both_axes(const WindowQuery& q, WindowAxis (*axis)(const AxisQuery&)) {
  const ExplicitPadding* const counts = std::get_if<ExplicitPadding>(&q.padding);
  const ExplicitPadding pads = counts ? *counts : ExplicitPadding{};
  const AxisQuery height{
      q, "height", q.extents.height, q.taps.height, q.stride.height, q.rate.height, pads.top, pads.bottom};
  const AxisQuery width{q,         "width",   q.extents.width, q.taps.width, q.stride.width, q.rate.width,
                        pads.left, pads.right};
  // Overflow on either axis is reported before a window that does not fit on the other.
  span_of(height);
  span_of(width);
  return {axis(height), axis(width)};
}

}  // namespace

Padding parse_padding(std::string_view op, std::string_view padding) {
  if (padding == "SAME") return Padding::same;
  if (padding == "VALID") return Padding::valid;
  throw ArgumentError(text(op, ": padding \"", padding,
                           "\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep "
                           "height and width, VALID takes windows inside the image."));
}

std::string padding_text(const ResolvedPadding& padding) {
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

Windows windows_over(const WindowQuery& query) { return both_axes(query, axis_over); }
Windows windows_onto(const WindowQuery& query) { return both_axes(query, axis_onto); }

}  // namespace trous::detail
