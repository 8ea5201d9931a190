// Whole runs of `trous train`, as short as they can be, on a small folder.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include <trous/data/folder.h>
#include <trous/data/png.h>
#include <trous/layers/coverage.h>
#include <trous/layers/from_json.h>
#include <trous/layers/networks.h>
#include <trous/train/checkpoint.h>
#include <trous/train/evaluate.h>
#include <trous/train/trainer.h>

#include "cli/program.h"

namespace trous {
namespace {

using Train = SmallSet;

std::vector<std::string> column(const std::string& csv, std::size_t which) {
  std::vector<std::string> cells;
  for (const std::string& line : lines_of(csv)) {
    std::istringstream row(line);
    std::string cell;
    for (std::size_t i = 0; i <= which; ++i) std::getline(row, cell, ',');
    cells.push_back(cell);
  }
  return cells;
}

// keras's Progbar (keras#8171): redirected output was full of control characters. `train` redirects both.
TEST_F(Train, keras_8171_ARunLeavesAndPrintsWhatItPromises) {
  const Finished run = train("run", "--threads 1 --model mirror-context --kernel 1");
  expect_plain(run.out);
  expect_plain(run.err);
  EXPECT_EQ(files_below(scratch_ / "run"),
            (std::vector<std::string>{
                "best.safetensors", "config.json", "environment.json", "events.jsonl", "last.safetensors",
                "metrics.csv", "report.html", "results.json", "samples/best.png", "samples/fixed.png",
                "samples/labels_000002.png", "samples/labels_000004.png", "samples/median.png",
                "samples/step_000002.png", "samples/step_000004.png", "samples/worst.png", "split.json"}));
  EXPECT_EQ(column(slurp_text(scratch_ / "run/metrics.csv"), 0),
            (std::vector<std::string>{"step", "2", "4"}));
  const SafetensorsFile last = read_safetensors(scratch_ / "run/last.safetensors");
  EXPECT_EQ(checkpoint_info("last", last).step, 4);

  // The weights are those that were scored.
  const LoadedNetwork best = load_network(scratch_ / "run/best.safetensors");
  EXPECT_EQ(best.info.data, "set");
  const ConfusionMatrix scores = evaluate_on(best.net, folder({.directory = scratch_ / "set"}).test, 2);
  char row[80];
  std::snprintf(row, sizeof row, "  mirror-context  +%.3f +%.3f +%.3f", *scores.mean_iou(1),
                *scores.mean_iou(), *scores.pixel_accuracy());
  EXPECT_TRUE(has_line(run.out, row)) << row << " is not in\n" << run.out;
  const nlohmann::json results = json_in(scratch_ / "run/results.json");
  std::vector<std::int64_t> counts;
  for (const auto& one : results["scores"]["confusion"]) {
    for (const auto& count : one) counts.push_back(count);
  }
  EXPECT_EQ(counts, scores.counts());

  // What the pictures of the network are made from.
  const Coverage seen = coverage(best.net, {1, 32, 32, 3});
  std::string map;
  for (const auto& line : results["coverage"]["map"]) map += line.get<std::string>() + '\n';
  EXPECT_EQ(map, text(seen));
  EXPECT_EQ(results["coverage"]["pixel"], nlohmann::json({16, 16}));
  EXPECT_EQ(results["coverage"]["share"], seen.share);
  EXPECT_EQ(results["model"]["graph"][1]["name"], "encoder.0");
  EXPECT_EQ(results["model"]["graph"].back()["output"], nlohmann::json({1, 32, 32, 5}));
  const std::string page = slurp_text(scratch_ / "run/report.html");
  EXPECT_NE(page.find("The output pixel in row 16, column 16 can see a box of "), std::string::npos);
  EXPECT_NE(page.find("How the layers are connected"), std::string::npos);

  EXPECT_TRUE(
      has_line(run.out, "trous [0-9.]+  train mirror-context on set: 4 steps of 2 images, seed 3, 1 thread"));
  EXPECT_TRUE(has_line(run.out, "data    8 train, 4 validation, 4 test images of 32x32x3")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  total +1x1 +[0-9,]+ +[0-9,]+")) << run.out;
  EXPECT_TRUE(
      has_line(run.out, "Test: 4 images, scored once, weights of step " + std::to_string(best.info.step)))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "  all background +0\\.000 +0\\.[0-9]{3} +0\\.[0-9]{3}")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  brightness > [0-9.]+ is [a-z]+( +0\\.[0-9]{3}){3}")) << run.out;
  EXPECT_TRUE(has_line(run.out, "      2 +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9:]+ +[0-9]+  best"))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "  next      trous predict run IMAGE\\.\\.\\. --out DIR")) << run.out;
  EXPECT_TRUE(
      has_line(run.err, " step  1/4  ======------------------   25%  loss [0-9.]+  lr 8.0e-03  gnorm .*"))
      << run.err;
}

