// What the program says before it trains: help, and one clear line for every slip, with nothing changed.
#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

const std::string see = "\nSee trous --help, or trous train --help.\n";

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
    expect(arguments, 2, line + see);
  }

  Scratch scratch_;
};

TEST_F(Usage, HelpGoesToStdout) {
  const Finished run = trous_in(scratch_.path(), "--help");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_NE(run.out.find("train                       Trains a segmentation network"), std::string::npos)
      << run.out;
}

TEST_F(Usage, HelpOfTrainNamesEveryOptionAndDefault) {
  const Finished run = trous_in(scratch_.path(), "train --help");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err, "");
  for (const char* part :
       {"--data TEXT:{fashion,shapes}=fashion", "--data-dir", "--out TEXT REQUIRED",
        "--model TEXT:{small-dilated,mirror-context}=small-dilated", "--steps INT=400", "--batch INT=16",
        "--learning-rate FLOAT=", "--schedule TEXT:{constant,poly,cosine}=poly",
        "--optimizer TEXT:{sgd,adam,adamw}=adam",
        "--class-weights TEXT:{none,inverse-sqrt,enet}=inverse-sqrt", "--validate-every INT=100",
        "--width INT=0", "--kernel INT=3", "--seed UINT=0", "--threads INT=0", "--pixel-baseline",
        "--quiet"}) {
    EXPECT_NE(run.out.find(part), std::string::npos) << part << " is not in\n" << run.out;
  }
}

TEST_F(Usage, VersionIsOneLine) {
  const Finished run = trous_in(scratch_.path(), "--version");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.out, "trous " TROUS_VERSION "\n");
  EXPECT_EQ(run.err, "");
}

TEST_F(Usage, AnUnknownOptionSuggestsTheNearest) {
  expect_usage("train --out run --stpes 5", "trous: --stpes is not an option. Did you mean --steps?");
  expect_usage("train --out run --stpes=5", "trous: --stpes is not an option. Did you mean --steps?");
  expect_usage("train --out run --learning_rate 1",
               "trous: --learning_rate is not an option. Did you mean "
               "--learning-rate?");
  expect_usage("train --out run --frobnicate", "trous: --frobnicate is not an option.");
  expect_usage("--verison", "trous: --verison is not an option. Did you mean --version?");
}

// The misspelt option may be the one that is required; that --out is missing would send the user astray.
TEST_F(Usage, AMisspeltRequiredOptionIsASlipToo) {
  expect_usage("train --ouf run", "trous: --ouf is not an option. Did you mean --out?");
}

TEST_F(Usage, AnUnknownSubcommandSuggestsTheNearest) {
  expect_usage("trian --out run", "trous: trian is not a subcommand. Did you mean train?");
  expect_usage("evaluate", "trous: evaluate is not a subcommand.");
  expect_usage("", "trous: A subcommand is required.");
}

TEST_F(Usage, OutIsRequiredAndHasAName) {
  expect_usage("train --data shapes", "trous: --out is required.");
  expect_usage("train --data shapes --out", "trous: --out: 1 required TEXT missing.");
  expect_usage("train --data shapes --out ''", "trous: --out: the name is empty.");
}

TEST_F(Usage, AnUnknownChoiceListsTheChoices) {
  expect_usage("train --out run --data nonsense", "trous: --data: nonsense not in {fashion,shapes}.");
  expect_usage("train --out run --model unet", "trous: --model: unet not in {small-dilated,mirror-context}.");
  expect_usage("train --out run --optimizer ADAM", "trous: --optimizer: ADAM not in {sgd,adam,adamw}.");
  expect_usage("train --out run --schedule step", "trous: --schedule: step not in {constant,poly,cosine}.");
  expect_usage("train --out run --class-weights auto",
               "trous: --class-weights: auto not in {none,inverse-sqrt,enet}.");
}

TEST_F(Usage, ANumberOutOfRangeIsRefused) {
  for (const char* steps : {"0", "-3", "1e9999", "abc", "5.5", "99999999999999999999", "7x"}) {
    expect_usage(std::string("train --out run --data shapes --steps ") + steps,
                 std::string("trous: --steps: ") + steps + " is not a whole number from 1 to 1099511627776.");
  }
  for (const char* rate : {"0", "-1", "1e9999", "nan", "inf", "fast"}) {
    expect_usage(std::string("train --out run --data shapes --learning-rate ") + rate,
                 std::string("trous: --learning-rate: ") + rate + " is not a number above 0.");
  }
  expect_usage("train --out run --batch 0", "trous: --batch: 0 is not a whole number from 1 to 65536.");
  expect_usage("train --out run --validate-every 0",
               "trous: --validate-every: 0 is not a whole number from 1 to 1099511627776.");
  expect_usage("train --out run --width -1", "trous: --width: -1 is not a whole number from 0 to 4096.");
  expect_usage("train --out run --kernel 32", "trous: --kernel: 32 is not a whole number from 1 to 31.");
  expect_usage("train --out run --threads 9999",
               "trous: --threads: 9999 is not a whole number from 0 to 1024.");
  expect_usage("train --out run --seed -1",
               "trous: --seed: -1 is not a whole number from 0 to 9223372036854775807.");
}

TEST_F(Usage, ANetworkThatDoesNotFitTheImagesLeavesNoFolder) {
  expect(
      "train --out run --data shapes --model mirror-context --kernel 31", 2,
      "train: mirror-context with --kernel 31 does not fit images of 64x64. atrous_conv2d: no window fits on "
      "the "
      "height axis. The filter spans 61 pixels (31 taps, rate 2), value has 4. Use SAME, a smaller rate or a "
      "larger image.\n");
}

TEST_F(Usage, NoArgumentIsAcceptedAndIgnored) {
  expect("train --out run --data shapes --data-dir .", 2,
         "train: --data-dir is for data in files, and shapes are generated. Leave it out.\n");
}

TEST_F(Usage, AFolderThatIsNotEmptyIsLeftAlone) {
  std::filesystem::create_directory(scratch_ / "run");
  spill(scratch_ / "run/best.safetensors", bytes_of("precious"));
  expect("train --data shapes --out run", 3,
         "run: it exists and is not an empty folder. Choose another --out; runs are never overwritten.\n");
  expect("train --data shapes --out run/best.safetensors", 3,
         "run/best.safetensors: it exists and is not an empty folder. Choose another --out; runs are never "
         "overwritten.\n");
  EXPECT_EQ(slurp(scratch_ / "run/best.safetensors"), bytes_of("precious"));
}

// A path below a file can be made by nobody, root included.
TEST_F(Usage, AFolderThatCannotBeMadeIsNamed) {
  spill(scratch_ / "file", bytes_of("text"));
  expect("train --data shapes --out file/run", 3,
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
