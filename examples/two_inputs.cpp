// A network of two inputs compares two images of one place and marks what is new. The later image is one more
// tensor of each sample, and so are weights of the pixels, which the loss alone reads.
#include <cmath>
#include <iostream>

#include <trous/trous.h>
using namespace trous;

const Shape image{24, 24, 1};

// Place i: four grey blocks. Later there is less light, noise, and a square lighter or darker by half.
Sample place(std::int64_t i) {
  Random random(fold_in(Key{3}, static_cast<std::uint64_t>(i)));
  const double row = random.uniform(6, 18), column = random.uniform(6, 18), half = random.uniform(3, 6);
  const double light = random.uniform(0.8, 1);
  const double blocks[4]{random.uniform(), random.uniform(), random.uniform(), random.uniform()};
  std::vector<float> before, after, weights;
  std::vector<std::int32_t> changed;
  for (int r = 0; r < 24; ++r) {
    for (int c = 0; c < 24; ++c) {
      const double grey = blocks[2 * (r / 12) + c / 12];
      const double inside = half - std::max(std::abs(r - row), std::abs(c - column));  // pixels to its border
      const double later = inside > 0 ? std::fmod(grey + 0.5, 1) : grey;
      before.push_back(static_cast<float>(grey));
      after.push_back(static_cast<float>(light * later + random.uniform(0, 0.05)));
      changed.push_back(inside > 0);
      weights.push_back(std::abs(inside) < 1 ? 3 : 1);
    }
  }
  return {.image = Tensor(image, before),
          .target = Tensor({24, 24}, changed),
          .more = {Tensor(image, after), Tensor(image, weights)}};
}

// The transforms of a training move all images and masks alike: these three, and the weights.
Dataset places(std::int64_t first, std::int64_t size) {
  return {.name = "places",
          .classes = {"as before", "new"},
          .size = size,
          .image_shape = image,
          .sample = [first](std::int64_t i) { return place(first + i); },
          .more = {{.name = "after", .role = Role::image, .shape = image, .input = true},
                   {.name = "weights", .role = Role::image, .shape = image}}};
}

Variable rectified(const Variable& x) { return relu(x); }

// One encoder sees both images; the head sees what the encoder makes of each.
struct Comparison {
  Sequential encoder{Conv2d{{.in_channels = 1, .out_channels = 8}}, rectified};
  Sequential head{AtrousConv2d{{.in_channels = 16, .out_channels = 16, .rate = 2}}, rectified,
                  AtrousConv2d{{.in_channels = 16, .out_channels = 16, .rate = 4}}, rectified,
                  Conv2d{{.in_channels = 16, .out_channels = 2, .kernel = 1}}};

  Variable operator()(const Variable& before, const Variable& after, Pass& pass) const {
    return head(concat({encoder(before, pass), encoder(after, pass)}, -1), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("encoder", self.encoder);
    f("head", self.head);
  }
};

// Cross-entropy in which the pixels near a border count three times.
Variable border_loss(const Variable& logits, const Batch& batch) {
  const Variable weights = batch.more[1];
  return -sum(weights * one_hot(batch.targets, 2) * log_softmax(logits)) / sum(weights);
}

int main() {
  const Splits data{places(0, 256), places(256, 32), places(288, 64)};
  Comparison net;
  initialize(net, Key{1});
  const TrainOptions options{.steps = 500,
                             .batch = 8,
                             .loss = border_loss,
                             .augmentation = {.flip_horizontal = true, .flip_vertical = true}};
  Trainer whole(net, data, options), first = whole, second = whole;
  whole.run();
  first.run({.stop = [&] { return first.step() == 250; }});
  second.restore("the first half", first.state());  // a Trainer goes on where another one was saved
  second.run();
  const SafetensorsFile one = whole.state(), other = second.state();
  bool same = one.metadata == other.metadata;
  for (std::size_t i = 0; i < one.tensors.size(); ++i)
    same = same && same_bits(one.tensors[i].second, other.tensors[i].second);
  const double iou = *evaluate_with(second.best(), data.test, {}).scores["foreground_iou"];
  std::cout << "test IoU " << iou << ", resumed " << (same ? "bit for bit\n" : "as another\n");
  return same && iou > 0.8 ? 0 : 1;
}