TEST_F(Train, TheSeedDecidesEveryByteWhateverTheThreadsAndTheFolder) {
  std::filesystem::create_directories(scratch_ / "elsewhere/deep");
  std::filesystem::create_directory_symlink(scratch_ / "set", scratch_ / "elsewhere/deep/set");
  const Finished one = train("here", "--quiet --threads 1 --loader-threads 0");
  const Finished two = trous_in(scratch_ / "elsewhere/deep",
                                short_run + "--quiet --threads 2 --loader-threads 3 --out ../there");
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(one.err, "") << "quiet";
  for (const char* name : {"best.safetensors", "last.safetensors", "samples/best.png", "samples/fixed.png"})
    EXPECT_EQ(file(std::string("elsewhere/there/") + name), file(std::string("here/") + name)) << name;
  train("other", "--quiet --seed 4");
  EXPECT_NE(file("other/best.safetensors"), file("here/best.safetensors"));
  EXPECT_EQ(scratch_.files(), 4u) << "set, here, elsewhere, other: nothing outside --out";
}

// One set of defaults: what is said here is what `short_run` says.
TEST_F(Train, TheLibraryLearnsWhatTheProgramLearns) {
  train("run", "--quiet");
  const LoadedNetwork best = load_network(scratch_ / "run/best.safetensors");
  const Splits data = folder({.directory = scratch_ / "set"});
  AnyLayer net =
      network_from_json(network_description("small-dilated", {.in_channels = 3, .classes = 5, .width = 2}));
  initialize(net, fold_in(Key{3}, 0));
  trous::train(net, data, {.steps = 4, .batch = 2, .validate_every = 2, .seed = 3, .quiet = true});
  const auto expected = parameters(std::as_const(best.net)), found = parameters(std::as_const(net));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(found[i].part->get().value().to_vector<float>(),
              expected[i].part->get().value().to_vector<float>())
        << expected[i].path;
}

TEST_F(Train, QuietPrintsTheResultAlone) {
  const Finished run = train("run", "--quiet");
  EXPECT_EQ(run.err, "");
  EXPECT_TRUE(run.out.starts_with("Test: 4 images, scored once, weights of step ")) << run.out;
}

TEST_F(Train, AFileOfOptionsIsTheSameRunAndTheCommandLineWins) {
  train("run", "--quiet --loss dice --augment flip --average 0.9");
  const Finished again = run("train --config run/config.json --out again --quiet");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(file("again/best.safetensors"), file("run/best.safetensors"));
  EXPECT_EQ(file("again/last.safetensors"), file("run/last.safetensors"));
  nlohmann::json one = json_in(scratch_ / "run/config.json"), two = json_in(scratch_ / "again/config.json");
  EXPECT_EQ(two["out"], "again");
  two["out"] = "run";
  EXPECT_EQ(one, two);
  for (const char* words : {"--seed 9 --config run/config.json", "--config=run/config.json --seed=9"}) {
    const Finished other = run(std::string("train ") + words + " --steps 1 --out other --force --quiet");
    ASSERT_EQ(other.code, 0) << other.err;
    EXPECT_EQ(json_in(scratch_ / "other/config.json")["seed"], 9);
    EXPECT_EQ(json_in(scratch_ / "other/config.json")["loss"], "dice");
  }
}

TEST_F(Train, TheCommandThatIsKeptRepeatsTheRun) {
  const Finished first =
      run("train --data \"$PWD/set\" --width 2 --steps 2 --batch 2 --freeze stem --class-weights 0.5,1,1,1,1 "
          "--out 'a run'  --quiet");
  ASSERT_EQ(first.code, 0) << first.err;
  const std::string command = json_in(scratch_ / "a run/environment.json")["command"];
  ASSERT_TRUE(command.starts_with("trous train ")) << command;
  std::filesystem::rename(scratch_ / "a run", scratch_ / "kept");
  const Finished second = run(command.substr(6) + " --quiet");
  ASSERT_EQ(second.code, 0) << second.err << command;
  EXPECT_EQ(file("a run/last.safetensors"), file("kept/last.safetensors"));
}

