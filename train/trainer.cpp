#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <trous/autograd/grad.h>
#include <trous/check/not_finite.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/layers/network.h>
#include <trous/train/clip.h>
#include <trous/train/detail/divergence.h>
#include <trous/train/detail/parameter_groups.h>
#include <trous/train/progress.h>
#include <trous/train/trainer.h>

namespace trous {
namespace {

std::vector<Tensor> network_values(const AnyLayer& net) {
  std::vector<Tensor> tensors;
  for (const auto& [path, parameter] : parameters(net)) tensors.push_back(parameter->get(path).value());
  for (const auto& [path, buffer] : buffers(net)) tensors.push_back(buffer->get(path));
  return tensors;
}

bool better(const std::optional<double>& now, const std::optional<double>& before, double by = 0) {
  return now && (!before || *now > *before + by);
}

std::vector<Tensor> values(const std::vector<Variable>& variables) {
  std::vector<Tensor> tensors;
  for (const Variable& variable : variables) tensors.push_back(variable.value());
  return tensors;
}

std::vector<Tensor> sums(std::vector<Tensor> a, const std::vector<Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = zip(a[i], b[i], [](auto x, auto y) { return x + y; });
  return a;
}

std::vector<Tensor> scaled(std::vector<Tensor> tensors, double by) {
  for (Tensor& tensor : tensors) tensor = map(tensor, [by](auto x) { return by * static_cast<double>(x); });
  return tensors;
}

}  // namespace

struct Trainer::BatchPass {
  AnyLayer bound;
  Pass pass;
  std::vector<Variable> live;  // the tracked weights
  Variable loss;
};

// What the batches of a step have left so far.
struct Trainer::StepSums {
  AnyLayer net;                        // with the running statistics after these batches
  std::optional<Batch>& latest;        // outlives the step, as training_memory counts it
  std::vector<Tensor> gradients = {};  // one per live parameter
  double loss = 0, waited = 0;
};

Trainer::Trainer(AnyLayer net, Splits data, TrainOptions options)
    : data_(std::move(data)),
      options_(std::move(options)),
      task_(task_for(data_.train, options_.task)),
      loss_(options_.loss ? options_.loss : task_.default_loss(data_.train, options_.class_weights)),
      state_{.net = net, .best = std::move(net), .optimizer = options_.optimizer} {
  check_names("train", parameters(std::as_const(state_.net)), buffers(std::as_const(state_.net)));
  check_train_options(options_);
  detail::check_groups(options_.groups, state_.net);
  const auto inputs =
      1 + static_cast<std::size_t>(std::count_if(data_.train.more.begin(), data_.train.more.end(),
                                                 [](const auto& field) { return field.input; }));
  if (!state_.net.takes(inputs)) {
    throw ArgumentError(text("train: the network takes ", state_.net.takes_in_words(), ", and a sample of ",
                             data_.train.name, " has ", inputs, inputs == 1 ? " input" : " inputs",
                             ". Give a network of as many values, or say which fields are inputs."));
  }
  state_.plateau = Plateau({.min_delta = options_.min_delta});
  for (const auto& [path, parameter] : parameters(std::as_const(state_.net))) {
    const ParameterGroup* const group = group_of(path);
    if (group && group->frozen) continue;
    state_.live.push_back(path);
    scales_.push_back(group ? StepScale{group->learning_rate, group->weight_decay} : StepScale{});
  }
  if (state_.live.empty()) {
    throw ArgumentError("train: every parameter is frozen, so there is nothing to learn. Leave a part free.");
  }
  if (options_.average > 0) state_.average.emplace(network_values(state_.net), options_.average);
}

const ParameterGroup* Trainer::group_of(const std::string& path) const {
  const auto found =
      std::find_if(options_.groups.begin(), options_.groups.end(),
                   [&](const ParameterGroup& group) { return detail::lies_below(path, group.path); });
  return found == options_.groups.end() ? nullptr : &*found;
}

bool Trainer::frozen(const std::string& path) const {
  const ParameterGroup* const group = group_of(path);
  return group && group->frozen;
}

double Trainer::learning_rate(std::int64_t steps_done) const {
  const double scheduled = learning_rate_at({.kind = options_.schedule,
                                             .base = options_.learning_rate,
                                             .steps = options_.steps,
                                             .warmup = options_.warmup},
                                            steps_done);
  return options_.schedule == Schedule::plateau ? scheduled * state_.plateau.state().factor : scheduled;
}

Trainer::BatchPass Trainer::forward(const AnyLayer& net, std::int64_t index, const Batch& batch) const {
  std::vector<Variable> weights, live;
  for (const auto& [path, parameter] : parameters(net)) {
    const Tensor& value = parameter->get(path).value();
    weights.push_back(frozen(path) ? Variable(value) : track(value, path));
    if (!frozen(path)) live.push_back(weights.back());
  }
  AnyLayer bound = bind(net, weights);
  Pass pass =
      Pass::training(fold_in(stream_of(options_.seed, Stream::passes), static_cast<std::uint64_t>(index)));
  pass.name_layers(bound);
  const Variable output = bound(inputs_of(batch, data_.train.more), pass);
  task_.check_output(output.shape(), data_.train);
  Variable loss = loss_(output, batch);
  return {std::move(bound), std::move(pass), std::move(live), std::move(loss)};
}

void Trainer::rehearse() const {
  Loader loader(data_.train, {.batch = options_.batch,
                              .augmentation = options_.augmentation,
                              .order_key = stream_of(options_.seed, Stream::order),
                              .augmentation_key = stream_of(options_.seed, Stream::augmentation),
                              .workers = 0});
  const std::int64_t index = state_.step * options_.accumulate;
  BatchPass done = forward(state_.net, index, loader.take(index));
  grad(std::move(done.loss), done.live);
  Dataset first = data_.validation;
  first.size = std::min(first.size, evaluation_batch(first.image_shape, options_.batch));
  evaluate_with(scored(), first, {.batch = options_.batch, .loss = loss_, .task = task_});
}

// Repeats a batch under trace_not_finite, its backward only where the loss is finite, and names the first
// tensor that is not; empty if all are finite.
std::string Trainer::first_bad(std::int64_t index, const Batch& batch) const {
  if (!all_finite(batch.images)) return "the images";
  if (!all_finite(batch.targets)) return "the targets";
  for (std::size_t i = 0; i < batch.more.size(); ++i) {
    if (!all_finite(batch.more[i])) return text("the ", data_.train.more[i].name, " of the samples");
  }
  const std::optional<NotFinite> bad = trace_not_finite([&] {
    BatchPass again = forward(state_.net, index, batch);
    if (std::isfinite(again.loss.value().to_double())) grad(std::move(again.loss), again.live);
  });
  return bad ? detail::in_words(*bad, state_.net) : std::string();
}

// Adds loss, gradient and running statistics of one batch. Returns whether loss and gradient are finite.
bool Trainer::add_batch(std::int64_t index, Loader& loader, const TrainCallbacks& callbacks, StepSums& sum) {
  const auto begin = [&](StepPhase phase) {
    if (callbacks.on_phase) callbacks.on_phase(phase);
  };
  begin(StepPhase::batch);
  const double waited = loader.seconds_waited();
  sum.latest.reset();
  const Batch& batch = sum.latest.emplace(loader.take(index));
  sum.waited += loader.seconds_waited() - waited;
  begin(StepPhase::forward);
  BatchPass done = forward(sum.net, index, batch);
  const double loss = done.loss.value().to_double();
  if (!std::isfinite(loss)) {
    const std::string first = first_bad(index, batch);
    state_.result.diverged =
        text("the loss is ", std::isnan(loss) ? "NaN" : "infinite", "; the first tensor that went bad is ",
             first.empty() ? "the loss" : first, " at step ", state_.step + 1);
    return false;
  }
  begin(StepPhase::backward);
  std::vector<Tensor> gradients = values(grad(std::move(done.loss), done.live));
  if (const std::string bad = detail::bad_gradient(gradients, state_.live); !bad.empty()) {
    const std::string first = first_bad(index, batch);
    state_.result.diverged =
        text("the loss is ", loss, ", but ", bad, " is not finite at step ", state_.step + 1,
             first.empty() ? "" : "; the first tensor that went bad is " + first);
    return false;
  }
  sum.loss += loss;
  sum.gradients = sum.gradients.empty() ? std::move(gradients) : sums(std::move(sum.gradients), gradients);
  commit(done.pass, done.bound, sum.net);
  const auto now = buffers(sum.net);
  const auto old = buffers(std::as_const(state_.net));
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (frozen(now[i].path)) now[i].part->value = old[i].part->value;
  }
  return true;
}

