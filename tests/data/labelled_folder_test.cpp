// Folders with a folder of images for each class.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/labelled_folder.h>
#include <trous/data/sample_parts.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

std::string labelled_faults(const std::string& directory) {
  return message_of<FileError>([&] { labelled_folder({.directory = directory}); });
}

// Every sample of `data`: its name, the value of its first pixel times 255, and its class.
std::map<std::string, std::pair<int, std::string>> contents(const Dataset& data) {
  std::map<std::string, std::pair<int, std::string>> result;
  for (std::int64_t i = 0; i < data.size; ++i) {
    const Sample sample = checked_sample(data, i);
    const int value = static_cast<int>(std::lround(sample.image.values<float>()[0] * 255));
    result[data.names[static_cast<std::size_t>(i)]] = {
        value, data.classes[static_cast<std::size_t>(sample.target.values<std::int32_t>()[0])]};
  }
  return result;
}

TEST(LabelledFolder, AnImageHasTheClassOfItsFolder) {
  const Scratch scratch;
  for (std::uint8_t i = 0; i < 10; ++i) {
    write_grey(scratch / ("sandal/" + std::to_string(i) + ".png"), i);
    write_grey(scratch / ("boot/" + std::to_string(i) + ".png"), static_cast<std::uint8_t>(100 + i));
  }
  spill(scratch / "boot/notes.txt", {});
  const Splits splits = labelled_folder({.directory = scratch.path() + "/"});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"boot", "sandal"}));
  EXPECT_EQ(splits.train.target, (SampleField{.name = "label", .role = Role::label}));
  EXPECT_EQ(splits.train.image_shape, (Shape{4, 6, 1}));
  EXPECT_EQ(splits.files.size(), 20U);
  std::size_t all = 0;
  for (const Dataset* data : {&splits.train, &splits.validation, &splits.test}) {
    std::set<std::string> shown;
    for (const auto& [name, content] : contents(*data)) {
      const int number = name[name.find('/') + 1] - '0';
      EXPECT_EQ(content.second, name.substr(0, name.find('/')));
      EXPECT_EQ(content.first, content.second == "boot" ? 100 + number : number);
      shown.insert(content.second);
      ++all;
    }
    EXPECT_EQ(shown.size(), 2U) << data->name << ": each class is spread";
  }
  EXPECT_EQ(all, 20U);
  EXPECT_EQ(
      splits.validation.source,
      "PNG and JPEG files of " + scratch.path() +
          ", 3 of 20 images, split 70/15/15 with seed 20201108, each class spread; the classes are the names "
          "of the folders, sorted: boot, sandal; 1 entry that is no PNG or JPEG ignored, such as " +
          scratch / "boot/notes.txt");
}

TEST(LabelledFolder, ReadyMadeSplitsAndSizesAndCopies) {
  const Scratch scratch;
  write_grey(scratch / "train/a/1.png", 1);
  write_grey(scratch / "train/b/1.png", 2, 3, 7);
  write_grey(scratch / "val/a/x.png", 3);
  write_grey(scratch / "val/b/x.png", 4);
  const Splits splits = labelled_folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.image_shape, (Shape{4, 7, 1}));
  EXPECT_EQ(contents(splits.train), (std::map<std::string, std::pair<int, std::string>>{
                                        {"train/a/1.png", {1, "a"}}, {"train/b/1.png", {2, "b"}}}));
  EXPECT_EQ(splits.test.names, (std::vector<std::string>{"val/a/x.png", "val/b/x.png"}));
  const Sample padded = splits.train.sample(1);
  EXPECT_EQ(padded.image.values<float>()[20], 2 / 255.0F);  // the last of row 2
  EXPECT_EQ(padded.image.values<float>()[21], 0.0F);
  EXPECT_EQ(sample_extent(splits.train, 1), (HeightWidth{3, 7}));
  const Sample part = sample_part(splits.train, 1, {1, 2, 2, 3});
  EXPECT_EQ(part.image.shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(part.target.values<std::int32_t>()[0], 1);
  std::filesystem::copy(scratch / "train/a/1.png", scratch / "val/a/y.png");
  EXPECT_EQ(labelled_faults(scratch.path()),
            "folder: " + scratch.path() +
                " has 1 fault, so nothing was read from it. Mend it and start again:\n  " +
                scratch / "val/a/y.png" + " shows the same pixels as " + scratch / "train/a/1.png" +
                ", so validation would ask for what train has shown. Remove one of them.");
}

TEST(LabelledFolder, TheSplitOfAnEarlierRunIsTakenAgain) {
  const Scratch scratch;
  for (std::uint8_t i = 0; i < 9; ++i)
    write_grey(scratch / ((i % 3 ? "a/" : "b/") + std::to_string(i) + ".png"), i);
  const Splits first = labelled_folder({.directory = scratch.path(), .seed = 4});
  write_grey(scratch / "c/new.png", 77);
  const Splits again =
      labelled_folder({.directory = scratch.path(),
                       .split = SplitNames{first.train.names, first.validation.names, first.test.names}});
  EXPECT_EQ(again.train.classes, first.train.classes);
  EXPECT_EQ(contents(again.train), contents(first.train));
  EXPECT_EQ(again.test.names, first.test.names);
}

