// What the program says before it works: help, and one clear line for every slip, with nothing changed.
#include <gtest/gtest.h>

#include <trous/data/dataset.h>
#include <trous/train/class_weights.h>
#include <trous/train/loss.h>
#include <trous/train/optimizer.h>
#include <trous/train/schedule.h>

#include "cli/named_lists.h"
#include "cli/program.h"

namespace trous {
namespace {

class Usage : public testing::Test {
 protected:
  // Runs, and expects this end: an exit code, this text on stderr, nothing on stdout, no file made.
  void expect(const std::string& arguments, int code, const std::string& err) {
    const std::size_t files = scratch_.files();
    const Finished run = trous_in(scratch_.path(), arguments);
    EXPECT_EQ(run.code, code) << arguments;
    EXPECT_EQ(run.err, err) << arguments;
    EXPECT_EQ(run.out, "") << arguments;
    EXPECT_EQ(scratch_.files(), files) << arguments;
  }
  void expect_usage(const std::string& arguments, const std::string& line) {
    const std::string first = arguments.substr(0, arguments.find(' '));
    const bool known = std::regex_match(first, std::regex("train|eval|predict|inspect|report|data"));
    expect(arguments, 2, "trous: " + line + "\nSee trous" + (known ? ' ' + first : "") + " --help.\n");
  }
  Finished help_of(const std::string& subcommand) {
    return trous_in(scratch_.path(), subcommand + " --help");
  }

  Scratch scratch_;
};

TEST_F(Usage, HelpGoesToStdout) {
  const Finished run = trous_in(scratch_.path(), "--help");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err, "");
  for (const char* sub : {"train  ", "eval  ", "predict  ", "inspect  ", "report  ", "data  "})
    EXPECT_NE(run.out.find("\n  " + std::string(sub)), std::string::npos) << run.out;
}

TEST_F(Usage, HelpOfEachSubcommandNamesEveryOption) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> all{
      {"train",
       {"--data TEXT=fashion",
        "--data-dir",
        "--mask-threshold",
        "--resize",
        "--task",
        "--model",
        "--out",
        "--weights",
        "--steps INT",
        "--batch INT",
        "--accumulate INT=1",
        "--learning-rate FLOAT=0.008",
        "--schedule TEXT=poly",
        "--warmup",
        "--optimizer TEXT=adam",
        "--weight-decay",
        "--loss TEXT ",
        "--label-smoothing",
        "--class-weights TEXT=inverse-sqrt",
        "--ignore-index INT=-1",
        "--augment",
        "--crop",
        "--clip-norm",
        "--average",
        "--freeze",
        "--validate-every INT=100",
        "--patience",
        "--min-delta",
        "--save-every",
        "--width",
        "--kernel INT=3",
        "--norm TEXT=batch",
        "--activation TEXT=relu",
        "--seed",
        "--threads",
        "--loader-threads INT=1",
        "--pixel-baseline",
        "--epochs",
        "--minutes",
        "--config",
        "--resume",
        "--force",
        "--find-rate"}},
      {"eval",
       {"RUN TEXT REQUIRED", "--split TEXT=test", "--data", "--data-dir", "--mask-threshold",
        "--ignore-index", "--batch INT=16", "--per-image", "--masks", "--predictions", "--split-anew",
        "--tta", "--min-miou", "--threads INT=0"}},
      {"predict",
       {"RUN TEXT REQUIRED", "IMAGE TEXT ... REQUIRED", "--out TEXT REQUIRED", "--overlay",
        "--alpha FLOAT=0.5", "--probs", "--npy", "--tta", "--tile INT=1024", "--overlap", "--force",
        "--threads INT=0"}},
      {"inspect",
       {"WHAT TEXT REQUIRED", "--height INT=64", "--width INT=64", "--batch INT=1", "--channels INT=1",
        "--classes INT=2", "--weights", "--coverage", "--dot"}},
      {"check",
       {"MODEL TEXT", "--vectors", "--tolerance", "--order INT=1", "--step FLOAT=0.0625", "--all-ops",
        "--batch INT=2", "--height", "--width", "--channels INT=1", "--classes INT=3", "--evaluation",
        "--seed INT=0"}},
      {"report", {"RUN TEXT ... REQUIRED", "--out"}},
      {"data",
       {"DATA TEXT REQUIRED", "--data-dir", "--mask-threshold INT=0", "--resize", "--preview",
        "--split TEXT=train", "--export", "--count INT=12", "--augment TEXT=none", "--seed UINT=0"}},
  };
  for (const auto& [subcommand, options] : all) {
    const Finished run = help_of(subcommand);
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.err, "");
    std::size_t listed = 0;
    for (const std::string& line : lines_of(run.out))
      listed += std::regex_search(line, std::regex("^  [-A-Z]"));
    EXPECT_EQ(listed, options.size() + 4) << "--help, --quiet, --json and --color, and no other\n" << run.out;
    for (std::string part : options) {
      part = "\n  " + part;
      EXPECT_NE(run.out.find(part), std::string::npos) << part << " is not in\n" << run.out;
    }
    for (const char* part : {"\n  -q,--quiet", "\n  --json", "\n  --color TEXT=auto"})
      EXPECT_NE(run.out.find(part), std::string::npos) << part << " is not in\n" << run.out;
  }
}

