// The graph of a network for pictures: boxes and arrows, with the skips, read off the tape of one run.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <trous/autograd/tape.h>
#include <trous/layers/receptive_field.h>

namespace trous {

/// Ops that follow each other without a branch, under one layer's name.
struct GraphBox {
  std::string name;  ///< "context.0" of context.0.conv and context.0.norm; empty where no layer
                     ///< names the ops, as where a skip is added
  std::vector<std::string>
      ops;       ///< in the order they run: "atrous_conv2d rate 2x2", "batch_norm_inference_relu"
  Shape output;  ///< of the last op
  ReceptiveField receptive_field;  ///< of the last op
  std::vector<std::size_t> from;  ///< the boxes whose results the first op reads, ascending; all earlier ones
};

/// Collects the ops on `tape` that depend on `x` into boxes, in the order they run. The first box, "input",
/// is x itself. An op joins the box of its input if it reads no other box, no other op reads that input, and
///
///   has a name     under the same layer: all of the path but the last word
///   has none       and keeps the shape (relu, a bias, dropout), or the box has no name either
///
/// so every arrow is a value that is passed on, and none is left out. Values that do not depend on x, such as
/// a bias, have no box. A maximum pool, which is several nodes of the tape, counts as one op. A reshape is no
/// op; if it makes images, [n, h, w, c], their shape is the output of its box.
///
/// Throws ShapeError unless `x` has rank 4.
std::vector<GraphBox> layer_graph(const Tape& tape, const Variable& x);

/// Writes the graph in the language of graphviz, which draws it: `dot -Tpng network.dot`. A box becomes a
/// node, labelled with its name, ops, output and receptive field, and each entry of `from` an arrow.
std::string graphviz(const std::vector<GraphBox>& graph);

}  // namespace trous
