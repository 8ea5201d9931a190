// The mirror-context network learns to tell disks, rings, squares and triangles. Its encoder is made of
// VALID atrous convolutions, its decoder of their transposes, which give back the very rows and columns
// that the encoder took: both ops are layers of equal rank, and each is the other's gradient.
#include <iostream>

#include <trous/trous.h>

using namespace trous;

int main() {
  const Splits data = shapes({.size = 48, .train = 2000, .validation = 64, .test = 100});
  MirrorContext net({.in_channels = 3, .classes = 5});
  initialize(net, Key{1});
  std::cout << summarize(net, {1, 48, 48, 3}) << '\n';

  // One forward on the tape: the pairing is visible.
  {
    const auto weights = tracked_weights(net);
    const Tape tape = Tape::of(bind(net, weights)(make_batch(data.train, {{0}}).images));
    std::cout << tape.count("atrous_conv2d") << " atrous_conv2d and " << tape.count("atrous_conv2d_transpose")
              << " atrous_conv2d_transpose on its tape\n\n";
  }

  const TrainOptions options{.steps = 300, .batch = 8, .learning_rate = 1e-2};
  const TrainCallbacks callbacks{.on_validation = [](const ValidationReport& report, const AnyLayer&) {
    std::cout << "step " << report.step << "  loss " << report.train_loss
              << "  validation mIoU of the shapes " << *report.scores["foreground_iou"] << '\n';
  }};
  train(net, data, options, callbacks);

  const double learned = *evaluate_on(net, data.test).mean_iou(1);
  const ThresholdBaseline threshold = threshold_baseline(data.train, data.test);
  std::cout << "\ntest mIoU of the shapes: " << learned
            << ", by brightness alone: " << *threshold.scores.mean_iou(1) << '\n';
  return learned > 0.2 ? 0 : 1;
}
