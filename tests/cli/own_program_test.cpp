// examples/your_program.cpp: trous with a network, data, a loss and a task of one's own, through all
// commands; and what trous says of its runs.
#ifdef TROUS_OWN_PROGRAM

#include <gtest/gtest.h>

#include <trous/program/program.h>

#include "cli/program.h"

namespace trous {
namespace {

class OwnProgram : public testing::Test {
 protected:
  // Runs the example by the name "counter", as a user may call it.
  OwnProgram() { shell("ln -s '" TROUS_OWN_PROGRAM "' counter"); }

  Finished shell(const std::string& command) const { return shell_in(scratch_.path(), command); }
  Finished counter(const std::string& arguments) const { return shell("./counter " + arguments); }
  Finished plain(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }
  Finished train(const std::string& name, const std::string& more = "--steps 60") const {
    return counter("train --data discs --out " + name + " --validate-every 20 " + more);
  }

  Scratch scratch_;
};

TEST_F(OwnProgram, LearnsToCountAndAllCommandsKnowItsNames_slow) {
  const Finished done = train("run", "");
  ASSERT_EQ(done.code, 0) << done.err;
  expect_plain(done.out);
  EXPECT_NE(done.out.find("train density-net on discs: 1500 steps of 16 images"), std::string::npos)
      << done.out;
  EXPECT_EQ(done.out.find("Without learning"), std::string::npos);  // the task has no baselines
  const nlohmann::json results = json_in(scratch_ / "run/results.json"),
                       config = json_in(scratch_ / "run/config.json");
  EXPECT_EQ(results["task"], "counting");
  EXPECT_EQ(results["leading"]["score"], "counted_right");
  EXPECT_EQ(config["task"], "counting");
  EXPECT_EQ(config["loss"], "");  // the task's own
  const double right = results["scores"]["numbers"][0]["value"];
  EXPECT_GT(right, 0.9);
  const std::string command = json_in(scratch_ / "run/environment.json")["command"];
  EXPECT_TRUE(command.starts_with("counter train --data discs ")) << command;

  const Finished eval = counter("eval run --json");
  ASSERT_EQ(eval.code, 0) << eval.err;
  EXPECT_EQ(json_lines(eval.out).back()["scores"]["counted_right"], right);
  EXPECT_EQ(json_lines(eval.out).back()["baselines"], nlohmann::json::array());
  for (const char* line : {"eval run", "inspect run", "inspect density-net --channels 1 --classes 1",
                           "check run", "check density-net --channels 1 --classes 1", "report run",
                           "data discs", "profile run --steps 2", "profile --data discs --steps 2"}) {
    const Finished one = counter(line);
    EXPECT_EQ(one.code, 0) << line << '\n' << one.err;
  }
  ASSERT_EQ(counter("data discs --export files --count 16").code, 0);
  const Finished predicted = counter("predict run files/test/images --out out");
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  const std::vector<std::string> rows = lines_of(slurp_text(scratch_ / "out/predictions.csv")),
                                 truths = lines_of(slurp_text(scratch_ / "files/test/labels.csv"));
  ASSERT_EQ(rows.size(), 17U);
  ASSERT_EQ(truths.size(), 17U);
  int counted = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string number = rows[i].substr(rows[i].rfind(',') + 1);
    EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos) << rows[i];  // Task::predict rounds
    counted += number == truths[i].substr(truths[i].rfind(',') + 1);
  }
  EXPECT_GE(counted, 14);
  EXPECT_EQ(counter("predict run files/test/images --out other --tile 8").err,
            "predict: --tile is for masks and images, and run/best.safetensors has learned numbers. Leave it "
            "out.\n");
  const std::string page = slurp_text(scratch_ / "run/report.html");
  EXPECT_NE(page.find("counter train --config RUN/config.json"), std::string::npos);
  EXPECT_EQ(page.find("output pixel"), std::string::npos);
}

TEST_F(OwnProgram, AKilledRunGoesOnToTheSameBytes_slow) {
  ASSERT_EQ(train("whole", "--steps 400 --save-every 1 --loss poisson").code, 0);
  const Finished killed = shell(
      "./counter train --data discs --out run --validate-every 20 --steps 400 --save-every 1 --loss poisson "
      "& "
      "while ! test -e run/best.safetensors; do sleep 0.01; done; kill -9 $!; wait $!");
  EXPECT_NE(killed.code, 0);
  const Finished on = counter("train --resume run");
  ASSERT_EQ(on.code, 0) << on.err;
  for (const char* file : {"/last.safetensors", "/best.safetensors"})
    EXPECT_EQ(slurp(scratch_ / "run" + file), slurp(scratch_ / "whole" + file)) << file;
}

// Whoever has the run only sees what it needs, and nothing is changed.
TEST_F(OwnProgram, ItsRunsSayInAnotherProgramWhatTheyNeed) {
  ASSERT_EQ(train("run").code, 0);
  const std::vector<std::string> before = files_below(scratch_ / "run");
  const std::string network =
      R"(run/best.safetensors: the network it describes cannot be built. network_from_json: network is )"
      R"("density-net". Networks are deep-dilated, dilated-unet, dlink, mini-deeplab, mirror-context, )"
      "small-classifier, small-dilated, unet. It was trained by the program counter, which has names of its "
      "own. "
      "Give it to that one, or add its network here, with add_named_network.\n";
  for (const char* line : {"eval run", "inspect run", "check run", "predict run run/samples --out out"}) {
    const Finished refused = plain(line);
    EXPECT_EQ(refused.code, 3) << line;
    EXPECT_EQ(refused.err, network) << line;
  }
  const Finished resumed = plain("train --resume run");
  EXPECT_EQ(resumed.code, 3);
  EXPECT_EQ(resumed.err,
            "run/config.json: --task: \"counting\" is not known. Choose segmentation, classification or "
            "regression. "
            "It was made by the program counter, which has names of its own. Give it to that one.\n");
  EXPECT_EQ(plain("report run").code, 0);  // which needs none of the names
  EXPECT_EQ(files_below(scratch_ / "run"), before);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "out"));
}

