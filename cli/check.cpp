// trous check: checks the gradients of a network.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include <trous/check/vectors/vector_ops.h>
#include <trous/cli/check_vectors.h>
#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/program_name.h>
#include <trous/cli/tables.h>
#include <trous/core/build_info.h>
#include <trous/core/clock.h>
#include <trous/core/error.h>
#include <trous/layers/check_network.h>
#include <trous/layers/network.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CheckCommand {
  std::string model, vectors;
  double tolerance = 0, step = 1.0 / 16;
  std::int64_t height = 0, width = 0, channels = 1, classes = 3, batch = 2, order = 1, seed = 0;
  bool all_ops = false, evaluation = false;
  OutputStyle style;
};

// Throws ArgumentError if the network does not take a batch of these images as they will be checked: training
// takes statistics of the batch, which a table does not.
void check_fit(const CheckCommand& c, const Subject& subject, const Shape& image) {
  summary_of(subject.name, subject.net, image);
  Pass pass = c.evaluation ? Pass() : Pass::training(Key{0});
  pass.name_layers(subject.net);
  try {
    subject.net(Tensor::zeros({c.batch, image[0], image[1], image[2]}, DType::float32), pass);
  } catch (const ShapeError& error) {
    throw ArgumentError(text("check: ", subject.name, " does not train on ", c.batch,
                             c.batch == 1 ? " image of " : " images of ", image[0], 'x', image[1], ". ",
                             error.what(), " Say --batch, or --evaluation."));
  }
}

// The smallest square image that the network takes, unless a size was given.
Shape image_for(const CheckCommand& c, const Subject& subject) {
  const std::int64_t channels = in_channels_of(subject.description);
  if (c.height > 0 || c.width > 0) {
    const Shape image{c.height > 0 ? c.height : c.width, c.width > 0 ? c.width : c.height, channels};
    check_fit(c, subject, image);
    return image;
  }
  std::string last;
  for (const std::int64_t size : {8, 12, 16, 24, 36, 48, 64}) {
    try {
      check_fit(c, subject, {size, size, channels});
      return {size, size, channels};
    } catch (const ArgumentError& error) {
      last = error.what();
    }
  }
  throw ArgumentError(text("check: ", subject.name,
                           " takes no square image of 8 to 64 pixels a side. Say --height and --width. The "
                           "last one: ",
                           last));
}

// The combined result of several checks that share a line.
struct Sum {
  std::int64_t count = 0, checked = 0;
  double error = 0;
  Verdict verdict = Verdict::pass;

  void add(std::int64_t derivatives, double largest, Verdict found) {
    ++count;
    checked += derivatives;
    error = std::max(error, largest);
    verdict = more_severe(verdict, found);
  }
  void add(const TapeCheckRow& row) {
    add(row.gradients.checked(), std::max(row.definition_error, row.gradients.error()), row.verdict());
  }
};

class Table {
 public:
  Table(const std::string& title, std::size_t width)
      : width_(static_cast<int>(std::max(width, title.size()))) {
    std::cout << "  " << std::left << std::setw(width_) << title << std::right
              << "  checked     error  verdict\n";
  }
  void row(const std::string& name, const Sum& sum) const {
    std::cout << "  " << std::left << std::setw(width_) << name << std::right << std::setw(9) << sum.checked
              << std::setw(10) << scientific(sum.error) << "  " << sum.verdict << '\n';
  }

 private:
  int width_;
};

std::string label(const TapeCheckRow& row) {
  return text('%', row.number, ' ', row.op.kind, row.op.name.empty() ? "" : "  " + row.op.name);
}