TEST_F(Usage, VersionTellsBuildLibrariesAndKernels) {
  const Finished run = trous_in(scratch_.path(), "--version");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_TRUE(std::regex_match(
      run.out,
      std::regex("trous " TROUS_VERSION " \\(commit [a-z0-9]+(-dirty)?, [A-Za-z]+, [A-Za-z]+ [0-9.]+\\)\n"
                 "(oneTBB [0-9.]+, )?Highway [0-9.]+, Eigen [0-9.]+, nlohmann/json [0-9.]+, libpng [0-9.]+, "
                 "libjpeg [0-9.]+, "
                 "zlib [0-9.]+, CLI11 [0-9.]+\n"
                 "kernels: (reference|fast, [A-Z0-9_]+)\n")))
      << run.out;
}

TEST_F(Usage, KernelsAreChosenByTheEnvironment) {
  const Finished reference = trous_in(scratch_.path(), "--version", "TROUS_KERNELS=reference");
  EXPECT_TRUE(has_line(reference.out, "kernels: reference")) << reference.out;
  const Finished slip = trous_in(scratch_.path(), "data shapes", "TROUS_KERNELS=eigen");
  EXPECT_EQ(slip.code, 2);
  EXPECT_EQ(slip.err, "TROUS_KERNELS is \"eigen\". Set it to reference or fast, or leave it out.\n");
  EXPECT_EQ(slip.out, "");
}

TEST_F(Usage, AnUnknownOptionSuggestsTheNearest) {
  expect_usage("train --out run --stpes 5", "--stpes is not an option. Did you mean --steps?");
  expect_usage("train --out run --stpes=5", "--stpes is not an option. Did you mean --steps?");
  expect_usage("train --out run --learning_rate 1",
               "--learning_rate is not an option. Did you mean --learning-rate?");
  expect_usage("train --out run --frobnicate", "--frobnicate is not an option.");
  expect_usage("--verison", "--verison is not an option. Did you mean --version?");
  expect_usage("eval run --spilt test", "--spilt is not an option. Did you mean --split?");
  expect_usage("predict run a.png --out o --ovrelay", "--ovrelay is not an option. Did you mean --overlay?");
  expect_usage("inspect run --hieght 3", "--hieght is not an option. Did you mean --height?");
  expect_usage("report run --uot x", "--uot is not an option. Did you mean --out?");
  expect_usage("data shapes --cuont 3", "--cuont is not an option. Did you mean --count?");
  expect_usage("data shapes -x", "-x is not an option.");
}

// The misspelt option may be the one that is required; that --out is missing would send the user astray.
TEST_F(Usage, AMisspeltRequiredOptionIsASlipToo) {
  expect_usage("train --ouf run", "--ouf is not an option. Did you mean --out?");
  expect_usage("predict run a.png --ouf o", "--ouf is not an option. Did you mean --out?");
}

