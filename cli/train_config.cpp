#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <type_traits>

#include <trous/cli/output.h>
#include <trous/cli/program_name.h>
#include <trous/cli/train_config.h>
#include <trous/cli/usage.h>
#include <trous/core/choices.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/core/utf8.h>
#include <trous/data/named_data_sets.h>
#include <trous/layers/named_networks.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/environment.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

std::string word_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : detail::dump_json(value);
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  const TrainConfig plain;
  TrainConfig::parts(
      plain, [&](const TrainOption& option, const auto&, const auto&) { names.emplace_back(option.name); });
  return names;
}

// The names of the options that do not change what is learned.
std::set<std::string> free_options() {
  std::set<std::string> names;
  const TrainConfig plain;
  TrainConfig::parts(plain, [&](const TrainOption& option, const auto&, const auto&) {
    if (!option.changes_learning) names.emplace(option.name);
  });
  return names;
}

// Whether the option's value names a file or a folder.
bool names_path(std::string_view name, const std::string& value) {
  if (value.empty()) return false;
  return name == "data_dir" || name == "weights" || (name == "model" && is_network_file(value)) ||
         (name == "data" && !is_built_in_data(value));
}

// The value of an option of a run that was begun in `directory`. A relative path is resolved there if it
// exists there, and in the current folder if not.
std::string based_on(const std::string& directory, std::string_view name, const std::string& value) {
  if (!names_path(name, value)) return value;
  const fs::path there = (fs::path(directory) / value).lexically_normal();
  std::error_code failure;
  return fs::exists(there, failure) ? there.string() : value;
}

// Whether two values name one place. A place that is gone was moved; what lies there is checked when it is
// opened.
bool same_place(const std::string& before, const std::string& now) {
  std::error_code failure;
  return !fs::exists(before, failure) ||
         fs::absolute(before).lexically_normal() == fs::absolute(now).lexically_normal();
}

// The origin of a config.json, if it lies beside the record of a run; its directory only if the run was begun
// elsewhere.
ConfigOrigin origin_of(const fs::path& config) {
  const fs::path path = config.parent_path() / "environment.json";
  std::error_code failure;
  if (config.filename() != "config.json" || !fs::exists(path, failure)) return {};
  ConfigOrigin origin = read_config_origin(path.string());
  if (origin.directory == escaped_bytes(fs::current_path(failure).string())) origin.directory.clear();
  return origin;
}

// The command line that sets the same options.
std::vector<std::string> words_of(const std::string& path) {
  constexpr const char* example = "Write it as {\"steps\": 400, \"batch\": 16}.";
  const detail::Json object = detail::json_in_file(path, example, std::int64_t{1} << 20);
  if (!object.is_object()) {
    throw FileError(text(path, ": it is not a JSON object of options. ", example));
  }
  const std::vector<std::string> names = option_names();
  const ConfigOrigin origin = origin_of(path);
  const bool zero_is_own = origin.format == 1;  // weight_decay 0 means the optimizer's own default
  std::vector<std::string> words;
  for (const auto& [name, value] : object.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw FileError(text(path, ": ", name, " is not an option of a run.", suggestion(name, names)));
    }
    if (value.is_structured() || value.is_null()) {
      throw FileError(text(path, ": ", name, " is ", detail::dump_json(value),
                           ". An option is a text, a number, true or false."));
    }
    if (zero_is_own && name == "weight_decay" && value == 0) continue;
    const std::string word =
        origin.directory.empty() ? word_of(value) : based_on(origin.directory, name, word_of(value));
    if (!word.empty()) words.push_back(flag_of(name) + '=' + word);
  }
  return words;
}

TrainConfig config_of(const std::string& path, std::vector<std::string> words, TrainConfig config) {
  CLI::App app;
  add_config(app, config);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    throw FileError(text(path, ": ", in_our_words(app, error), hint_at_program(origin_of(path).program)));
  }
  return config;
}

}  // namespace

