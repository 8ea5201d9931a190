#include <trous/layers/detail/layer_table.h>
#include <trous/layers/from_json.h>

namespace trous {
using detail::DescriptionReader, detail::Json;

AnyLayer network_from_json(std::string_view description) {
  return DescriptionReader("network_from_json").description(description).layer;
}

Graph graph_from_json(std::string_view description) {
  return DescriptionReader("graph_from_json").graph(description);
}

std::string resolved_description(std::string_view description) {
  return DescriptionReader("resolved_description").description(description).options.dump();
}

std::string network_description(std::string_view network, const SegmentationOptions& options) {
  Json given{{"network", network}};
  given.update(detail::written_options(options));
  return DescriptionReader("network_description").description(given).options.dump();
}

std::vector<std::string> network_names() { return detail::network_names_in_order(); }

std::vector<std::string> layer_names() { return detail::layer_names_in_order(); }

}  // namespace trous
