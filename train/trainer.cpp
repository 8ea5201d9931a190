#include <algorithm>
#include <cmath>
#include <numeric>

#include <trous/autograd/grad.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/layers/network.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/train/trainer.h>

namespace trous {
namespace {

// Streams of the run's seed.
enum class Stream : std::uint64_t { order = 1, passes = 2 };

Key stream(std::uint64_t seed, Stream which) { return fold_in(Key{seed}, static_cast<std::uint64_t>(which)); }

void check(const TrainOptions& o, const Splits& data) {
  if (o.steps < 1 || o.batch < 1 || o.validate_every < 1) {
    throw ArgumentError(text("train: steps ", o.steps, ", batch ", o.batch, ", validate_every ",
                             o.validate_every, ". Each must be 1 or more."));
  }
  if (!(o.learning_rate > 0) || !std::isfinite(o.learning_rate)) {
    throw ArgumentError(
        text("train: learning_rate ", o.learning_rate, " is not above 0. 2e-3 is usual for Adam."));
  }
  if (o.class_weights &&
      !(o.class_weights->shape() == Shape{static_cast<std::int64_t>(data.train.classes.size())})) {
    throw ShapeError(text("train: class_weights ", o.class_weights->shape(), " for ",
                          data.train.classes.size(), " classes. Give one weight per class."));
  }
}

class Loop {
 public:
  Loop(AnyLayer& net, const Splits& data, const TrainOptions& options, const TrainCallbacks& callbacks)
      : net_(net),
        best_(net),
        data_(data),
        options_(options),
        callbacks_(callbacks),
        optimizer_(options.optimizer),
        order_(data.train.size, options.batch, stream(options.seed, Stream::order)) {}

  TrainResult run();

 private:
  struct Step {
    AnyLayer bound;
    Pass pass;
    std::vector<Variable> weights;
    Variable loss;
  };
  Step forward(std::int64_t step, const Batch& batch) const;
  void take(std::int64_t step);
  void validate(std::int64_t step);
  std::string first_bad_forward(std::int64_t step, const Batch& batch) const;
  std::string first_bad_backward(std::int64_t step, const Batch& batch) const;
  std::string bad_gradient(const std::vector<Variable>& gradients) const;
  std::string bad_value() const;

  AnyLayer& net_;
  AnyLayer best_;
  const Splits& data_;
  const TrainOptions& options_;
  const TrainCallbacks& callbacks_;
  Optimizer optimizer_;
  BatchOrder order_;
  double loss_sum_ = 0;
  std::int64_t loss_count_ = 0;
  TrainResult result_;
};

Loop::Step Loop::forward(std::int64_t step, const Batch& batch) const {
  std::vector<Variable> weights = tracked_weights(net_);
  AnyLayer bound = bind(net_, weights);
  Pass pass =
      Pass::training(fold_in(stream(options_.seed, Stream::passes), static_cast<std::uint64_t>(step)));
  if (Recording::mode() == Recording::everything) pass.name_layers(bound);
  CrossEntropyOptions loss_options{.ignore_index = static_cast<std::int32_t>(unknown_label)};
  if (options_.class_weights) loss_options.class_weights = *options_.class_weights;
  const Variable logits = bound(batch.images, pass);
  const auto classes = static_cast<std::int64_t>(data_.train.classes.size());
  if (logits.shape().rank() != 4 || logits.shape()[3] != classes) {
    throw ShapeError(text("train: the network gives ", logits.shape(), ", the data have ", classes,
                          " classes. Its last layer must give [batch, height, width, ", classes, "]."));
  }
  Variable loss = softmax_cross_entropy(logits, batch.labels, loss_options, "loss");
  return {std::move(bound), std::move(pass), std::move(weights), std::move(loss)};
}

// The oldest node of `tape` whose output is not finite, in words; empty if there is none.
std::string first_not_finite(const Tape& tape) {
  const auto found = tape.first_not_finite();
  if (!found) return {};
  const Node& node = tape[*found];
  const std::string tensor = text(short_name(node.dtype), node.shape);
  if (node.inputs.empty()) return text("the weight ", node.op.name, ' ', tensor);
  return text("the output of ", node.op.kind, ' ', tensor,
              node.op.name.empty() ? "" : text(" of layer ", node.op.name));
}

// The step again, recording everything, to find where its loss went bad.
std::string Loop::first_bad_forward(std::int64_t step, const Batch& batch) const {
  if (!all_finite(batch.images)) return "the images";
  const Recording scope(Recording::everything);
  const std::string found = first_not_finite(Tape::of(forward(step - 1, batch).loss));
  return found.empty() ? "the loss" : found;
}

// The same for its gradients; empty where a rule is computed from values and leaves nothing on the tape.
std::string Loop::first_bad_backward(std::int64_t step, const Batch& batch) const {
  const Recording scope(Recording::everything);
  Step again = forward(step - 1, batch);
  try {
    return first_not_finite(Tape::of(grad(std::move(again.loss), again.weights, Graph::keep)));
  } catch (const GraphError&) {
    return {};
  }
}

std::string Loop::bad_gradient(const std::vector<Variable>& gradients) const {
  const auto named = parameters(std::as_const(net_));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!all_finite(gradients[i].value()))
      return text("the gradient of ", named[i].path, ' ', gradients[i].shape());
  }
  return {};
}

