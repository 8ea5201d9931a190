#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <trous/autograd/grad.h>
#include <trous/check/not_finite.h>
#include <trous/core/error.h>
#include <trous/data/loader.h>
#include <trous/layers/network.h>
#include <trous/train/clip.h>
#include <trous/train/progress.h>
#include <trous/train/trainer.h>

namespace trous {
namespace {

// Streams of the run's seed.
enum class Stream : std::uint64_t { order = 1, passes = 2, augmentation = 3 };

Key stream(std::uint64_t seed, Stream which) { return fold_in(Key{seed}, static_cast<std::uint64_t>(which)); }

bool lies_below(const std::string& path, const std::string& group) {
  return group.empty() || path == group || path.starts_with(group + '.');
}

void check_groups(const std::vector<ParameterGroup>& groups, const AnyLayer& net) {
  const auto named = parameters(net);
  for (const ParameterGroup& group : groups) {
    if (!(group.learning_rate >= 0) || !(group.weight_decay >= 0) || !std::isfinite(group.learning_rate) ||
        !std::isfinite(group.weight_decay)) {
      throw ArgumentError(text("train: group \"", group.path, "\" has learning_rate ", group.learning_rate,
                               ", weight_decay ", group.weight_decay, ". They are factors, 0 or more."));
    }
    const bool any = std::any_of(named.begin(), named.end(), [&](const auto& parameter) {
      return lies_below(parameter.path, group.path);
    });
    if (!any) {
      throw ArgumentError(text("train: no parameter lies below \"", group.path, "\". The first of ",
                               named.size(), " is ", named.empty() ? "none" : named.front().path,
                               ". Give a path that `parameters(net)` lists, or what it begins with."));
    }
  }
}

// The tensor that was bad first, in words: a weight, an op's output, or what no op gave that reaches one.
std::string in_words(const NotFinite& bad, const AnyLayer& net) {
  const std::string tensor = text(short_name(bad.value.dtype()), bad.value.shape());
  const bool came_in = bad.where == NotFinite::Where::input;
  if (came_in) {
    for (const auto& [path, parameter] : parameters(net)) {
      if (parameter->get(path).value().same_storage(bad.value)) return text("the weight ", path, ' ', tensor);
    }
  }
  std::string what = came_in                                 ? "what came into"
                     : bad.where == NotFinite::Where::output ? "the output of"
                                                             : "a by-product of";
  what += text(' ', bad.op.kind, ' ', tensor);
  if (bad.rule_of) what += text(", in the rule of ", bad.rule_of->kind);
  const std::string& layer = bad.rule_of ? bad.rule_of->name : bad.op.name;
  return layer.empty() ? what : text(what, " of layer ", layer);
}

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

}  // namespace

struct Trainer::Step {
  AnyLayer bound;
  Pass pass;
  std::vector<Variable> live;  // the tracked weights
  Variable loss;
};

Trainer::Trainer(AnyLayer net, Splits data, TrainOptions options)
    : net_(std::move(net)),
      best_(net_),
      data_(std::move(data)),
      options_(std::move(options)),
      loss_(options_.loss ? options_.loss
                          : weighted_cross_entropy(data_.train,
                                                   options_.class_weights.value_or(default_class_weighting))),
      optimizer_(options_.optimizer) {
  check_names("train", parameters(std::as_const(net_)), buffers(std::as_const(net_)));
  check_train_options(options_);
  check_groups(options_.groups, net_);
  plateau_ = Plateau({.min_delta = options_.min_delta});
  for (const auto& [path, parameter] : parameters(std::as_const(net_))) {
    const ParameterGroup* const group = group_of(path);
    if (group && group->frozen) continue;
    live_.push_back(path);
    scales_.push_back(group ? StepScale{group->learning_rate, group->weight_decay} : StepScale{});
  }
  if (live_.empty()) {
    throw ArgumentError("train: every parameter is frozen, so there is nothing to learn. Leave a part free.");
  }
  if (options_.average > 0) average_.emplace(network_values(net_), options_.average);
}

const ParameterGroup* Trainer::group_of(const std::string& path) const {
  const auto found = std::find_if(options_.groups.begin(), options_.groups.end(),
                                  [&](const ParameterGroup& group) { return lies_below(path, group.path); });
  return found == options_.groups.end() ? nullptr : &*found;
}

bool Trainer::frozen(const std::string& path) const {
  const ParameterGroup* const group = group_of(path);
  return group && group->frozen;
}

double Trainer::learning_rate() const {
  const double scheduled = learning_rate_at({.kind = options_.schedule,
                                             .base = options_.learning_rate,
                                             .steps = options_.steps,
                                             .warmup = options_.warmup},
                                            step_);
  return options_.schedule == Schedule::plateau ? scheduled * plateau_.state().factor : scheduled;
}

Trainer::Step Trainer::forward(const AnyLayer& net, std::int64_t step, const Batch& batch) const {
  std::vector<Variable> weights, live;
  for (const auto& [path, parameter] : parameters(net)) {
    const Tensor& value = parameter->get(path).value();
    weights.push_back(frozen(path) ? Variable(value) : track(value, path));
    if (!frozen(path)) live.push_back(weights.back());
  }
  AnyLayer bound = bind(net, weights);
  Pass pass =
      Pass::training(fold_in(stream(options_.seed, Stream::passes), static_cast<std::uint64_t>(step)));
  pass.name_layers(bound);
  const Variable logits = bound(batch.images, pass);
  const auto classes = static_cast<std::int64_t>(data_.train.classes.size());
  if (logits.shape().rank() != 4 || logits.shape()[3] != classes) {
    throw ShapeError(text("train: the network gives ", logits.shape(), ", the data have ", classes,
                          " classes. Its last layer must give [batch, height, width, ", classes, "]."));
  }
  Variable loss = loss_(logits, batch.labels);
  return {std::move(bound), std::move(pass), std::move(live), std::move(loss)};
}

void Trainer::rehearse() const {
  Loader loader(data_.train, {.batch = options_.batch,
                              .augmentation = options_.augmentation,
                              .order_key = stream(options_.seed, Stream::order),
                              .augmentation_key = stream(options_.seed, Stream::augmentation),
                              .workers = 0});
  Step done = forward(net_, step_, loader.take(step_));
  grad(std::move(done.loss), done.live);
  Dataset first = data_.validation;
  first.size = std::min(first.size, options_.batch);
  evaluate_with(scored(), first, {.batch = options_.batch, .loss = loss_});
}

// The step again, traced, its backward too where the loss is a number; empty if every op gives numbers.
std::string Trainer::first_bad(std::int64_t step, const Batch& batch) const {
  if (!all_finite(batch.images)) return "the images";
  const std::optional<NotFinite> bad = trace_not_finite([&] {
    Step again = forward(net_, step - 1, batch);
    if (std::isfinite(again.loss.value().to_double())) grad(std::move(again.loss), again.live);
  });
  return bad ? in_words(*bad, net_) : std::string();
}

std::string Trainer::bad_gradient(const std::vector<Variable>& gradients) const {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!all_finite(gradients[i].value()))
      return text("the gradient of ", live_[i], ' ', gradients[i].shape());
  }
  return {};
}

