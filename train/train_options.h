// The options of a training: one list, which the trainer and the program read.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/choices.h>
#include <trous/core/range.h>
#include <trous/data/augment.h>
#include <trous/train/class_weights.h>
#include <trous/train/loss.h>
#include <trous/train/optimizer.h>
#include <trous/train/schedule.h>
#include <trous/train/task.h>

namespace trous {

/// The facts about an option of a run, apart from its value.
struct TrainOption {
  std::string_view name;         ///< "learning_rate"
  std::string help;              ///< the text that --help prints
  bool changes_learning = true;  ///< if false, its value may change when a run is resumed
  bool step_time = false;  ///< whether it changes the time of a step; `trous profile` takes these options
};

/// Parts of a network that learn at a rate of their own, or not at all.
struct ParameterGroup {
  std::string path;          ///< "encoder" holds "encoder.0.filters" and what else lies below
  double learning_rate = 1;  ///< factor of the learning rate
  double weight_decay = 1;   ///< factor of the weight decay
  bool frozen = false;       ///< its weights and running statistics stay as they are
};

/// How a network is trained. The defaults are those of `trous train`, and suit all built-in data sets.
struct TrainOptions {
  std::int64_t steps = 400;
  std::int64_t batch = 16;
  /// Batches of a step. Its loss and gradient are the means over them, at the memory of one batch and one
  /// more set of gradients. Running statistics are those of each batch in turn. Steps, schedules and
  /// validations count steps of the optimizer.
  std::int64_t accumulate = 1;
  double learning_rate = 8e-3;  ///< the highest of the schedule
  Schedule schedule = Schedule::poly;
  std::int64_t warmup = 0;  ///< steps over which the learning rate rises from 0
  Optimizer optimizer = make_optimizer(default_optimizer);
  std::optional<Task> task = std::nullopt;  ///< absent: task_for the training split
  Loss loss = nullptr;  ///< absent: that of the task, for classes weighted_cross_entropy with `class_weights`
  /// The class weights of that cross-entropy; absent: default_class_weighting. They cannot be given together
  /// with a loss, which has its own.
  std::optional<ClassWeights> class_weights = std::nullopt;
  std::vector<ParameterGroup> groups = {};  ///< of several groups with a parameter, the first counts
  double clip_norm = 0;                     ///< largest norm of all gradients together; 0: any
  /// Decay of the moving average of the weights. Validation scores the average, and best() keeps it; 0: no
  /// average.
  double average = 0.99;
  Augmentation augmentation = {};
  std::int64_t validate_every = 100;  ///< steps; the last step is always followed by a validation
  std::int64_t patience = 0;    ///< validations without a better score before training ends; 0: any number
  double min_delta = 0;         ///< smallest improvement of the score that counts for patience and plateau
  std::int64_t save_every = 0;  ///< steps between calls of on_save; 0: at validations alone
  int loader_threads = 1;       ///< threads that make batches ahead; 0: the training thread makes them
  std::uint64_t seed = 0;       ///< of the batches' order, their augmentation and dropout
  bool quiet = false;           ///< `train` shows no progress; a Trainer never does

  /// The one list of these options: f(option, member, range) for each but `task` and `quiet`. From it come
  /// the checks of a Trainer, the comparison of a state with the options, and the command line and
  /// config.json of `trous train`.
  static void parts(auto& self, auto&& f) {
    constexpr std::int64_t max_steps = std::int64_t{1} << 40;
    f(TrainOption{.name = "steps", .help = "training steps"}, self.steps, WholeRange{1, max_steps});
    f(TrainOption{.name = "batch", .help = "images per batch", .step_time = true}, self.batch,
      WholeRange{1, 65536});
    f(TrainOption{.name = "accumulate",
                  .help = "batches per step, whose gradients are averaged",
                  .step_time = true},
      self.accumulate, WholeRange{1, 65536});
    f(TrainOption{.name = "learning_rate", .help = "highest learning rate"}, self.learning_rate,
      PositiveRange());
    f(TrainOption{.name = "schedule",
                  .help = "schedule of the learning rate: " + listed(names_in(named_schedules()))},
      self.schedule, AnyValue());
    f(TrainOption{.name = "warmup", .help = "steps over which the learning rate rises"}, self.warmup,
      WholeRange{0, max_steps});
    f(TrainOption{.name = "optimizer", .help = listed(names_in(named_optimizers())), .step_time = true},
      self.optimizer, AnyValue());
    f(TrainOption{.name = "loss", .help = listed(loss_names()), .step_time = true}, self.loss, AnyValue());
    f(TrainOption{.name = "class_weights",
                  .help = listed(names_in(named_class_weightings()), ", ") + ", or numbers such as 0.5,1,2",
                  .step_time = true},
      self.class_weights, AnyValue());
    f(TrainOption{.name = "augmentation",
                  .help = "such as flip,scale=1.25,rotate=10,shift=0.1,noise=0.02, or none",
                  .step_time = true},
      self.augmentation, AnyValue());
    f(TrainOption{.name = "clip_norm", .help = "largest norm of the gradients; 0 is any", .step_time = true},
      self.clip_norm, NumberRange{});
    f(TrainOption{.name = "average",
                  .help = "decay of the moving average of the weights, which validation scores; 0 is none",
                  .step_time = true},
      self.average, NumberRange{0, 1});
    f(TrainOption{.name = "groups", .help = "parts that learn at a rate of their own", .step_time = true},
      self.groups, AnyValue());
    f(TrainOption{.name = "validate_every", .help = "steps between validations"}, self.validate_every,
      WholeRange{1, max_steps});
    f(TrainOption{.name = "patience",
                  .help = "validations without a better score after which the run ends; 0 is any number"},
      self.patience, WholeRange{0, max_steps});
    f(TrainOption{.name = "min_delta",
                  .help = "smallest improvement of the score that counts for patience and plateau"},
      self.min_delta, NumberRange{});
    f(TrainOption{.name = "save_every",
                  .help = "steps between saves; 0 saves at validations alone",
                  .changes_learning = false},
      self.save_every, WholeRange{0, max_steps});
    f(
        TrainOption{
            .name = "seed", .help = "seed of weights, batches, augmentation and dropout", .step_time = true},
        self.seed, WholeRange{0, std::numeric_limits<std::int64_t>::max()});
    f(TrainOption{.name = "loader_threads",
                  .help = "threads that make batches ahead",
                  .changes_learning = false,
                  .step_time = true},
      self.loader_threads, WholeRange{0, 256});
  }
};

/// Throws ArgumentError for an option that is out of its range, or does not go with the others.
void check_train_options(const TrainOptions& options);

}  // namespace trous