TEST_F(Train, EpochsAreCountedInSteps) {
  const Finished run_ = run("train --data set --width 2 --batch 3 --epochs 2 --out run --quiet");
  ASSERT_EQ(run_.code, 0) << run_.err;
  EXPECT_EQ(json_in(scratch_ / "run/config.json")["steps"], 6) << "16 images in batches of 3";
}

TEST_F(Train, FindRateShowsACurveAndKeepsNoWeights) {
  const Finished run_ = run("train --data set --width 2 --batch 2 --accumulate 2 --out found --find-rate");
  ASSERT_EQ(run_.code, 0) << run_.err;
  EXPECT_EQ(run_.out.find("Without learning"), std::string::npos) << "it is no training";
  EXPECT_NE(run_.out.find("100 steps of 2 batches of 2 images, from 1e-07 to 1\n"), std::string::npos)
      << run_.out;
  EXPECT_TRUE(has_line(run_.out, "  learning rate       loss   smoothed")) << run_.out;
  EXPECT_TRUE(
      has_line(run_.out,
               "  suggestion  --learning-rate [0-9.e-]+, a tenth of the rate at which the smoothed loss "
               "is lowest"))
      << run_.out;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch_ / "found"), {}), 2);
  const std::string page = slurp_text(scratch_ / "found/report.html");
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_NE(page.find("suggestion: "), std::string::npos);
  const Finished anew = run("report found --out anew.html");
  ASSERT_EQ(anew.code, 0) << anew.err;
  EXPECT_EQ(slurp_text(scratch_ / "anew.html"), page) << "the page is a function of the folder";
  const auto found = json_in(scratch_ / "found/find_rate.json");
  EXPECT_EQ(found["lowest"], 1e-7);
  EXPECT_EQ(found["highest"], 1);
  EXPECT_EQ(found["points"][0]["learning_rate"], 1e-7);
  double lowest = found["points"][0]["smoothed_loss"], best_rate = 0;
  for (const auto& point : found["points"]) {
    if (point["smoothed_loss"] < lowest) {
      lowest = point["smoothed_loss"];
      best_rate = point["learning_rate"];
    }
  }
  EXPECT_EQ(found["suggestion"], best_rate / 10);
  const Finished again = run("train --data set --width 2 --out found --find-rate");
  EXPECT_EQ(again.code, 3);
  EXPECT_EQ(again.err, "found: it exists and is not an empty folder. Choose another --out.\n");
}

TEST_F(Train, AStepOfSeveralBatchesIsCountedAsOne) {
  const Finished run_ = run("train --data set --width 2 --batch 3 --accumulate 2 --epochs 2 --out run");
  ASSERT_EQ(run_.code, 0) << run_.err;
  EXPECT_NE(run_.out.find(": 3 steps of 2 batches of 3 images, seed 0"), std::string::npos) << run_.out;
  const auto config = json_in(scratch_ / "run/config.json");
  EXPECT_EQ(config["steps"], 3) << "16 images, 6 a step";
  EXPECT_EQ(config["accumulate"], 2);
}

TEST_F(Train, MinutesBecomeANumberOfStepsThatIsRecorded) {
  const Finished run_ = run("train --data set --width 2 --batch 2 --minutes 0.005 --out run --quiet");
  ASSERT_EQ(run_.code, 0) << run_.err;
  const std::int64_t steps = json_in(scratch_ / "run/config.json")["steps"];
  EXPECT_GE(steps, 1);
  const auto events = json_lines(slurp_text(scratch_ / "run/events.jsonl"));
  EXPECT_EQ(events[0]["event"], "begin");
  EXPECT_EQ(events[0]["why"], "0.005 minutes are " + std::to_string(steps) + " steps");
  const Finished again = run("train --config run/config.json --out again --quiet");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(file("again/last.safetensors"), file("run/last.safetensors"));
  // The number stands: going on asks no clock.
  const Finished on = run("train --resume --out run --minutes 0.005 --quiet");
  EXPECT_EQ(on.code, 0) << on.err;
}