// Moves weights, statistics and their average. The caller checks that they stayed finite.
void Trainer::update(AnyLayer with_statistics, std::vector<Tensor> gradients, double norm, double rate) {
  state_.net = std::move(with_statistics);
  if (options_.clip_norm > 0) gradients = clipped(std::move(gradients), norm, options_.clip_norm);
  const auto named = parameters(state_.net);
  std::vector<Tensor> weights;
  for (const auto& [path, parameter] : named) {
    if (!frozen(path)) weights.push_back(parameter->get(path).value());
  }
  const std::vector<Tensor> moved = state_.optimizer.step(weights, gradients, rate, scales_);
  std::size_t next = 0;
  for (const auto& [path, parameter] : named) {
    if (!frozen(path)) parameter->value = moved[next++];
  }
  if (state_.average) state_.average->update(network_values(state_.net));
}

// Does one step. Returns whether loss, gradients and weights stayed finite.
bool Trainer::step_once(Loader& loader, std::optional<Batch>& latest, const TrainCallbacks& callbacks) {
  StepSums sum{.net = state_.net, .latest = latest};
  const std::int64_t batches = options_.accumulate;
  for (std::int64_t i = 0; i < batches; ++i) {
    if (!add_batch(state_.step * batches + i, loader, callbacks, sum)) return false;
  }
  if (callbacks.on_phase) callbacks.on_phase(StepPhase::update);
  const double share = 1 / static_cast<double>(batches), loss = share * sum.loss;
  if (batches > 1) sum.gradients = scaled(std::move(sum.gradients), share);
  const std::int64_t step = state_.step + 1;
  const double rate = learning_rate(state_.step), norm = global_norm(sum.gradients);
  update(std::move(sum.net), std::move(sum.gradients), norm, rate);
  if (const std::string bad = detail::bad_value(state_.net); !bad.empty()) {
    state_.result.diverged = text("the loss is ", loss, ", but ", bad, " is not finite after step ", step);
    return false;
  }
  state_.step = state_.result.steps = step;
  state_.loss_sum += loss;
  ++state_.loss_count;
  if (callbacks.on_step) callbacks.on_step({step, options_.steps, loss, rate, norm, sum.waited});
  return true;
}

