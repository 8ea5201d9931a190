// trous inspect: prints the layers of a network, their receptive fields, and the facts in a checkpoint.
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/memory.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/tables.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/data/file.h>
#include <trous/data/png.h>
#include <trous/layers/coverage.h>
#include <trous/layers/network.h>
#include <trous/run/detail/facts_json.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectCommand {
  std::string what, coverage, dot;
  std::int64_t height = 64, width = 64, batch = 1, channels = 1, classes = 2;
  bool weights = false;
  OutputStyle style;
};

struct Statistics {
  std::string path;
  Shape shape;
  double mean, deviation, smallest, largest;
};

Statistics statistics_of(const std::string& path, const Tensor& tensor) {
  double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
  visit(tensor.dtype(), [&]<class T> {
    for (const T value : tensor.values<T>()) {
      const auto v = static_cast<double>(value);
      sum += v;
      squares += v * v;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  });
  const auto n = static_cast<double>(tensor.elements());
  const double variance = squares / n - sum / n * (sum / n);  // below 0 by rounding, or NaN
  return {path, tensor.shape(), sum / n, std::sqrt(variance < 0 ? 0 : variance), low, high};
}

std::vector<Statistics> statistics_of(const AnyLayer& net) {
  std::vector<Statistics> all;
  for (const auto& [path, parameter] : parameters(net))
    all.push_back(statistics_of(path, parameter->get().value()));
  for (const auto& [path, buffer] : buffers(net)) all.push_back(statistics_of(path, buffer->get()));
  return all;
}

void print_statistics(const std::vector<Statistics>& all) {
  std::size_t widest = 7, shapes = 5;
  for (const Statistics& s : all) {
    widest = std::max(widest, s.path.size());
    shapes = std::max(shapes, text(s.shape).size());
  }
  std::cout << "  " << std::left << std::setw(static_cast<int>(widest) + 2) << "weights"
            << std::setw(static_cast<int>(shapes)) << "shape" << std::right << std::setw(10) << "mean"
            << std::setw(10) << "deviation" << std::setw(10) << "smallest" << std::setw(10) << "largest"
            << '\n';
  for (const Statistics& s : all) {
    std::cout << "  " << std::left << std::setw(static_cast<int>(widest) + 2) << s.path
              << std::setw(static_cast<int>(shapes)) << text(s.shape) << std::right;
    for (const double value : {s.mean, s.deviation, s.smallest, s.largest})
      std::cout << std::setw(10) << fixed(value, 4);
    std::cout << '\n';
  }
  std::cout << '\n';
}

std::string best_of(const CheckpointInfo& info) {
  if (info.best_step == 0) return "not validated yet";
  const std::string at = text(" at step ", info.best_step);
  if (info.chosen_by == Criterion::foreground_iou)
    return text("best validation mIoU ", fixed_or_dash(info.best_score, 3), at);
  if (info.chosen_by.is_score())
    return text("best validation ", name(info.chosen_by), ' ', fixed_or_dash(info.best_score, 4), at);
  if (info.chosen_by == Criterion::validation_loss) {
    return text("lowest validation loss ", fixed_or_dash(info.best_loss, 4), at,
                ", as validation shows no foreground");
  }
  return text("the latest weights kept", at, ", as validation could not be scored");
}

// A checkpoint from elsewhere may hold no facts but the description of its network.
void print_info(const CheckpointInfo& info) {
  std::vector<std::string> paragraphs;
  if (!info.data.empty()) {
    paragraphs.push_back(text("learned from ", info.data, ", step ", info.step, " of ", info.steps, ", seed ",
                              info.seed, "; ", best_of(info)));
  }
  std::string classes = "classes:";
  for (std::size_t i = 0; i < info.classes.size(); ++i) classes += (i ? ", " : " ") + info.classes[i];
  if (!info.classes.empty()) paragraphs.push_back(classes);
  for (const std::string& paragraph : paragraphs)
    std::cout << "  " << wrapped(paragraph, 2, columns()) << '\n';
  if (!paragraphs.empty()) std::cout << '\n';
}

// Every other command refuses such a network.
void warn_not_finite(const Subject& subject) {
  const auto warn = [&](const std::string& path, const Tensor& tensor) {
    const std::string fact = describe_not_finite(tensor);
    if (!fact.empty()) std::cerr << subject.name << ": " << path << ' ' << fact << ".\n";
  };
  for (const auto& [path, parameter] : parameters(subject.net)) warn(path, parameter->get().value());
  for (const auto& [path, buffer] : buffers(subject.net)) warn("buffer/" + path, buffer->get());
}

// The memory of a batch of images; absent where it cannot be predicted, as for training with weights that are
// not finite.
struct PredictedUses {
  std::optional<std::int64_t> prediction, training;
};

// The role of the targets that a network with outputs of this rank learns from. Without a checkpoint, which
// knows its task, it is that of masks or labels, if they can have this rank.
Role learned_role(const std::optional<CheckpointInfo>& info, std::int64_t output_rank) {
  const bool classes = !info || info->task != regression().name;
  if (output_rank == 4) return classes ? Role::mask : Role::image;
  return classes && output_rank == 2 ? Role::label : Role::numbers;
}

PredictedUses predicted_uses(const AnyLayer& net, const Shape& images, Role target) {
  const auto predicted = [&](bool training) -> std::optional<std::int64_t> {
    try {
      return predicted_memory(net, images, training, target).resident;
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  return {predicted(false), predicted(true)};
}

std::string memory_row(const InspectCommand& c, const PredictedUses& memory) {
  const auto words = [](const std::optional<std::int64_t>& bytes) {
    return bytes ? memory_text(*bytes) : std::string("unknown");
  };
  return text("Predicted memory of a batch of ", c.batch, ": prediction ", words(memory.prediction),
              ", training ", words(memory.training), '.');
}

void print_facts(const Subject& subject, const std::string& memory) {
  if (subject.info) print_info(*subject.info);
  std::cout << "  " << wrapped(memory, 2, columns()) << '\n' << std::endl;
}

// The table and what a pixel sees are made from one image of the real size. Returns the rank of the network's
// output, 0 where it has none for images of small sizes.
std::int64_t check_inspect_memory(const AnyLayer& net, const Shape& image) {
  std::int64_t output_rank = 0;
  check_memory([&] {
    const auto table = std::make_shared<MemoryForecast>(
        [&](const Shape& small) {
          output_rank = summarize(net, small).layers.back().output.rank();
          if (output_rank == 4) coverage(net, small);
        },
        image);
    return MemoryDemand{
        .command = "inspect", .work = "the table", .images = image, .bytes = [=](const Shape& s) {
          return table->at(s).resident;
        }};
  });
  return output_rank;
}

Json json_of_all(const Subject& subject, const Summary& summary, const std::optional<Coverage>& seen) {
  Json weights = Json::array();
  for (const Statistics& s : statistics_of(subject.net)) {
    weights.push_back({{"path", s.path},
                       {"mean", s.mean},
                       {"deviation", s.deviation},
                       {"smallest", s.smallest},
                       {"largest", s.largest}});
  }
  Json result{{"model", detail::json_of(model_facts(subject.name, summary))},
              {"coverage", nullptr},
              {"weights", weights}};
  if (seen) result["coverage"] = {{"height", seen->height}, {"width", seen->width}, {"share", seen->share}};
  if (subject.info) {
    result["checkpoint"] = {{"data", subject.info->data},
                            {"classes", subject.info->classes},
                            {"step", subject.info->step},
                            {"steps", subject.info->steps},
                            {"seed", std::to_string(subject.info->seed)},
                            {"best_step", subject.info->best_step},
                            {"chosen_by", name(subject.info->chosen_by)},
                            {"best_score", detail::or_null(subject.info->best_score)},
                            {"best_loss", detail::or_null(subject.info->best_loss)},
                            {"network", detail::parse_json(subject.info->network).value}};
  }
  return result;
}

ExitCode run(const InspectCommand& c) {
  if (!c.coverage.empty()) check_file(c.coverage, "--coverage");
  if (!c.dot.empty()) check_file(c.dot, "--dot");
  const Subject subject = open_subject(c.what, c.channels, c.classes, {}, NonFiniteWeights::accept);
  warn_not_finite(subject);
  const Shape image{c.height, c.width, in_channels_of(subject.description)};
  const std::int64_t output_rank = check_inspect_memory(subject.net, {1, image[0], image[1], image[2]});
  const Shape images{c.batch, image[0], image[1], image[2]};
  const PredictedUses memory =
      c.style.quiet ? PredictedUses()
                    : predicted_uses(subject.net, images, learned_role(subject.info, output_rank));
  // Before the work, unless the images may not fit the network at all.
  if (c.style.prints_text() && memory.prediction) print_facts(subject, memory_row(c, memory));
  const Summary summary = summary_of(subject.name, subject.net, image);
  const bool on_pixels = summary.output.rank() == 4;
  if (!on_pixels && !c.coverage.empty()) {
    throw ArgumentError(text("inspect: --coverage shows what an output pixel sees, and ", subject.name,
                             " gives ", summary.output, ", which has none. Leave it out."));
  }
  std::optional<Coverage> seen;
  if (on_pixels) seen = coverage(subject.net, {1, image[0], image[1], image[2]});
  if (!c.coverage.empty()) write_png(c.coverage, coverage_picture(*seen));
  if (!c.dot.empty()) write_text(c.dot, graphviz(summary.graph));
  if (c.style.json) {
    Json all = json_of_all(subject, summary, seen);
    const auto or_null = [](const auto& bytes) { return bytes ? Json(*bytes) : Json(nullptr); };
    all["memory"] = {{"batch", c.batch},
                     {"prediction_bytes", or_null(memory.prediction)},
                     {"training_bytes", or_null(memory.training)}};
    std::cout << detail::dump_json(all) << '\n';
    return ExitCode::ok;
  }
  if (c.style.quiet) {
    std::cout << summary.parameters << " parameters, " << (summary.unknown_costs ? "at least " : "")
              << summary.multiply_adds << " multiply-adds\n";
    return ExitCode::ok;
  }
  if (!memory.prediction) print_facts(subject, memory_row(c, memory));
  std::cout << narrow_table(summary, columns()) << '\n';
  if (seen) {
    std::cout << "  "
              << wrapped(text("The middle output pixel sees ", percent(seen->share), " of a box of ",
                              seen->height, 'x', seen->width, " pixels of an image of ", c.height, 'x',
                              c.width, '.'),
                         2, columns())
              << "\n\n";
  }
  if (c.weights) print_statistics(statistics_of(subject.net));
  return ExitCode::ok;
}

}  // namespace

void add_inspect(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<InspectCommand>();
  CLI::App* const inspect =
      app.add_subcommand("inspect", "Prints the layers of a network, their costs and receptive fields.");
  inspect->add_option("WHAT", c->what, "folder of a run, a checkpoint, a network's name, or a FILE.json")
      ->required()
      ->check(not_empty());
  inspect->add_option("--height", c->height, "height of the image")
      ->check(whole(1, 32768))
      ->capture_default_str();
  inspect->add_option("--width", c->width, "width of the image")
      ->check(whole(1, 32768))
      ->capture_default_str();
  inspect->add_option("--batch", c->batch, "images of the batch whose memory is predicted")
      ->check(whole(1, 65536))
      ->capture_default_str();
  add_network_size(*inspect, c->channels, c->classes);
  inspect->add_flag("--weights", c->weights, "also the statistics of every parameter and buffer");
  inspect
      ->add_option("--coverage", c->coverage,
                   "write a picture of the input pixels that the middle output pixel sees")
      ->check(not_empty());
  inspect->add_option("--dot", c->dot, "write the layers and how they are connected as a graph for graphviz")
      ->check(not_empty());
  add_output_style(*inspect, c->style);
  inspect->callback([c, inspect, &code] {
    check_pairs(GivenOptions(*inspect));
    code = run(*c);
  });
}

}  // namespace trous::cli
