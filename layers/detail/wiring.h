// The order in which the nodes of a graph run, from their names alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trous::detail {

/// The names of a graph. A node without inputs reads the node listed before it, or the first input.
struct GraphNames {
  struct Node {
    std::string name;
    std::vector<std::string> inputs;
  };
  std::vector<Node> nodes;
  std::vector<std::string> inputs, outputs;
};

/// The places of values: the inputs come first, then the nodes in the order of running.
struct Wiring {
  std::vector<std::size_t> order;               ///< of running: places among the nodes that are listed
  std::vector<std::vector<std::size_t>> reads;  ///< of each node, in the order of running
  std::vector<std::size_t> outputs;
};

/// Fills in the inputs and outputs that are not said, and orders the nodes: as listed, except that what a
/// node reads runs before it. Throws ArgumentError, "op: <prefix>nodes.fuse.inputs[1]: ...", see
/// Graph::Graph.
Wiring wired(std::string_view op, std::string_view prefix, GraphNames& names);

}  // namespace trous::detail
