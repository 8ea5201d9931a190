#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/layers/from_json.h>
#include <trous/train/checkpoint.h>

namespace trous {
namespace {

bool is_of_trainer(std::string_view name) {
  return std::any_of(trainer_prefixes.begin(), trainer_prefixes.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// JSON has no NaN and no infinity: they are written as strings. An absent number is null.
detail::Json json_of(const std::optional<double>& value) {
  if (!value || std::isfinite(*value)) return detail::or_null(value);
  return std::isnan(*value) ? "nan" : *value > 0 ? "inf" : "-inf";
}

std::uint64_t seed_of(const detail::JsonPlace& place) {
  const std::string digits = place.string();
  const std::optional<std::uint64_t> seed = parsed_number<std::uint64_t>(digits);
  if (!seed) place.fail(text('"', digits, "\", which is no number from 0 to 2^64 - 1"));
  return *seed;
}

Criterion criterion_of(const detail::JsonPlace& about) {
  const bool lower = about.has("better") && about["better"].string() == "lower";
  const auto parse = [lower](std::string_view word) {
    return parse_criterion(word, lower ? Better::lower : Better::higher);
  };
  return about["chosen_by"].parsed_by(parse, "criterion");
}

HeightWidth size_of(const detail::JsonPlace& place) {
  const std::vector<std::int64_t> extents = place.wholes();
  if (extents.size() != 2) place.fail(text("of ", extents.size(), " numbers, which is no height and width"));
  return {extents[0], extents[1]};
}

std::string buffer_name(const std::string& path) { return text(buffer_prefix, path); }

const Tensor& found(const std::string& path, const SafetensorsFile& file, const std::string& name,
                    const Shape& shape, NonFiniteWeights non_finite) {
  for (const auto& [key, tensor] : file.tensors) {
    if (key != name) continue;
    if (tensor.shape() != shape) {
      throw FileError(text(path, ": ", name, " has shape ", tensor.shape(), ", the network needs ", shape,
                           ". Build the network with the options it was saved with."));
    }
    if (!is_floating(tensor.dtype())) {
      throw FileError(
          text(path, ": ", name, " is ", tensor.dtype(), ", weights are float32 or float64. Save it anew."));
    }
    if (non_finite == NonFiniteWeights::refuse) check_finite(path, name, tensor);
    return tensor;
  }
  throw FileError(text(path, ": there is no tensor ", name,
                       ", which the network needs. Build the network it was saved from."));
}

}  // namespace

SafetensorsFile network_file(const std::vector<Named<const Parameter>>& parameters,
                             const std::vector<Named<const Buffer>>& buffers) {
  check_names("save", parameters, buffers);
  SafetensorsFile file;
  for (const auto& [path, parameter] : parameters)
    file.tensors.emplace_back(path, parameter->get(path).value());
  for (const auto& [path, buffer] : buffers) file.tensors.emplace_back(buffer_name(path), buffer->get(path));
  return file;
}

void restore_network(const std::string& path, const SafetensorsFile& file,
                     const std::vector<Named<Parameter>>& parameters,
                     const std::vector<Named<Buffer>>& buffers, NonFiniteWeights non_finite) {
  check_names("load", parameters, buffers);
  std::vector<Tensor> weights, statistics;
  std::set<std::string> wanted;
  for (const auto& [name, parameter] : parameters) {
    weights.push_back(found(path, file, name, parameter->spec.shape, non_finite));
    wanted.insert(name);
  }
  for (const auto& [name, buffer] : buffers) {
    statistics.push_back(found(path, file, buffer_name(name), buffer->spec.shape, non_finite));
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

std::string describe_not_finite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype()) || all_finite(tensor)) return {};
  return visit_floating("describe_not_finite", tensor.dtype(), [&]<class T> {
    const std::span<const T> values = tensor.values<T>();
    const auto bad = [](T value) { return !std::isfinite(value); };
    const auto first = std::find_if(values.begin(), values.end(), bad);
    std::string index;
    std::int64_t rest = first - values.begin();
    for (std::int64_t axis = tensor.shape().rank() - 1; axis >= 0; --axis) {
      index = text(rest % tensor.shape()[axis], index.empty() ? "" : ", ", index);
      rest /= tensor.shape()[axis];
    }
    return text("is ", *first, " at [", index, "], the first of ",
                std::count_if(values.begin(), values.end(), bad), " such among its ", values.size(),
                values.size() == 1 ? " number" : " numbers");
  });
}

void check_finite(const std::string& path, const std::string& name, const Tensor& tensor) {
  const std::string fact = describe_not_finite(tensor);
  if (fact.empty()) return;
  throw FileError(text(path, ": ", name, ' ', fact,
                       ". With it every output is NaN. Give weights from before training diverged."));
}

bool cast_to_float32(const std::string& path, SafetensorsFile& file) {
  bool any = false;
  for (auto& [name, tensor] : file.tensors) {
    if (tensor.dtype() != DType::float64) continue;
    any = true;
    Tensor single = tensor.cast(DType::float32);
    if (all_finite(tensor) && !all_finite(single)) {
      throw FileError(text(path, ": ", name, " is float64, and in float32 it ", describe_not_finite(single),
                           ". Give weights that float32 holds."));
    }
    tensor = std::move(single);
  }
  return any;
}

SafetensorsFile tensors_below(const SafetensorsFile& file, std::string_view prefix) {
  SafetensorsFile part;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(prefix)) part.tensors.emplace_back(name.substr(prefix.size()), tensor);
  }
  return part;
}

