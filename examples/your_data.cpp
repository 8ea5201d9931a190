// Your own images, your own program: a data set is a size, a shape and a function from an index to an image
// and its mask; a Trainer goes on from where it was saved; what it learned is loaded where you need it.
#include <cmath>
#include <filesystem>
#include <iostream>

#include <trous/trous.h>
using namespace trous;

// Image i: noise with a soft spot in it; the mask is the spot. Here you would read your own files. Sample i
// depends on i alone, so that any thread can make it at any time.
Sample spot(std::int64_t i) {
  Random random(fold_in(Key{7}, static_cast<std::uint64_t>(i)));
  const double row = random.uniform(8, 24), column = random.uniform(8, 24), radius = random.uniform(4, 7);
  std::vector<float> image;
  std::vector<std::int32_t> mask;
  for (int r = 0; r < 32; ++r) {
    for (int c = 0; c < 32; ++c) {
      const double distance = std::hypot(r - row, c - column) / radius;
      image.push_back(static_cast<float>(std::exp(-distance * distance) + 0.2 * random.uniform()));
      mask.push_back(distance < 1);
    }
  }
  return {Tensor({32, 32, 1}, image), Tensor({32, 32}, mask)};
}

Dataset spots(const std::string& name, std::int64_t first, std::int64_t size) {
  return {.name = name,
          .source = "made by this program",
          .classes = {"ground", "spot"},
          .size = size,
          .image_shape = {32, 32, 1},
          .sample = [first](std::int64_t i) { return spot(first + i); }};
}

int main() {
  const Splits data{spots("spots/train", 0, 200), spots("spots/validation", 200, 20),
                    spots("spots/test", 220, 40)};
  const std::string description =
      network_description("small-dilated", {.in_channels = 1, .classes = 2, .width = 4});
  AnyLayer net = network_from_json(description);
  initialize(net, Key{1});

  const CheckpointInfo about{.network = description, .classes = data.train.classes};
  const TrainOptions options{
      .steps = 90, .batch = 4, .learning_rate = 1e-2, .average = 0.9, .validate_every = 30};
  Trainer first(net, data, options);
  first.run({.stop = [&] { return first.step() == 45; }});  // your program is stopped in the middle,
  const std::string file = (std::filesystem::temp_directory_path() / "spots.safetensors").string();
  write_safetensors(file, first.state(about));

  Trainer second(net, data, options);  // and goes on, another day, as if it had not been
  second.restore(file, read_safetensors(file));
  second.run({.on_validation = [](const ValidationReport& r, const AnyLayer&) {
    std::cout << "step " << r.step << "  loss " << r.train_loss << "  IoU " << *r.scores["foreground_iou"]
              << '\n';
  }});

  save(second.best(), file, to_metadata(second.best_info(about)));
  const LoadedNetwork loaded = load_network(file);  // in your own program, later
  const Tensor mask = predict(loaded.net, checked_sample(data.test, 0).image.reshaped({1, 32, 32, 1}));
  std::filesystem::remove(file);
  const double iou = *evaluate_on(loaded.net, data.test).mean_iou(1);
  std::cout << "predicts " << mask.shape() << ", test IoU " << iou << '\n';
  return iou > 0.8 && second.step() == 90 ? 0 : 1;
}
