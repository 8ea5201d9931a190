// Checks the gradients of a network: those of each op at the values it has there, and those of a loss in
// every weight.
#pragma once

#include <trous/check/check_tape.h>
#include <trous/layers/sequential.h>

namespace trous {

/// How a network is checked.
struct NetworkCheckOptions {
  int order = 1;                ///< orders 1 .. order are checked
  double tolerance = 1e-6;      ///< see GradCheckOptions
  double sharpness = 1e-5;      ///< see GradCheckOptions; with many kinks around, differences are less exact
  double step = 1.0 / 16;       ///< see GradCheckOptions
  std::int64_t directions = 2;  ///< random directions in each weight and in each input of an op
  std::uint64_t seed = 7;       ///< of directions, cotangents, and what the network draws
  bool training = true;  ///< batch statistics and dropout, as in a training step; else as in evaluation
};

/// The result of check_network.
struct NetworkReport {
  TapeReport ops;    ///< each recorded op, from the first layer to the loss
  GradReport whole;  ///< the loss as a function of the weights, named by their paths, and last of the images

  bool passed() const { return verdict() == Verdict::pass; }
  /// The more severe verdict of the two.
  Verdict verdict() const;
};

/// Checks the gradients of net with the loss <c, net(images)> + 1/2 |net(images)|^2 / elements, c being
/// random. This loss depends on every output, and its second and third derivatives do not vanish.
///
/// net       float64, every weight with its value: cast_network(net, DType::float64)
/// images    float64, what the network takes; a small batch of small images is best, since each weight costs
///           some fifty passes
///
/// Throws DTypeError if a weight or the images are not float64, and what the network throws.
NetworkReport check_network(const AnyLayer& net, const Tensor& images,
                            const NetworkCheckOptions& options = {});

}  // namespace trous
