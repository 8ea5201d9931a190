#include <algorithm>
#include <utility>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/train/trainer_state.h>

namespace trous {
namespace {

using detail::Json, detail::JsonPlace, detail::or_null;

constexpr const char* metadata_key = "trainer";

void append(SafetensorsFile& file, const std::string& prefix, const SafetensorsFile& part) {
  for (const auto& [name, tensor] : part.tensors) file.tensors.emplace_back(prefix + name, tensor);
}

SafetensorsFile file_of_network(const AnyLayer& net) { return network_file(parameters(net), buffers(net)); }

// The tensors of `file` under these names, in this order.
std::vector<Tensor> picked(const std::string& path, const SafetensorsFile& file, const std::string& prefix,
                           const std::vector<std::string>& names) {
  std::vector<Tensor> tensors;
  for (const std::string& name : names) {
    const auto found = std::find_if(file.tensors.begin(), file.tensors.end(),
                                    [&](const auto& entry) { return entry.first == prefix + name; });
    if (found == file.tensors.end()) {
      throw FileError(
          text(path, ": there is no tensor ", prefix, name,
               ", so training cannot go on from it. Give the last.safetensors of a run with the same "
               "options."));
    }
    tensors.push_back(found->second);
  }
  return tensors;
}

std::vector<std::string> names_of(const SafetensorsFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  return names;
}

// Whether the loss of the task is cross-entropy, where none is given.
bool learns_classes(const std::string& task) { return task == mask_task || task == classification().name; }

constexpr const char* loss_of_task = "of the task";

// The class weights as a state has them. A loss that was given has weights of its own, so these are none.
std::string class_weights_of(const TrainOptions& o, const std::string& task) {
  if (o.loss || (!o.class_weights && !learns_classes(task))) return "none";
  const ClassWeights weights = o.class_weights.value_or(default_class_weighting);
  if (const auto* const weighting = std::get_if<ClassWeighting>(&weights))
    return std::string(name(*weighting));
  std::string line;
  for (const double weight : std::get<Tensor>(weights).cast(DType::float64).to_vector<double>())
    line += (line.empty() ? "" : ",") + shortest_digits(weight);
  return line;
}

std::string text_of(const std::vector<ParameterGroup>& groups) {
  std::string line;
  for (const ParameterGroup& group : groups) {
    line += text(line.empty() ? "" : "; ", '"', group.path, "\" learning_rate ",
                 shortest_digits(group.learning_rate), " weight_decay ", shortest_digits(group.weight_decay),
                 group.frozen ? " frozen" : "");
  }
  return line.empty() ? "none" : line;
}

// The options of a training and the name of its task.
struct Saved {
  const TrainOptions& options;
  const std::string& task;
};

// The text of each option in a state.
std::string text_of(const Saved&, std::int64_t number) { return std::to_string(number); }
std::string text_of(const Saved&, std::uint64_t number) { return std::to_string(number); }
std::string text_of(const Saved&, int number) { return std::to_string(number); }
std::string text_of(const Saved&, double number) { return shortest_digits(number); }
std::string text_of(const Saved&, Schedule schedule) { return std::string(name(schedule)); }
std::string text_of(const Saved&, const Optimizer& optimizer) { return optimizer.description(); }
std::string text_of(const Saved& s, const Loss& loss) {
  return loss ? "given" : learns_classes(s.task) ? "cross-entropy" : loss_of_task;
}
std::string text_of(const Saved& s, const std::optional<ClassWeights>&) {
  return class_weights_of(s.options, s.task);
}
// With the share of foreground, which crops of earlier versions did not have.
std::string text_of(const Saved&, const Augmentation& a) {
  const bool unsaid = a.crop && a.foreground == default_foreground;
  return to_text(a) + (unsaid ? ",foreground=" + shortest_digits(a.foreground) : "");
}
std::string text_of(const Saved&, const std::vector<ParameterGroup>& groups) { return text_of(groups); }

// States have always been written in this order. An option that is not named here comes after these.
constexpr const char* first_written[] = {"steps",     "batch",     "seed",        "learning_rate", "schedule",
                                         "warmup",    "optimizer", "loss",        "class_weights", "groups",
                                         "clip_norm", "average",   "augmentation"};

// The options that must be the same when a training goes on, or its next steps would be others.
Json lasting(const Saved& saved) {
  Json all;
  for (const char* const name : first_written) all[name] = "";
  TrainOptions::parts(saved.options, [&](const TrainOption& option, const auto& member, const auto&) {
    if (option.changes_learning) all[std::string(option.name)] = text_of(saved, member);
  });
  return all;
}

// What a state was saved with. States of versions that did not have `accumulate` took one batch a step. Those
// that did not know the losses of other tasks had the words of cross-entropy and its weights for them.
std::string saved_option(const JsonPlace& were, const std::string& option, const Saved& now) {
  if (option == "accumulate" && !were.has(option)) return "1";
  std::string was = were[option].string();
  if (learns_classes(now.task)) return was;
  if (option == "loss" && was == "cross-entropy") return loss_of_task;
  if (option == "class_weights" && !now.options.class_weights && was == name(default_class_weighting))
    return "none";
  return was;
}

void check_options(const std::string& path, const JsonPlace& were, const Saved& saved) {
  const Json are = lasting(saved);
  for (const auto& [option, is] : are.items()) {
    if (const std::string was = saved_option(were, option, saved), now = is; was != now) {
      throw FileError(text(path, ": it was saved with ", option, ' ', was, ", and ", now,
                           " is asked for. Resume with the options it was saved with."));
    }
  }
}

// Throws unless the weights have the dtypes of the trainer's own, which are those of the images.
void check_dtypes(const std::string& path, const std::vector<Named<const Parameter>>& read,
                  const std::vector<Named<const Parameter>>& own) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    const DType is = read[i].part->get().value().dtype(), was = own[i].part->get().value().dtype();
    if (is == was) continue;
    throw FileError(text(path, ": ", own[i].path, " is ", is, ", the trainer's weight ", was,
                         ". Give the last.safetensors of a run with the same options."));
  }
}

