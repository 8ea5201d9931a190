// Networks on disk: one safetensors file, written whole or not at all.
#pragma once

#include <map>
#include <string>

#include <trous/data/safetensors.h>
#include <trous/layers/visit.h>

namespace trous {

/// The values of `parameters` under their paths and of `buffers` under "buffer/" and their paths.
SafetensorsFile network_file(const std::vector<Named<const Parameter>>& parameters,
                             const std::vector<Named<const Buffer>>& buffers);

/// Puts the tensors of `file`, read from `path`, into `parameters` and `buffers`. Everything is judged
/// first, so a failure changes nothing. Throws FileError naming file and tensor.
void restore_network(const std::string& path, const SafetensorsFile& file,
                     const std::vector<Named<Parameter>>& parameters,
                     const std::vector<Named<Buffer>>& buffers);

/// Writes the weights and buffers of `net`; the file is readable by any safetensors library.
template <class Net>
void save(const Net& net, const std::string& path, const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsFile file = network_file(parameters(net), buffers(net));
  file.metadata = metadata;
  write_safetensors(path, file);
}

/// Reads them back into a network of the same layers. Throws FileError naming the file and what was wrong;
/// the network then is as it was.
template <class Net>
void load(Net& net, const std::string& path) {
  restore_network(path, read_safetensors(path), parameters(net), buffers(net));
}

}  // namespace trous