// A network of trous on data of one's own: its checkpoint opens everywhere, its data do not.
TEST_F(OwnProgram, ANetworkOfTrousOpensAnywhereAndAsksForItsData) {
  ASSERT_EQ(train("run", "--model small-classifier --task regression --steps 4").code, 0);
  EXPECT_EQ(plain("inspect run").code, 0);
  const Finished refused = plain("eval run");
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(
      refused.err.ends_with("It was made by the program counter, which has names of its own. Give it "
                            "to that one.\n"))
      << refused.err;
}

TEST_F(OwnProgram, SpeaksOfItselfByItsName) {
  EXPECT_EQ(counter("").err,
            "counter: say what to do: train, eval, predict, inspect, check, profile, report or data.\n"
            "See counter --help.\n");
  EXPECT_TRUE(counter("--version").out.starts_with("counter, made with trous " TROUS_VERSION " ("));
  const std::string help = counter("train --help").out;
  EXPECT_NE(help.find("Usage: counter train [OPTIONS]"), std::string::npos);
  for (const char* name : {"shapes, discs, or", "small-classifier, density-net, or", "huber or poisson;",
                           "regression or counting;"})
    EXPECT_NE(help.find(name), std::string::npos) << name;
  EXPECT_NE(counter("train --data disc --out run").err.find("Did you mean discs?"), std::string::npos);
}

TEST_F(OwnProgram, WhatDoesNotFitTheTaskIsRefusedBeforeAnythingIsWritten) {
  const auto refused = [&](const char* options) {
    const Finished result = train("run", std::string("--steps 4 ") + options);
    EXPECT_EQ(result.code, 2) << options;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "run")) << options;
    return result.err;
  };
  EXPECT_EQ(refused("--task segmentation"),
            "train: --task segmentation does not fit the targets of discs, which are numbers. Leave it out, "
            "or give "
            "--task regression.\n");
  EXPECT_EQ(refused("--class-weights 1"),
            "train: --class-weights 1 does nothing with the loss that the task counting has of its own. Give "
            "a --loss "
            "that takes them, or leave it out.\n");
  EXPECT_EQ(
      refused("--label-smoothing 0.1"),
      "train: --label-smoothing 0.1 does nothing with the loss that the task counting has of its own. Give a "
      "--loss, or leave it out.\n");
  EXPECT_EQ(
      refused("--loss poisson --class-weights 1"),
      "train: --class-weights 1 does nothing with --loss poisson, which takes no class weights. Take --loss "
      "cross-entropy, or leave it out.\n");
  EXPECT_EQ(refused("--loss dice"),
            "train: --loss dice is no loss of targets that are numbers in discs. Choose mse, l1, huber or "
            "poisson.\n");
}

// run_program in a process of its own, which it ends.
[[noreturn]] void run_and_exit(const Program& program, std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  std::exit(run_program(program, static_cast<int>(pointers.size()), pointers.data()));
}

struct Nothing {
  explicit Nothing(const SegmentationOptions&) {}
  Variable operator()(const Variable& x) const { return x; }
};

TEST(RunProgram, RefusesNamesThatCannotBeAdded) {
  const auto network = [](const char* name) {
    return Program{.name = "mine", .networks = {NamedNetwork::of<Nothing>(name)}};
  };
  const std::vector<std::string> words{"mine", "inspect", "x"};
  EXPECT_EXIT(run_and_exit(network("unet"), words), testing::ExitedWithCode(2),
              "network: \"unet\" cannot be added. There is a network of this name. Choose another.");
  EXPECT_EXIT(run_and_exit(network("conv2d"), words), testing::ExitedWithCode(2),
              "network: \"conv2d\" cannot be added. There is a layer of this name. Choose another.");
  EXPECT_EXIT(run_and_exit({.name = "mine", .tasks = {Task{.name = "nothing"}}}, words),
              testing::ExitedWithCode(2), "train: the task \"nothing\" has no check_output.");
  const auto opened = [](const std::string&) { return Splits(); };
  EXPECT_EXIT(run_and_exit({.name = "mine", .data_sets = {{.name = "my data", .open = opened}}}, words),
              testing::ExitedWithCode(2),
              "data set: \"my data\" cannot be added. Make the name of letters, digits and - _ .* alone.");
  EXPECT_EXIT(run_and_exit({.name = "mine", .data_sets = {{.name = "blobs"}}}, words),
              testing::ExitedWithCode(2),
              "data set: \"blobs\" has no open. Give the function that opens it.");
  EXPECT_EXIT(run_and_exit({.name = "mine", .networks = {{.name = "net"}}}, words),
              testing::ExitedWithCode(2),
              "network: \"net\" has no build. Give the function that makes it, or NamedNetwork::of.");
  EXPECT_EXIT(run_and_exit({.name = "mine", .losses = {{.name = "mine"}}}, words), testing::ExitedWithCode(2),
              "loss: \"mine\" has no make. Give the function that makes it, or NamedLoss::of.");
}

}  // namespace
}  // namespace trous

#endif