std::map<std::string, std::string> to_metadata(const CheckpointInfo& info) {
  detail::Json about{{"network", info.network},
                     {"classes", info.classes},
                     {"data", info.data},
                     {"seed", std::to_string(info.seed)},
                     {"step", info.step},
                     {"steps", info.steps},
                     {"best_step", info.best_step},
                     {"chosen_by", name(info.chosen_by)},
                     {"best_loss", json_of(info.best_loss)},
                     {"best_score", json_of(info.best_score)}};
  if (info.chosen_by.is_score() && info.chosen_by.better() == Better::lower) about["better"] = "lower";
  if (info.task != CheckpointInfo().task) about["task"] = info.task;
  if (!info.program.empty()) about["program"] = info.program;
  if (info.white != CheckpointInfo().white) about["white"] = info.white;
  if (info.channels > 0) about["channels"] = info.channels;
  if (info.resize) about["resize"] = to_text(*info.resize);
  if (info.target_white != CheckpointInfo().target_white) about["target_white"] = info.target_white;
  if (!info.number_names.empty()) about["number_names"] = info.number_names;
  if (info.image_size) about["image_size"] = std::vector{info.image_size->height, info.image_size->width};
  return {{"trous", detail::dump_strict_json("to_metadata", about)}};
}

CheckpointInfo checkpoint_info(const std::string& path, const SafetensorsFile& file) {
  const auto found = file.metadata.find("trous");
  if (found == file.metadata.end()) {
    throw FileError(text(path,
                         ": it does not say what network it holds. Build the network and call load, or save "
                         "it with a CheckpointInfo."));
  }
  const auto [value, fault, remedy, byte] = detail::parse_json(found->second);
  const std::string source = path + ": its metadata";
  if (!fault.empty()) throw FileError(text(source, ' ', fault, ". Save it anew."));
  if (!value.is_object()) throw FileError(text(source, " is no JSON object. Save it anew."));
  const detail::JsonPlace about(value, source, "Save it anew.");
  CheckpointInfo info;
  if (about.has("network")) info.network = about["network"].string();
  if (about.has("classes")) info.classes = about["classes"].strings();
  if (about.has("data")) info.data = about["data"].string();
  if (about.has("white")) info.white = about["white"].integer();
  if (about.has("channels")) info.channels = about["channels"].integer();
  if (about.has("resize")) info.resize = about["resize"].parsed_by(parse_resize, "resize");
  if (about.has("target_white")) info.target_white = about["target_white"].integer();
  if (about.has("number_names")) info.number_names = about["number_names"].strings();
  if (about.has("image_size")) info.image_size = size_of(about["image_size"]);
  if (about.has("seed")) info.seed = seed_of(about["seed"]);
  if (about.has("step")) info.step = about["step"].integer();
  if (about.has("steps")) info.steps = about["steps"].integer();
  if (about.has("best_step")) info.best_step = about["best_step"].integer();
  if (about.has("chosen_by")) info.chosen_by = criterion_of(about);
  if (about.has("task")) info.task = about["task"].string();
  if (about.has("program")) info.program = about["program"].string();
  if (about.has("best_score")) info.best_score = about["best_score"].number();
  if (about.has("best_loss")) info.best_loss = about["best_loss"].number();
  return info;
}

LoadedNetwork load_network(const std::string& path, NonFiniteWeights non_finite) {
  SafetensorsFile file = read_safetensors(path);
  CheckpointInfo info = checkpoint_info(path, file);
  if (info.network.empty()) {
    throw FileError(text(path, ": it does not describe its network. Build the network and call load."));
  }
  AnyLayer net = [&] {
    try {
      return network_from_json(info.network);
    } catch (const ArgumentError& error) {
      std::string words = text(path, ": the network it describes cannot be built. ", error.what());
      if (!info.program.empty()) {
        words += text(" It was trained by the program ", info.program,
                      ", which has names of its own. Give it to that one, or add its network here, with "
                      "add_named_network.");
      }
      throw FileError(words);
    }
  }();
  const bool was_float64 = cast_to_float32(path, file);
  restore_network(path, file, parameters(net), buffers(net), non_finite);
  return {std::move(net), std::move(info), was_float64};
}

}  // namespace trous