// Takes a validation into account and returns whether it is the best so far. Where the criterion is another
// than before, as in a state of a version that knew the IoU only, the choice begins anew.
bool Trainer::choose(const Evaluation& evaluation) {
  const Criterion criterion = evaluation.scores.criterion();
  const bool first = state_.result.best_step == 0 || criterion != state_.result.chosen_by;
  const bool always = first || criterion == Criterion::latest;
  if (first) state_.plateau.restore({.factor = state_.plateau.state().factor});
  const std::optional<double> score = evaluation.scores.ranking();
  const std::optional<double> now = merit(criterion, score, evaluation.loss);
  const std::optional<double> before = merit(criterion, state_.result.best_score, state_.result.best_loss);
  const bool best = always || better(now, before) ||
                    (now == before && breaks_tie(criterion, evaluation.loss, state_.result.best_loss));
  if (best) {
    state_.result.best_step = state_.step;
    state_.result.chosen_by = criterion;
    state_.result.best_score = score;
    state_.result.best_loss = evaluation.loss;
  }
  const bool enough = always || better(now, state_.reference, options_.min_delta);
  if (enough) state_.reference = now;
  state_.stale = enough ? 0 : state_.stale + 1;
  if (criterion != Criterion::latest)
    state_.plateau.after(now.value_or(std::numeric_limits<double>::quiet_NaN()));
  return best;
}

// The reason why patience ended training, in words.
std::string Trainer::early_end() const {
  const std::string by = options_.min_delta > 0 ? text(" by ", options_.min_delta) : "";
  if (state_.result.chosen_by.is_score()) {
    if (!state_.reference)
      return text("the last ", state_.stale, " validations had no score that is a number");
    const double sign = state_.result.chosen_by.better() == Better::higher ? 1 : -1;
    return text("the last ", state_.stale, " validations were no better than ",
                sign * state_.reference.value_or(0), by, ", best at step ", state_.result.best_step);
  }
  if (!state_.reference) return text("the last ", state_.stale, " validation losses were NaN or infinite");
  return text("the last ", state_.stale, " validation losses were no lower than ", -*state_.reference, by,
              ", lowest at step ", state_.result.best_step);
}