std::string flag_of(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::vector<std::string> built_in_data() {
  const std::vector<std::string_view> names = names_in(named_data_sets());
  return {names.begin(), names.end()};
}

bool is_built_in_data(const std::string& name) { return find_row(named_data_sets(), name); }

std::string data_sets_with_files(std::string_view last) {
  std::vector<std::string_view> names;
  for (const NamedDataSet& set : named_data_sets()) {
    if (set.reads_files) names.push_back(set.name);
  }
  return listed(names, last);
}

std::string data_choices() {
  return text(listed(names_in(named_data_sets()), ", "),
              ", or a folder of images with masks, targets or labels");
}

std::string decay_choices() {
  std::string list;
  for (const NamedOptimizer& optimizer : named_optimizers()) {
    if (optimizer.weight_decay != 0) list += text(optimizer.weight_decay, " for ", optimizer.name, ", ");
  }
  return text("weight decay of the optimizer; without it ", list, "0 for the others");
}

std::string resize_help(std::string_view then) {
  return text(
      "for a folder: the longest side in pixels to which larger images and their masks are shrunk, by "
      "the mean of the area or, as 512:bilinear, by 2x2 pixels",
      then);
}

bool is_network_file(const std::string& model) { return model.ends_with(".json"); }

std::optional<Window> parse_crop(const std::string& words) {
  return words == "none" ? std::nullopt : parse_augmentation("crop=" + words).crop;
}

void check_model(const std::string& model) {
  const std::vector<std::string> names = network_names();
  if (is_network_file(model) || std::find(names.begin(), names.end(), model) != names.end()) return;
  throw ArgumentError(text("model: there is no network called \"", model, "\". Choose ",
                           listed({names.begin(), names.end()}, ", "), ", or a FILE.json.",
                           suggestion(model, names)));
}

void add_config(CLI::App& command, TrainConfig& config, bool (*wanted)(const TrainOption& option)) {
  const auto add = [&](const TrainOption& option, auto& member, const CLI::Validator& check) {
    if (wanted && !wanted(option)) return;
    using Member = std::remove_reference_t<decltype(member)>;
    if constexpr (std::is_same_v<Member, bool>) {
      command.add_flag(flag_of(option.name) + "{true}", member, option.help)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else {
      CLI::Option* const added = command.add_option(flag_of(option.name), member, option.help);
      added->check(check)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      if (member != Member()) added->capture_default_str();
    }
  };
  TrainConfig::parts(config, add);
}

std::int64_t images_per_step(const TrainConfig& config) {
  return config.training.accumulate * config.training.batch;
}

std::string step_words(const TrainConfig& config) {
  const TrainOptions& o = config.training;
  const std::string batches = o.accumulate > 1 ? text(o.accumulate, " batches of ") : std::string();
  return text(batches, o.batch, o.batch == 1 ? " image" : " images");
}

nlohmann::ordered_json to_json(const TrainConfig& config) {
  nlohmann::ordered_json object;
  TrainConfig::parts(config, [&](const TrainOption& option, const auto& member, const auto&) {
    if constexpr (requires { *member; }) {
      object[std::string(option.name)] = member ? nlohmann::ordered_json(*member) : nlohmann::ordered_json();
    } else {
      object[std::string(option.name)] = member;
    }
  });
  return object;
}

std::string command_of(const TrainConfig& config) {
  const nlohmann::ordered_json now = to_json(config), plain = to_json(TrainConfig());
  std::string line = shell_word(program_name()) + " train";
  for (const auto& [name, value] : now.items()) {
    if (value == plain[name]) continue;
    if (value.is_boolean()) {
      line += ' ' + flag_of(name);
      continue;
    }
    const std::string word = value.is_string() ? value.get<std::string>() : detail::dump_json(value);
    line += ' ' + flag_of(name) + ' ' + shell_word(word);
  }
  return line;
}

void check_utf8(const TrainConfig& config) {
  TrainConfig::parts(config, [](const TrainOption& option, const auto& member, const auto&) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, std::string>) {
      if (!is_utf8(member)) {
        throw ArgumentError(text("train: ", flag_of(option.name), ' ', escaped_bytes(member),
                                 " is not UTF-8, in which a run keeps its options. Rename it."));
      }
    }
  });
}

TrainConfig read_config(const std::string& path, const TrainConfig& base) {
  return config_of(path, words_of(path), base);
}

TrainConfig with_command_line(TrainConfig base, const TrainConfig& parsed, const CLI::App& command) {
  std::map<std::string_view, const void*> members;
  TrainConfig::parts(parsed, [&](const TrainOption& option, const auto& member, const auto&) {
    const CLI::Option* const said = command.get_option_no_throw(flag_of(option.name));
    if (said && said->count() > 0) members[option.name] = &member;
  });
  TrainConfig::parts(base, [&](const TrainOption& option, auto& member, const auto&) {
    if (const auto found = members.find(option.name); found != members.end())
      member = *static_cast<const std::remove_reference_t<decltype(member)>*>(found->second);
  });
  return base;
}

void record_options(GivenOptions& given, const TrainConfig& config, const TrainConfig& file) {
  const nlohmann::ordered_json now = to_json(config), from = to_json(file), plain = to_json(TrainConfig());
  for (const auto& [name, value] : now.items()) {
    const bool off = value.is_null() || value == false;
    given.set(flag_of(name), off ? std::string() : word_of(value));
    if (from[name] != plain[name]) given.mark_given(flag_of(name));
  }
}

void check_same_run(const std::string& run, const nlohmann::ordered_json& before,
                    const nlohmann::ordered_json& now) {
  const std::set<std::string> free = free_options();
  for (const auto& [name, value] : now.items()) {
    if (free.contains(name) || (before.contains(name) && before[name] == value)) continue;
    if (before.contains(name) && names_path(name, word_of(before[name])) &&
        names_path(name, word_of(value)) && same_place(word_of(before[name]), word_of(value)))
      continue;
    const std::string said = before.contains(name) ? word_of(before[name]) : std::string();
    throw ArgumentError(text("train: ", flag_of(name), " is ", word_of(value), ", but the run in ", run,
                             " has ", said.empty() ? "none" : said,
                             ". Resume it as it was begun, or begin another with --weights ", run,
                             "/best.safetensors."));
  }
}

}  // namespace trous::cli
