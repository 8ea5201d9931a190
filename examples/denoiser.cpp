// A network that takes noise out of images: the target of each sample is an image, so the task is regression.
// It is compared with the noisy image itself, and with a median of 3 x 3 pixels.
#include <cmath>
#include <iostream>

#include <trous/trous.h>
using namespace trous;

// Image i: a bright disc before a slope of grey. The network sees it with normal noise of deviation 0.2.
Sample noisy_disc(std::int64_t i) {
  constexpr std::int64_t side = 32;
  const Key key = fold_in(Key{5}, static_cast<std::uint64_t>(i));
  Random random(key);
  const double row = random.uniform(6, 26), column = random.uniform(6, 26), radius = random.uniform(4, 9);
  std::vector<float> clean;
  for (int r = 0; r < side; ++r) {
    for (int c = 0; c < side; ++c)
      clean.push_back(std::hypot(r - row, c - column) < radius ? 0.8F : static_cast<float>(r) / 64);
  }
  const Tensor image({side, side, 1}, clean);
  const Tensor noise = normal(image.shape(), DType::float32, fold_in(key, 1), 0, 0.2);
  return {.image = zip(image, noise, [](auto a, auto b) { return a + b; }), .target = image};
}

Dataset noisy_discs(std::int64_t first, std::int64_t size) {
  return {.name = "discs",
          .size = size,
          .image_shape = {32, 32, 1},
          .sample = [first](std::int64_t i) { return noisy_disc(first + i); },
          .target = {.name = "clean image", .role = Role::image, .shape = {32, 32, 1}}};
}

int main() {
  const Splits data{noisy_discs(0, 256), noisy_discs(256, 32), noisy_discs(288, 64)};
  // It says what to add to the noisy image. Atrous layers let each pixel see 15 x 15 others.
  const auto rectify = [](const Variable& x) { return relu(x); };
  AnyLayer net =
      Residual{Sequential{AtrousConv2d{{.in_channels = 1, .out_channels = 16, .rate = 1}}, rectify,
                          AtrousConv2d{{.in_channels = 16, .out_channels = 16, .rate = 2}}, rectify,
                          AtrousConv2d{{.in_channels = 16, .out_channels = 16, .rate = 4}}, rectify,
                          Conv2d{{.in_channels = 16, .out_channels = 1, .kernel = 1}}}};
  initialize(net, Key{1});
  train(net, data, {.steps = 1000, .batch = 8, .learning_rate = 5e-3, .validate_every = 250},
        {.on_validation = [](const ValidationReport& r, const AnyLayer&) {
          std::cout << "step " << r.step << "  MSE " << *r.scores["mse"] << "  PSNR " << *r.scores["psnr"]
                    << " dB\n";
        }});

  RegressionScores noisy, median;
  for (std::int64_t i = 0; i < data.test.size; ++i) {
    const Sample sample = data.test.sample(i);
    noisy.add(sample.target, sample.image);
    median.add(sample.target, median_filtered(sample.image.reshaped({1, 32, 32, 1})).reshaped({32, 32, 1}));
  }
  const Scores learned = evaluate_with(net, data.test, {}).scores;
  std::cout << "test PSNR: noisy " << *noisy.psnr() << " dB, median of 3 x 3 " << *median.psnr()
            << " dB, network " << *learned["psnr"] << " dB, SSIM " << *learned["ssim"] << '\n';
  return *learned["psnr"] > *noisy.psnr() + 6 && *learned["psnr"] > *median.psnr() + 3 ? 0 : 1;
}
