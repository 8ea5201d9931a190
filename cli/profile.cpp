// trous profile: measures the parts of a training step.
#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <memory>

#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/program_name.h>
#include <trous/cli/session.h>
#include <trous/cli/tables.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/layers/network.h>
#include <trous/ops/machine_peak.h>
#include <trous/run/environment.h>
#include <trous/run/run_folder.h>
#include <trous/train/profile.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t warming = 3;  // steps until caches, threads and the allocator are as they stay

struct ProfileCommand {
  TrainConfig config;
  OutputStyle style;
  std::string run;
  std::int64_t steps = 20;
  bool layers = false;
};

// Whether profile takes the option: it takes all that change the time of a step.
bool matters(const TrainOption& option) { return option.step_time; }

// The options of `run`, replaced by those on the command line.
TrainConfig config_of(const ProfileCommand& c, const CLI::App& app) {
  if (c.run.empty()) return c.config;
  if (!is_run_folder(c.run)) {
    throw FileError(text(c.run, ": no run is there. Give a folder that ", program_name(),
                         " train --out made, or --data."));
  }
  TrainConfig config = read_config(c.run + "/config.json");
  // The run's options of its data set and its network do not go with another one.
  if (app.count("--data") > 0) {
    config.data_dir = TrainConfig().data_dir;
    config.ignore_index = TrainConfig().ignore_index;
    config.mask_threshold = TrainConfig().mask_threshold;
    config.resize = TrainConfig().resize;
    config.task = TrainConfig().task;
  }
  if (app.count("--model") > 0) {
    config.width = TrainConfig().width;
    config.kernel = TrainConfig().kernel;
    config.norm = TrainConfig().norm;
    config.activation = TrainConfig().activation;
  }
  return with_command_line(std::move(config), c.config, app);
}

// Training options with one step more than is measured, so that no validation follows.
TrainOptions options_of(const TrainConfig& config, const Survey& facts, std::int64_t steps) {
  TrainOptions options = make_options(config, facts);
  options.steps = options.validate_every = warming + steps + 1;
  options.warmup = options.patience = options.save_every = 0;
  // The weights hardly move: the work is the same, and no rate without its warm-up can make the loss diverge.
  options.learning_rate = 1e-30;
  return options;
}

struct Profiled {
  StepProfile steps;
  MachinePeak machine;
  TrainResult result;
};

Profiled measure(Trainer& trainer, const ProfileCommand& c) {
  const MachinePeak before = machine_peak(DType::float32);
  StepProfiler profiler;
  std::int64_t done = 0;
  TrainResult result = trainer.run({.on_step =
                                        [&](const StepReport& report) {
                                          profiler.end_step();
                                          done = report.step;
                                          if (done == warming) profiler.clear();
                                        },
                                    .on_phase = [&](StepPhase phase) { profiler.begin(phase); },
                                    .stop = [&] { return done == warming + c.steps || interrupted(); }});
  if (done < warming) profiler.clear();
  // Processors change their pace: the steps lie between the two measurements.
  const MachinePeak after = machine_peak(DType::float32);
  return {profiler.profile(),
          {std::max(before.operations, after.operations), std::max(before.bytes, after.bytes)},
          std::move(result)};
}

constexpr std::array<StepPhase, 4> all_phases{StepPhase::forward, StepPhase::backward, StepPhase::update,
                                              StepPhase::batch};

