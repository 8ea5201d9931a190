// trous with names that stretch what a task may be: scores of masks of which less is better, predictions that
// are no masks, a leading score that is none, and a network without options. Tests of cli/ run it.
#include <stdexcept>

#include <trous/program/program.h>
#include <trous/trous.h>

namespace {

using namespace trous;

struct PlainNet {
  Conv2d only;

  explicit PlainNet(const SegmentationOptions& o)
      : only{{.in_channels = o.in_channels, .out_channels = o.classes}} {}
  Variable operator()(const Variable& x, Pass& pass) const { return only(x, pass); }
  static void parts(auto& self, auto&& f) { f("only", self.only); }
};

// The share of pixels that are called wrongly, of those that count.
class WrongShare {
 public:
  void add(const Batch& batch, const Tensor& output, const Tensor&) {
    const Tensor called = argmax(Variable(output), -1).value();
    const auto truth = batch.targets.values<std::int32_t>(), said = called.values<std::int32_t>();
    for (std::size_t i = 0; i < truth.size(); ++i) {
      wrong_ += truth[i] != said[i];
      ++pixels_;
    }
  }
  std::vector<Score> all() const {
    if (pixels_ == 0) return {{"wrong_share", std::nullopt}};
    return {{"wrong_share", wrong_ / pixels_}};
  }
  Criterion criterion() const { return Criterion::score("wrong_share", Better::lower); }

 private:
  double wrong_ = 0, pixels_ = 0;
};

Task errors(std::string name) {
  Task task = segmentation();
  task.name = std::move(name);
  task.leading = Criterion::score("wrong_share", Better::lower);
  task.scores = [](const Dataset&) { return WrongShare(); };
  task.baselines = nullptr;
  return task;
}

Task soft() {
  Task task = errors("soft");
  task.predict = [](const Tensor& logits) { return softmax(Variable(logits)).value(); };
  return task;
}

Task misled() {
  Task task = errors("misled");
  task.leading = Criterion::foreground_iou;
  return task;
}

Task upside_down() {
  Task task = errors("upside-down");
  task.leading = Criterion::score("wrong_share");
  return task;
}

Splits squares(const std::string&) { return shapes({.size = 16, .train = 24, .validation = 4, .test = 4}); }

Splits nothing(const std::string&) { throw std::runtime_error("no connection"); }

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      {.networks = {NamedNetwork::of<PlainNet>("plain-net")},
       .data_sets = {{.name = "squares", .open = squares}, {.name = "nothing", .open = nothing}},
       .tasks = {errors("errors"), soft(), misled(), upside_down()}},
      argc, argv);
}