std::string Trainer::bad_value() const {
  for (const auto& [path, weight] : parameters(std::as_const(net_))) {
    if (!all_finite(weight->get().value())) return text("the weight ", path, ' ', weight->spec.shape);
  }
  for (const auto& [path, statistic] : buffers(std::as_const(net_))) {
    if (!all_finite(statistic->get())) return text("the statistic ", path, ' ', statistic->spec.shape);
  }
  return {};
}

// Moves weights, statistics and their average. What goes bad here is judged by the caller.
void Trainer::update(Step& done, std::vector<Variable> gradients, double norm, double learning_rate) {
  AnyLayer before = net_;
  commit(done.pass, done.bound, net_);
  const auto now = buffers(net_);
  const auto old = buffers(before);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (frozen(now[i].path)) now[i].part->value = old[i].part->value;
  }
  std::vector<Tensor> slopes = values(gradients);
  if (options_.clip_norm > 0) slopes = clipped(std::move(slopes), norm, options_.clip_norm);
  const std::vector<Tensor> weights = values(done.live);
  const std::vector<Tensor> moved = optimizer_.step(weights, slopes, learning_rate, scales_);
  std::size_t next = 0;
  for (const auto& [path, parameter] : parameters(net_)) {
    if (!frozen(path)) parameter->value = moved[next++];
  }
  if (average_) average_->update(network_values(net_));
}

