// Oracles of what moves over an image: convolutions, by the loops of ops/conv_oracle.h, pooling and resizing.
#include <algorithm>
#include <ops/conv_oracle.h>
#include <properties/oracles.h>

#include <trous/core/error.h>

namespace trous::catalogue {
namespace {

using oracle::Axis;
using oracle::Int;

enum class Border { same, valid, counted };

struct Geometry {
  Int stride_height = 1, stride_width = 1, rate_height = 1, rate_width = 1;
  Border border = Border::same;
  Int top = 0, bottom = 0, left = 0, right = 0;  // where counted
  Int groups = 1;
};

// Along one axis: the windows over an image, or what a transpose makes of `out` windows.
struct Side {
  Axis axis;
  Int in, out;
};

Side over(Int in, Int taps, Int stride, Int rate, Border border, Int before, Int after) {
  Axis axis{.taps = taps, .stride = stride, .rate = rate};
  if (border == Border::same) {
    axis.begin = oracle::same_begin(in, axis);
    return {axis, in, (in + stride - 1) / stride};
  }
  axis.begin = border == Border::valid ? 0 : before;
  const Int padded = border == Border::valid ? in : in + before + after;
  if (padded < axis.span()) throw ShapeError("oracle: no window fits");
  return {axis, in, (padded - axis.span()) / stride + 1};
}

struct Sides {
  Side height, width;