void Trainer::validate(const TrainCallbacks& callbacks) {
  const AnyLayer net = scored();
  const double rate = learning_rate(state_.step - 1);
  const Evaluation evaluation = evaluate_with(net, data_.validation,
                                              {.batch = options_.batch,
                                               .loss = loss_,
                                               .task = task_,
                                               .on_batch = callbacks.on_validation_batch,
                                               .on_progress = callbacks.on_validation_progress});
  const bool best = choose(evaluation);
  if (best) state_.best = net;
  const double train_loss = state_.loss_count ? state_.loss_sum / static_cast<double>(state_.loss_count) : 0;
  state_.loss_sum = 0;
  state_.loss_count = 0;
  if (callbacks.on_validation) {
    callbacks.on_validation(
        {state_.step, train_loss, evaluation.loss, evaluation.scores, best, state_.stale, rate}, net);
  }
}

// A finished validation sets loss_count to 0.
bool Trainer::validation_due() const {
  return state_.loss_count > 0 &&
         (state_.step % options_.validate_every == 0 || state_.step == options_.steps);
}

AnyLayer Trainer::scored() const {
  AnyLayer net = state_.net;
  if (state_.average && state_.step > 0) {
    std::size_t next = 0;
    const std::vector<Tensor>& averages = state_.average->averages();
    for (const auto& [path, parameter] : parameters(net)) parameter->value = averages[next++];
    for (const auto& [path, buffer] : buffers(net)) buffer->value = averages[next++];
  }
  return net;
}

SafetensorsFile Trainer::state(CheckpointInfo about) const {
  about.task = task_.name;
  return trainer_file(state_, options_, std::move(about));
}

CheckpointInfo Trainer::best_info(CheckpointInfo about) const {
  about.task = task_.name;
  return best_checkpoint_info(state_, options_, std::move(about));
}

void Trainer::restore(const std::string& path, const SafetensorsFile& file) {
  TrainerState restored = restored_state(state_, options_, path, file);
  if (const std::string was = checkpoint_info(path, file).task; was != task_.name) {
    throw FileError(text(path, ": it was saved with task ", was, ", and ", task_.name,
                         " is asked for. Resume with the task it was saved with."));
  }
  state_ = std::move(restored);
}

TrainResult Trainer::run(const TrainCallbacks& callbacks) {
  Loader loader(data_.train, {.batch = options_.batch,
                              .augmentation = options_.augmentation,
                              .order_key = stream_of(options_.seed, Stream::order),
                              .augmentation_key = stream_of(options_.seed, Stream::augmentation),
                              .workers = options_.loader_threads});
  const auto enough = [this] { return options_.patience > 0 && state_.stale >= options_.patience; };
  state_.result.interrupted = false;
  if (validation_due()) {  // an exception ended it
    validate(callbacks);
    if (callbacks.on_save) callbacks.on_save();
  }
  std::optional<Batch> latest;
  while (state_.step < options_.steps && !enough() && !state_.result.interrupted) {
    if (!step_once(loader, latest, callbacks)) return state_.result;
    const bool validated = validation_due();
    if (validated) validate(callbacks);
    state_.result.interrupted = callbacks.stop && callbacks.stop() && state_.step < options_.steps;
    const bool due = options_.save_every > 0 && state_.step % options_.save_every == 0;
    if (callbacks.on_save && (validated || due || state_.result.interrupted)) callbacks.on_save();
  }
  if (enough() && state_.step < options_.steps) state_.result.stopped_early = early_end();
  return state_.result;
}

Key stream_of(std::uint64_t seed, Stream which) {
  return fold_in(Key{seed}, static_cast<std::uint64_t>(which));
}

std::string_view name(StepPhase phase) {
  constexpr std::string_view names[]{"batch", "forward", "backward", "update"};
  return names[static_cast<std::size_t>(phase)];
}

TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options,
                  const TrainCallbacks& callbacks) {
  Trainer trainer(net, data, options);
  Progress progress(options.batch * options.accumulate, options.quiet || callbacks.on_step);
  TrainCallbacks watched = callbacks;
  if (!callbacks.on_step) {
    watched.on_step = [&](const StepReport& r) {
      progress.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
    };
    watched.on_validation = [&](const ValidationReport& report, const AnyLayer& scored) {
      progress.clear();  // the callback prints from an empty line on, and its time is not that of a step
      if (callbacks.on_validation) callbacks.on_validation(report, scored);
    };
  }
  TrainResult result = trainer.run(watched);
  net = trainer.best();
  return result;
}

}  // namespace trous
