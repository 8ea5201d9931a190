// What comes of a command line, compared byte for byte, and small things to try every option on.
#pragma once

#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include <trous/data/safetensors.h>

#include "cli/program.h"

namespace trous {

/// What a user can see, without what the clock and the memory say: how the command ended, what it printed and
/// the files that it left. What only repeats the options, as config.json does, is no outcome.
struct Outcome {
  int code = 0;
  std::string seen;

  bool refused() const { return code == 2 || code == 3; }
};

inline std::string without_clock(const std::string& printed) {
  std::string kept;
  for (std::string line : lines_of(printed)) {
    if (std::regex_search(line,
                          std::regex("^memory: |of memory|\"event\":\"memory\"|  time  |images per second|"
                                     "train .* on |command")))
      continue;
    line = std::regex_replace(line, std::regex("[0-9]+:[0-9]{2} +[0-9]+"), "");  // of a validation
    line = std::regex_replace(line, std::regex("[0-9.]+ s$|eta [0-9:]+|[0-9]+ img/s"), "");
    line =
        std::regex_replace(line, std::regex("\"seconds\":[0-9.e-]+|\"(peak|available)_bytes\":[0-9]+"), "");
    kept += line + '\n';
  }
  return kept;
}

inline std::string contents(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(".safetensors")) {  // its metadata repeat the options
    std::string all;
    for (const auto& [key, tensor] : read_safetensors(path).tensors) {
      all += key;
      for (const auto& value : tensor.cast(DType::float64).to_vector<double>())
        all.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return all;
  }
  if (name == "metrics.csv")
    return std::regex_replace(slurp_text(path), std::regex(",[^,]*,[^,]*,([01]\n)"), ",$1");
  if (name == "results.json") {
    nlohmann::json results = nlohmann::json::parse(slurp_text(path));
    results.erase("seconds");
    results.erase("peak_bytes");
    return results.dump();
  }
  return slurp_text(path);
}

inline bool repeats_options(const std::string& file) {
  return std::regex_search(file, std::regex("config.json|environment.json|events.jsonl|report.html"));
}

/// What comes of one command line in a folder of its own, in which `prepare` puts what it needs.
inline Outcome outcome_of(const std::string& arguments, const std::function<void(const Scratch&)>& prepare) {
  const Scratch folder;
  prepare(folder);
  const Finished done = trous_in(folder.path(), arguments);
  Outcome outcome{done.code, without_clock(done.out) + without_clock(done.err)};
  if (outcome.refused()) return {done.code, done.err};
  for (const std::string& file : files_below(folder.path())) {
    if (!repeats_options(file)) outcome.seen += file + contents(folder / file);
  }
  return outcome;
}

/// Two small sets, a run on the first, a network, and a file of options.
class OptionPairs : public testing::Test {
 protected:
  static void write_set(const std::string& folder, std::uint64_t seed) {
    const Splits splits = shapes({.size = 16, .train = 4, .validation = 2, .test = 2, .seed = seed});
    write_folder(folder + "/train", splits.train, 4);
    write_folder(folder + "/validation", splits.validation, 2);
    write_folder(folder + "/test", splits.test, 2);
    write_classes(folder, splits.train);
  }
  static void SetUpTestSuite() {
    shared_ = std::make_unique<Scratch>();
    write_set(*shared_ / "set", 1);
    write_set(*shared_ / "other", 2);
    spill(*shared_ / "options.json", bytes_of(R"({"learning_rate": 0.03, "clip_norm": 0.02})"));
    spill(*shared_ / "net.json",
          bytes_of(R"({"layers": [{"conv2d": {"in_channels": 3, "out_channels": 4}}, )"
                   R"({"batch_norm": {"channels": 4}}, {"relu": {}}, {"conv2d": {"out_channels": 5}}]})"));
    const Finished done = trous_in(
        shared_->path(), "train --data set --width 2 --steps 8 --batch 2 --seed 9 --quiet --out run");
    ASSERT_EQ(done.code, 0) << done.err;
  }
  static void TearDownTestSuite() { shared_.reset(); }
  // Links to what is shared.
  static void prepare(const Scratch& folder) {
    for (const char* name : {"set", "other", "options.json", "net.json", "run"})
      std::filesystem::create_symlink(*shared_ / name, folder / name);
  }
  static Outcome outcome(const std::string& arguments) { return outcome_of(arguments, prepare); }
  // Expects that the command prints this sentence alone.
  static void expect_refusal(const std::string& arguments, const std::string& sentence, int code = 2) {
    const Outcome end = outcome(arguments);
    EXPECT_EQ(end.code, code) << arguments;
    EXPECT_EQ(end.seen, sentence + '\n') << arguments;
  }
  static void expect_heard(const std::string& base, const std::string& words) {
    const Outcome without = outcome(base), with = outcome(base + ' ' + words);
    EXPECT_FALSE(without.refused()) << base << '\n' << without.seen;
    EXPECT_FALSE(with.refused()) << base << ' ' << words << '\n' << with.seen;
    EXPECT_NE(with.seen, without.seen) << base << ' ' << words;
  }

  static inline std::unique_ptr<Scratch> shared_;
};

/// A short run on them, to which options are added.
inline const std::string short_training =
    "train --data set --width 2 --steps 4 --batch 2 --validate-every 1 --threads 1 --seed 3 --out new";

}  // namespace trous
