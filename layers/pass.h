// One run of a network: its mode, its random key, and its pending updates of buffers. The forward is pure:
// batch norm leaves its new running statistics here, and the training loop commits them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/layers/visit.h>

namespace trous {

/// The state of one run of a network.
class Pass {
 public:
  /// Evaluation: running statistics, no dropout.
  Pass() = default;

  /// Training. `key` folds in the seed and the step; each layer that draws gets a key of its own, so a
  /// recomputed forward draws the same numbers.
  static Pass training(Key key) {
    Pass pass;
    pass.training_ = true;
    pass.key_ = key;
    return pass;
  }

  bool is_training() const { return training_; }

  /// The next key of this pass.
  Key draw() { return fold_in(key_, draws_++); }

  /// The value `buffer` has after the updates of this pass so far.
  const Tensor& current(const Buffer& buffer) const;

  /// Stores `value` as a pending update of `buffer`, which `commit` writes.
  void update(const Buffer& buffer, Tensor value);

  /// Names the ops of net's layers after the paths of their layers, which a printed tape shows. `net` must be
  /// the very object that will run.
  template <class Net>
  void name_layers(const Net& net) {
    visit_parts({}, net, ConstVisitor{.layer = [this](const std::string& path, const void* layer) {
                  names_[layer] = path;
                }});
  }

  /// The path of `layer`, or nothing.
  std::string_view name_of(const void* layer) const;

  /// Returns op(name), with the path of `layer` as name. Errors about shapes, dtypes, arguments and missing
  /// values get the path in front, so that the layer can be found: "context.0: atrous_conv2d: input has 3
  /// channels, ..."
  template <class Op>
  auto under(const void* layer, const Op& op) const {
    const std::string_view name = name_of(layer);
    try {
      return op(name);
    } catch (const Error&) {
      rethrow_under(name);
    }
  }

 private:
  template <class Net>
  friend void commit(const Pass& pass, const Net& ran, Net& net);

  // The error at hand, with `layer` in front where it has a name.
  [[noreturn]] static void rethrow_under(std::string_view layer);

  bool training_ = false;
  Key key_;
  std::uint64_t draws_ = 0;
  // The pending value of `buffer`, or null.
  const Tensor* pending(const Buffer* buffer) const;

  // In the order of their first updates, so that two passes give memory back in the same order.
  std::vector<std::pair<const Buffer*, Tensor>> pending_;
  std::unordered_map<const void*, std::string> names_;
};

/// Writes the updates of a pass over `ran`, the very object that ran, into `net`: the same network, or the
/// one of which `ran` is a bound copy. Throws ArgumentError if another object ran or `net` has other buffers.
template <class Net>
void commit(const Pass& pass, const Net& ran, Net& net) {
  const auto sources = buffers(ran);
  const auto targets = buffers(net);
  std::size_t known = 0;
  for (const auto& [path, buffer] : sources) known += pass.pending(buffer) != nullptr;
  if (known != pass.pending_.size() || sources.size() != targets.size()) {
    throw ArgumentError(text("commit: ", pass.pending_.size(), " updates are pending, ", known,
                             " of them of this network's ", sources.size(), " buffers, to be written to ",
                             targets.size(), ". Give the network that ran with this pass."));
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (const Tensor* const value = pass.pending(sources[i].part)) targets[i].part->value = *value;
  }
}

/// `net` at x in evaluation mode.
template <class Net>
Variable evaluate(const Net& net, const Variable& x) {
  Pass pass;
  return net(x, pass);
}

}  // namespace trous
