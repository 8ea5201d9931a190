// One convolution, depthwise convolution or pooling with whatever rate, stride and padding.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <ops/conv_oracle.h>
#include <string>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/pool.h>

namespace trous {

struct ConvCase {
  oracle::Int batch, in_channels, out_channels;  // out_channels: of a depthwise form its multiplier
  oracle::Axis height, width;
  ExplicitPadding padding;
  oracle::Int rows, columns;  // of the image

  Conv2dOptions options() const {
    return {.stride = {height.stride, width.stride}, .rate = {height.rate, width.rate}, .padding = padding};
  }
  Pool2dOptions pool() const {
    return {.window = {height.taps, width.taps}, .stride = {height.stride, width.stride}, .padding = padding};
  }
  Shape image() const { return {batch, rows, columns, in_channels}; }
  Shape filters() const { return {height.taps, width.taps, in_channels, out_channels}; }
  std::string text() const {
    return trous::text("image ", image(), ", filters ", filters(), ", stride ", height.stride, 'x',
                       width.stride, ", rate ", height.rate, 'x', width.rate, ", padding ", padding.top, ' ',
                       padding.bottom, ' ', padding.left, ' ', padding.right);
  }
};

inline oracle::Int one_of(Random& random, std::initializer_list<oracle::Int> choices) {
  return choices.begin()[random.below(static_cast<oracle::Int>(choices.size()))];
}

/// Pads c's axes, each side by 0 .. most(axis), and chooses an image that has a window: up to `more_rows` - 1
/// rows more than it needs, and up to 39 columns.
template <class Most>
void place(ConvCase& c, Random& random, const Most& most, oracle::Int more_rows) {
  const auto pad = [&](const oracle::Axis& a) { return random.below(most(a) + 1); };
  c.padding = {.top = pad(c.height), .bottom = pad(c.height), .left = pad(c.width), .right = pad(c.width)};
  c.height.begin = c.padding.top;
  c.width.begin = c.padding.left;
  const auto least = [](const oracle::Axis& a, oracle::Int padding) {
    return std::max<oracle::Int>(a.span() - padding, 1);
  };
  c.rows = least(c.height, c.padding.top + c.padding.bottom) + random.below(more_rows);
  c.columns = least(c.width, c.padding.left + c.padding.right) + random.below(40);
}

}  // namespace trous
