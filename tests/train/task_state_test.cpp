// What the state of a training says of its loss, by task.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <trous/core/error.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "train/tasks.h"

namespace trous {
namespace {

TrainOptions options_of(const TaskCase& one) {
  return {.steps = 4, .batch = 4, .task = one.task, .validate_every = 2};
}

nlohmann::ordered_json trainer_of(const SafetensorsFile& file) {
  return nlohmann::ordered_json::parse(file.metadata.at("trainer"));
}

// As versions wrote it that did not know the losses of other tasks.
SafetensorsFile earlier(SafetensorsFile file) {
  nlohmann::ordered_json json = trainer_of(file);
  json["options"]["loss"] = "cross-entropy";
  json["options"]["class_weights"] = "inverse-sqrt";
  file.metadata["trainer"] = json.dump();
  return file;
}

TEST(TaskState, NamesTheLossOfItsTask) {
  const std::vector<TaskCase> cases = task_cases();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const nlohmann::ordered_json saved =
        trainer_of(Trainer(cases[i].net, cases[i].data, options_of(cases[i])).state())["options"];
    const bool of_classes = i < 2;
    EXPECT_EQ(saved["loss"], of_classes ? "cross-entropy" : "of the task") << cases[i].task.name;
    EXPECT_EQ(saved["class_weights"], of_classes ? "inverse-sqrt" : "none") << cases[i].task.name;
  }
}

TEST(TaskState, OfAnEarlierVersionGoesOn) {
  for (const TaskCase& one : task_cases()) {
    Trainer first(one.net, one.data, options_of(one));
    first.run({.stop = [&] { return first.step() == 2; }});
    Trainer second(one.net, one.data, options_of(one));
    second.restore("last", earlier(first.state()));
    EXPECT_EQ(second.step(), 2) << one.task.name;
    EXPECT_EQ(second.state().metadata, first.state().metadata) << one.task.name;
  }
}

TEST(TaskState, AnotherLossOrOtherClassWeightsAreRefused) {
  const auto refused = [](const TaskCase& one, const TrainOptions& with, bool is_earlier) {
    const SafetensorsFile file = Trainer(one.net, one.data, options_of(one)).state();
    Trainer other(one.net, one.data, with);
    return thrown<FileError>([&] { other.restore("last", is_earlier ? earlier(file) : file); });
  };
  const TaskCase images = task_cases()[2], own = task_cases()[3];
  TrainOptions given = options_of(images), weighted = options_of(own);
  given.loss = make_loss("l1");
  weighted.class_weights = ClassWeighting::enet;
  for (const bool is_earlier : {false, true}) {
    EXPECT_EQ(
        refused(images, given, is_earlier),
        "last: it was saved with loss of the task, and given is asked for. Resume with the options it was "
        "saved with.");
    EXPECT_EQ(refused(own, weighted, is_earlier),
              is_earlier
                  ? "last: it was saved with class_weights inverse-sqrt, and enet is asked for. Resume "
                    "with the options it was saved with."
                  : "last: it was saved with class_weights none, and enet is asked for. Resume with the "
                    "options it was saved with.");
  }
}

}  // namespace
}  // namespace trous
