#include <algorithm>
#include <array>
#include <iomanip>
#include <limits>
#include <numeric>
#include <ostream>
#include <sstream>

#include <trous/core/error.h>
#include <trous/layers/summary.h>

namespace trous {
namespace {

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string cost_text(std::optional<std::int64_t> multiply_adds) {
  if (!multiply_adds) return "unknown";
  return *multiply_adds ? grouped(*multiply_adds) : "-";
}

}  // namespace

Summary summarize_tape(const Tape& tape, const Variable& input,
                       const std::vector<std::pair<std::string, std::int64_t>>& sizes) {
  Summary summary{.input = input.shape(), .layers = {}, .graph = layer_graph(tape, input)};
  const std::vector<ReceptiveField> fields = receptive_fields(tape, input);
  if (!fields.empty()) summary.receptive_field = fields.back();
  if (tape.size() > 0) summary.output = tape[tape.size() - 1].shape;
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Node* const node = &tape[i];
    if (node->inputs.empty()) continue;
    const std::optional<std::int64_t> cost = node->op.pixels.multiply_adds(Taps::all);
    summary.multiply_adds += cost.value_or(0);  // also of ops that no layer names
    summary.unknown_costs += !cost;
    if (node->op.name.empty()) continue;
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
  return stream << narrow_table(summary, std::numeric_limits<int>::max());
}

std::string narrow_table(const Summary& summary, int columns) {
  std::vector<std::array<std::string, 6>> rows{{"layer", "kind", "output", "field", "parameters", "MACs"},
                                               {"input", "", text(summary.input), "-", "-", "-"}};
  for (const LayerRow& row : summary.layers) {
    rows.push_back({row.path, row.kind, text(row.output), text(row.receptive_field), grouped(row.parameters),
                    cost_text(row.multiply_adds)});
  }
  rows.push_back({"total", "", "", text(summary.receptive_field), grouped(summary.parameters),
                  (summary.unknown_costs ? "at least " : "") + grouped(summary.multiply_adds)});
  std::array<std::size_t, 6> widths{0, 0, 0, 11, 12, 15};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size() + (i == 2 ? 0 : 2));
  }
  for (const std::size_t dispensable : {1, 4, 3}) {
    const std::size_t used = std::accumulate(widths.begin(), widths.end(), std::size_t{2});
    if (used > static_cast<std::size_t>(columns)) widths[dispensable] = 0;
  }
  std::ostringstream table;
  for (const auto& row : rows) {
    table << "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      table << (i < 3 ? std::left : std::right) << std::setw(static_cast<int>(widths[i])) << row[i];
    }
    table << '\n';
  }
  return table.str();
}

}  // namespace trous