TEST_F(Usage, AnUnknownSubcommandSuggestsTheNearest) {
  expect_usage("trian --out run", "trian is not a subcommand. Did you mean train?");
  expect_usage("frobnicate", "frobnicate is not a subcommand.");
  expect_usage("", "say what to do: train, eval, predict, inspect, check, profile, report or data.");
}

TEST_F(Usage, WhatIsMissingIsNamedAndExplained) {
  expect_usage("train --data shapes", "--out is missing: folder of the run; must be new.");
  expect_usage("train --resume", "--out is missing: folder of the run; must be new.");
  expect_usage("eval", "RUN is missing: folder of a run, or a checkpoint.");
  expect_usage("predict", "RUN is missing: folder of a run, or a checkpoint.");
  expect_usage("predict run", "IMAGE is missing: images, or folders of images.");
  expect_usage("predict run a.png", "--out is missing: folder of the predictions.");
  expect_usage("inspect",
               "WHAT is missing: folder of a run, a checkpoint, a network's name, or a FILE.json.");
  expect_usage("report", "RUN is missing: folders of runs.");
  expect_usage("data",
               "DATA is missing: " + data_sets() + ", or a folder of images with masks, targets or labels.");
}

TEST_F(Usage, AnOptionWithoutItsValueAndAWordTooMany) {
  expect_usage("train --data shapes --out", "--out needs a value.");
  expect_usage("train --out run --config", "--config needs a value.");
  expect_usage("train --data shapes --out ''", "--out: the name is empty.");
  expect_usage("eval run --split", "--split needs a value.");
  expect_usage("predict run a.png --out", "--out needs a value.");
  expect_usage("inspect small-dilated --dot", "--dot needs a value.");
  expect_usage("report run --out", "--out needs a value.");
  expect_usage("data shapes --preview", "--preview needs a value.");
  expect_usage("train --out run more", "\"more\" is one word too many.");
  expect_usage("eval run more", "\"more\" is one word too many.");
  expect_usage("inspect small-dilated more", "\"more\" is one word too many.");
  expect_usage("data shapes more", "\"more\" is one word too many.");
  expect_usage("eval run --quiet=abc", "--quiet takes no value.");
}

TEST_F(Usage, AnUnknownChoiceListsTheChoices) {
  expect_usage("train --out run --model resnet",
               "--model: there is no network called \"resnet\". Choose " + networks() + ", or a FILE.json.");
  expect_usage("train --out run --model smal-dilated",
               "--model: there is no network called \"smal-dilated\". Choose " + networks() +
                   ", or a FILE.json. Did you mean small-dilated?");
  expect_usage("train --out run --optimizer ADAM",
               "--optimizer: \"ADAM\" is not known. Choose " + listed(names_in(named_optimizers())) + '.');
  expect_usage("train --out run --schedule step",
               "--schedule: \"step\" is not known. Choose " + listed(names_in(named_schedules())) + '.');
  expect_usage("train --out run --loss l2",
               "--loss: \"l2\" is not known. Choose " + listed(loss_names()) + '.');
  expect_usage("train --out run --class-weights auto", "--class-weights: \"auto\" is not known. Choose " +
                                                           listed(names_in(named_class_weightings())) +
                                                           ", or give one number per class, as in 0.2,1,1.");
  expect_usage("train --out run --color red", "--color: \"red\" is not known. Choose auto, always or never.");
  expect_usage("eval run --split both",
               "--split: \"both\" is not known. Choose " + listed(split_names()) + '.');
  expect_usage(
      "data shapes --augment turn",
      "--augment: 'turn' is no transform. There are none, flip, flip-vertical, scale=, rotate=, shift=, "
      "brightness=, contrast=, noise=, foreground= and crop=. Join them with commas, as in "
      "flip,scale=1.25,crop=48x64.");
}