TEST(LabelledFolder, NamesAllFaultsAtOnce) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  write_grey(at + "/loose.png", 1);
  make_directories(at + "/bag");
  make_directories(at + "/shoe");
  spill(at + "/shoe/a.tif", {});
  write_grey(at + "/boot/1.png", 2);
  spill(at + "/boot/2.png", {});
  make_directories(at + "/caf\xe9");
  EXPECT_EQ(
      labelled_faults(at),
      "folder: " + at + " has 5 faults, so nothing was read from it. Mend them and start again:\n  " + at +
          " has 1 image beside its class folders, such as loose.png. Move each into the folder of its "
          "class.\n  " +
          at +
          "/bag has no PNG or JPEG file. It is empty. Put PNG or JPEG images of the class there, or remove "
          "the folder.\n  " +
          at + "/caf\\xe9 has a name that is not UTF-8, in which runs record it. Rename it.\n  " + at +
          "/shoe has no PNG or JPEG file. It has 1 other entries, such as a.tif. Put PNG or JPEG images of "
          "the "
          "class there, or remove the folder.\n  " +
          at + "/boot/2.png is empty: 0 bytes. Fetch or write the file again.");
}

TEST(LabelledFolder, AClassThatOneSplitAloneHasIsAFault) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  std::uint8_t value = 0;
  for (const char* name : {"train/a", "train/b", "train/c", "validation/a", "validation/b", "test/d"})
    write_grey(at + "/" + name + "/1.png", ++value);
  EXPECT_EQ(
      labelled_faults(at),
      "folder: " + at + " has 2 faults, so nothing was read from it. Mend them and start again:\n  " + at +
          " has images of the class c to train on and none to score. Add some to validation/, or move the "
          "class "
          "away.\n  " +
          at +
          " has images of the class d for test and none to train on. Add some to train/, or move the class "
          "away.");
}

TEST(LabelledFolder, OneClassLeavesNothingToLearn) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  for (std::uint8_t i = 0; i < 4; ++i) write_grey(at + "/boot/" + std::to_string(i) + ".png", i);
  const std::string head =
      "folder: " + at + " has 1 fault, so nothing was read from it. Mend it and start again:\n  ";
  EXPECT_EQ(labelled_faults(at),
            head + at + " has one class, boot. There is nothing to tell apart; add images of another class.");
  write_grey(at + "/train/boot/1.png", 1);
  EXPECT_EQ(labelled_faults(at),
            "folder: " + at + " has 1 fault, so nothing was read from it. Mend it and start again:\n  " + at +
                " has class folders and also train/. Keep one layout: move the other away.");
  std::filesystem::remove_all(at + "/boot");
  EXPECT_EQ(labelled_faults(at), head + at +
                                     " has train/ but no validation/, which decides when the network is at "
                                     "its best. Move some images of "
                                     "each class there.");
}

TEST(LabelledFolder, ImagesAreResizedAndMayBeReadAgain) {
  const Scratch scratch;
  for (std::uint8_t i = 0; i < 6; ++i)
    write_grey(scratch / ((i % 2 ? "a/" : "b/") + std::to_string(i) + ".png"), i);
  const Splits kept = labelled_folder({.directory = scratch.path(), .resize = Resize{.longest = 3}});
  const Splits read_again =
      labelled_folder({.directory = scratch.path(), .memory = 0, .resize = Resize{.longest = 3}});
  EXPECT_EQ(kept.train.image_shape, (Shape{2, 3, 1}));
  EXPECT_EQ(contents(kept.train), contents(read_again.train));
  EXPECT_TRUE(
      kept.train.source.ends_with("; 6 of 6 images of up to 6 x 4 resized to 3 pixels on the longest side "
                                  "(area), and learned and scored so"))
      << kept.train.source;
  for (std::uint8_t i = 0; i < 6; ++i)
    write_grey(scratch / ((i % 2 ? "a/" : "b/") + std::to_string(i) + ".png"), i, 5, 6);
  EXPECT_EQ(message_of<FileError>([&] { read_again.train.sample(0); }),
            "folder: " + scratch / read_again.train.names[0] +
                " has changed its size since it was first read, from 6 x 4 (width x height). Start again, "
                "and leave "
                "the files alone meanwhile.");
}

TEST(LabelledFolder, SaysWhatItMisses) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  const auto fault = [&] { return only_fault(at, labelled_faults(at)); };
  EXPECT_EQ(fault(), at + " has no class folder. Make a folder of images for each class.");
  write_grey(at + "/train/a/1.png", 1);
  write_grey(at + "/train/b/1.png", 2);
  make_directories(at + "/validation");
  EXPECT_EQ(fault(), at + "/validation has no class folder. Make a folder of images for each class.");
  write_grey(at + "/validation/a/1.png", 3);
  write_grey(at + "/validation/b/1.png", 4);
  const SplitNames split{{"train/a/1.png"}, {"validation/a/1.png"}, {"validation/b/1.png"}};
  const auto with = [&](const SplitNames& names) {
    return only_fault(at, message_of<FileError>([&] { labelled_folder({.directory = at, .split = names}); }));
  };
  EXPECT_EQ(with(split),
            "the images of the train split (1) show only the class a. There is nothing to tell apart; add "
            "images of another class.");
  EXPECT_EQ(with({{"train/a/1.png", "train/b/1.png"}, {"validation/a/1.png"}, {"gone.png"}}),
            "none of the 1 images of the test split is there any more with its label. Put them back.");
}

}  // namespace
}  // namespace trous