// True if the step could be done.
bool Trainer::take(std::int64_t step, const Batch& batch, double waited, const TrainCallbacks& callbacks) {
  const auto begin = [&](StepPhase phase) {
    if (callbacks.on_phase) callbacks.on_phase(phase);
  };
  begin(StepPhase::forward);
  Step done = forward(net_, step - 1, batch);
  const double loss = done.loss.value().to_double();
  if (!std::isfinite(loss)) {
    const std::string first = first_bad(step, batch);
    result_.diverged =
        text("the loss is ", std::isnan(loss) ? "NaN" : "infinite", "; the first tensor that went bad is ",
             first.empty() ? "the loss" : first, " at step ", step);
    return false;
  }
  begin(StepPhase::backward);
  std::vector<Variable> gradients = grad(std::move(done.loss), done.live);
  begin(StepPhase::update);
  if (const std::string bad = bad_gradient(gradients); !bad.empty()) {
    const std::string first = first_bad(step, batch);
    result_.diverged = text("the loss is ", loss, ", but ", bad, " is not finite at step ", step,
                            first.empty() ? "" : "; the first tensor that went bad is " + first);
    return false;
  }
  const double rate = learning_rate(), norm = global_norm(values(gradients));
  update(done, std::move(gradients), norm, rate);
  if (const std::string bad = bad_value(); !bad.empty()) {
    result_.diverged = text("the loss is ", loss, ", but ", bad, " is not finite after step ", step);
    return false;
  }
  step_ = result_.steps = step;
  loss_sum_ += loss;
  ++loss_count_;
  if (callbacks.on_step) callbacks.on_step({step, options_.steps, loss, rate, norm, waited});
  return true;
}

// Takes a validation into account; true if it is the best so far. Where the criterion is another than before,
// as in a state that was saved when only the IoU could choose, the choice begins anew.
bool Trainer::choose(const Evaluation& evaluation) {
  const Criterion criterion = criterion_for(evaluation.scores);
  const bool first = result_.best_step == 0 || criterion != result_.chosen_by;
  const bool always = first || criterion == Criterion::latest;
  if (first) plateau_.restore({.factor = plateau_.state().factor});
  const std::optional<double> score =
      criterion == Criterion::foreground_iou ? evaluation.scores.mean_iou(1) : std::nullopt;
  const std::optional<double> now = merit(criterion, score, evaluation.loss);
  const std::optional<double> before = merit(criterion, result_.best_score, result_.best_loss);
  const bool best = always || better(now, before) ||
                    (now == before && breaks_tie(criterion, evaluation.loss, result_.best_loss));
  if (best) {
    result_.best_step = step_;
    result_.chosen_by = criterion;
    result_.best_score = score;
    result_.best_loss = evaluation.loss;
  }
  const bool enough = always || better(now, reference_, options_.min_delta);
  if (enough) reference_ = now;
  stale_ = enough ? 0 : stale_ + 1;
  if (criterion != Criterion::latest) plateau_.after(now.value_or(std::numeric_limits<double>::quiet_NaN()));
  return best;
}

