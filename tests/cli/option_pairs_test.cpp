// Each option changes the outcome or is refused, whatever other option stands beside it: all pairs are tried.
// What makes no difference by promise, such as --threads, is named.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "cli/outcome.h"

namespace trous {
namespace {

std::string first_word(const std::string& words) { return words.substr(0, words.find(' ')); }

// The options that the help of a command lists.
std::set<std::string> options_of(const std::string& command) {
  const Scratch scratch;
  std::set<std::string> options;
  for (const std::string& line : lines_of(trous_in(scratch.path(), command + " --help").out)) {
    if (std::smatch match; std::regex_search(line, match, std::regex("^ +(?:-.,)?(--[a-z-]+)")))
      options.insert(match[1]);
  }
  return options;
}

// Runs `base` with each option, with each two, and expects that each option has an effect or is refused. The
// options and those `apart` are all that the command has.
void try_all_pairs(const std::string& base, const std::vector<std::string>& options,
                   std::set<std::string> apart, const std::function<void(const Scratch&)>& prepare) {
  std::set<std::string> named = std::move(apart);
  named.insert("--help");
  for (const std::string& option : options) named.insert(first_word(option));
  EXPECT_EQ(named, options_of(first_word(base)));
  const std::size_t n = options.size();
  std::vector<std::string> commands{base};
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> place;
  for (const std::string& option : options) commands.push_back(base + ' ' + option);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      place[{a, b}] = commands.size();
      commands.push_back(base + ' ' + options[a] + ' ' + options[b]);
    }
  }
  std::vector<Outcome> outcomes(commands.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back([&] {
      for (std::size_t k = next++; k < commands.size(); k = next++)
        outcomes[k] = outcome_of(commands[k], prepare);
    });
  }
  for (std::thread& worker : workers) worker.join();
  ASSERT_FALSE(outcomes[0].refused()) << base << '\n' << outcomes[0].seen;
  const auto expect_sentence = [&](std::size_t k) {
    EXPECT_TRUE(std::regex_match(
        outcomes[k].seen, std::regex("(folder: [^\n]+:\n)?[^\n]+\\.\n(See trous [a-z]+ --help\\.\n)?")))
        << commands[k] << '\n'
        << outcomes[k].seen;
  };
  for (std::size_t a = 0; a < n; ++a) {
    const Outcome& alone = outcomes[1 + a];
    if (alone.refused()) expect_sentence(1 + a);
    EXPECT_TRUE(alone.refused() || alone.seen != outcomes[0].seen) << options[a] << " changes nothing";
    for (std::size_t b = a + 1; b < n; ++b) {
      const std::size_t k = place[{a, b}];
      if (outcomes[k].refused()) {
        expect_sentence(k);
        continue;
      }
      EXPECT_NE(outcomes[k].seen, outcomes[1 + b].seen)
          << options[a] << " does nothing beside " << options[b];
      EXPECT_NE(outcomes[k].seen, alone.seen) << options[b] << " does nothing beside " << options[a];
    }
  }
}

// Apart stand those that say how and where, not what: --out, --threads and --loader-threads (no bit depends
// on them: Train.TheSeedDecides...), --save-every (what is on disk when a run is killed). --minutes asks the
// clock. --force and --resume allow what without them is refused. Their refusals are in option_table_test.
TEST_F(OptionPairs, keras_8159_OfTrainEachActsOrIsRefused_slow) {
  try_all_pairs(
      short_training,
      {"--data other",
       "--data-dir .",
       "--mask-threshold 128",
       "--resize 12",
       "--task regression",
       "--model deep-dilated",
       "--weights run/best.safetensors",
       "--steps 5",
       "--batch 3",
       "--accumulate 3",
       "--learning-rate 0.05",
       "--schedule cosine",
       "--warmup 2",
       "--optimizer sgd",
       "--weight-decay 0.1",
       "--loss dice",
       "--label-smoothing 0.25",
       "--class-weights enet",
       "--ignore-index 1",
       "--augment flip",
       "--crop 12x12",
       "--clip-norm 0.01",
       "--average 0",
       "--freeze stem",
       "--validate-every 2",
       "--patience 1 --min-delta 0.9",
       "--min-delta 0.5",
       "--width 3",
       "--kernel 5",
       "--norm group",
       "--activation silu",
       "--seed 4",
       "--pixel-baseline",
       "--find-rate",
       "--epochs 3",
       "--config options.json",
       "--quiet",
       "--json",
       "--color always"},
      {"--out", "--threads", "--loader-threads", "--save-every", "--minutes", "--force", "--resume"},
      prepare);
}

// No bit depends on --batch and --threads.
TEST_F(OptionPairs, OfEvalEachActsOrIsRefused_slow) {
  try_all_pairs("eval run",
                {"--split train", "--data other", "--data-dir .", "--mask-threshold 128", "--ignore-index 1",
                 "--per-image i.csv", "--masks m", "--predictions p", "--split-anew", "--tta",
                 "--min-miou 0.99", "--quiet", "--json", "--color always"},
                {"--batch", "--threads"}, prepare);
}

TEST_F(OptionPairs, OfPredictEachActsOrIsRefused_slow) {
  try_all_pairs("predict run set/test/images --out o --probs",
                {"--overlay", "--alpha 0.2", "--npy", "--tta", "--tile 12", "--overlap 5", "--quiet",
                 "--json", "--color always"},
                {"--out", "--probs", "--force", "--threads"}, prepare);
  expect_heard("predict run set/test/images --out o", "--probs");
  expect_heard("predict run set/test/images --out o --overlay", "--alpha 0.2");
  expect_heard("predict run set/test/images --out o --probs --tile 12", "--overlap 5");
}

TEST_F(OptionPairs, OfInspectEachActsOrIsRefused_slow) {
  const std::vector<std::string> options{"--height 48", "--width 40", "--batch 5",        "--channels 3",
                                         "--classes 4", "--weights",  "--coverage c.png", "--dot d.dot",
                                         "--quiet",     "--json",     "--color always"};
  try_all_pairs("inspect small-dilated", options, {}, prepare);
  try_all_pairs("inspect run", options, {}, prepare);
}

TEST_F(OptionPairs, OfCheckEachActsOrIsRefused_slow) {
  try_all_pairs("check net.json",
                {"--vectors v.safetensors", "--tolerance 1", "--channels 3", "--classes 4", "--order 2",
                 "--step 0.03", "--all-ops", "--batch 3", "--height 6", "--width 7", "--evaluation",
                 "--seed 5", "--quiet", "--json", "--color always"},
                {}, prepare);
}

TEST_F(OptionPairs, OfDataEachActsOrIsRefused_slow) {
  const std::vector<std::string> options{"--data-dir .", "--mask-threshold 128",
                                         "--resize 12",  "--preview p.png",
                                         "--split test", "--export e",
                                         "--count 1",    "--augment flip,noise=0.1",
                                         "--seed 5",     "--quiet",
                                         "--json",       "--color always"};
  try_all_pairs("data set", options, {}, prepare);
  expect_heard("data set --preview p.png --augment noise=0.1", "--seed 5");
}

TEST_F(OptionPairs, OfReportEachActsOrIsRefused) {
  try_all_pairs("report run --out p.html", {"--out q.html", "--quiet", "--json", "--color always"}, {},
                prepare);
}

}  // namespace
}  // namespace trous
