// A classifier: the target of each sample is a label, so the task is classification. The network called
// small-classifier tells apart figures of four kinds, turned, of many sizes and in noise.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>

#include <trous/trous.h>
using namespace trous;

// Whether the figure of this class, about as large as the unit circle, holds the point (u, v).
bool holds(std::int32_t figure, double u, double v) {
  const double small = std::min(std::abs(u), std::abs(v)), large = std::max(std::abs(u), std::abs(v));
  if (figure == 0) return std::hypot(u, v) < 0.85;                         // disc
  if (figure == 1) return large < 0.75;                                    // square
  if (figure == 2) return v > -0.5 && v + std::sqrt(3) * std::abs(u) < 1;  // triangle
  return small < 0.3 && large < 0.95;                                      // cross
}

Sample noisy_figure(std::int64_t i) {
  constexpr std::int64_t side = 24;
  const Key key = fold_in(Key{5}, static_cast<std::uint64_t>(i));
  Random random(key);
  const auto figure = static_cast<std::int32_t>(random.below(4));
  const double row = random.uniform(8, 15), column = random.uniform(8, 15), radius = random.uniform(6, 9);
  const double angle = random.uniform(0, 6.28), sine = std::sin(angle), cosine = std::cos(angle);
  std::vector<float> pixels;
  for (std::int64_t pixel = 0; pixel < side * side; ++pixel) {
    const double y = (static_cast<double>(pixel / side) - row) / radius;
    const double x = (static_cast<double>(pixel % side) - column) / radius;
    pixels.push_back(holds(figure, cosine * x + sine * y, cosine * y - sine * x) ? 0.75F : 0.25F);
  }
  const Tensor noise = normal({side, side, 1}, DType::float32, fold_in(key, 1), 0, 0.1);
  return {.image = zip(Tensor({side, side, 1}, pixels), noise, [](auto a, auto b) { return a + b; }),
          .target = Tensor({}, std::vector<std::int32_t>{figure})};
}

Dataset figures(std::int64_t first, std::int64_t size) {
  return {.name = "figures",
          .classes = {"disc", "square", "triangle", "cross"},
          .size = size,
          .image_shape = {24, 24, 1},
          .sample = [first](std::int64_t i) { return noisy_figure(first + i); },
          .target = {.name = "figure", .role = Role::label}};
}

int main() {
  const Splits data{figures(0, 4096), figures(4096, 256), figures(4352, 512)};
  AnyLayer net = SmallClassifier({.in_channels = 1, .classes = 4, .width = 8});
  initialize(net, Key{1});
  train(net, data, {.steps = 250, .batch = 32, .validate_every = 50},
        {.on_validation = [](const ValidationReport& r, const AnyLayer&) {
          std::cout << "step " << r.step << "  loss " << r.train_loss << "  accuracy "
                    << *r.scores["accuracy"] << '\n';
        }});

  for (const Baseline& baseline : classification().baselines(data.train, data.test, nullptr))
    std::cout << baseline.name << ": accuracy " << *baseline.scores["accuracy"] << '\n';
  std::vector<std::int64_t> all(static_cast<std::size_t>(data.test.size));
  std::iota(all.begin(), all.end(), 0);
  const Batch test = make_batch(data.test, all);
  ClassificationScores scores(4, {.top = 2});
  scores.add(evaluate(net, test.images).value(), test.targets);
  std::cout << "network: accuracy " << *scores.accuracy() << ", among the two likeliest "
            << *scores.top_accuracy() << '\n';
  for (const CalibrationBin& bin : scores.calibration()) {
    if (bin.count == 0) continue;
    std::cout << bin.count << " images of confidence " << *bin.confidence << ": accuracy " << *bin.accuracy
              << '\n';
  }
  return *scores.accuracy() > 0.95 ? 0 : 1;
}