TEST_F(Usage, ANumberOutOfRangeIsRefused) {
  for (const char* steps : {"0", "-3", "1e9999", "abc", "5.5", "99999999999999999999", "7x"}) {
    expect_usage(std::string("train --out run --data shapes --steps ") + steps,
                 std::string("--steps: ") + steps + " is not a whole number from 1 to 1099511627776.");
  }
  for (const char* rate : {"0", "-1", "1e9999", "nan", "inf", "fast"}) {
    expect_usage(std::string("train --out run --data shapes --learning-rate ") + rate,
                 std::string("--learning-rate: ") + rate + " is not a number above 0.");
  }
  expect_usage("train --out run --batch 0", "--batch: 0 is not a whole number from 1 to 65536.");
  expect_usage("train --out run --validate-every 0",
               "--validate-every: 0 is not a whole number from 1 to 1099511627776.");
  expect_usage("train --out run --width -1", "--width: -1 is not a whole number from 0 to 4096.");
  expect_usage("train --out run --kernel 32", "--kernel: 32 is not a whole number from 1 to 31.");
  expect_usage("train --out run --threads 9999", "--threads: 9999 is not a whole number from 0 to 1024.");
  expect_usage("train --out run --seed -1",
               "--seed: -1 is not a whole number from 0 to 9223372036854775807.");
  expect_usage("train --out run --average 1", "--average: 1 is not a number from 0 to below 1.");
  expect_usage("train --out run --clip-norm -1", "--clip-norm: -1 is not a number of 0 or more.");
  expect_usage("train --out run --minutes 0", "--minutes: 0 is not a number above 0.");
  expect_usage("train --out run --epochs 0", "--epochs: 0 is not a whole number from 1 to 1073741824.");
  for (const char* share : {"1.01", "-0.1", "nan", "half"}) {
    expect_usage(std::string("eval run --min-miou ") + share,
                 std::string("--min-miou: ") + share + " is not a number from 0 to 1.");
    expect_usage(std::string("predict run a.png --out o --alpha ") + share,
                 std::string("--alpha: ") + share + " is not a number from 0 to 1.");
  }
  expect_usage("predict run a.png --out o --tile -1", "--tile: -1 is not a whole number from 0 to 32768.");
  expect_usage("inspect small-dilated --height 0", "--height: 0 is not a whole number from 1 to 32768.");
  expect_usage("data shapes --count 0", "--count: 0 is not a whole number from 1 to 1000000.");
}

TEST_F(Usage, TheNumberOfStepsIsSaidOnce) {
  expect("train --out run --steps 5 --epochs 2", 2,
         "train: --epochs 2 and --steps 5 both say how long. Give one of them.\n");
  expect("train --out run --minutes=1 --epochs 2", 2,
         "train: --minutes 1 and --epochs 2 both say how long. Give one of them.\n");
}

TEST_F(Usage, AFileOfOptionsIsJudgedByName) {
  const auto file = [&](const std::string& text, const std::string& err) {
    spill(scratch_ / "o.json", bytes_of(text));
    expect("train --data shapes --out run --config o.json", 3, err + '\n');
  };
  file(R"({"stpes": 5})", "o.json: stpes is not an option of a run. Did you mean steps?");
  file(R"({"steps": 5, "frobnicate": 1})", "o.json: frobnicate is not an option of a run.");
  file(R"({"steps": 0})", "o.json: --steps: 0 is not a whole number from 1 to 1099511627776.");
  file(R"({"loss": "l2"})", "o.json: --loss: \"l2\" is not known. Choose " + listed(loss_names()) + '.');
  file("steps = 5", "o.json: it is no JSON from byte 1 on. Write it as {\"steps\": 400, \"batch\": 16}.");
  file("[1]", "o.json: it is not a JSON object of options. Write it as {\"steps\": 400, \"batch\": 16}.");
  file(R"({"steps": {"a": 1}})", "o.json: steps is {\"a\":1}. An option is a text, a number, true or false.");
  file(R"({"steps": null})", "o.json: steps is null. An option is a text, a number, true or false.");
  expect(
      "train --data shapes --out run --config none.json", 3,
      "read_file: none.json cannot be opened. The system says: No such file or directory. Give the path of a "
      "readable file.\n");
}

