#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/cli/inputs.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/loss.h>
#include <trous/train/schedule.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

// A row of the table. `objection` returns the rest of the sentence "train: --width 2 ..." where the option
// does not go with the others, and an empty text where it does.
struct Row {
  std::vector<std::string_view> commands;
  std::string_view option;
  std::vector<std::string_view> harmless;  // values that are in effect without the option, too
  std::string (*objection)(const GivenOptions&);
};

std::int64_t whole_of(const GivenOptions& a, std::string_view option) {
  return parsed_number<std::int64_t>(a.value(option)).value_or(0);
}

// 0 and 0.0 are one value.
bool is(const std::string& word, std::string_view value) {
  const auto number = parsed_number<double>(word);
  return word == value || (number && number == parsed_number<double>(std::string(value)));
}

std::string needs_one_of(const GivenOptions& a, std::initializer_list<std::string_view> needed) {
  std::string list;
  for (const std::string_view option : needed) {
    if (!a.value(option).empty()) return {};
    list += text(list.empty() ? "" : " or ", option);
  }
  return text("does nothing without ", list, ". Give both, or leave it out.");
}

std::string needs_named_network(const GivenOptions& a) {
  if (!is_network_file(a.value("--model"))) return {};
  return text("is for networks by name; ", a.value("--model"),
              " says itself what its layers are. Leave it out.");
}

// Before the data are known, a loss that was not given is that of classes.
const NamedLoss& loss_of(const GivenOptions& a) {
  const std::string& name = a.value("--loss");
  return name.empty() ? named_losses().front() : named_loss(name);
}

std::string needs_weighing_loss(const GivenOptions& a) {
  const NamedLoss& loss = loss_of(a);
  if (loss.unweighted.empty()) return {};
  return text("does nothing with --loss ", loss.name, ", which ", loss.unweighted, ". Take --loss ",
              loss.weighted_alternative, ", or leave it out.");
}

std::string needs_smoothing_loss(const GivenOptions& a) {
  const NamedLoss& loss = loss_of(a);
  if (loss.smooths_labels) return {};
  return text("does nothing with --loss ", loss.name, ", which smooths no labels. Take --loss ",
              listed(smoothing_loss_names()), ", or leave it out.");
}

std::string needs_filters_to_compare(const GivenOptions& a) {
  if (std::string why = needs_named_network(a); !why.empty()) return why;
  if (!is(a.value("--kernel"), "1")) return {};
  return "trains the same network with 1x1 filters, and --kernel 1 is that network. Leave one of them out.";
}

std::string needs_compared_scores(const GivenOptions& a) {
  if (whole_of(a, "--patience") > 0 || a.value("--schedule") == name(Schedule::plateau)) return {};
  return "does nothing without --patience or --schedule plateau, which alone compare scores. Give one of "
         "them, "
         "or leave it out.";
}

// A run ends early if `patience` validations in a row, none of them the first or the last, were no better.
std::string needs_enough_validations(const GivenOptions& a) {
  const std::int64_t steps = whole_of(a, "--steps"), every = whole_of(a, "--validate-every");
  if (steps == 0) return {};
  const std::int64_t validations = (steps + every - 1) / every,
                     most = std::max<std::int64_t>(0, validations - 2);
  if (whole_of(a, "--patience") <= most) return {};
  return text("ends no run of ", steps, " steps with --validate-every ", every, ": of its ", validations,
              validations == 1 ? " validation" : " validations",
              ", the first and the last left out, there are ", most,
              ". Validate more often, give more steps, or leave it out.");
}

std::string needs_steps_between_validations(const GivenOptions& a) {
  const std::int64_t steps = whole_of(a, "--steps"), every = whole_of(a, "--validate-every"),
                     save = whole_of(a, "--save-every");
  if (steps == 0 || (save < steps && save % every != 0)) return {};
  return text("saves at no step at which --validate-every ", every, " does not, in ", steps,
              steps == 1 ? " step" : " steps",
              ". Give fewer steps than lie between validations, or leave it out.");
}

std::string needs_one_length(const GivenOptions& a) {
  for (const char* other : {"--steps", "--epochs"}) {
    if (a.on_command_line(other))
      return text("and ", other, ' ', a.value(other), " both say how long. Give one of them.");
  }
  return {};
}

std::string needs_no_steps(const GivenOptions& a) {
  if (!a.on_command_line("--steps")) return {};
  return text("and --steps ", a.value("--steps"), " both say how long. Give one of them.");
}

