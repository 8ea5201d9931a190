// The table of options that do not go together: each refusal whole, what may be said all the same, and what
// is recorded instead.
#include "cli/outcome.h"

namespace trous {
namespace {

using OptionTable = OptionPairs;

// The table itself, a row or more for each row of cli/option_pairs.cpp.
TEST_F(OptionTable, RefusalsSayWhatWouldWork) {
  expect_refusal(
      short_training + " --loss dice --class-weights enet",
      "train: --class-weights enet does nothing with --loss dice, which weighs all classes that occur "
      "alike. Take --loss cross-entropy+dice, or leave it out.");
  expect_refusal(
      "profile --data set --loss dice --class-weights inverse-sqrt",
      "profile: --class-weights inverse-sqrt does nothing with --loss dice, which weighs all classes "
      "that occur alike. Take --loss cross-entropy+dice, or leave it out.");
  expect_refusal(
      short_training + " --loss focal --label-smoothing 0.1",
      "train: --label-smoothing 0.1 does nothing with --loss focal, which smooths no labels. Take --loss "
      "cross-entropy, cross-entropy+dice or cross-entropy+boundary, or leave it out.");
  expect_refusal(
      "profile --data set --loss lovasz --label-smoothing 0.1",
      "profile: --label-smoothing 0.1 does nothing with --loss lovasz, which smooths no labels. Take "
      "--loss cross-entropy, cross-entropy+dice or cross-entropy+boundary, or leave it out.");
  expect_refusal(short_training + " --min-delta 0.01",
                 "train: --min-delta 0.01 does nothing without --patience or --schedule plateau, which alone "
                 "compare scores. Give one of them, or leave it out.");
  expect_refusal(
      short_training + " --patience 3",
      "train: --patience 3 ends no run of 4 steps with --validate-every 1: of its 4 validations, the "
      "first and the last left out, there are 2. Validate more often, give more steps, or leave it out.");
  expect_refusal(
      short_training + " --save-every 4",
      "train: --save-every 4 saves at no step at which --validate-every 1 does not, in 4 steps. Give "
      "fewer steps than lie between validations, or leave it out.");
  expect_refusal(short_training + " --validate-every 3 --save-every 3 --epochs 5",
                 "train: --epochs 5 and --steps 4 both say how long. Give one of them.");
  expect_refusal(short_training + " --minutes 1",
                 "train: --minutes 1 and --steps 4 both say how long. Give one of them.");
  expect_refusal("train --data set --out new --minutes 1 --epochs 2",
                 "train: --minutes 1 and --epochs 2 both say how long. Give one of them.");
  expect_refusal(
      "train --resume run --minutes 1",
      "train: --minutes 1 is for a new run, and the one in run has its number of steps. Leave it out.");
  expect_refusal("train --resume run --force",
                 "train: --force replaces a run, and --resume goes on with it. Give one of them.");
  expect_refusal(short_training + " --resume --force",
                 "train: --force replaces a run, and --resume goes on with it. Give one of them.");
  expect_refusal(
      "train --resume run --out new",
      "train: --out new is not the run that --resume run goes on with. Leave it out, or begin another "
      "run with --weights run/best.safetensors.");
  for (const std::string option :
       {"--width 2", "--kernel 3", "--norm group", "--activation silu", "--pixel-baseline"}) {
    expect_refusal("train --data set --model net.json --out new " + option,
                   "train: " + option +
                       " is for networks by name; net.json says itself what its layers are. Leave it out.");
  }
  expect_refusal(
      short_training + " --kernel 1 --pixel-baseline",
      "train: --pixel-baseline trains the same network with 1x1 filters, and --kernel 1 is that network. "
      "Leave one of them out.");
  expect_refusal(
      "data set --resize 12 --quiet",
      "data: --resize 12 does nothing with --quiet, which prints no sizes and no counts. Leave one of "
      "them out.");
  expect_refusal(
      short_training + " --json --quiet",
      "train: --quiet does nothing with --json, which prints neither progress nor tables. Leave it out.");
  expect_refusal(short_training + " --json --color always",
                 "train: --color always does nothing with --json, which prints no colour. Leave it out.");
  expect_refusal(short_training + " --warmup 4",
                 "train: warmup 4 of 4 steps. Give 0 for none, or fewer steps than there are.");
  expect_refusal("eval run --masks m --predictions p",
                 "eval: --masks m and --predictions both write the masks. Give one of them.");
  expect_refusal("predict run set/test/images --out o --npy",
                 "predict: --npy is for images, and run/best.safetensors has learned masks. Leave it out.");
  expect_refusal("predict run set/test/images --out o --alpha 0.2",
                 "predict: --alpha 0.2 does nothing without --overlay. Give both, or leave it out.");
  expect_refusal(
      "predict run set/test/images --out o --tile 0 --overlap 2",
      "predict: --overlap 2 does nothing with --tile 0, which takes images whole. Leave one of them out.");
  expect_refusal("data set --split test",
                 "data: --split test does nothing without --preview. Give both, or leave it out.");
  expect_refusal("data set --count 3",
                 "data: --count 3 does nothing without --preview or --export. Give both, or leave it out.");
  expect_refusal("data set --export e --augment flip",
                 "data: --augment flip does nothing without --preview. Give both, or leave it out.");
  expect_refusal(
      "data set --preview p.png --seed 5",
      "data: --seed 5 does nothing without --augment, which alone draws numbers. Give both, or leave it "
      "out.");
  expect_refusal("inspect run --classes 4",
                 "inspect: --classes 4 goes with the name of a network only. Leave it out.");
  expect_refusal("inspect run --weights --json",
                 "inspect: --weights does nothing with --json, which has all of that anyway. Leave it out.");
  expect_refusal("inspect run --weights --quiet",
                 "inspect: --weights does nothing with --quiet, which prints no table. Leave it out.");
  expect_refusal("profile run --layers --quiet",
                 "profile: --layers does nothing with --quiet, which prints no table. Leave it out.");
  expect_refusal("check net.json --all-ops --json",
                 "check: --all-ops does nothing with --json, which has all of that anyway. Leave it out.");
  for (const std::string command : {"predict run set/test/images --out o", "inspect run", "check net.json",
                                    "profile run", "report run", "data set"}) {
    expect_refusal(command + " --color always",
                   command.substr(0, command.find(' ')) +
                       ": --color always does nothing: this command prints no colour. Leave it out.");
  }
}

// What an option says may be so anyway, and then it is no contradiction.
TEST_F(OptionTable, WhatIsTrueAnywayMayBeSaid) {
  for (const std::string words :
       {" --loss dice --class-weights none", " --loss dice --label-smoothing 0", " --min-delta 0",
        " --min-delta 0.0", " --patience 0", " --save-every 0", " --color never --json"}) {
    EXPECT_EQ(outcome(short_training + words).code, 0) << words << outcome(short_training + words).seen;
  }
  EXPECT_EQ(outcome("data set --augment none").code, 0);
  EXPECT_EQ(outcome("data set --color never").code, 0);
}

TEST_F(OptionTable, AFileOfOptionsIsHeldToTheTableToo) {
  const auto with_file = [&](const std::string& text, const std::string& words) {
    return outcome_of(short_training + " --config f.json " + words, [&](const Scratch& folder) {
      prepare(folder);
      spill(folder / "f.json", bytes_of(text));
    });
  };
  EXPECT_EQ(
      with_file(R"({"loss": "dice", "class_weights": "enet"})", "").seen,
      "train: --class-weights enet does nothing with --loss dice, which weighs all classes that occur alike. "
      "Take --loss cross-entropy+dice, or leave it out.\n");
  EXPECT_EQ(with_file(R"({"min_delta": 0.25})", "").code, 2);
  EXPECT_EQ(with_file(R"({"min_delta": 0.25})", "--patience 1").code, 0);
  // The defaults that a config.json lists were chosen by nobody.
  EXPECT_EQ(with_file(R"({"class_weights": "inverse-sqrt", "kernel": 3})", "--loss dice").code, 0);
}

// config.json records what is so: no class weights with dice, and the decay that was used.
TEST_F(OptionTable, TheConfigSaysWhatIsSo) {
  const auto config_of = [&](const std::string& words) {
    nlohmann::json config;
    const Scratch folder;
    prepare(folder);
    const Finished done = trous_in(folder.path(), short_training + ' ' + words);
    EXPECT_EQ(done.code, 0) << done.err;
    return json_in(folder / "new/config.json");
  };
  EXPECT_EQ(config_of("--loss dice")["class_weights"], "none");
  EXPECT_EQ(config_of("")["class_weights"], "inverse-sqrt");
  EXPECT_EQ(config_of("")["weight_decay"], 0);
  EXPECT_EQ(config_of("--optimizer adamw")["weight_decay"], 0.01);
  EXPECT_EQ(config_of("--optimizer adamw --weight-decay 0")["weight_decay"], 0);
}

// A run may have been begun by a version that ignored what is refused now, and for which a weight decay of 0
// was adamw's own: it goes on all the same, and as it was.
TEST_F(OptionTable, ARunOfAnOlderVersionGoesOn) {
  const Scratch folder;
  prepare(folder);
  const auto run = [&](const std::string& words) {
    const Finished done = trous_in(folder.path(), words);
    EXPECT_EQ(done.code, 0) << words << '\n' << done.err;
  };
  const std::string words =
      "train --data set --width 2 --steps 4 --batch 2 --optimizer adamw --loss dice --quiet";
  run(words + " --out whole");
  run(words + " --out old");
  nlohmann::ordered_json config = nlohmann::ordered_json::parse(slurp_text(folder / "old/config.json"));
  config["weight_decay"] = 0.0;
  config["class_weights"] = "enet";
  config["min_delta"] = 0.25;
  config["save_every"] = 100;
  spill(folder / "old/config.json", bytes_of(config.dump()));
  nlohmann::ordered_json environment =
      nlohmann::ordered_json::parse(slurp_text(folder / "old/environment.json"));
  environment.erase("config_format");
  spill(folder / "old/environment.json", bytes_of(environment.dump()));
  // The state knows min_delta too.
  SafetensorsFile last = read_safetensors(folder / "old/last.safetensors");
  auto state = nlohmann::ordered_json::parse(last.metadata.at("trainer"));
  state["options"]["min_delta"] = "0.25";
  last.metadata["trainer"] = state.dump();
  write_safetensors(folder / "old/last.safetensors", last);
  run("train --resume old --quiet");
  run("train --config old/config.json --min-delta 0 --save-every 0 --class-weights none --out again --quiet");
  EXPECT_EQ(slurp(folder / "again/best.safetensors"), slurp(folder / "whole/best.safetensors"));
}

TEST_F(OptionTable, NoWeightDecayIsNoWeightDecay) {
  const auto weights = [&](const std::string& words) {
    return outcome(short_training + " --quiet " + words).seen;
  };
  const std::string own = weights("--optimizer adamw");
  EXPECT_EQ(weights("--optimizer adamw --weight-decay 0.01"), own);
  EXPECT_NE(weights("--optimizer adamw --weight-decay 0"), own);
  EXPECT_EQ(weights("--optimizer adamw --weight-decay 0"), weights("--optimizer adam"))
      << "without decay they are one";
}

TEST_F(OptionTable, ClassWeightsThatTeachNothingAreRefused) {
  expect_refusal(
      short_training + " --class-weights 0,0,0,0,0",
      "trous: --class-weights: 0,0,0,0,0 are all 0, so no pixel counts and nothing is learned. Give at "
      "least one class more than 0.\nSee trous train --help.");
  const Outcome rare = outcome(short_training + " --ignore-index 1 --class-weights 0,5,0,0,0");
  EXPECT_EQ(rare.code, 2);
  EXPECT_TRUE(std::regex_match(
      rare.seen,
      std::regex("class weights: 0, 5, 0, 0, 0 are 0 for every class that occurs, so nothing is "
                 "learned\\. The classes have [0-9]+, 0, [0-9]+, [0-9]+, [0-9]+ training pixels\\. Give "
                 "a class that has some more than 0\\.\n")))
      << rare.seen;
}

}  // namespace
}  // namespace trous