TEST_F(Usage, ANetworkThatDoesNotFitTheImagesLeavesNoFolder) {
  expect(
      "train --out run --data shapes --model mirror-context --kernel 31", 2,
      "mirror-context does not fit images of 64x64. encoder.2.conv: atrous_conv2d: no window fits on the "
      "height axis. The "
      "filter spans 61 pixels (31 taps, rate 2), value has 4. Use SAME, a smaller rate or a larger image.\n");
}

TEST_F(Usage, NoArgumentIsAcceptedAndIgnored) {
  expect("train --out run --data shapes --data-dir .", 2,
         "data: --data-dir is for fashion, fashion-labels, fashion-noisy, brain and mosaics, not for shapes. "
         "Leave it out.\n");
  spill(scratch_ / "net.json", bytes_of(R"({"network": "small-dilated"})"));
  for (const std::string ignored :
       {"--width 2", "--kernel 5", "--norm layer", "--activation gelu", "--pixel-baseline"}) {
    expect("train --out run --data shapes --model net.json " + ignored, 2,
           "train: " + ignored +
               " is for networks by name; net.json says itself what its layers are. Leave it out.\n");
  }
}

TEST_F(Usage, AFolderThatIsNoRunIsLeftAlone) {
  std::filesystem::create_directory(scratch_ / "run");
  spill(scratch_ / "run/best.safetensors", bytes_of("precious"));
  for (const char* force : {"", " --force", " --resume"}) {
    expect(std::string("train --data shapes --out run") + force, 3,
           "run: it exists and is no run, so it is not overwritten. Choose another --out.\n");
  }
  expect("train --data shapes --out run/best.safetensors", 3,
         "run/best.safetensors: it exists and is no run, so it is not overwritten. Choose another --out.\n");
  EXPECT_EQ(slurp(scratch_ / "run/best.safetensors"), bytes_of("precious"));
}

TEST_F(Usage, WhatIsNotThereIsNamed) {
  expect(
      "train --data shpes --out run", 2,
      "data: there is no data set and no folder called shpes. Choose " + data_sets() +
          ", or a folder: of images/ and masks/, targets/ or labels.csv, or of one folder per class. Did you "
          "mean shapes?\n");
  expect("train --data shapes --resume run", 3,
         "run: no run is there. Begin one with trous train --out run.\n");
  const std::string no_run =
      "run: there is no run and no checkpoint of this name. Give the folder that trous train --out made, or "
      "a "
      ".safetensors file in it.\n";
  expect("eval run", 3, no_run);
  expect("eval run --masks m --per-image i.csv", 3, no_run);
  expect("inspect smal-dilated", 3,
         "smal-dilated: there is no network, run or checkpoint of this name. Did you mean small-dilated? "
         "Networks are " +
             networks(" and ") + ".\n");
  expect("report run", 3,
         "read_run: run is no run folder. It has no config.json. Give what trous train --out made.\n");
  std::filesystem::create_directory(scratch_ / "empty");
  expect("eval empty", 3,
         "empty: no run is in this folder. Give what trous train --out made, or a checkpoint.\n");
}

// A path below a file can be made by nobody, root included.
TEST_F(Usage, AFolderThatCannotBeMadeIsNamed_slow) {
  spill(scratch_ / "file", bytes_of("text"));
  expect("train --data shapes --out file/run --steps 1 --batch 1 --width 2", 3,
         "file/run: the folder cannot be made, Not a directory. Choose another --out.\n");
}

TEST_F(Usage, AbsentDataNamesItsPackage) {
  std::filesystem::create_directory(scratch_ / "nothing");
  expect(
      "train --data fashion --data-dir nothing --out run", 3,
      "fashion: nothing/train-images-idx3-ubyte.gz does not exist. Fashion-MNIST comes as a Debian package: "
      "apt-get install dataset-fashion-mnist, or give the directory that holds its files.\n");
}

}  // namespace
}  // namespace trous
