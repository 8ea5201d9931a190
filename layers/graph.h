// Layers in a graph: each takes values by name, so branches part, join and skip.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trous/layers/sequential.h>

namespace trous {

/// A node of a Graph: a layer, and the values that it takes.
struct GraphNode {
  std::string name;
  AnyLayer layer;
  /// Names of nodes or of the graph's inputs, in the order in which the layer takes them. Empty: the node
  /// listed before, or the first input for the first node.
  std::vector<std::string> inputs = {};
};

/// The nodes of a Graph in any order, and the names of what goes in and comes out.
struct GraphOptions {
  std::vector<GraphNode> nodes;
  std::vector<std::string> inputs = {"input"};
  std::vector<std::string> outputs = {};  ///< names of nodes; empty: the node that is listed last
};

/// A network of named nodes. A layer may take two values, such as Conv2dTranspose (a value, and another whose
/// height and width the result gets) or a function `(const Variable&, const Variable&)`; or any number, as
/// those of layers/join.h do:
///
///   Graph net{{.nodes = {{"fine", Conv2d{{.in_channels = 1, .out_channels = 8}}},
///                        {"deep", MaxPool2d{}},
///                        {"up", Conv2dTranspose{{.in_channels = 8, .out_channels = 8, .stride = 2}},
///                         {"deep", "fine"}},
///                        {"fuse", Concat{}, {"up", "fine"}},
///                        {"head", Conv2d{{.in_channels = 16, .out_channels = 2, .kernel = 1}}}}}};
///
/// Nodes run in the order in which they are listed, except that what a node reads runs before it. A value is
/// kept until its last reader has run. The parts are the nodes' layers, in the order of running, with the
/// names of the nodes.
class Graph {
 public:
  /// Throws ArgumentError naming the node: no node, an empty or double name or one with other characters than
  /// letters, digits, '_' and '-'; a value that is not there; nodes that form a cycle; a node
  /// or an input that nothing reads; a layer that does not take as many values as the node lists.
  explicit Graph(GraphOptions options);

  /// The one output, of a graph with one input and one output.
  Variable operator()(const Variable& x, Pass& pass) const { return (*this)(std::span(&x, 1), pass); }
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// The one output, of as many values as there are inputs. Throws ArgumentError for another number, or if
  /// there are several outputs.
  Variable operator()(std::span<const Variable> inputs, Pass& pass) const;
  /// All outputs, in the order of `outputs`.
  std::vector<Variable> all(std::span<const Variable> inputs, Pass& pass) const;

  bool takes(std::size_t count) const { return count == options_.inputs.size(); }
  /// The nodes in the order of running, each with its inputs; the names of all inputs and outputs.
  const GraphOptions& options() const { return options_; }

  static void parts(auto& self, auto&& f) {
    for (auto& node : self.options_.nodes) f(node.name, node.layer);
  }

 private:
  GraphOptions options_;
  // The places of a node's values: below the number of inputs those, then the nodes'.
  std::vector<std::vector<std::size_t>> reads_;
  std::vector<std::size_t> outputs_;
  std::vector<std::size_t> readers_;  // of each value, each output counted as one
};

}  // namespace trous