// A new run's; with --resume alone that of --out may be new.
std::string needs_new_run(const GivenOptions& a) {
  if (std::string why = needs_one_length(a); !why.empty()) return why;
  const std::string& run = a.value("--resume");
  if (run.empty()) return {};
  return text("is for a new run, and the one in ", run, " has its number of steps. Leave it out.");
}

std::string needs_no_resume(const GivenOptions& a) {
  if (!a.on_command_line("--resume")) return {};
  return "replaces a run, and --resume goes on with it. Give one of them.";
}

std::string needs_the_same_run(const GivenOptions& a) {
  const std::string &run = a.value("--resume"), &out = a.value("--out");
  const auto place = [](const std::string& path) { return (fs::absolute(path) / "").lexically_normal(); };
  if (run.empty() || place(run) == place(out)) return {};
  return text("is not the run that --resume ", run,
              " goes on with. Leave it out, or begin another run with --weights ",
              shell_word(run + "/best.safetensors"), '.');
}

// Those that the file of --config sets beside others are no mistake.
std::string needs_nothing_of_a_run(const GivenOptions& a) {
  for (const char* other : {"--steps", "--epochs", "--minutes", "--learning-rate", "--schedule", "--warmup",
                            "--average", "--validate-every", "--patience", "--min-delta", "--save-every",
                            "--pixel-baseline", "--resume", "--force"}) {
    if (!a.on_command_line(other)) continue;
    const std::string& value = a.value(other);
    return text("takes 100 steps at rates of its own and keeps no weights, so ", other,
                value.empty() || value == "true" ? "" : ' ' + value,
                " does nothing beside it. Leave one of them out.");
  }
  return {};
}

std::string needs_text(const GivenOptions& a) {
  if (a.value("--json").empty()) return {};
  return "does nothing with --json, which prints neither progress nor tables. Leave it out.";
}

std::string needs_tables(const GivenOptions& a) {
  for (const char* other : {"--json", "--quiet"}) {
    if (!a.value(other).empty())
      return text("does nothing with ", other, ", which prints no table. Leave it out.");
  }
  return {};
}

std::string needs_rows(const GivenOptions& a) {
  if (!a.value("--json").empty())
    return "does nothing with --json, which has all of that anyway. Leave it out.";
  return needs_tables(a);
}

std::string needs_colored_text(const GivenOptions& a) {
  for (const char* other : {"--json", "--quiet"}) {
    if (!a.value(other).empty())
      return text("does nothing with ", other, ", which prints no colour. Leave it out.");
  }
  return {};
}

std::string needs_colors(const GivenOptions&) {
  return "does nothing: this command prints no colour. Leave it out.";
}

std::string needs_one_folder(const GivenOptions& a) {
  if (a.value("--predictions").empty()) return {};
  return "and --predictions both write the masks. Give one of them.";
}

std::string needs_tiles(const GivenOptions& a) {
  if (!is(a.value("--tile"), "0")) return {};
  return "does nothing with --tile 0, which takes images whole. Leave one of them out.";
}

std::string needs_augmentation(const GivenOptions& a) {
  if (std::string why = needs_one_of(a, {"--preview"}); !why.empty()) return why;
  if (a.value("--augment") != "none") return {};
  return "does nothing without --augment, which alone draws numbers. Give both, or leave it out.";
}

std::string needs_counts_or_pictures(const GivenOptions& a) {
  if (a.value("--quiet").empty() || !a.value("--preview").empty() || !a.value("--export").empty()) return {};
  return "does nothing with --quiet, which prints no sizes and no counts. Leave one of them out.";
}

std::string needs_network_name(const GivenOptions& a) {
  const std::string& what = a.value(a.command() == "inspect" ? "WHAT" : "MODEL");
  return is_network_name(what) ? std::string() : "goes with the name of a network only. Leave it out.";
}

std::string needs_model(const GivenOptions& a) {
  return a.value("--vectors").empty() ? std::string() : "goes with MODEL only. Leave it out.";
}

std::string needs_vectors(const GivenOptions& a) {
  return a.value("--vectors").empty() ? "goes with --vectors only. Leave it out." : std::string();
}

