// Networks from a description in JSON, which a file, a command line and a checkpoint can hold.
//
//   {"network": "small-dilated", "in_channels": 1, "classes": 11, "width": 16, "kernel": 3}
//
//   {"layers": [
//     {"atrous_conv2d": {"in_channels": 1, "out_channels": 16, "rate": 2, "padding": "SAME"}},
//     {"batch_norm": {}},
//     "relu",
//     {"residual": [{"conv2d_norm_relu": {"out_channels": 16}}, {"conv2d": {"out_channels": 16}}]},
//     {"conv2d": {"out_channels": 11, "kernel": 1, "initializer": "glorot_uniform"}}
//   ]}
//
//   {"inputs": ["input"],
//    "nodes": {
//      "fine": {"conv2d_norm_relu": {"in_channels": 1, "out_channels": 16}},
//      "deep": {"max_pool2d": {}},
//      "up":   {"conv2d_transpose": {"out_channels": 16, "stride": 2}, "inputs": ["deep", "fine"]},
//      "fuse": {"concat": {}, "inputs": ["up", "fine"]},
//      "head": {"conv2d": {"out_channels": 11, "kernel": 1}}},
//    "outputs": ["head"]}
//
// A layer is {"name": {its options}}, or "name" alone for its defaults; a list in a list is a Sequential in a
// Sequential. Options are called as the members of the layer's options. A kernel, stride, rate, window or
// scale is a number or [height, width]; padding is "SAME", "VALID" or [[top, bottom], [left, right]].
// A node is a layer, and "inputs" name the values that it takes: without them the node before. "inputs" and
// "outputs" of the graph may be left out for one input, "input", and the last node. {"graph": {"nodes": ...}}
// is a layer, too. docs/networks.md explains all of it.
//
// in_channels, in_features and channels may be left out where the layer before determines the number of
// channels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trous/layers/graph.h>
#include <trous/layers/networks.h>
#include <trous/layers/sequential.h>

namespace trous {

/// Builds the network that a description describes, without values: call initialize or load.
///
/// Throws ArgumentError naming the place in the description (`layers[2].atrous_conv2d.rte`): text that is no
/// JSON, a key or a name that is not known, twice the same key, a missing or a wrong value.
AnyLayer network_from_json(std::string_view description);

/// As network_from_json, for a description with "nodes", which may have several inputs and outputs.
Graph graph_from_json(std::string_view description);

/// Writes out everything in a description, in one line. Equal networks have equal texts, and the text
/// describes the same network even if defaults change. Throws as network_from_json.
std::string resolved_description(std::string_view description);

/// Returns the description, written out, of one of network_names(). Throws ArgumentError for another name,
/// and what the network throws for its options.
std::string network_description(std::string_view network, const SegmentationOptions& options = {});

/// The names allowed in {"network": ...}: those of named_networks(), in alphabetical order.
std::vector<std::string> network_names();

/// The names allowed in {"layers": [...]}, in alphabetical order.
std::vector<std::string> layer_names();

}  // namespace trous
