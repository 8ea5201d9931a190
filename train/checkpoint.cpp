#include <set>

#include <trous/core/error.h>
#include <trous/train/checkpoint.h>

namespace trous {
namespace {

std::string buffer_name(const std::string& path) { return "buffer/" + path; }

const Tensor& found(const std::string& path, const SafetensorsFile& file, const std::string& name,
                    const Shape& shape) {
  for (const auto& [key, tensor] : file.tensors) {
    if (key != name) continue;
    if (!(tensor.shape() == shape)) {
      throw FileError(text(path, ": ", name, " has shape ", tensor.shape(), ", the network needs ", shape,
                           ". Build the network with the options it was saved with."));
    }
    if (!is_floating(tensor.dtype())) {
      throw FileError(
          text(path, ": ", name, " is ", tensor.dtype(), ", weights are float32 or float64. Save it anew."));
    }
    return tensor;
  }
  throw FileError(text(path, ": there is no tensor ", name,
                       ", which the network needs. Build the network it was saved from."));
}

}  // namespace

SafetensorsFile network_file(const std::vector<Named<const Parameter>>& parameters,
                             const std::vector<Named<const Buffer>>& buffers) {
  SafetensorsFile file;
  for (const auto& [path, parameter] : parameters)
    file.tensors.emplace_back(path, parameter->get(path).value());
  for (const auto& [path, buffer] : buffers) file.tensors.emplace_back(buffer_name(path), buffer->get(path));
  return file;
}

void restore_network(const std::string& path, const SafetensorsFile& file,
                     const std::vector<Named<Parameter>>& parameters,
                     const std::vector<Named<Buffer>>& buffers) {
  std::vector<Tensor> weights, statistics;
  std::set<std::string> wanted;
  for (const auto& [name, parameter] : parameters) {
    weights.push_back(found(path, file, name, parameter->spec.shape));
    wanted.insert(name);
  }
  for (const auto& [name, buffer] : buffers) {
    statistics.push_back(found(path, file, buffer_name(name), buffer->spec.shape));
    wanted.insert(buffer_name(name));
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (!wanted.contains(name)) {
      throw FileError(text(path, ": it holds ", name, ' ', tensor.shape(),
                           ", which the network does not have. Build the network it was saved from."));
    }
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].part->value = weights[i];
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].part->value = statistics[i];
}

}  // namespace trous
