#include <algorithm>
#include <sstream>

#include <trous/core/text.h>
#include <trous/run/model_facts.h>

namespace trous {
namespace {

std::vector<std::int64_t> numbers_of(const Shape& shape) {
  return {shape.extents().begin(), shape.extents().end()};
}

}  // namespace

std::int64_t CoverageFacts::seen_pixels() const {
  std::int64_t seen = 0;
  for (const std::string& line : map) seen += std::count(line.begin(), line.end(), '#');
  return seen;
}

double CoverageFacts::share() const {
  const std::int64_t pixels = height * width;
  return pixels > 0 ? static_cast<double>(seen_pixels()) / static_cast<double>(pixels) : 0;
}

ModelFacts model_facts(const std::string& name, const Summary& summary) {
  ModelFacts facts{.name = name,
                   .input = numbers_of(summary.input),
                   .parameters = summary.parameters,
                   .multiply_adds = std::nullopt,
                   .receptive_field = summary.receptive_field,
                   .layers = {},
                   .graph = {},
                   .output = numbers_of(summary.output)};
  if (summary.unknown_costs == 0) facts.multiply_adds = summary.multiply_adds;
  for (const LayerRow& row : summary.layers) {
    facts.layers.push_back({.path = row.path,
                            .kind = row.kind,
                            .output = numbers_of(row.output),
                            .parameters = row.parameters,
                            .multiply_adds = row.multiply_adds,
                            .receptive_field = row.receptive_field});
  }
  for (const GraphBox& box : summary.graph) {
    facts.graph.push_back({.name = box.name,
                           .ops = box.ops,
                           .output = numbers_of(box.output),
                           .from = box.from,
                           .receptive_field = box.receptive_field});
  }
  return facts;
}

CoverageFacts coverage_facts(const Coverage& coverage) {
  CoverageFacts facts{.row = coverage.row,
                      .column = coverage.column,
                      .top = coverage.top,
                      .left = coverage.left,
                      .height = coverage.height,
                      .width = coverage.width,
                      .map = {}};
  std::istringstream lines(text(coverage));
  for (std::string line; std::getline(lines, line);) facts.map.push_back(line);
  return facts;
}

}  // namespace trous
