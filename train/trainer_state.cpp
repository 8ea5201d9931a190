// A trainer on disk: everything that its next step depends on.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/train/trainer.h>

namespace trous {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* metadata_key = "trainer";

void append(SafetensorsFile& file, const std::string& prefix, const SafetensorsFile& part) {
  for (const auto& [name, tensor] : part.tensors) file.tensors.emplace_back(prefix + name, tensor);
}

SafetensorsFile file_of(const AnyLayer& net) { return network_file(parameters(net), buffers(net)); }

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

// What must be the same for the next steps to be those that would have followed.
std::string lasting(const TrainOptions& o) {
  const char* const optimizers[]{"Sgd", "Adam", "AdamW"};
  std::string line =
      text("steps ", o.steps, ", batch ", o.batch, ", seed ", o.seed, ", learning_rate ", o.learning_rate,
           ", schedule ", static_cast<int>(o.schedule), ", warmup ", o.warmup, ", optimizer ",
           optimizers[o.optimizer.index()], ", clip_norm ", o.clip_norm, ", average ", o.average,
           ", validate_every ", o.validate_every, ", patience ", o.patience, ", min_delta ", o.min_delta,
           ", augmentation ", to_text(o.augmentation));
  for (const ParameterGroup& group : o.groups) {
    line += text(", group ", group.path, ' ', group.learning_rate, ' ', group.weight_decay,
                 group.frozen ? " frozen" : "");
  }
  return line;
}

Json json_of(const PlateauState& state) {
  return {{"best", state.best ? Json(*state.best) : Json(nullptr)},
          {"stale", state.stale},
          {"factor", state.factor}};
}

PlateauState plateau_of(const Json& json) {
  PlateauState state{.stale = json.at("stale"), .factor = json.at("factor")};
  if (!json.at("best").is_null()) state.best = json.at("best").get<double>();
  return state;
}

}  // namespace

CheckpointInfo Trainer::best_info(CheckpointInfo about) const {
  about.seed = options_.seed;
  about.steps = options_.steps;
  about.step = about.best_step = result_.best_step;
  about.best_score = result_.best_score;
  return about;
}

SafetensorsFile Trainer::state(CheckpointInfo about) const {
  about = best_info(std::move(about));
  about.step = step_;
  SafetensorsFile file = file_of(net_);
  append(file, "best/", file_of(best_));
  const OptimizerState optimizer = state_of(optimizer_);
  for (const auto& [moment, tensors] : optimizer.moments) {
    for (std::size_t i = 0; i < tensors.size(); ++i)
      file.tensors.emplace_back(text("optimizer/", moment, '/', live_[i]), tensors[i]);
  }
  Json numbers{{"options", lasting(options_)},
               {"optimizer_steps", optimizer.steps},
               {"moments", Json::array()},
               {"stale", stale_},
               {"reference_score", reference_score_},
               {"loss_sum", loss_sum_},
               {"loss_count", loss_count_},
               {"plateau", json_of(plateau_.state())}};
  for (const auto& [moment, tensors] : optimizer.moments) numbers["moments"].push_back(moment);
  if (average_) {
    const std::vector<std::string> names = names_of(file_of(net_));
    for (std::size_t i = 0; i < names.size(); ++i)
      file.tensors.emplace_back("average/" + names[i], average_->averages()[i]);
    numbers["average_updates"] = average_->state().updates;
  }
  file.metadata = to_metadata(about);
  file.metadata[metadata_key] = numbers.dump();
  return file;
}

void Trainer::restore(const std::string& path, const SafetensorsFile& file) {
  const CheckpointInfo info = checkpoint_info(path, file);
  const auto found = file.metadata.find(metadata_key);
  if (found == file.metadata.end()) {
    throw FileError(text(path,
                         ": it holds weights, but not the state of a trainer. Give the last.safetensors of a "
                         "run, or start a new run from these weights."));
  }
  Trainer restored = *this;
  try {
    const Json numbers = Json::parse(found->second);
    if (const std::string was = numbers.at("options"), is = lasting(options_); was != is) {
      throw FileError(text(path, ": it was saved with other options. It has ", was, "; asked for are ", is,
                           ". Resume with the options it has."));
    }
    restore_network(path, file, parameters(restored.net_), buffers(restored.net_));
    restore_network(path, tensors_below(file, "best/"), parameters(restored.best_), buffers(restored.best_));
    OptimizerState optimizer{.steps = numbers.at("optimizer_steps")};
    for (const std::string moment : numbers.at("moments"))
      optimizer.moments.emplace_back(moment, picked(path, file, text("optimizer/", moment, '/'), live_));
    trous::restore(restored.optimizer_, optimizer);
    if (average_) {
      restored.average_->restore({.updates = numbers.at("average_updates"),
                                  .averages = picked(path, file, "average/", names_of(file_of(net_)))});
    }
    restored.plateau_.restore(plateau_of(numbers.at("plateau")));
    restored.stale_ = numbers.at("stale");
    restored.reference_score_ = numbers.at("reference_score");
    restored.loss_sum_ = numbers.at("loss_sum");
    restored.loss_count_ = numbers.at("loss_count");
  } catch (const nlohmann::json::exception& error) {
    throw FileError(
        text(path, ": the state of its trainer is damaged, ", error.what(), ". Take an earlier file."));
  } catch (const ArgumentError& error) {
    throw FileError(text(path, ": the state of its trainer does not fit. ", error.what()));
  }
  restored.step_ = restored.result_.steps = info.step;
  restored.result_.best_step = info.best_step;
  restored.result_.best_score = info.best_score;
  *this = std::move(restored);
}

}  // namespace trous