TEST_F(Train, WeightsOfAnotherRunAreWhereItBegins) {
  train("first", "--quiet");
  const Finished next =
      run("train --data set --width 2 --steps 1 --batch 2 --learning-rate 1e-30 --quiet "
          "--freeze stem,down,context,up --weights first/best.safetensors --out next");
  ASSERT_EQ(next.code, 0) << next.err;
  const SafetensorsFile before = read_safetensors(scratch_ / "first/best.safetensors");
  const SafetensorsFile after = read_safetensors(scratch_ / "next/best.safetensors");
  ASSERT_EQ(before.tensors.size(), after.tensors.size());
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    EXPECT_EQ(after.tensors[i].second.to_vector<float>(), before.tensors[i].second.to_vector<float>())
        << before.tensors[i].first;
  }
  expect(short_run + "--weights none.safetensors --out x", 3,
         "read_file: none.safetensors cannot be opened. The system says: No such file or directory. Give the "
         "path of a readable file.\n");
}

TEST_F(Train, FrozenPartsStayAsTheyWere) {
  train("free", "--quiet --steps 1 --learning-rate 1e-30");
  train("run", "--quiet --freeze stem,context.0");
  std::size_t same = 0, moved = 0;
  const SafetensorsFile before = read_safetensors(scratch_ / "free/last.safetensors");
  for (const auto& [name, tensor] : read_safetensors(scratch_ / "run/last.safetensors").tensors) {
    const auto found = std::find_if(before.tensors.begin(), before.tensors.end(),
                                    [&, key = name](const auto& one) { return one.first == key; });
    if (name.find('/') != std::string::npos || found == before.tensors.end()) continue;
    const std::vector<float> was = found->second.to_vector<float>(), is = tensor.to_vector<float>();
    const bool equal = std::equal(was.begin(), was.end(), is.begin(), is.end(),
                                  [](float a, float b) { return std::abs(a - b) < 1e-20F; });
    const bool frozen = name.starts_with("stem.") || name.starts_with("context.0.");
    EXPECT_TRUE(equal || !frozen) << name;
    same += frozen;
    moved += !frozen && !equal;
  }
  EXPECT_EQ(same, 6u);
  EXPECT_GE(moved, 10u);
  const std::size_t before_files = scratch_.files();
  const Finished slip = run(short_run + "--freeze stme --out x");
  EXPECT_EQ(slip.code, 2);
  EXPECT_TRUE(slip.err.starts_with("train: no parameter lies below \"stme\".")) << slip.err;
  EXPECT_EQ(scratch_.files(), before_files);
}

TEST_F(Train, ClassWeightsAreANameOrANumberForEachClass) {
  train("list", "--quiet --class-weights 1,1,1,1,1");
  train("none", "--quiet --class-weights none");
  EXPECT_EQ(file("list/last.safetensors"), file("none/last.safetensors"));
  train("other", "--quiet --class-weights 0.1,1,1,1,1");
  EXPECT_NE(file("list/last.safetensors"), file("other/last.safetensors"));
  expect(short_run + "--class-weights 1,2 --out x", 2,
         "class weights: 1,2 are 2 numbers for 5 classes. Give one per class, the background first.\n");
}

TEST_F(Train, EveryLossOptimizerAndScheduleRuns) {
  std::vector<Bytes> all;
  for (const char* choice : {"--loss cross-entropy",
                             "--loss dice",
                             "--loss focal",
                             "--loss cross-entropy+dice",
                             "--loss bce",
                             "--loss tversky",
                             "--loss lovasz",
                             "--loss cross-entropy+boundary",
                             "--label-smoothing 0.1",
                             "--accumulate 2",
                             "--optimizer sgd",
                             "--optimizer adamw",
                             "--optimizer rmsprop",
                             "--optimizer lion",
                             "--optimizer lamb",
                             "--schedule constant",
                             "--schedule cosine",
                             "--schedule one-cycle",
                             "--clip-norm 0.1",
                             "--warmup 2"}) {
    train("run", std::string("--quiet --force ") + choice);
    for (const Bytes& earlier : all) EXPECT_NE(file("run/last.safetensors"), earlier) << choice;
    all.push_back(file("run/last.safetensors"));
  }
}

TEST_F(Train, PatienceEndsARunEarlyAndSaysWhy) {
  const Finished run =
      train("run", "--steps 40 --validate-every 1 --patience 2 --min-delta 0.9 --learning-rate 1e-6");
  EXPECT_TRUE(
      has_line(run.out,
               "Ended at step 3: the last 2 validations were no better than [0-9.e-]+ by 0\\.9, best at "
               "step [123]\\."))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "      2 .*(best|1/2)")) << run.out;
  const auto events = json_lines(slurp_text(scratch_ / "run/events.jsonl"));
  EXPECT_EQ(events.back()["event"], "stopped");
  EXPECT_EQ(events.back()["step"], 3);
  const std::string why = events.back()["why"];
  EXPECT_TRUE(why.starts_with("the last 2 validations were no better than ")) << why;
  EXPECT_EQ(json_in(scratch_ / "run/results.json")["stopped"], why);
}