  oracle::Window window() const { return {height.axis, width.axis}; }
};

Sides sides(const Geometry& g, Int height, Int width, const Shape& filters) {
  return {over(height, filters[0], g.stride_height, g.rate_height, g.border, g.top, g.bottom),
          over(width, filters[1], g.stride_width, g.rate_width, g.border, g.left, g.right)};
}

oracle::Array plain(const Array& x) {
  oracle::Array result(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i) result.values[i] = static_cast<double>(x.values[i].value);
  return result;
}

// Both sides, ours and the loops in double, add up to `terms` products in some order.
Array rounded(const oracle::Array& value, const oracle::Array& size, Int terms) {
  Array result(value.shape);
  for (std::size_t i = 0; i < result.values.size(); ++i)
    result.values[i] = {value.values[i], static_cast<long double>(2 * terms) * size.values[i]};
  return result;
}

Array convolved(const oracle::Array& x, const oracle::Array& f, const Geometry& g) {
  const Sides s = sides(g, x.shape[1], x.shape[2], f.shape);
  const auto y = [&](const oracle::Array& a, const oracle::Array& b) {
    return oracle::conv(a, b, s.window(), s.height.out, s.width.out);
  };
  return rounded(y(x, f), y(x.absolute(), f.absolute()), f.shape[0] * f.shape[1] * f.shape[2]);
}

Oracle conv(const Geometry& g) {
  return [g](Arrays x) { return convolved(plain(x[0]), oracle::dense_filters(plain(x[1]), g.groups), g); };
}

Oracle depthwise(const Geometry& g) {
  return [g](Arrays x) { return convolved(plain(x[0]), oracle::dense_filters(plain(x[1])), g); };
}

// `height` and `width` of the result; 0: as the docstring of conv2d_transpose derives them.
Oracle transposed(const Geometry& g, Int height = 0, Int width = 0) {
  return [=](Arrays x) {
    const oracle::Array v = plain(x[0]), f = oracle::dense_filters(plain(x[1]), g.groups);
    const Shape &value = v.shape, &filters = f.shape;
    const auto derived = [&](Int windows, Int taps, Int stride, Int rate, Int padding) {
      if (g.border == Border::same) return windows * stride;
      return std::max<Int>(1, (windows - 1) * stride + (taps - 1) * rate + 1 - padding);
    };
    const Int h =
        height ? height : derived(value[1], filters[0], g.stride_height, g.rate_height, g.top + g.bottom);
    const Int w =
        width ? width : derived(value[2], filters[1], g.stride_width, g.rate_width, g.left + g.right);
    const Sides s = sides(g, h, w, filters);
    const auto y = [&](const oracle::Array& a, const oracle::Array& b) {
      return oracle::transposed(a, b, s.window(), h, w);
    };
    return rounded(y(v, f), y(v.absolute(), f.absolute()), filters[0] * filters[1] * filters[3]);
  };
}

Oracle filter_grad(const Geometry& g, Int taps_height, Int taps_width) {
  return [=](Arrays x) {
    const oracle::Array u = plain(x[0]), v = plain(x[1]);
    const Sides s = sides(g, u.shape[1], u.shape[2], {taps_height, taps_width});
    const auto y = [&](const oracle::Array& a, const oracle::Array& b) {
      return oracle::grouped_filters(oracle::filter_grad(a, b, s.window()), g.groups);
    };
    return rounded(y(u, v), y(u.absolute(), v.absolute()), v.shape[0] * v.shape[1] * v.shape[2]);
  };
}

// Calls f for every pixel of the window of result pixel (i, j) that lies inside the image.
template <class F>
void for_window(const Sides& s, Int i, Int j, const F& f) {
  for (Int a = 0; a < s.height.axis.taps; ++a)
    for (Int b = 0; b < s.width.axis.taps; ++b) {
      const Int row = i * s.height.axis.stride + a - s.height.axis.begin;
      const Int column = j * s.width.axis.stride + b - s.width.axis.begin;
      if (row >= 0 && row < s.height.in && column >= 0 && column < s.width.in) f(row, column);
    }
}

template <class OfWindow>
Oracle pooled(Int taps_height, Int taps_width, const Geometry& g, OfWindow of_window) {
  return [=](Arrays x) {
    const Sides s = sides(g, x[0].extent(1), x[0].extent(2), {taps_height, taps_width});
    return made({x[0].extent(0), s.height.out, s.width.out, x[0].extent(3)}, [&](const Index& i) {
      std::vector<Rounded> window;
      for_window(s, i[1], i[2], [&](Int row, Int column) {
        window.push_back(x[0].at({i[0], row, column, i[3]}));
      });
      return of_window(window);
    });
  };
}

Rounded largest(const std::vector<Rounded>& window) {
  return *std::max_element(window.begin(), window.end());
}
Rounded average(const std::vector<Rounded>& window) {
  Sum sum;
  for (const Rounded& v : window) sum += v;
  return sum / Rounded(static_cast<double>(window.size()));
}

// Row i of `to` lies between two rows of `from`, and takes the share `weight` of the second.
struct Between {
  Int low, high;
  Rounded weight;
};
Between between(Int i, Int from, Int to) {
  const Rounded place =
      Rounded(static_cast<double>((2 * i + 1) * from)) / Rounded(2.0 * static_cast<double>(to)) -
      Rounded(0.5);
  if (place.value <= 0) return {0, 0, {}};
  const Int low = static_cast<Int>(std::floor(place.value));
  if (low >= from - 1) return {from - 1, from - 1, {}};
  return {low, low + 1, place - Rounded(static_cast<double>(low))};
}

Oracle bilinear(Int height, Int width) {
  return [=](Arrays x) {
    return made({x[0].extent(0), height, width, x[0].extent(3)}, [&](const Index& i) {
      const Between row = between(i[1], x[0].extent(1), height),
                    column = between(i[2], x[0].extent(2), width);
      const auto along = [&](Int r) {
        const Rounded left = x[0].at({i[0], r, column.low, i[3]}),
                      right = x[0].at({i[0], r, column.high, i[3]});
        return (Rounded(1) - column.weight) * left + column.weight * right;
      };
      return (Rounded(1) - row.weight) * along(row.low) + row.weight * along(row.high);
    });
  };
}

Oracle nearest(Int height, Int width) {
  return [=](Arrays x) {
    return made({x[0].extent(0), height, width, x[0].extent(3)}, [&](const Index& i) {
      const Int row = (2 * i[1] + 1) * x[0].extent(1) / (2 * height);
      const Int column = (2 * i[2] + 1) * x[0].extent(2) / (2 * width);
      return x[0].at({i[0], row, column, i[3]});
    });
  };
}

// Each pixel of the image counts with the product of its tents, 1 - distance where that is above 0, in both
// axes.
Oracle grid_sampled(bool edge, bool corners) {
  return [=](Arrays x) {
    const auto tent = [=](Rounded at, Int extent, Int pixel) {
      const Rounded size(static_cast<long double>(extent)), one(1);
      Rounded place =
          corners ? (at + one) / Rounded(2) * (size - one) : ((at + one) * size - one) / Rounded(2);
      if (edge && place < Rounded()) place = Rounded();
      if (edge && size - one < place) place = size - one;
      const Rounded away = place - Rounded(static_cast<long double>(pixel));
      return one - (away < Rounded() ? -away : away);
    };
    return made({x[0].extent(0), x[1].extent(1), x[1].extent(2), x[0].extent(3)}, [&](const Index& i) {
      Sum sum;
      for (Int row = 0; row < x[0].extent(1); ++row)
        for (Int column = 0; column < x[0].extent(2); ++column) {
          const Rounded across = tent(x[1].at({i[0], i[1], i[2], 0}), x[0].extent(2), column);
          const Rounded down = tent(x[1].at({i[0], i[1], i[2], 1}), x[0].extent(1), row);
          if (Rounded() < across && Rounded() < down)
            sum += x[0].at({i[0], row, column, i[3]}) * (across * down);
        }
      return Rounded(sum);
    });
  };
}

}  // namespace

Oracles window_oracles() {
  constexpr Border valid = Border::valid;
  const auto rate = [](Int height, Int width, Border border = Border::same) {
    return Geometry{.rate_height = height, .rate_width = width, .border = border};
  };
  const auto stride = [](Int height, Int width, Border border = Border::same) {
    return Geometry{.stride_height = height, .stride_width = width, .border = border};
  };
  const auto grouped = [](Int groups, Geometry geometry) {
    geometry.groups = groups;
    return geometry;
  };
  const Geometry counted{.stride_height = 2,
                         .stride_width = 3,
                         .rate_height = 2,
                         .rate_width = 2,
                         .border = Border::counted,
                         .top = 1,
                         .right = 2};
  const Geometry both{.stride_height = 2, .stride_width = 2, .rate_height = 2, .rate_width = 2};
  return {
      {"atrous_conv2d_rate_2_same", conv(rate(2, 2))},
      {"atrous_conv2d_rate_2x3_valid_even", conv(rate(2, 3, valid))},
      {"atrous_conv2d_rate_3_same_even", conv(rate(3, 3))},
      {"atrous_conv2d_transpose_rate_2_same", transposed(rate(2, 2), 6, 5)},
      {"atrous_conv2d_transpose_rate_1x2_valid_even", transposed(rate(1, 2, valid))},
      {"atrous_conv2d_transpose_rate_3_same_even", transposed(rate(3, 3))},
      {"atrous_conv2d_filter_grad_rate_2_same", filter_grad(rate(2, 2), 3, 2)},
      {"atrous_conv2d_filter_grad_rate_2x1_valid", filter_grad(rate(2, 1, valid), 3, 2)},
      {"atrous_conv2d_one_channel", conv(rate(2, 2))},
      {"atrous_conv2d_filter_grad_one_tap", filter_grad(rate(3, 3, valid), 1, 1)},
      {"conv2d_stride_3_rate_2_valid", conv({3, 3, 2, 2, valid})},
      {"conv2d_transpose_stride_2x3_rate_2_explicit", transposed(counted)},
      {"conv2d_filter_grad_stride_3_valid", filter_grad(stride(3, 3, valid), 3, 2)},
      {"depthwise_conv2d_stride_2x1_rate_2_explicit", depthwise({2, 1, 2, 2, Border::counted, 0, 2, 1, 0})},
      {"max_pool2d_3x2_explicit", pooled(3, 2, {2, 1, 1, 1, Border::counted, 1, 0, 0, 1}, largest)},
      {"average_pool2d_3x2_explicit", pooled(3, 2, {2, 1, 1, 1, Border::counted, 1, 0, 0, 1}, average)},
      {"grid_sample_zeros", grid_sampled(false, false)},
      {"grid_sample_edge_corners", grid_sampled(true, true)},
      {"conv2d_stride_2_same", conv(stride(2, 2))},
      {"conv2d_groups_2_stride_2", conv(grouped(2, stride(2, 2)))},
      {"conv2d_transpose_groups_3_stride_2_valid", transposed(grouped(3, stride(2, 2, valid)))},
      {"conv2d_filter_grad_groups_2", filter_grad(grouped(2, stride(1, 1)), 3, 2)},
      {"atrous_conv2d_groups_2_rate_2", conv(grouped(2, rate(2, 2)))},
      {"atrous_conv2d_transpose_groups_2_rate_2_valid", transposed(grouped(2, rate(2, 2, valid)))},
      {"atrous_conv2d_filter_grad_groups_3_rate_2", filter_grad(grouped(3, rate(2, 2)), 3, 2)},
      {"conv2d_stride_2x3_rate_2_explicit", conv(counted)},
      {"conv2d_transpose_stride_2_valid_longer", transposed(stride(2, 2, valid), 8, 4)},
      {"conv2d_transpose_stride_2_same", transposed(stride(2, 2))},
      {"conv2d_filter_grad_stride_2_rate_2_same", filter_grad(both, 3, 2)},
      {"depthwise_conv2d_rate_2_same", depthwise(rate(2, 2))},
      {"depthwise_conv2d_stride_2_valid", depthwise(stride(2, 2, valid))},
      {"max_pool2d_2x2", pooled(2, 2, stride(2, 2, valid), largest)},
      {"max_pool2d_3x2_same", pooled(3, 2, stride(1, 1), largest)},
      {"average_pool2d_2x2", pooled(2, 2, stride(2, 2, valid), average)},
      {"average_pool2d_3x3_same", pooled(3, 3, stride(2, 2), average)},
      {"resize_bilinear_up_and_down", bilinear(7, 3)},
      {"resize_bilinear_twice", bilinear(6, 8)},
      {"resize_nearest_up_and_down", nearest(7, 3)},
  };
}

}  // namespace trous::catalogue
