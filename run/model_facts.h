// The facts of a network in the results of a run: its table, its drawing, and what an output pixel sees.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/layers/coverage.h>
#include <trous/layers/receptive_field.h>
#include <trous/layers/summary.h>

namespace trous {

/// A row of the network's table, see layers/summary.h.
struct LayerFacts {
  std::string path, kind;
  std::vector<std::int64_t> output;
  std::int64_t parameters;
  std::optional<std::int64_t> multiply_adds;  ///< nothing where the op does not state it
  std::optional<ReceptiveField> receptive_field;
};

/// A box of the picture of the network, see layers/layer_graph.h.
struct BoxFacts {
  std::string name;
  std::vector<std::string> ops;
  std::vector<std::int64_t> output;
  std::vector<std::size_t> from;  ///< boxes before it
  std::optional<ReceptiveField> receptive_field = {};
};

/// A network as results.json describes it.
struct ModelFacts {
  std::string name;
  std::vector<std::int64_t> input;
  std::int64_t parameters;
  std::optional<std::int64_t> multiply_adds;  ///< nothing where an op does not state it
  std::optional<ReceptiveField> receptive_field;
  std::vector<LayerFacts> layers;
  std::vector<BoxFacts> graph;            ///< empty where the run did not write it
  std::vector<std::int64_t> output = {};  ///< of the network; likewise
};

/// What the output pixel at (row, column) sees of the input, see layers/coverage.h.
struct CoverageFacts {
  std::int64_t row, column;
  std::int64_t top, left, height, width;  ///< of the box around all that is seen, inside the input
  std::vector<std::string> map;           ///< of the box, '#' where seen and '.' where not

  /// How many pixels of the box are seen.
  std::int64_t seen_pixels() const;
  /// The share of the box's pixels that are seen; 0 for an empty box.
  double share() const;
};

/// The facts of the network called `name` from its table.
ModelFacts model_facts(const std::string& name, const Summary& summary);

CoverageFacts coverage_facts(const Coverage& coverage);

}  // namespace trous