TEST_F(Train, JsonIsOneObjectALineAndNothingElse) {
  const Finished run = train("run", "--json --pixel-baseline");
  EXPECT_EQ(run.err, "") << "bars are off";
  std::vector<std::string> events;
  for (const auto& line : json_lines(run.out)) events.push_back(line["event"]);
  EXPECT_EQ(events, (std::vector<std::string>{"begin", "data", "model", "memory", "baseline", "baseline",
                                              "criterion", "validation", "validation", "result"}));
  const auto lines = json_lines(run.out);
  EXPECT_EQ(lines[0]["config"], json_in(scratch_ / "run/config.json"));
  EXPECT_EQ(lines[2]["model"], json_in(scratch_ / "run/results.json")["model"]);
  EXPECT_EQ(json_in(scratch_ / "run/results.json")["baselines"].size(), 3u);
  EXPECT_EQ(lines.back()["report"], "run/report.html");
  EXPECT_EQ(lines.back()["scores"]["classes"].size(), 5u);
}

TEST_F(Train, ColourIsAskedForOrOnATerminal) {
  const std::string best = "\033[1;32mbest\033[0m";
  EXPECT_NE(train("a", "--color always").out.find(best), std::string::npos);
  EXPECT_NE(run(short_run + "--color always --out b", "NO_COLOR=1").out.find(best), std::string::npos)
      << "asked for by name";
  expect_plain(train("c", "--color never").out);
  expect_plain(train("d", "--color auto").out);
}

TEST_F(Train, TheBlindBaselineIsLabelled) {
  const Finished run = train("run", "--pixel-baseline");
  EXPECT_TRUE(has_line(run.out, "The same network with 1x1 filters, 4 steps, for comparison\\.")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  small-dilated, 1x1 filters( +[01]\\.[0-9]{3}){3}")) << run.out;
  EXPECT_TRUE(has_line(run.err, " 1x1 step  4/4  =+  100% .*")) << run.err;
}

TEST_F(Train, ForceReplacesARunAndNothingElse) {
  train("run", "--quiet");
  spill(scratch_ / "run/notes.txt", bytes_of("mine"));
  expect(short_run + "--out run", 3,
         "run: a run is there. Give --resume to go on with it, --force to replace it, or another --out.\n");
  train("run", "--quiet --seed 8 --force");
  EXPECT_EQ(json_in(scratch_ / "run/config.json")["seed"], 8);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run/notes.txt"));
  EXPECT_EQ(scratch_.files(), 2u);
}

TEST_F(Train, ADivergingRunNamesTheTensorAndKeepsTheBest) {
  const Finished done =
      run(short_run + "--validate-every 1 --steps 5 --learning-rate 1e30 --schedule constant --out run");
  EXPECT_EQ(done.code, 4);
  expect_plain(done.err);
  EXPECT_TRUE(has_line(
      done.err,
      "train: the loss is (NaN|infinite); the first tensor that went bad is the output of [a-z0-9_]+ "
      "f32\\[[0-9, ]+\\] of layer [a-z0-9.]+ at step 2\\. Lower --learning-rate\\."))
      << done.err;
  EXPECT_TRUE(has_line(done.err, "The best weights so far, of step 1, are in run/best.safetensors\\."))
      << done.err;
  for (const auto& [name, tensor] : read_safetensors(scratch_ / "run/best.safetensors").tensors)
    EXPECT_TRUE(all_finite(tensor)) << name;
  EXPECT_EQ(done.out.find("Test:"), std::string::npos) << "no score for a run that failed";
  const auto event = json_lines(slurp_text(scratch_ / "run/events.jsonl")).back();
  EXPECT_EQ(event["event"], "diverged");
  EXPECT_NE(done.err.find(std::string(event["why"])), std::string::npos) << event;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run/results.json"));
  const Finished told = run(short_run + "--learning-rate 1e30 --schedule constant --json --out other");
  EXPECT_EQ(told.code, 4);
  EXPECT_EQ(json_lines(told.out).back()["event"], "diverged");
}

}  // namespace
}  // namespace trous
