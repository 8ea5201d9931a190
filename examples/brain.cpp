// A head: real MRI, ten classes from a hand-drawn atlas. The network learns the left hemisphere and is judged
// on the mirrored right one, beside a bar that is honest: the left labels themselves, mirrored, which know
// where everything lies and have seen nothing. One person, so a score says nothing about other people.
//
//   build/release/examples/example_brain          a few steps: all background is beaten, the atlas is not
//   build/release/examples/example_brain 1500     about two minutes: the atlas is
#include <cstdlib>
#include <iostream>

#include <trous/trous.h>

using namespace trous;

int main(int argc, char** argv) {
  const std::int64_t steps = argc > 1 ? std::atoll(argv[1]) : 40;
  try {
    const Splits data = brain();
    AnyLayer net = DeepDilated({.in_channels = 1, .classes = 10});
    initialize(net, Key{0});
    std::cout << data.train.source << '\n'
              << data.test.source << "\n\n"
              << summarize(net, {1, 96, 184, 1}) << '\n';

    ConfusionMatrix atlas = confusion_for(data.test);
    for (std::int64_t i = 0; i < data.test.size; ++i)
      atlas.add(checked_sample(data.test, i).target, brain_mirror_prediction(data, i));

    const TrainOptions options{
        .steps = steps,
        .batch = 8,
        .augmentation = {.scale = 1.15, .rotate = 10, .shift = 0.06, .contrast = 0.2, .noise = 0.02},
        .validate_every = std::max<std::int64_t>(1, steps / 10)};
    train(net, data, options, {.on_validation = [](const ValidationReport& r, const AnyLayer&) {
            std::cout << "step " << r.step << "  loss " << r.train_loss << "  mIoU " << *r.scores["mean_iou"]
                      << '\n';
          }});

    const double learned = *evaluate_on(net, data.test).mean_iou(), bar = *atlas.mean_iou();
    const double nothing = *background_baseline(data.test).mean_iou();
    std::cout << "\nmIoU of ten classes: " << learned << "; the mirrored atlas: " << bar
              << "; all background: " << nothing << '\n'
              << (learned > bar ? "It beats the atlas.\n"
                                : "It does not beat the atlas yet: give it more steps.\n");
    return learned > nothing && (steps < 1500 || learned > bar) ? 0 : 1;
  } catch (const FileError& error) {
    std::cerr << error.what() << '\n';
    return 77;  // the data are not installed
  }
}