// By kind, or each, as they stand on the tape.
std::vector<std::pair<std::string, Sum>> op_lines(const TapeReport& ops, bool all) {
  std::vector<std::pair<std::string, Sum>> lines;
  std::map<std::string, std::size_t> place;
  for (const TapeCheckRow& row : ops.rows) {
    const std::string name = all ? label(row) : row.op.kind;
    const auto [at, is_new] = place.emplace(name, lines.size());
    if (is_new) lines.emplace_back(name, Sum());
    lines[at->second].second.add(row);
  }
  if (!all) {
    for (auto& [name, sum] : lines) {
      if (sum.count > 1) name += text(" (", sum.count, ')');
    }
  }
  return lines;
}

std::vector<std::pair<std::string, Sum>> weight_lines(const NetworkReport& report) {
  std::vector<std::pair<std::string, Sum>> lines;
  for (const std::string& path : report.whole.inputs) lines.emplace_back(path, Sum());
  for (const GradCheckRow& row : report.whole.rows)
    lines[static_cast<std::size_t>(row.input)].second.add(row.checked, row.error, row.verdict);
  return lines;
}

void print_lines(const std::string& title, const std::vector<std::pair<std::string, Sum>>& lines) {
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.first.size());
  const Table table(title, width);
  for (const auto& [name, sum] : lines) table.row(name, sum);
  std::cout << '\n';
}

double largest_error(const NetworkReport& report) {
  double error = report.whole.error();
  for (const TapeCheckRow& row : report.ops.rows)
    error = std::max({error, row.definition_error, row.gradients.error()});
  return error;
}

std::string in_words(const NetworkReport& report, std::int64_t order, double seconds) {
  const std::string what =
      text(report.ops.rows.size(), " ops and ", report.whole.inputs.size() - 1, " weights, ");
  switch (report.verdict()) {
    case Verdict::pass:
      return text(what, "every gradient ", order > 1 ? text("to order ", order, ' ') : "", "right to ",
                  scientific(largest_error(report)), ", ", fixed(seconds, 1), " s");
    case Verdict::wrong:
      return what + "of which those above have a wrong gradient";
    default:
      return what + "of which those above could not be decided";
  }
}

void print_report(const NetworkReport& report, const CheckCommand& c, double seconds) {
  if (!c.style.quiet) {
    print_lines("op", op_lines(report.ops, c.all_ops));
    print_lines("the loss by", weight_lines(report));
  }
  std::cout << report.ops.failures() << report.whole.failures();
  std::cout << report.verdict() << "  " << in_words(report, c.order, seconds) << '\n';
}

Json json_of(const GradCheckRow& row) {
  Json result{{"order", row.order},
              {"checked", row.checked},
              {"verdict", name(row.verdict)},
              {"error", row.error},
              {"where", row.where},
              {"rule", row.rule},
              {"difference", row.difference},
              {"truncation", row.truncation},
              {"round_off", row.round_off},
              {"rule_round_off", row.rule_round_off},
              {"step", row.step},
              {"largest", row.largest}};
  if (!row.explanation.empty()) result["why"] = row.explanation;
  return result;
}

Json json_of_all(const NetworkReport& report, const Subject& subject, const CheckCommand& c,
                 const Shape& images) {
  Json ops = Json::array(), weights = Json::array();
  for (const TapeCheckRow& row : report.ops.rows) {
    for (const GradCheckRow& input : row.gradients.rows) {
      Json one{{"number", row.number}, {"op", row.op.kind}, {"layer", row.op.name}, {"input", input.input}};
      one.update(json_of(input));
      ops.push_back(std::move(one));
    }
    if (row.definition_error > 0) {
      ops.push_back({{"number", row.number},
                     {"op", row.op.kind},
                     {"layer", row.op.name},
                     {"verdict", name(Verdict::wrong)},
                     {"definition_error", row.definition_error}});
    }
  }
  for (const GradCheckRow& row : report.whole.rows) {
    Json one{{"weight", report.whole.input(row.input)}};
    one.update(json_of(row));
    weights.push_back(std::move(one));
  }
  return {{"event", "check"},
          {"model", subject.name},
          {"verdict", name(report.verdict())},
          {"order", c.order},
          {"seed", std::to_string(c.seed)},
          {"training", !c.evaluation},
          {"images", std::vector<std::int64_t>(images.begin(), images.end())},
          {"error", largest_error(report)},
          {"ops", ops},
          {"weights", weights}};
}

