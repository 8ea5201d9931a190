// The convolutions of shapes.json, and what one of them costs.
#pragma once

#include <string>
#include <vector>

#include <trous/core/window.h>
#include <trous/ops/conv2d.h>

namespace trous::benchmarks {

/// One line of shapes.json.
struct ConvShape {
  std::string name, net, layer;
  std::int64_t n, h, w, in, out;
  PerAxis kernel, rate, stride;
  ExplicitPadding padding;  ///< the same on both sides of an axis, which every library can compute
  DType dtype;
  std::int64_t channel_groups;      ///< each convolved on its own; as many as channels: depthwise
  std::vector<std::string> groups;  ///< the tables that it stands in

  bool in_group(const std::string& group) const;

  WindowAxis height() const;
  WindowAxis width() const;

  std::int64_t in_of_group() const { return in / channel_groups; }

  Shape x_shape() const { return {n, h, w, in}; }
  Shape w_shape() const { return {kernel.height, kernel.width, in_of_group(), out}; }
  Shape y_shape() const { return {n, height().out, width().out, out}; }
  Conv2dOptions options() const;

  /// Two operations for each multiply-add inside the image; the same for the forward, the transpose and the
  /// filter gradient, since each contracts the same form.
  double operations() const;
  /// The same with what reads padding.
  double nominal_operations() const;
};

/// Reads shapes.json. Throws ArgumentError naming the shape that cannot be what it says.
std::vector<ConvShape> load_shapes(const std::string& path);

}  // namespace trous::benchmarks
