// Each option changes the outcome or is refused, whatever other option stands beside it: all pairs are tried.
// What makes no difference by promise, such as --threads, is named.
#include <atomic>
#include <map>
#include <thread>

#include "cli/outcome.h"

namespace trous {
namespace {

struct Option {
  std::string name, words;
};

// Runs `base` with each option, with each two, and expects that no option goes unheard.
void try_all_pairs(const std::string& base, const std::vector<Option>& options,
                   const std::function<void(const Scratch&)>& prepare) {
  const std::size_t n = options.size();
  std::vector<std::string> commands{base};
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> place;
  for (const Option& option : options) commands.push_back(base + ' ' + option.words);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      place[{a, b}] = commands.size();
      commands.push_back(base + ' ' + options[a].words + ' ' + options[b].words);
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
    EXPECT_TRUE(alone.refused() || alone.seen != outcomes[0].seen) << options[a].words << " changes nothing";
    for (std::size_t b = a + 1; b < n; ++b) {
      const std::size_t k = place[{a, b}];
      if (outcomes[k].refused()) {
        expect_sentence(k);
        continue;
      }
      EXPECT_NE(outcomes[k].seen, outcomes[1 + b].seen)
          << options[a].words << " does nothing beside " << options[b].words;
      EXPECT_NE(outcomes[k].seen, alone.seen)
          << options[b].words << " does nothing beside " << options[a].words;
    }
  }
}

// Not among them, since they say how and where, not what: --out, --threads and --loader-threads (no bit
// depends on them: Train.TheSeedDecides...), --save-every (what is on disk when a run is killed). --minutes
// asks the clock. --force and --resume allow what without them is refused. Their refusals are below.
TEST_F(OptionPairs, keras_8159_OfTrainEachActsOrIsRefused_slow) {
  try_all_pairs(short_training,
                {{"data", "--data other"},
                 {"data_dir", "--data-dir ."},
                 {"mask_threshold", "--mask-threshold 128"},
                 {"model", "--model deep-dilated"},
                 {"weights", "--weights run/best.safetensors"},
                 {"steps", "--steps 5"},
                 {"batch", "--batch 3"},
                 {"learning_rate", "--learning-rate 0.05"},
                 {"schedule", "--schedule cosine"},
                 {"warmup", "--warmup 2"},
                 {"optimizer", "--optimizer sgd"},
                 {"weight_decay", "--weight-decay 0.1"},
                 {"loss", "--loss dice"},
                 {"class_weights", "--class-weights enet"},
                 {"ignore_index", "--ignore-index 1"},
                 {"augment", "--augment flip"},
                 {"clip_norm", "--clip-norm 0.01"},
                 {"average", "--average 0"},
                 {"freeze", "--freeze stem"},
                 {"validate_every", "--validate-every 2"},
                 {"patience", "--patience 1 --min-delta 0.9"},
                 {"min_delta", "--min-delta 0.5"},
                 {"width", "--width 3"},
                 {"kernel", "--kernel 5"},
                 {"seed", "--seed 4"},
                 {"pixel_baseline", "--pixel-baseline"},
                 {"epochs", "--epochs 3"},
                 {"config", "--config options.json"},
                 {"quiet", "--quiet"},
                 {"json", "--json"},
                 {"color", "--color always"}},
                prepare);
}

TEST_F(OptionPairs, OfEvalEachActsOrIsRefused) {
  try_all_pairs("eval run",
                {{"split", "--split train"},
                 {"data", "--data other"},
                 {"data_dir", "--data-dir ."},
                 {"per_image", "--per-image i.csv"},
                 {"masks", "--masks m"},
                 {"split_anew", "--split-anew"},
                 {"tta", "--tta"},
                 {"min_miou", "--min-miou 0.99"},
                 {"quiet", "--quiet"},
                 {"json", "--json"},
                 {"color", "--color always"}},
                prepare);
}

TEST_F(OptionPairs, OfPredictEachActsOrIsRefused) {
  try_all_pairs("predict run set/test/images --out o --probs",
                {{"overlay", "--overlay"},
                 {"alpha", "--alpha 0.2"},
                 {"tta", "--tta"},
                 {"tile", "--tile 12 --overlap 4"},
                 {"overlap", "--overlap 2"},
                 {"quiet", "--quiet"},
                 {"json", "--json"},
                 {"color", "--color always"}},
                prepare);
  expect_heard("predict run set/test/images --out o", "--probs");
  expect_heard("predict run set/test/images --out o --overlay", "--alpha 0.2");
  expect_heard("predict run set/test/images --out o --probs --tile 12 --overlap 4", "--overlap 2");
}

TEST_F(OptionPairs, OfInspectEachActsOrIsRefused) {
  const std::vector<Option> options{{"height", "--height 48"},    {"width", "--width 40"},
                                    {"channels", "--channels 3"}, {"classes", "--classes 4"},
                                    {"weights", "--weights"},     {"coverage", "--coverage c.png"},
                                    {"dot", "--dot d.dot"},       {"quiet", "--quiet"},
                                    {"json", "--json"},           {"color", "--color always"}};
  try_all_pairs("inspect small-dilated", options, prepare);
  try_all_pairs("inspect run", options, prepare);
}

TEST_F(OptionPairs, OfCheckEachActsOrIsRefused_slow) {
  try_all_pairs("check net.json",
                {{"vectors", "--vectors v.safetensors"},
                 {"tolerance", "--tolerance 1"},
                 {"channels", "--channels 3"},
                 {"classes", "--classes 4"},
                 {"order", "--order 2"},
                 {"step", "--step 0.03"},
                 {"all_ops", "--all-ops"},
                 {"batch", "--batch 3"},
                 {"height", "--height 6"},
                 {"width", "--width 7"},
                 {"evaluation", "--evaluation"},
                 {"seed", "--seed 5"},
                 {"quiet", "--quiet"},
                 {"json", "--json"},
                 {"color", "--color always"}},
                prepare);
}

TEST_F(OptionPairs, OfDataEachActsOrIsRefused) {
  const std::vector<Option> options{{"data_dir", "--data-dir ."},
                                    {"mask_threshold", "--mask-threshold 128"},
                                    {"preview", "--preview p.png"},
                                    {"split", "--split test"},
                                    {"export", "--export e"},
                                    {"count", "--count 1"},
                                    {"augment", "--augment flip,noise=0.1"},
                                    {"seed", "--seed 5"},
                                    {"quiet", "--quiet"},
                                    {"json", "--json"},
                                    {"color", "--color always"}};
  try_all_pairs("data set", options, prepare);
  expect_heard("data set --preview p.png --augment noise=0.1", "--seed 5");
}

TEST_F(OptionPairs, OfReportEachActsOrIsRefused) {
  try_all_pairs(
      "report run --out p.html",
      {{"out", "--out q.html"}, {"quiet", "--quiet"}, {"json", "--json"}, {"color", "--color always"}},
      prepare);
}

}  // namespace
}  // namespace trous