// Why patience ended training.
std::string Trainer::early_end() const {
  const std::string by = options_.min_delta > 0 ? text(" by ", options_.min_delta) : "";
  if (result_.chosen_by == Criterion::foreground_iou) {
    return text("the last ", stale_, " validations were no better than ", reference_.value_or(0), by,
                ", best at step ", result_.best_step);
  }
  if (!reference_) return text("the last ", stale_, " validation losses were NaN or infinite");
  return text("the last ", stale_, " validation losses were no lower than ", -*reference_, by,
              ", lowest at step ", result_.best_step);
}

void Trainer::validate(const TrainCallbacks& callbacks) {
  const AnyLayer net = scored();
  const Evaluation evaluation =
      evaluate_with(net, data_.validation, {.batch = options_.batch, .loss = loss_});
  const bool best = choose(evaluation);
  if (best) best_ = net;
  const double train_loss = loss_count_ ? loss_sum_ / static_cast<double>(loss_count_) : 0;
  loss_sum_ = 0;
  loss_count_ = 0;
  if (callbacks.on_validation) {
    callbacks.on_validation({step_, train_loss, evaluation.loss, evaluation.scores, best, stale_}, net);
  }
}

AnyLayer Trainer::scored() const {
  AnyLayer net = net_;
  if (average_ && step_ > 0) {
    std::size_t next = 0;
    const std::vector<Tensor>& averages = average_->averages();
    for (const auto& [path, parameter] : parameters(net)) parameter->value = averages[next++];
    for (const auto& [path, buffer] : buffers(net)) buffer->value = averages[next++];
  }
  return net;
}

TrainResult Trainer::run(const TrainCallbacks& callbacks) {
  Loader loader(data_.train, {.batch = options_.batch,
                              .augmentation = options_.augmentation,
                              .order_key = stream(options_.seed, Stream::order),
                              .augmentation_key = stream(options_.seed, Stream::augmentation),
                              .workers = options_.loader_threads});
  const auto enough = [this] { return options_.patience > 0 && stale_ >= options_.patience; };
  result_.interrupted = false;
  while (step_ < options_.steps && !enough() && !result_.interrupted) {
    if (callbacks.on_phase) callbacks.on_phase(StepPhase::batch);
    const double waited = loader.seconds_waited();
    const Batch batch = loader.take(step_);
    if (!take(step_ + 1, batch, loader.seconds_waited() - waited, callbacks)) return result_;
    const bool validated = step_ % options_.validate_every == 0 || step_ == options_.steps;
    if (validated) validate(callbacks);
    result_.interrupted = callbacks.stop && callbacks.stop() && step_ < options_.steps;
    const bool due = options_.save_every > 0 && step_ % options_.save_every == 0;
    if (callbacks.on_save && (validated || due || result_.interrupted)) callbacks.on_save();
  }
  if (enough() && step_ < options_.steps) result_.stopped_early = early_end();
  return result_;
}

std::string_view name(StepPhase phase) {
  constexpr std::string_view names[]{"batch", "forward", "backward", "update"};
  return names[static_cast<std::size_t>(phase)];
}

TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options,
                  const TrainCallbacks& callbacks) {
  Trainer trainer(net, data, options);
  Progress progress(options.batch, options.quiet || callbacks.on_step);
  TrainCallbacks watched = callbacks;
  if (!callbacks.on_step) {
    watched.on_step = [&](const StepReport& r) {
      progress.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
    };
    watched.on_validation = [&](const ValidationReport& report, const AnyLayer& scored) {
      progress.clear();  // what it prints begins on an empty line, and its time is not that of a step
      if (callbacks.on_validation) callbacks.on_validation(report, scored);
    };
  }
  TrainResult result = trainer.run(watched);
  net = trainer.best();
  return result;
}

}  // namespace trous
