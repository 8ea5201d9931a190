#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>

#include <trous/autograd/add.h>
#include <trous/autograd/variable.h>
#include <trous/core/error.h>
#include <trous/layers/layer_graph.h>

namespace trous {
namespace {

using Dependence = std::vector<std::optional<std::vector<std::size_t>>>;

template <class Map>
bool maps(const Node& node) {
  return std::holds_alternative<Map>(node.op.pixels.map);
}

// Nodes that are not shown: reshapes, and the indices of a maximum pool. An op that reads such a node counts
// as a reader of the node's input.
std::set<const Node*> transparent_nodes(const Tape& tape) {
  std::set<const Node*> found;
  for (const NodePtr& node : tape) {
    if (maps<Pixels::Reshaped>(*node)) found.insert(node.get());
    if (maps<Pixels::Picked>(*node) && node->inputs.size() == 2) found.insert(node->inputs[1].node.get());
  }
  return found;
}

// For each node of the tape the inputs that depend on x, as places on the tape without repetition. Absent for
// a node that does not depend on x.
Dependence reads_of(const Tape& tape, const Variable& x, const std::set<const Node*>& transparent) {
  Dependence reads;
  std::unordered_map<const Node*, std::size_t> places;  // of what depends on x
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Node& node = tape[i];
    std::set<std::size_t> found;
    for (const Node::Input& input : node.inputs) {
      if (const auto place = places.find(input.node.get()); place != places.end())
        found.insert(place->second);
    }
    const bool shown = !found.empty() || &node == x.node().get();
    reads.push_back(shown ? std::optional(std::vector(found.begin(), found.end())) : std::nullopt);
    if (shown) places[&node] = transparent.contains(&node) && found.size() == 1 ? *found.begin() : i;
  }
  return reads;
}

// Maps context.0.conv to context.0, but context.0 to itself, since the layers of a list stay apart.
std::string block_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find_first_not_of("0123456789", dot + 1) == std::string::npos) {
    return path;
  }
  return path.substr(0, dot);
}

std::string words_of(const Node& node, std::size_t read) {
  if (const auto* picked = std::get_if<Pixels::Picked>(&node.op.pixels.map)) return picked->together;
  if (is_sum(node.op) && node.op.name.empty() && read == 1 && node.inputs[0].node != node.inputs[1].node)
    return "bias";
  std::string words = node.op.kind;
  const auto add = [&](const char* what, HeightWidth pair) {
    if (pair != HeightWidth{1, 1}) words += text(' ', what, ' ', pair.height, 'x', pair.width);
  };
  if (const Windows* const w = node.op.pixels.windows()) {
    add("stride", {w->height.stride, w->width.stride});
    add("rate", {w->height.rate, w->width.rate});
  }
  return words;
}

// Text inside the quotes of a graphviz label: a quote ends the label there, a backslash begins an escape,
// an ampersand a character by its HTML name, and other control characters stand for nothing.
std::string escaped(const std::string& plain) {
  std::string label;
  for (const char c : plain) {
    if (c == '"' || c == '\\') {
      label += '\\';
      label += c;
    } else if (c == '&') {
      label += "&amp;";
    } else {
      label += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return label;
}

bool joins(const GraphBox& box, const Node& node) {
  if (!node.op.name.empty()) return block_of(node.op.name) == box.name;
  return box.name.empty() || node.shape == box.output;
}

}  // namespace

std::vector<GraphBox> layer_graph(const Tape& tape, const Variable& x) {
  const std::vector<ReceptiveField> fields = receptive_fields(tape, x);
  const std::set<const Node*> transparent = transparent_nodes(tape);
  const Dependence reads = reads_of(tape, x, transparent);
  std::vector<std::size_t> readers(tape.size(), 0), box_of(tape.size(), 0);
  for (std::size_t i = 0; i < tape.size(); ++i) {
    if (!reads[i] || transparent.contains(&tape[i])) continue;
    for (const std::size_t place : *reads[i]) ++readers[place];
  }
  std::vector<GraphBox> boxes;
  for (std::size_t i = 0; i < tape.size(); ++i) {
    if (!reads[i]) continue;
    const Node& node = tape[i];
    const std::vector<std::size_t>& read = *reads[i];
    const bool alone = read.size() == 1 && box_of[read[0]] > 0 && readers[read[0]] <= 1;
    if (transparent.contains(&node)) {
      if (alone && node.shape.rank() == 4) boxes[box_of[read[0]]].output = node.shape;  // images again
      continue;
    }
    if (alone && joins(boxes[box_of[read[0]]], node)) {
      box_of[i] = box_of[read[0]];
    } else {
      std::set<std::size_t> from;
      for (const std::size_t place : read) from.insert(box_of[place]);
      box_of[i] = boxes.size();
      boxes.push_back({boxes.empty() ? "input" : block_of(node.op.name),
                       {},
                       node.shape,
                       fields[i],
                       std::vector(from.begin(), from.end())});
    }
    GraphBox& box = boxes[box_of[i]];
    if (box_of[i] > 0) box.ops.push_back(words_of(node, read.size()));
    box.output = node.shape;
    box.receptive_field = fields[i];
  }
  return boxes;
}

std::string graphviz(const std::vector<GraphBox>& graph) {
  std::string nodes, arrows;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const GraphBox& box = graph[i];
    std::vector<std::string> lines;
    if (!box.name.empty()) lines.push_back(box.name);
    if (!box.ops.empty()) lines.push_back(joined(box.ops));
    lines.push_back(text(box.output));
    if (i > 0) lines.push_back(text("sees ", box.receptive_field));
    nodes += text("  box", i, " [label=\"");
    for (std::size_t k = 0; k < lines.size(); ++k) nodes += (k ? "\\n" : "") + escaped(lines[k]);
    nodes += "\"];\n";
    for (const std::size_t from : box.from) arrows += text("  box", from, " -> box", i, ";\n");
  }
  return "digraph network {\n  node [shape=box, fontname=\"sans-serif\"];\n" + nodes + arrows + "}\n";
}

}  // namespace trous
