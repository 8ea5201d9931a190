#include <trous/core/error.h>
#include <trous/layers/detail/wiring.h>
#include <trous/layers/graph.h>

namespace trous {

Graph::Graph(GraphOptions options) {
  detail::GraphNames names{.nodes = {}, .inputs = options.inputs, .outputs = options.outputs};
  for (const GraphNode& node : options.nodes) names.nodes.push_back({node.name, node.inputs});
  detail::Wiring wiring = detail::wired("Graph", "", names);
  options_.inputs = std::move(names.inputs);
  options_.outputs = std::move(names.outputs);
  reads_ = std::move(wiring.reads);
  outputs_ = std::move(wiring.outputs);
  for (const std::size_t place : wiring.order) {
    GraphNode& node = options.nodes[place];
    node.inputs = std::move(names.nodes[place].inputs);
    if (!node.layer.takes(node.inputs.size())) {
      throw ArgumentError(text("Graph: nodes.", node.name, ".inputs: ", node.inputs.size(),
                               node.inputs.size() == 1 ? " is" : " are", " named, and the layer takes ",
                               node.layer.takes_in_words(), '.'));
    }
    options_.nodes.push_back(std::move(node));
  }
  readers_.resize(options_.inputs.size() + options_.nodes.size());
  for (const auto& reads : reads_) {
    for (const std::size_t place : reads) ++readers_[place];
  }
  for (const std::size_t place : outputs_) ++readers_[place];
}

std::vector<Variable> Graph::all(std::span<const Variable> inputs, Pass& pass) const {
  if (inputs.size() != options_.inputs.size()) {
    throw ArgumentError(text("Graph: ", inputs.size(), inputs.size() == 1 ? " value is" : " values are",
                             " given to a graph that takes ", options_.inputs.size(), ": ",
                             joined(options_.inputs), ". Give one for each."));
  }
  std::vector<std::optional<Variable>> values(inputs.begin(), inputs.end());
  values.resize(readers_.size());
  std::vector<std::size_t> left = readers_;
  for (std::size_t i = 0; i < reads_.size(); ++i) {
    std::vector<Variable> read;
    for (const std::size_t place : reads_[i]) {
      read.push_back(*values[place]);
      if (--left[place] == 0) values[place].reset();
    }
    values[inputs.size() + i] = options_.nodes[i].layer(read, pass);
  }
  std::vector<Variable> outputs;
  for (const std::size_t place : outputs_) outputs.push_back(*values[place]);
  return outputs;
}

Variable Graph::operator()(std::span<const Variable> inputs, Pass& pass) const {
  if (outputs_.size() != 1) {
    throw ArgumentError(text("Graph: it has ", outputs_.size(), " outputs, ", joined(options_.outputs),
                             ", and one is wanted. Call all() for all of them."));
  }
  return all(inputs, pass).front();
}

}  // namespace trous
