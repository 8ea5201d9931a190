// The table of a network: what each layer makes and costs, read off the tape of one run.
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

struct LayerRow {
  std::string path;  ///< "encoder.0.conv"
  std::string kind;  ///< the op that the layer recorded under its name
  Shape output;
  std::int64_t parameters;
  /// Of the whole batch, taps in the padding included; nothing where the op does not state its cost.
  std::optional<std::int64_t> multiply_adds;
  ReceptiveField receptive_field = {};  ///< what an output pixel can see of the input
};

struct Summary {
  Shape input;
  std::vector<LayerRow> layers;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;  ///< of every op that states its cost, also of those outside named layers
  std::int64_t unknown_costs = 0;  ///< ops that do not
  ReceptiveField receptive_field = {};  ///< of the network's output
  std::vector<GraphBox> graph = {};     ///< see layers/layer_graph.h
};

/// A table: layer, op, output shape, receptive field, parameters, multiply-adds (MACs). What an op does not
/// say is "unknown", and a total that lacks it "at least" what is known.
std::ostream& operator<<(std::ostream& stream, const Summary& summary);

/// The same in lines of at most `columns` characters where that is possible: kind, parameters and field are
/// left out, in this order, until they fit.
std::string narrow_table(const Summary& summary, int columns);

/// The rows of the layers that left an op on `tape`, in the order they ran on the tracked `input`. `sizes`
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
