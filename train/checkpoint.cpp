#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include <trous/core/error.h>
#include <trous/layers/from_json.h>
#include <trous/train/checkpoint.h>

namespace trous {
namespace {

// What a trainer keeps beside the network.
constexpr std::array<std::string_view, 3> trainer_prefixes{"best/", "optimizer/", "average/"};

bool is_of_trainer(std::string_view name) {
  return std::any_of(trainer_prefixes.begin(), trainer_prefixes.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// JSON has no NaN and no infinity: they are strings. What is absent is null.
nlohmann::json json_of(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isfinite(*value)) return *value;
  return std::isnan(*value) ? "nan" : *value > 0 ? "inf" : "-inf";
}

std::optional<double> number_of(const nlohmann::json& value) {
  if (value.is_null()) return std::nullopt;
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

std::uint64_t seed_of(const std::string& digits) {
  std::uint64_t seed = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  if (failure != std::errc() || end != digits.data() + digits.size())
    throw ArgumentError(text("its seed is \"", digits, '"'));
  return seed;
}

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
    if (!wanted.contains(name) && !is_of_trainer(name)) {
      throw FileError(text(path, ": it holds ", name, ' ', tensor.shape(),
                           ", which the network does not have. Build the network it was saved from."));
    }
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].part->value = weights[i];
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].part->value = statistics[i];
}

SafetensorsFile tensors_below(const SafetensorsFile& file, std::string_view prefix) {
  SafetensorsFile part;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(prefix)) part.tensors.emplace_back(name.substr(prefix.size()), tensor);
  }
  return part;
}

std::map<std::string, std::string> to_metadata(const CheckpointInfo& info) {
  nlohmann::ordered_json about{{"network", info.network},
                               {"classes", info.classes},
                               {"data", info.data},
                               {"seed", std::to_string(info.seed)},
                               {"step", info.step},
                               {"steps", info.steps},
                               {"best_step", info.best_step},
                               {"chosen_by", name(info.chosen_by)},
                               {"best_loss", json_of(info.best_loss)},
                               {"best_score", json_of(info.best_score)}};
  return {{"trous", about.dump()}};
}

CheckpointInfo checkpoint_info(const std::string& path, const SafetensorsFile& file) {
  const auto found = file.metadata.find("trous");
  if (found == file.metadata.end()) {
    throw FileError(text(path,
                         ": it does not say what network it holds. Build the network and call load, or save "
                         "it with a CheckpointInfo."));
  }
  try {
    const auto about = nlohmann::json::parse(found->second);
    return {.network = about.at("network"),
            .classes = about.at("classes"),
            .data = about.at("data"),
            .seed = seed_of(about.at("seed").get<std::string>()),
            .step = about.at("step"),
            .steps = about.at("steps"),
            .best_step = about.at("best_step"),
            .chosen_by = about.contains("chosen_by")  // not in files of older versions
                             ? parse_criterion(about.at("chosen_by").get<std::string>())
                             : Criterion::foreground_iou,
            .best_score = number_of(about.at("best_score")),
            .best_loss = about.contains("best_loss") ? number_of(about.at("best_loss")) : std::nullopt};
  } catch (const std::exception& error) {
    throw FileError(text(path, ": what it says of itself is damaged, ", error.what(), ". Save it anew."));
  }
}

LoadedNetwork load_network(const std::string& path) {
  const SafetensorsFile file = read_safetensors(path);
  CheckpointInfo info = checkpoint_info(path, file);
  if (info.network.empty()) {
    throw FileError(text(path, ": it does not describe its network. Build the network and call load."));
  }
  AnyLayer net = [&] {
    try {
      return network_from_json(info.network);
    } catch (const ArgumentError& error) {
      throw FileError(text(path, ": the network it describes cannot be built. ", error.what()));
    }
  }();
  restore_network(path, file, parameters(net), buffers(net));
  return {std::move(net), std::move(info)};
}

}  // namespace trous
