// A walk along a tape that derives a fact about the rows and the columns of each node from the maps that the
// ops state in `Op::pixels`. Receptive fields and tilings are two such facts.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include <trous/autograd/tape.h>

namespace trous::detail {

/// What is known of the pixels of one node, which has height x width of them.
template <class Axis>
struct PixelAxes {
  Axis rows, columns;
  std::int64_t height, width;
};

/// Derives the fact of a node from the facts of its inputs. Absent where pixels are mixed in another way, or
/// may be. An Axis has
///
///   Axis through_window(const WindowAxis&) const        of pixels that windows gather
///   Axis through_transpose(const WindowAxis&) const     of the transpose
///   Axis through_resize(from, to, nearest) const
///   Axis united(const Axis&) const                      of pixels that depend on both
template <class Axis>
struct ThroughNode {
  using Axes = PixelAxes<Axis>;
  struct Dependent {
    std::size_t input;
    const Axes* axes;
  };

  const Node& node;
  const std::vector<Dependent>& inputs;  ///< those that depend on the image

  std::optional<Axes> operator()(const Pixels::Unknown&) const { return std::nullopt; }

  std::optional<Axes> operator()(const Pixels::Same& same) const {
    if (!same.every_input && !image()) return std::nullopt;
    Axes all = *inputs[0].axes;
    for (const auto& [input, axes] : inputs) {
      if (pixels(node.inputs[input].shape) != pixels(node.shape) || axes->height != all.height ||
          axes->width != all.width) {
        return std::nullopt;
      }
      all = {all.rows.united(axes->rows), all.columns.united(axes->columns), all.height, all.width};
    }
    return all;
  }

  std::optional<Axes> operator()(const Pixels::Reshaped&) const {
    const Axes& first = *inputs[0].axes;
    return keeps_pixels(first) ? std::optional(first) : std::nullopt;
  }

  std::optional<Axes> operator()(const Pixels::Gathered& gathered) const {
    const auto& [h, w] = gathered.windows;
    if (!image()) return std::nullopt;
    return Axes{image()->rows.through_window(h), image()->columns.through_window(w), h.out, w.out};
  }

  std::optional<Axes> operator()(const Pixels::Scattered& scattered) const {
    const auto& [h, w] = scattered.windows;
    if (!image()) return std::nullopt;
    return Axes{image()->rows.through_transpose(h), image()->columns.through_transpose(w), h.in, w.in};
  }

  std::optional<Axes> operator()(const Pixels::Resized& r) const {
    if (!image()) return std::nullopt;
    return Axes{image()->rows.through_resize(r.from.height, r.to.height, r.nearest),
                image()->columns.through_resize(r.from.width, r.to.width, r.nearest), r.to.height,
                r.to.width};
  }

  std::optional<Axes> operator()(const Pixels::Picked&) const {
    const Dependent& places = inputs.back();
    return inputs.size() == 2 && places.input == 1 ? std::optional(*places.axes) : std::nullopt;
  }

 private:
  // The image, where nothing else depends on x: no weights are made from it.
  const Axes* image() const { return inputs.size() == 1 && inputs[0].input == 0 ? inputs[0].axes : nullptr; }

  static std::int64_t pixels(const Shape& shape) {
    return shape.rank() == 0 ? 0 : shape.elements(0, shape.rank() - 1);
  }

  bool keeps_pixels(const Axes& axes) const {
    const Shape &from = node.inputs[0].shape, &to = node.shape;
    if (from.rank() == 0 || to.rank() == 0 || from[from.rank() - 1] != to[to.rank() - 1]) return false;
    return to.rank() != 4 || (to[1] == axes.height && to[2] == axes.width);
  }
};

/// The facts of all nodes of `tape`: absent for a node that does not depend on `x` [n, h, w, c].
/// `everything` is the fact of an axis whose pixels may depend on all pixels.
template <class Axis>
std::vector<std::optional<PixelAxes<Axis>>> pixel_axes(const Tape& tape, const Variable& x,
                                                       const PixelAxes<Axis>& of_x, const Axis& everything) {
  using Through = ThroughNode<Axis>;
  std::unordered_map<const Node*, PixelAxes<Axis>> known;
  std::vector<std::optional<PixelAxes<Axis>>> facts;
  for (const NodePtr& node : tape) {
    std::vector<typename Through::Dependent> inputs;
    for (std::size_t i = 0; i < node->inputs.size(); ++i) {
      const auto found = known.find(node->inputs[i].node.get());
      if (found != known.end()) inputs.push_back({i, &found->second});
    }
    if (node != x.node() && inputs.empty()) {
      facts.emplace_back();
      continue;
    }
    const bool is_image = node->shape.rank() == 4;
    const PixelAxes<Axis> mixed{everything, everything, is_image ? node->shape[1] : 0,
                                is_image ? node->shape[2] : 0};
    facts.push_back(
        node == x.node() ? of_x : std::visit(Through{*node, inputs}, node->op.pixels.map).value_or(mixed));
    known.emplace(node.get(), *facts.back());
  }
  return facts;
}

}  // namespace trous::detail