std::string needs_printed_memory(const GivenOptions& a) {
  if (a.value("--quiet").empty()) return {};
  return "does nothing with --quiet, which prints no memory. Leave it out.";
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {{"train"}, "--find-rate", {}, needs_nothing_of_a_run},
      {{"train"}, "--out", {}, needs_the_same_run},
      {{"train"}, "--epochs", {}, needs_no_steps},
      {{"train"}, "--minutes", {}, needs_new_run},
      {{"train"}, "--force", {}, needs_no_resume},
      {{"train", "profile"}, "--width", {"0"}, needs_named_network},
      {{"train", "profile"}, "--kernel", {}, needs_named_network},
      {{"train", "profile"}, "--norm", {}, needs_named_network},
      {{"train", "profile"}, "--activation", {}, needs_named_network},
      {{"train"}, "--pixel-baseline", {}, needs_filters_to_compare},
      {{"train", "profile"}, "--class-weights", {"none"}, needs_weighing_loss},
      {{"train", "profile"}, "--label-smoothing", {"0"}, needs_smoothing_loss},
      {{"train"}, "--min-delta", {"0"}, needs_compared_scores},
      {{"train"}, "--patience", {"0"}, needs_enough_validations},
      {{"train"}, "--save-every", {"0"}, needs_steps_between_validations},
      {{"eval"}, "--masks", {}, needs_one_folder},
      {{"predict"}, "--alpha", {}, [](const GivenOptions& a) { return needs_one_of(a, {"--overlay"}); }},
      {{"predict"}, "--overlap", {}, needs_tiles},
      {{"data"}, "--split", {}, [](const GivenOptions& a) { return needs_one_of(a, {"--preview"}); }},
      {{"data"},
       "--count",
       {},
       [](const GivenOptions& a) {
         return needs_one_of(a, {"--preview", "--export"});
       }},
      {{"data"}, "--augment", {"none"}, [](const GivenOptions& a) { return needs_one_of(a, {"--preview"}); }},
      {{"data"}, "--resize", {}, needs_counts_or_pictures},
      {{"data"}, "--seed", {}, needs_augmentation},
      {{"check"}, "--tolerance", {}, needs_vectors},
      {{"inspect", "check"}, "--channels", {}, needs_network_name},
      {{"inspect", "check"}, "--classes", {}, needs_network_name},
      {{"check"}, "--order", {}, needs_model},
      {{"check"}, "--step", {}, needs_model},
      {{"check"}, "--batch", {}, needs_model},
      {{"check"}, "--height", {}, needs_model},
      {{"check"}, "--width", {}, needs_model},
      {{"check"}, "--evaluation", {}, needs_model},
      {{"check"}, "--all-ops", {}, needs_model},
      {{"check"}, "--all-ops", {}, needs_rows},
      {{"profile"}, "--layers", {}, needs_rows},
      {{"inspect"}, "--batch", {}, needs_printed_memory},
      {{"inspect"}, "--weights", {}, needs_rows},
      {{"train", "eval", "predict", "inspect", "check", "profile", "report", "data"},
       "--quiet",
       {},
       needs_text},
      {{"train", "eval"}, "--color", {"auto", "never"}, needs_colored_text},
      {{"predict", "inspect", "check", "profile", "report", "data"},
       "--color",
       {"auto", "never"},
       needs_colors},
  };
  return rows;
}

}  // namespace

GivenOptions::GivenOptions(const CLI::App& command) : command_(command.get_name()) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string name =
        option->get_lnames().empty() ? option->get_name() : "--" + option->get_lnames().front();
    if (option->count() > 0) on_command_line_.insert(name);
    const bool flag = option->get_expected_max() == 0;
    values_[name] = flag                                                ? (option->count() > 0 ? "true" : "")
                    : option->count() > 0 && !option->results().empty() ? option->results().back()
                                                                        : option->get_default_str();
  }
}

const std::string& GivenOptions::value(std::string_view option) const {
  static const std::string nothing;
  const auto found = values_.find(option);
  return found == values_.end() ? nothing : found->second;
}

void check_pairs(const GivenOptions& options) {
  for (const Row& row : table()) {
    if (std::find(row.commands.begin(), row.commands.end(), options.command()) == row.commands.end())
      continue;
    const std::string& value = options.value(row.option);
    const bool harmless = std::any_of(row.harmless.begin(), row.harmless.end(),
                                      [&](std::string_view one) { return is(value, one); });
    if (!options.given(row.option) || harmless) continue;
    const std::string why = row.objection(options);
    if (why.empty()) continue;
    throw ArgumentError(
        text(options.command(), ": ", row.option, value == "true" ? "" : ' ' + value, ' ', why));
  }
}

}  // namespace trous::cli
