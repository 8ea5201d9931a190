// The table of a network: output shape, receptive field, parameters and cost of each layer, read off the tape
// of one run.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/autograd/variable.h>
#include <trous/layers/layer_graph.h>
#include <trous/layers/network.h>
#include <trous/layers/pass.h>
#include <trous/layers/receptive_field.h>

namespace trous {

/// One layer of a network.
struct LayerRow {
  std::string path;  ///< "encoder.0.conv"
  std::string kind;  ///< the op that the layer recorded under its name
  Shape output;
  std::int64_t parameters;
  /// The multiply-adds for the whole batch, including taps in the padding; absent if the op does not state
  /// its cost.
  std::optional<std::int64_t> multiply_adds;
  ReceptiveField receptive_field = {};  ///< the box of input pixels that an output pixel can depend on
};

/// The layers of a network and their totals.
struct Summary {
  Shape input;
  std::vector<LayerRow> layers;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;       ///< of all ops that state their cost, also outside named layers
  std::int64_t unknown_costs = 0;       ///< the number of ops that do not state their cost
  ReceptiveField receptive_field = {};  ///< of the network's output
  std::vector<GraphBox> graph = {};     ///< see layers/layer_graph.h
  Shape output = {};                    ///< of the network, which is not always that of the last row
};

/// Prints a table: layer, op, output shape, receptive field, parameters, multiply-adds (MACs). A cost that an
/// op does not state is printed as "unknown", and a total without it as "at least" the known part.
std::ostream& operator<<(std::ostream& stream, const Summary& summary);

/// Returns the table in lines of at most `columns` characters, if possible: kind, parameters and field are
/// left out, in this order, until the lines fit.
std::string narrow_table(const Summary& summary, int columns);

/// Tabulates the layers that recorded an op on `tape`, in the order they ran on the tracked `input`. `sizes`
/// are the paths and sizes of the network's parameters.
Summary summarize_tape(const Tape& tape, const Variable& input,
                       const std::vector<std::pair<std::string, std::int64_t>>& sizes);

/// Runs `net` once in evaluation mode on zeros of shape `input` [n, h, w, c] and tabulates its layers. Batch
/// norm uses its running statistics, so one image of one pixel will do; dropout does nothing, and is not
/// shown. `net` needs its values: call initialize first.
template <class Net>
Summary summarize(const Net& net, const Shape& input) {
  const Recording scope(Recording::everything);
  Pass pass;
  pass.name_layers(net);
  DType dtype = DType::float32;
  std::vector<std::pair<std::string, std::int64_t>> sizes;
  for (const auto& [path, parameter] : parameters(net)) {
    sizes.emplace_back(path, parameter->spec.shape.elements());
    dtype = parameter->get(path).dtype();
  }
  const Variable x = track(Tensor::zeros(input, dtype), "input");
  return summarize_tape(Tape::of(net(x, pass)), x, sizes);
}

}  // namespace trous