std::string Loop::bad_value() const {
  for (const auto& [path, weight] : parameters(std::as_const(net_))) {
    if (!all_finite(weight->get().value())) return text("the weight ", path, ' ', weight->spec.shape);
  }
  for (const auto& [path, statistic] : buffers(std::as_const(net_))) {
    if (!all_finite(statistic->get())) return text("the statistic ", path, ' ', statistic->spec.shape);
  }
  return {};
}

void Loop::take(std::int64_t step) {
  const Batch batch = make_batch(data_.train, order_.indices(step - 1));
  Step forward_step = forward(step - 1, batch);
  const double loss = forward_step.loss.value().to_double();
  if (!std::isfinite(loss)) {
    result_.diverged =
        text("the loss is ", std::isnan(loss) ? "NaN" : "infinite", "; the first tensor that went bad is ",
             first_bad_forward(step, batch), " at step ", step);
    return;
  }
  const std::vector<Variable> gradients = grad(std::move(forward_step.loss), forward_step.weights);
  if (const std::string bad = bad_gradient(gradients); !bad.empty()) {
    const std::string first = first_bad_backward(step, batch);
    result_.diverged = text("the loss is ", loss, ", but ", bad, " is not finite at step ", step,
                            first.empty() ? "" : "; the first tensor that went bad is " + first);
    return;
  }
  const double learning_rate =
      learning_rate_at(options_.schedule, options_.learning_rate, step - 1, options_.steps);
  // What goes bad here is judged below, and gone with the rest when run() puts the best network back.
  commit(forward_step.pass, forward_step.bound, net_);
  trous::step(optimizer_, net_, gradients, learning_rate);
  if (const std::string bad = bad_value(); !bad.empty()) {
    result_.diverged = text("the loss is ", loss, ", but ", bad, " is not finite after step ", step);
    return;
  }
  loss_sum_ += loss;
  ++loss_count_;
  if (callbacks_.on_step) callbacks_.on_step({step, options_.steps, loss, learning_rate});
}

void Loop::validate(std::int64_t step) {
  const ConfusionMatrix scores = evaluate_on(net_, data_.validation, options_.batch);
  const double score = scores.mean_iou(1);
  const bool best = result_.best_step == 0 || score > result_.best_score;
  if (best) {
    result_.best_step = step;
    result_.best_score = score;
    best_ = net_;
  }
  const double train_loss = loss_count_ ? loss_sum_ / static_cast<double>(loss_count_) : 0;
  loss_sum_ = 0;
  loss_count_ = 0;
  if (callbacks_.on_validation) callbacks_.on_validation({step, train_loss, scores, best}, net_);
}

TrainResult Loop::run() {
  for (std::int64_t step = 1; step <= options_.steps && !result_.diverged; ++step) {
    take(step);
    if (!result_.diverged && (step % options_.validate_every == 0 || step == options_.steps)) validate(step);
  }
  net_ = best_;
  return result_;
}

}  // namespace

TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options,
                  const TrainCallbacks& callbacks) {
  check(options, data);
  return Loop(net, data, options, callbacks).run();
}

Tensor predict(const AnyLayer& net, const Tensor& images) {
  const Recording scope(Recording::nothing);
  Pass pass;
  return argmax(net(images, pass), -1).value();
}

ConfusionMatrix evaluate_on(const AnyLayer& net, const Dataset& data, std::int64_t batch) {
  if (batch < 1) throw ArgumentError(text("evaluate_on: batch ", batch, ". Give 1 or more."));
  ConfusionMatrix scores(static_cast<std::int64_t>(data.classes.size()), unknown_label);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size));
  std::iota(indices.begin(), indices.end(), 0);
  for (std::int64_t first = 0; first < data.size; first += batch) {
    const auto count = static_cast<std::size_t>(std::min(batch, data.size - first));
    const Batch part = make_batch(data, std::span(indices).subspan(static_cast<std::size_t>(first), count));
    scores.add(part.labels, predict(net, part.images));
  }
  return scores;
}

}  // namespace trous