// The name of the time outside ops in a phase.
const char* rest_of(StepPhase phase) {
  switch (phase) {
    case StepPhase::batch:
      return "waiting for the batch";
    case StepPhase::forward:
      return "outside ops: layers and tape";
    case StepPhase::backward:
      return "outside ops: walking the tape";
    case StepPhase::update:
      break;
  }
  return "optimizer, averages, checks";
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string megabytes(double bytes) { return fixed(bytes / 1e6, bytes < 1e6 ? 3 : 1); }

// A short step has more digits.
std::string milliseconds(double seconds, double step) { return fixed(1e3 * seconds, step < 0.01 ? 3 : 2); }

// The rows of the table, in means per step.
class Table {
 public:
  Table(const Profiled& profiled, std::size_t first_width)
      : p_(profiled),
        steps_(static_cast<double>(profiled.steps.seconds.size())),
        width_(static_cast<int>(first_width)) {}

  void heading() const { row({"op", "pass", "calls", "ms", "share", "GFLOP/s", "of peak", "MB", "GB/s"}); }

  void op(const OpProfile& o) const {
    const auto bytes = static_cast<double>(o.bytes);
    const auto [rate, of_peak] = rates({o.multiply_adds, o.unknown_costs > 0}, o.seconds);
    row({o.kind, text(name(o.phase)), calls(o.calls), ms(o.seconds), share(o.seconds), rate, of_peak,
         megabytes(bytes / steps_), o.bytes && o.seconds > 0 ? fixed(bytes / o.seconds / 1e9, 1) : "-"});
  }

  void rest(const std::string& what, StepPhase phase) const {
    const double seconds = p_.steps.outside_ops(phase);
    row({what, text(name(phase)), "", ms(seconds), share(seconds)});
  }

  // The sums of all ops, over the time of the ops or that of the whole step.
  void sum(const std::string& what, double total) const {
    OpProfile all;
    for (const OpProfile& o : p_.steps.ops) {
      all.calls += o.calls;
      all.multiply_adds += o.multiply_adds;
      all.unknown_costs += o.unknown_costs;
      all.bytes += o.bytes;
    }
    const bool unknown = all.unknown_costs > 0, some = all.multiply_adds > 0;
    auto [rate, of_peak] = rates({all.multiply_adds, unknown && !some}, total);
    if (unknown && some) {  // at least so many, as in the table of a network
      rate = ">=" + rate;
      of_peak = ">=" + of_peak;
    }
    row({what, "", calls(all.calls), ms(total), share(total), rate, of_peak,
         megabytes(static_cast<double>(all.bytes) / steps_),
         fixed(static_cast<double>(all.bytes) / total / 1e9, 1)});
  }

  void layers() const {
    row({"layer", "", "", "forward", "backward", "GFLOP/s", "of peak", "share"});
    for (const LayerProfile& layer : p_.steps.layers) {
      if (!layer.path.empty()) this->layer(layer, layer.path);
    }
    for (const LayerProfile& layer : p_.steps.layers) {
      if (layer.path.empty()) this->layer(layer, "outside named layers");
    }
    std::cout << '\n';
  }

 private:
  struct Costs {
    std::int64_t multiply_adds = 0;
    bool unknown = false;  // of some op
  };

  // Operations per second and their share of the peak. "unknown" where an op does not state its cost.
  std::array<std::string, 2> rates(const Costs& costs, double seconds) const {
    if (costs.unknown) return {"unknown", "-"};
    if (!costs.multiply_adds) return {"-", "-"};
    const double rate = 2 * static_cast<double>(costs.multiply_adds) / seconds;
    return {fixed(rate / 1e9, 1), percent(rate / p_.machine.operations)};
  }

  void layer(const LayerProfile& layer, const std::string& path) const {
    const double seconds = layer.forward + layer.backward;
    const auto [rate, of_peak] = rates({layer.multiply_adds, layer.unknown_costs > 0}, seconds);
    row({path, "", "", ms(layer.forward), ms(layer.backward), rate, of_peak, share(seconds)});
  }

  void row(const std::vector<std::string>& cells) const {
    constexpr std::array<int, 9> widths{0, 10, 6, 9, 9, 9, 9, 9, 7};
    std::string line = "  " + cells[0] + std::string(static_cast<std::size_t>(width_) - cells[0].size(), ' ');
    for (std::size_t i = 1; i < cells.size(); ++i) {
      const auto pad = static_cast<std::size_t>(std::max(0, widths[i] - static_cast<int>(cells[i].size())));
      line += i == 1 ? cells[i] + std::string(pad, ' ') : std::string(pad, ' ') + cells[i];
    }
    std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }

  // A whole number, if every step made the same number of calls.
  std::string calls(std::int64_t count) const {
    const double each = static_cast<double>(count) / steps_;
    return fixed(each, each == std::floor(each) ? 0 : 1);
  }
  std::string ms(double seconds) const { return milliseconds(seconds / steps_, p_.steps.total() / steps_); }
  std::string share(double seconds) const { return percent(seconds / p_.steps.total()); }

  const Profiled& p_;
  double steps_;
  int width_;
};

std::string where(const MemoryPeak& memory) {
  const std::string_view phase = name(memory.phase);
  if (memory.kind.empty()) return text("outside ops in the ", phase, " phase");
  return text("in ", memory.kind, ", ", phase, memory.layer.empty() ? "" : " of layer " + memory.layer);
}

void print_report(const Profiled& p, const ProfileCommand& c, const TrainConfig& config, const Shape& image) {
  const std::vector<double>& seconds = p.steps.seconds;
  if (c.style.quiet) {
    std::cout << milliseconds(median(seconds), median(seconds)) << " ms\n";
    return;
  }
  const auto count = [](std::int64_t n, const char* what) { return text(n, ' ', what, n == 1 ? "" : "s"); };
  std::cout << "trous " << build_info().version << "  "
            << wrapped(text("profile ", config.model, " on ", config.data, ": ",
                            count(static_cast<std::int64_t>(seconds.size()), "step"), " of ",
                            step_words(config), ' ', image[0], 'x', image[1], 'x', image[2], ", ",
                            count(threads(), "thread"), ", kernels ", kernels_in_use()),
                       13, columns())
            << "\nmachine      " << fixed(p.machine.operations / 1e9, 1)
            << " GFLOP/s of float32 multiply-adds, " << fixed(p.machine.bytes / 1e9, 1)
            << " GB/s copied, measured beside the steps\n\n";
  std::size_t width = 30;
  for (const OpProfile& op : p.steps.ops) width = std::max(width, op.kind.size() + 1);
  for (const LayerProfile& layer : p.steps.layers) width = std::max(width, layer.path.size() + 1);
  const Table table(p, width);
  table.heading();
  double in_ops = 0;
  for (const OpProfile& op : p.steps.ops) {
    table.op(op);
    in_ops += op.seconds;
  }
  table.sum("all ops", in_ops);
  for (const StepPhase phase : all_phases) table.rest(rest_of(phase), phase);
  table.sum("one step", p.steps.total());
  std::cout << '\n';
  if (c.layers) table.layers();
  const auto [fastest, slowest] = std::minmax_element(seconds.begin(), seconds.end());
  const auto ms = [&](double one) { return milliseconds(one, median(seconds)) + " ms"; };
  std::cout << "  steps    median " << ms(median(seconds)) << ", fastest " << ms(*fastest) << ", slowest "
            << ms(*slowest) << "; " << fixed(p.steps.processor_seconds / p.steps.total(), 2)
            << " processors busy\n  memory   "
            << wrapped(text(megabytes(static_cast<double>(p.steps.memory.before)),
                            " MB of tensors before a step and at most ",
                            megabytes(static_cast<double>(p.steps.memory.added)), " MB more in it, ",
                            where(p.steps.memory)),
                       11, columns())
            << '\n';
}

Json json_of_all(const Profiled& p, const TrainConfig& config, const Shape& image) {
  const auto steps = static_cast<double>(p.steps.seconds.size());
  const auto cost_of = [&](const auto& costs) {
    return costs.unknown_costs ? Json(nullptr) : Json(static_cast<double>(costs.multiply_adds) / steps);
  };
  Json ops = Json::array(), layers = Json::array(), outside = Json::object();
  std::int64_t multiply_adds = 0, unknown_costs = 0;
  for (const OpProfile& o : p.steps.ops) {
    multiply_adds += o.multiply_adds;
    unknown_costs += o.unknown_costs;
    const double rate = 2 * static_cast<double>(o.multiply_adds) / o.seconds;
    ops.push_back({{"op", o.kind},
                   {"phase", name(o.phase)},
                   {"calls", static_cast<double>(o.calls) / steps},
                   {"seconds", o.seconds / steps},
                   {"multiply_adds", cost_of(o)},
                   {"share_of_peak",
                    o.multiply_adds && !o.unknown_costs ? Json(rate / p.machine.operations) : Json(nullptr)},
                   {"bytes", static_cast<double>(o.bytes) / steps}});
  }
  for (const LayerProfile& layer : p.steps.layers) {
    layers.push_back({{"layer", layer.path},
                      {"forward_seconds", layer.forward / steps},
                      {"backward_seconds", layer.backward / steps},
                      {"multiply_adds", cost_of(layer)}});
  }
  for (const StepPhase phase : all_phases) outside[text(name(phase))] = p.steps.outside_ops(phase) / steps;
  const MemoryPeak& memory = p.steps.memory;
  return {{"event", "profile"},
          {"model", config.model},
          {"data", config.data},
          {"batch", config.training.batch},
          {"accumulate", config.training.accumulate},
          {"image", {image[0], image[1], image[2]}},
          {"threads", threads()},
          {"kernels", kernels_in_use()},
          {"peak", {{"operations_per_second", p.machine.operations}, {"bytes_per_second", p.machine.bytes}}},
          {"steps", p.steps.seconds},
          {"seconds", p.steps.total() / steps},
          {"processor_seconds", p.steps.processor_seconds / steps},
          {"multiply_adds", unknown_costs ? Json(nullptr) : Json(static_cast<double>(multiply_adds) / steps)},
          {"multiply_adds_at_least", static_cast<double>(multiply_adds) / steps},
          {"unknown_costs", static_cast<double>(unknown_costs) / steps},
          {"ops", ops},
          {"outside_ops", outside},
          {"layers", layers},
          {"memory",
           {{"before", memory.before},
            {"added", memory.added},
            {"phase", name(memory.phase)},
            {"op", memory.kind},
            {"layer", memory.layer}}}};
}

ExitCode run(const ProfileCommand& c, const CLI::App& app) {
  heed_interrupts();
  TrainConfig config = config_of(c, app);
  GivenOptions given(app);
  record_options(given, config);
  check_pairs(given);
  if (config.threads > 0) set_threads(config.threads);
  resolve(config);
  const Splits data = open_data(data_of(config));
  resolve_for(config, data.train,
              given.given("--class-weights") ? WeightsFrom::words : WeightsFrom::default_);
  AnyLayer net = network_from_json(describe_network(config, data, config.kernel));
  initialize(net, stream_of(config.training.seed, Stream::weights));
  resolve_crop(config, net, data.train);
  const Shape image = augmented_shape(data.train.image_shape, augmentation_of(config));
  summary_of(config.model, net, image);  // throws where they do not fit
  Trainer trainer(std::move(net), data, options_of(config, survey(data), c.steps));
  const Profiled profiled = measure(trainer, c);
  if (profiled.result.diverged) {
    std::cerr << "profile: " << *profiled.result.diverged << ". Choose another --seed.\n";
    return ExitCode::diverged;
  }
  if (interrupted()) {
    std::cerr << "Interrupted after " << profiled.steps.seconds.size() << " of " << c.steps << " steps.\n";
    return ExitCode::stopped_by_signal;
  }
  if (c.style.json) {
    print_event(c.style, json_of_all(profiled, config, image));
  } else {
    print_report(profiled, c, config, image);
  }
  return ExitCode::ok;
}

}  // namespace

void add_profile(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<ProfileCommand>();
  CLI::App* const profile = app.add_subcommand(
      "profile", "Measures training steps: time, arithmetic, bytes and memory of each op.");
  profile
      ->add_option(
          "RUN", c->run,
          "folder of a run, whose options are used unless others are given; without it those of train")
      ->check(not_empty());
  profile
      ->add_option("--steps", c->steps, text("training steps to measure, after ", warming, " that warm up"))
      ->check(whole(1, 1000000))
      ->capture_default_str();
  profile->add_flag("--layers", c->layers, "also a row for each layer");
  add_config(*profile, c->config, matters);
  add_output_style(*profile, c->style);
  profile->callback([c, profile, &code] { code = run(*c, *profile); });
}

}  // namespace trous::cli
