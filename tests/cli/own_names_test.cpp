// tests/programs/own_names.cpp: tasks, a network and data of which commands may not take more for granted
// than they say.
#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

class OwnNames : public testing::Test {
 protected:
  OwnNames() { shell("ln -s '" TROUS_OWN_NAMES "' 'my names'"); }

  Finished shell(const std::string& command) const { return shell_in(scratch_.path(), command); }
  Finished names(const std::string& arguments) const { return shell("'./my names' " + arguments); }
  std::string training(const std::string& name, const std::string& more) const {
    return "train --data squares --model plain-net --steps 8 --batch 4 --validate-every 4 --out " + name +
           ' ' + more;
  }
  Finished train(const std::string& name, const std::string& more) const {
    return names(training(name, more));
  }

  Scratch scratch_;
};

// The weights that a run was begun with are those of its config.json, whoever's the loss is.
TEST_F(OwnNames, AKilledRunGoesOnWithItsClassWeights) {
  for (const std::string weights : {"1,2,3,4,5", "inverse-sqrt", ""}) {
    const std::string more =
        "--task errors --save-every 1" + (weights.empty() ? "" : " --class-weights " + weights);
    ASSERT_EQ(train("whole", more).code, 0);
    shell("'./my names' " + training("cut", more) +
          " & pid=$!; while [ ! -e cut/best.safetensors ] && kill -0 $pid; do :; done; kill -9 $pid; wait "
          "$pid");
    const Finished on = names("train --resume cut");
    ASSERT_EQ(on.code, 0) << on.err;
    EXPECT_EQ(slurp(scratch_ / "whole/best.safetensors"), slurp(scratch_ / "cut/best.safetensors"))
        << weights;
    EXPECT_EQ(json_in(scratch_ / "cut/config.json")["class_weights"], weights.empty() ? "none" : weights);
    for (const char* run : {"whole", "cut"}) std::filesystem::remove_all(scratch_ / run);
  }
}

TEST_F(OwnNames, ALowerScoreIsBetterInEveryCommand) {
  ASSERT_EQ(train("run", "--task errors").code, 0);
  const nlohmann::json results = json_in(scratch_ / "run/results.json");
  EXPECT_EQ(results["leading"]["score"], "wrong_share");
  EXPECT_EQ(results["leading"]["better"], "lower");
  EXPECT_EQ(names("report run").code, 0);
  EXPECT_EQ(names("eval run --masks m").err,
            "eval: --masks is for masks of the task segmentation, and the network has learned errors. Leave "
            "it out.\n");
  EXPECT_EQ(
      names("eval run --min-miou 0.1").err,
      "eval: --min-miou is for masks of the task segmentation, and the network has learned errors. Leave it "
      "out.\n");
  ASSERT_EQ(names("data squares --export files --count 2").code, 0);
  EXPECT_EQ(names("predict run files/test/images --out out --overlay").code, 0);
  EXPECT_EQ(files_below(scratch_ / "out").size(), 4U);  // two masks and two overlays
}

// They are drawn where they are like the targets only.
TEST_F(OwnNames, PredictionsNeedNotBeMasks) {
  const Finished done = train("run", "--task soft");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "run/samples/best.png"));  // the inputs
  EXPECT_EQ(names("eval run").code, 0);
  ASSERT_EQ(names("data squares --export files --count 2").code, 0);
  const Finished predicted = names("predict run files/test/images --out out");
  EXPECT_EQ(predicted.code, 3);
  EXPECT_TRUE(
      predicted.err.starts_with("files/test/images/000000.png is left out. predict: the network gives 5 "
                                "numbers for each pixel, and a picture has 1 or 3."))
      << predicted.err;
}

TEST_F(OwnNames, ALeadingScoreIsOneOfTheScores) {
  const Finished misled = train("run", "--task misled"), turned = train("run", "--task upside-down");
  EXPECT_EQ(misled.code, 2);
  EXPECT_EQ(
      misled.err,
      "train: the task \"misled\" has foreground_iou as leading, and its scores are wrong_share. Name one of "
      "them.\n");
  EXPECT_EQ(turned.err,
            "train: the task \"upside-down\" has wrong_share, the higher the better, as leading, and to the "
            "criterion "
            "of its scores the lower is better. Let both say the same.\n");
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run"));
}

TEST_F(OwnNames, ANetworkWithoutOptionsTakesChannelsAndClassesAlone) {
  for (const std::string option : {"width 64", "kernel 5", "norm group", "activation silu"}) {
    const Finished refused = train("run", "--" + option);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("SegmentationOptions: " + option.substr(0, option.find(' ')) +
                               " is given, and this network takes in_channels and classes alone."),
              std::string::npos)
        << refused.err;
  }
  EXPECT_EQ(train("run", "").code, 0);
}

TEST_F(OwnNames, ASpaceInTheNameOfAProgramIsQuoted) {
  const Finished done = train("run", "");
  EXPECT_NE(done.out.find("next      'my names' predict run IMAGE"), std::string::npos) << done.out;
  const nlohmann::json environment = json_in(scratch_ / "run/environment.json");
  EXPECT_EQ(environment["program"], "my names");
  EXPECT_TRUE(environment["command"].get<std::string>().starts_with("'my names' train "));
  // A program of the same name need not have the same names.
  const Finished refused =
      shell("mkdir other; ln -s '" TROUS_PROGRAM "' 'other/my names'; ./other/'my names' eval run");
  EXPECT_NE(refused.err.find("It was trained by the program my names, which has names of its own."),
            std::string::npos)
      << refused.err;
}

TEST_F(OwnNames, AnErrorOfItsOwnCodeIsNotBlamedOnALibrary) {
  const Finished done = names("train --data nothing --out run");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.err,
      "my names: an error that is none of trous's: no connection. It comes from the code of this program, or "
      "from a library.\n");
}

}  // namespace
}  // namespace trous