// `count`, which is checked to be from 0 to `max`.
std::int64_t counted(const std::string& what, std::int64_t count, std::int64_t max) {
  if (count < 0 || count > max)
    throw ArgumentError(text(what, " is ", count, ", not 0 to ", max, ". The file is damaged."));
  return count;
}

std::optional<double> unless_null(const JsonPlace& owner, const std::string& key) {
  const JsonPlace place = owner[key];  // throws where it is missing
  return owner.has(key) ? std::optional(place.number()) : std::nullopt;
}

Json json_of(const PlateauState& state) {
  return {{"best", or_null(state.best)}, {"stale", state.stale}, {"factor", state.factor}};
}

PlateauState plateau_of(const JsonPlace& plateau) {
  return {.best = unless_null(plateau, "best"),
          .stale = plateau["stale"].integer(),
          .factor = plateau["factor"].number()};
}

// Throws unless each moment has the shape and the dtype of its weight in `state.net`.
void check_moments(const std::string& path, const OptimizerState& optimizer, const TrainerState& state) {
  std::vector<Tensor> weights;
  for (const auto& [name, parameter] : parameters(state.net)) {
    const bool is_live = weights.size() < state.live.size() && name == state.live[weights.size()];
    if (is_live) weights.push_back(parameter->get(name).value());
  }
  for (const auto& [moment, tensors] : optimizer.moments) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const Tensor &tensor = tensors[i], &weight = weights[i];
      if (tensor.shape() == weight.shape() && tensor.dtype() == weight.dtype()) continue;
      throw FileError(text(path, ": optimizer/", moment, '/', state.live[i], " is ",
                           short_name(tensor.dtype()), tensor.shape(), ", its weight ",
                           short_name(weight.dtype()), weight.shape(), ". Take an earlier file."));
    }
  }
}

}  // namespace

CheckpointInfo best_checkpoint_info(const TrainerState& state, const TrainOptions& options,
                                    CheckpointInfo about) {
  about.seed = options.seed;
  about.steps = options.steps;
  about.step = about.best_step = state.result.best_step;
  about.chosen_by = state.result.chosen_by;
  about.best_score = state.result.best_score;
  about.best_loss = state.result.best_loss;
  return about;
}

