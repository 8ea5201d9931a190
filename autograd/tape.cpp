#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <unordered_map>

#include <trous/autograd/tape.h>
#include <trous/core/error.h>

namespace trous {

std::size_t Tape::count(std::string_view kind) const {
  return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(),
                                                [&](const NodePtr& node) { return node->op.kind == kind; }));
}

std::optional<std::size_t> Tape::find(const Node* node) const {
  if (!node) return {};
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node->serial,
                                   [](const NodePtr& a, std::uint64_t serial) { return a->serial < serial; });
  if (at == nodes_.end() || at->get() != node) return {};
  return static_cast<std::size_t>(at - nodes_.begin());
}

Computed Tape::replay(std::size_t i, std::span<const Tensor> inputs) const {
  if (i >= nodes_.size()) {
    throw GraphError(text("replay: there is no %", i + 1, ". The tape has ", nodes_.size(), " nodes."));
  }
  const Node& node = *nodes_[i];
  if (!node.forward) {
    throw GraphError(text("replay: %", i + 1, " is a ", node.op.kind,
                          ", which computes nothing. Replay a node with inputs."));
  }
  if (inputs.size() != node.inputs.size()) {
    throw GraphError(text("replay: %", i + 1, " is a ", node.op.kind, " of ", node.inputs.size(),
                          " inputs, but ", inputs.size(), inputs.size() == 1 ? " is" : " are",
                          " given. Give one tensor per input."));
  }
  for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
    const Node::Input& recorded = node.inputs[slot];
    if (inputs[slot].shape() != recorded.shape || inputs[slot].dtype() != recorded.dtype) {
      throw ShapeError(text("replay: input ", slot, " of %", i + 1, ", a ", node.op.kind, ", is ",
                            short_name(recorded.dtype), recorded.shape, ", the tensor given ",
                            short_name(inputs[slot].dtype()), inputs[slot].shape(),
                            ". Give the recorded shape and dtype."));
    }
  }
  return node.forward(inputs);
}

std::optional<std::size_t> Tape::first_not_finite() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = *nodes_[i];
    // A leaf keeps no output: what its consumers kept of it shows whether it was bad.
    for (const Node::Input& input : node.inputs) {
      const bool unseen = input.value && input.node && !input.node->output;
      if (unseen && !all_finite(*input.value)) return find(input.node.get());
    }
    if (node.output && !all_finite(*node.output)) return i;
  }
  return {};
}

std::ostream& operator<<(std::ostream& stream, const Tape& tape) {
  if (tape.size() == 0) return stream << "(an empty tape: the value is a constant, nothing was recorded)\n";
  struct Line {
    std::string label, kind, inputs, attributes, result;
  };
  std::unordered_map<const Node*, std::size_t> number;
  std::vector<Line> lines;
  Line widths;
  const auto widen = [](std::string& width, const std::string& cell) {
    width.resize(std::max(width.size(), cell.size()));
  };
  for (const NodePtr& node : tape) {
    number[node.get()] = number.size() + 1;
    Line line{.label = text('%', number.size()),
              .kind = node->op.kind,
              .inputs = {},
              .attributes = text(node->op.attributes),
              .result = text(short_name(node->dtype), node->shape)};
    for (const Node::Input& input : node->inputs) {
      const auto found = number.find(input.node.get());
      line.inputs += (line.inputs.empty() ? "" : " ") +
                     (found == number.end() ? std::string("const") : text('%', found->second));
    }
    if (!node->op.name.empty()) line.result += text("   \"", node->op.name, '"');
    widen(widths.label, line.label);
    widen(widths.kind, line.kind);
    widen(widths.inputs, line.inputs);
    widen(widths.attributes, line.attributes);
    lines.push_back(std::move(line));
  }
  std::ostringstream table;  // the caller's stream keeps its own alignment
  const auto column = [&](const std::string& cell, const std::string& width) {
    table << std::left << std::setw(static_cast<int>(width.size())) << cell;
    if (!width.empty()) table << "   ";
  };
  for (const Line& line : lines) {
    table << std::right << std::setw(static_cast<int>(widths.label.size())) << line.label << " = ";
    column(line.kind, widths.kind);
    column(line.inputs, widths.inputs);
    column(line.attributes, widths.attributes);
    table << line.result << '\n';
  }
  return stream << table.str();
}

}  // namespace trous