ExitCode check_model(const CheckCommand& c) {
  const auto seed = static_cast<std::uint64_t>(c.seed);
  const Subject subject = open_subject(c.model, c.channels, c.classes, fold_in(Key{seed}, 0));
  const Shape image = image_for(c, subject);
  const Shape images{c.batch, image[0], image[1], image[2]};
  if (c.style.prints_text()) {
    std::cout << "trous " << build_info().version << "  check " << subject.name << ": " << c.batch
              << (c.batch == 1 ? " image " : " images ") << image[0] << 'x' << image[1] << 'x' << image[2]
              << (c.evaluation ? ", evaluation" : ", training") << ", orders 1 to " << c.order
              << ", float64, seed " << c.seed << "\n\n"
              << std::flush;
  }
  const auto begin = Clock::now();
  const NetworkReport report = check_network(
      cast_network(subject.net, DType::float64), normal(images, DType::float64, fold_in(Key{seed}, 1)),
      {.order = static_cast<int>(c.order), .step = c.step, .seed = seed, .training = !c.evaluation});
  const double seconds = seconds_since(begin);
  if (c.style.json) {
    print_event(c.style, json_of_all(report, subject, c, images));
  } else {
    print_report(report, c, seconds);
  }
  return report.passed() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_check(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<CheckCommand>();
  CLI::App* const check = app.add_subcommand("check",
                                             "Checks the gradients of a network, op by op and as a whole, or "
                                             "those computed elsewhere. Returns 1 unless all pass.");
  check->add_option("MODEL", c->model, "a network's name, a FILE.json, a run's folder, or a checkpoint")
      ->check(not_empty());
  check
      ->add_option("--vectors", c->vectors,
                   "check values and gradients in this safetensors file, computed elsewhere; docs/vectors.md")
      ->check(not_empty());
  check
      ->add_option(
          "--tolerance", c->tolerance,
          "largest error of vectors, relative to the largest element; without it 1e-10, or 1e-5 for float32")
      ->check(above_zero());
  add_network_size(*check, c->channels, c->classes);
  check->add_option("--order", c->order, "check the orders 1 to this one")
      ->check(whole(1, 3))
      ->capture_default_str();
  check->add_option("--step", c->step, "the first step of the differences")
      ->check(above_zero())
      ->capture_default_str();
  check->add_flag("--all-ops", c->all_ops, "print a line for each recorded op, not for each kind");
  check->add_option("--batch", c->batch, "images in the batch")->check(whole(1, 64))->capture_default_str();
  check
      ->add_option("--height", c->height,
                   "height of the images; without it the smallest that the network takes")
      ->check(whole(1, 1024));
  check->add_option("--width", c->width, "width of the images")->check(whole(1, 1024));
  check->add_flag("--evaluation", c->evaluation, "check the evaluation mode: running statistics, no dropout");
  check->add_option("--seed", c->seed, "seed of weights, images and directions")
      ->check(whole(0, 1LL << 53))
      ->capture_default_str();
  check->footer("Ops that vectors may name: " + joined(vector_ops()));
  add_output_style(*check, c->style);
  check->callback([c, check, &code] {
    if (c->model.empty() == c->vectors.empty()) {
      throw ArgumentError(text("check: give either MODEL or --vectors FILE. ", program_name(),
                               " check --help says what they are."));
    }
    check_pairs(GivenOptions(*check));
    code = c->vectors.empty()
               ? check_model(*c)
               : check_vector_file(c->vectors,
                                   {.tolerance = c->tolerance, .seed = static_cast<std::uint64_t>(c->seed)},
                                   c->style);
  });
}

}  // namespace trous::cli
