#include <algorithm>
#include <iomanip>
#include <map>
#include <ostream>

#include <trous/core/error.h>
#include <trous/layers/receptive_field.h>
#include <trous/layers/summary.h>

namespace trous {
namespace {

// Every op of the convolution family and matmul take an image-like input first, weights second. Seen as
// the form's slots, each pixel of the small side (the result of a convolution, the value of a transpose)
// meets each weight once.
std::int64_t multiply_adds_of(const Node& node) {
  const std::string& kind = node.op.kind;
  const bool forward =
      kind == "conv2d" || kind == "atrous_conv2d" || kind == "depthwise_conv2d" || kind == "matmul";
  const bool transpose = kind == "conv2d_transpose" || kind == "atrous_conv2d_transpose";
  if (!forward && !transpose) return 0;
  const Shape& pixels = forward ? node.shape : node.inputs[0].shape;
  return pixels.elements(0, pixels.rank() - 1) * node.inputs[1].shape.elements();
}

std::string box(HeightWidth pixels) {
  return pixels == HeightWidth{0, 0} ? "-" : text(pixels.height, 'x', pixels.width);
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace

Summary summarize_tape(const Tape& tape, const Variable& input,
                       const std::vector<std::pair<std::string, std::int64_t>>& sizes) {
  Summary summary{.input = input.shape(), .layers = {}};
  const std::vector<HeightWidth> fields = receptive_fields(tape, input);
  if (!fields.empty()) summary.receptive_field = fields.back();
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Node* const node = &tape[i];
    const std::int64_t cost = multiply_adds_of(*node);
    summary.multiply_adds += cost;  // also of ops that no layer names
    if (node->op.name.empty() || node->inputs.empty()) continue;
    LayerRow row{node->op.name, node->op.kind, node->shape, 0, cost, fields[i]};
    for (const auto& [path, size] : sizes) {
      if (path.starts_with(row.path + '.')) row.parameters += size;
    }
    summary.layers.push_back(std::move(row));
  }
  for (const auto& [path, size] : sizes) summary.parameters += size;
  return summary;
}

std::ostream& operator<<(std::ostream& stream, const Summary& summary) {
  std::size_t path = 5, kind = 4, output = std::max<std::size_t>(6, text(summary.input).size());
  for (const LayerRow& row : summary.layers) {
    path = std::max(path, row.path.size());
    kind = std::max(kind, row.kind.size());
    output = std::max(output, text(row.output).size());
  }
  std::ostringstream table;
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c,
                        const std::string& d, const std::string& e, const std::string& f) {
    table << "  " << std::left << std::setw(static_cast<int>(path) + 2) << a
          << std::setw(static_cast<int>(kind) + 2) << b << std::setw(static_cast<int>(output)) << c
          << std::right << std::setw(11) << d << std::setw(12) << e << std::setw(15) << f << '\n';
  };
  line("layer", "kind", "output", "field", "parameters", "MACs");
  line("input", "", text(summary.input), "-", "-", "-");
  for (const LayerRow& row : summary.layers) {
    line(row.path, row.kind, text(row.output), box(row.receptive_field), grouped(row.parameters),
         row.multiply_adds ? grouped(row.multiply_adds) : "-");
  }
  line("total", "", "", box(summary.receptive_field), grouped(summary.parameters),
       grouped(summary.multiply_adds));
  return stream << table.str();
}

}  // namespace trous