SafetensorsFile trainer_file(const TrainerState& state, const TrainOptions& options, CheckpointInfo about) {
  about = best_checkpoint_info(state, options, std::move(about));
  about.step = state.step;
  SafetensorsFile file = file_of_network(state.net);
  append(file, "best/", file_of_network(state.best));
  const OptimizerState optimizer = state.optimizer.state();
  for (const auto& [moment, tensors] : optimizer.moments) {
    for (std::size_t i = 0; i < tensors.size(); ++i)
      file.tensors.emplace_back(text("optimizer/", moment, '/', state.live[i]), tensors[i]);
  }
  Json numbers{{"options", lasting({options, about.task})},
               {"optimizer_steps", optimizer.steps},
               {"moments", Json::array()},
               {"stale", state.stale},
               {"reference_score", or_null(state.reference)},
               {"loss_sum", state.loss_sum},
               {"loss_count", state.loss_count},
               {"plateau", json_of(state.plateau.state())}};
  for (const auto& [moment, tensors] : optimizer.moments) numbers["moments"].push_back(moment);
  if (state.average) {
    const std::vector<std::string> names = names_of(file_of_network(state.net));
    for (std::size_t i = 0; i < names.size(); ++i)
      file.tensors.emplace_back("average/" + names[i], state.average->averages()[i]);
    numbers["average_updates"] = state.average->state().updates;
  }
  file.metadata = to_metadata(about);
  file.metadata[metadata_key] = detail::dump_strict_json("state", numbers);
  return file;
}

TrainerState restored_state(const TrainerState& own, const TrainOptions& options, const std::string& path,
                            const SafetensorsFile& file) {
  const CheckpointInfo info = checkpoint_info(path, file);
  const auto found = file.metadata.find(metadata_key);
  if (found == file.metadata.end()) {
    throw FileError(text(path,
                         ": it holds weights, but not the state of a trainer. Give the last.safetensors of a "
                         "run, or start a new run from these weights."));
  }
  const detail::ParsedJson parsed = detail::parse_json(found->second);
  const std::string source = path + ": the state of its trainer";
  if (!parsed.fault.empty()) throw FileError(text(source, ' ', parsed.fault, ". Take an earlier file."));
  const JsonPlace numbers(parsed.value, source, "Take an earlier file.");
  TrainerState restored = own;
  try {
    check_options(path, numbers["options"], {options, info.task});
    restore_network(path, file, parameters(restored.net), buffers(restored.net));
    restore_network(path, tensors_below(file, "best/"), parameters(restored.best), buffers(restored.best));
    check_dtypes(path, parameters(std::as_const(restored.net)), parameters(own.net));
    restored.step = counted("step", info.step, options.steps);
    restored.result = TrainResult();
    restored.result.steps = info.step;
    restored.result.best_step = counted("best_step", info.best_step, info.step);
    restored.result.chosen_by = info.chosen_by;
    // Older states say 0 where no validation has been made.
    if (info.best_step > 0) restored.result.best_score = info.best_score;
    restored.result.best_loss = info.best_loss;
    OptimizerState optimizer{.steps = numbers["optimizer_steps"].integer()};
    for (const std::string& moment : numbers["moments"].strings())
      optimizer.moments.emplace_back(moment, picked(path, file, text("optimizer/", moment, '/'), own.live));
    check_moments(path, optimizer, restored);
    restored.optimizer.restore(optimizer);
    if (restored.average) {
      const std::vector<std::string> names = names_of(file_of_network(own.net));
      const std::vector<Tensor> averages = picked(path, file, "average/", names);
      for (std::size_t i = 0; i < names.size(); ++i) check_finite(path, "average/" + names[i], averages[i]);
      restored.average->restore({.updates = numbers["average_updates"].integer(), .averages = averages});
    }
    restored.plateau.restore(plateau_of(numbers["plateau"]));
    restored.stale = counted("stale", numbers["stale"].integer(), info.step);
    restored.reference = unless_null(numbers, "reference_score");
    restored.loss_sum = numbers["loss_sum"].number();
    restored.loss_count = counted("loss_count", numbers["loss_count"].integer(), info.step);
  } catch (const ArgumentError& error) {
    throw FileError(text(path, ": the state of its trainer does not fit. ", error.what()));
  }
  return restored;
}

}  // namespace trous
