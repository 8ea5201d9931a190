// What folder() says of folders that it cannot read.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/folder.h>
#include <trous/data/folder_files.h>
#include <trous/data/shapes.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

TEST(FolderFaults, AnImageInTwoReadyMadeSplitsIsALeak) {
  const Scratch scratch;
  write_plain(scratch / "train", 3);
  write_plain(scratch / "val", 2, 3);
  write_plain(scratch / "test", 2, 2);
  EXPECT_EQ(
      message_of<FileError>([&] { folder({.directory = scratch.path()}); }),
      "folder: " + scratch.path() +
          " has 2 faults, so nothing was read from it. Mend them and start again:\n  " + scratch.path() +
          "/test/images/1002.png shows the same pixels as " + scratch.path() +
          "/train/images/1002.png, so test would ask for what train has shown. Remove one of them.\n  " +
          scratch.path() + "/test/images/1003.png shows the same pixels as " + scratch.path() +
          "/val/images/1003.png, so test would ask for what validation has shown. Remove one of them.");
}

TEST(FolderFaults, NamesTenFaultsInOneGo) {
  const Scratch scratch;
  const Dataset set = shapes({.size = 16, .train = 40}).train;
  write_folder(scratch.path(), set, 12);
  write_classes(scratch.path(), set);
  std::string expected =
      "folder: " + scratch.path() + " has 10 faults, so nothing was read from it. Mend them and start again:";
  for (const std::string& fault : plant_ten_faults(scratch.path(), set)) expected += "\n  " + fault;
  const int before = threads();
  for (const int count : {1, 3}) {
    set_threads(count);
    EXPECT_EQ(message_of<FileError>([&] { folder({.directory = scratch.path()}); }), expected);
  }
  set_threads(before);
}

TEST(FolderFaults, NamesFiftyFaultsAndCountsTheRest) {
  const Scratch scratch;
  write_plain(scratch.path(), 53);
  std::filesystem::remove_all(scratch / "masks");
  std::filesystem::create_directory(scratch / "masks");
  const std::string message = message_of<FileError>([&] { folder({.directory = scratch.path()}); });
  EXPECT_TRUE(message.starts_with("folder: " + scratch.path() + " has 53 faults")) << message;
  EXPECT_TRUE(message.ends_with("/images/1049.png has no mask: " + scratch.path() +
                                "/masks has no 1049.png. Add it, or move the image away.\n  and 3 more"))
      << message;
}

// A run could not name these files in its records, and found out only when it wrote the first.
TEST(FolderFaults, unzip_NamesThatAreNotUtf) {
  const Scratch scratch;
  write_plain(scratch.path(), 3);
  const Bytes image = slurp(scratch / "images/1000.png"), mask = slurp(scratch / "masks/1000.png");
  spill(scratch / "images/caf\xe9.png", image);
  spill(scratch / "masks/caf\xe9.png", mask);
  spill(scratch / "images/na\xc3\xafve.png", image);  // UTF-8 is welcome
  spill(scratch / "masks/na\xc3\xafve.png", mask);
  spill(scratch / "images/notes \xff.txt", bytes_of("no image"));
  const std::string fact = " has a name that is not UTF-8, in which runs record it. Rename it.";
  EXPECT_EQ(list_folder(scratch.path()).faults,
            (std::vector<std::string>{scratch / "images/caf\\xe9.png" + fact,
                                      scratch / "masks/caf\\xe9.png" + fact}));
  EXPECT_EQ(message_of<FileError>([&] { folder({.directory = scratch.path()}); }),
            "folder: " + scratch.path() +
                " has 2 faults, so nothing was read from it. Mend them and start again:\n  " +
                scratch / "images/caf\\xe9.png" + fact + "\n  " + scratch / "masks/caf\\xe9.png" + fact);
  EXPECT_EQ(list_folder(scratch.path()).first_ignored, scratch / "images/notes \\xff.txt");
  std::filesystem::create_directory(scratch / "\xfc");
  EXPECT_EQ(list_folder(scratch / "\xfc").faults, std::vector<std::string>{scratch / "\\xfc" + fact});
}

TEST(FolderFaults, SaysWhatIsWrongWithTheLayout) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  const auto fault = [&] { return fault_of({.directory = at}); };
  EXPECT_EQ(fault_of({.directory = at + "/none"}),
            at + "/none does not exist. Give a directory with images/ and masks/ in it.");
  spill(at + "/file", {});
  EXPECT_EQ(fault_of({.directory = at + "/file"}),
            at + "/file is no directory. Give a directory with images/ and masks/ in it.");
  EXPECT_EQ(
      fault(),
      at + " has no images/ and masks/, and no train/ and validation/ with these in them. Put the images "
           "into images/ and a mask of the same name for each into masks/.");
  write_plain(at, 3);
  std::filesystem::rename(at + "/masks", at + "/other");
  EXPECT_EQ(
      fault(),
      at + "/masks does not exist. Make it: images/ holds the images, masks/ a mask of the same name for "
           "each.");
  std::filesystem::rename(at + "/other", at + "/masks");
  std::filesystem::create_directory(at + "/train");
  EXPECT_EQ(fault(), at + " has images/ or masks/ and also train/. Keep one layout: move the other away.");
  std::filesystem::remove_all(at + "/images");
  std::filesystem::remove_all(at + "/masks");
  write_plain(at + "/train", 2);
  EXPECT_EQ(fault(),
            at + " has train/ but no validation/, which decides when the network is at its best. Move some "
                 "pairs of images and masks there.");
  write_plain(at + "/val", 2, 2);
  EXPECT_EQ(folder({.directory = at}).train.size, 2);
  write_plain(at + "/validation", 2, 4);
  EXPECT_EQ(fault(), at + " has validation/ and val/. Keep one of them.");
  std::filesystem::remove_all(at + "/val");
  std::filesystem::remove_all(at + "/train");
  EXPECT_EQ(fault(), at + " has validation/ but no train/, which the network learns from. Add it.");
}

TEST(FolderFaults, FilesOfOneStemArePairedWithNothing) {
  const Scratch scratch;
  write_plain(scratch.path(), 5);
  std::filesystem::copy(scratch / "images/1001.png", scratch / "images/1001.JPEG");
  std::filesystem::copy(scratch / "masks/1003.png", scratch / "masks/1003.jpg");
  const FolderFiles files = list_folder(scratch.path());
  EXPECT_EQ(
      files.faults,
      (std::vector<std::string>{
          scratch / "images has 1001.JPEG and 1001.png, all of the stem 1001. Keep one of them, or rename.",
          scratch / "masks has 1003.jpg and 1003.png, all of the stem 1003. Keep one of them, or rename."}));
  ASSERT_EQ(files.parts.size(), 1U);
  std::vector<std::string> paired;
  for (const FolderPair& pair : files.parts[0].pairs) paired.push_back(pair.image);
  EXPECT_EQ(paired, (std::vector<std::string>{scratch / "images/1000.png", scratch / "images/1002.png",
                                              scratch / "images/1004.png"}));
}

TEST(FolderFaults, SaysWhichFilesHaveOtherFormats) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  write_plain(at, 4);
  std::filesystem::rename(at + "/masks/1001.png", at + "/masks/1001.tif");
  EXPECT_EQ(fault_of({.directory = at}), at + "/images/1001.png has no mask: " + at +
                                             "/masks/1001.tif is no PNG by its name. Save it as 1001.png.");
  std::filesystem::rename(at + "/masks/1001.tif", at + "/masks/1001.jpg");
  spill(at + "/masks/1001.jpg", slurp(golden("color.jpg")));
  EXPECT_EQ(fault_of({.directory = at}),
            at + "/masks/1001.jpg is a JPEG file. A JPEG's colours are not exact; save masks as PNG.");
  std::filesystem::remove_all(at);
  make_directories(at + "/images");
  make_directories(at + "/masks");
  EXPECT_EQ(fault_of({.directory = at}),
            at + "/images has no PNG or JPEG file. It is empty. Convert the images to PNG or JPEG.");
  spill(at + "/images/b.tif", {});
  spill(at + "/images/a.tif", {});
  EXPECT_EQ(fault_of({.directory = at}),
            at + "/images has no PNG or JPEG file. It has 2 other entries, such as a.tif. "
                 "Convert the images to PNG or JPEG.");
  std::filesystem::create_symlink(at + "/nowhere", at + "/images/a.png");
  write_mask(at + "/masks/a.png", plain(4, 4, 0, 1).target, MaskCoding::grey);
  EXPECT_EQ(fault_of({.directory = at}),
            at + "/images/a.png cannot be opened. The system says: No such file or "
                 "directory. Give the path of a readable file.");
}

TEST(FolderFaults, AFaultyTableIsOneFault) {
  const Scratch scratch;
  const Dataset set = shapes({.size = 16, .train = 40}).train;
  write_folder(scratch.path(), set, 4, MaskCoding::colors);
  spill(scratch / "classes.json", bytes_of(R"(["a", "a"])"));
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            scratch / "classes.json" +
                R"( has the name "a" at 0 and at 1. Names differ; give one of them another.)");
}

TEST(FolderFaults, RgbMasksWithoutATableAreAFaultEach) {
  const Scratch scratch;
  write_plain(scratch.path(), 4);
  write_png(scratch / "masks/1002.png", Tensor({4, 6, 3}, [] {
              Bytes rgb(72, 0);
              rgb[4] = 9;
              return rgb;
            }()));
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            scratch / "masks/1002.png" +
                " is an RGB mask, and there is no classes.json. It has #000000, #000900. Write classes.json: "
                R"([{"name": "background", "color": "#000000"}, ...].)");
}

TEST(FolderFaults, MasksOfOneClassLeaveNothingToLearn) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 4, static_cast<double>(i) / 51, 0));
  }
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            "all masks (4) show only class 0, class 0. There is nothing to learn; draw what is to be found, "
            "with another "
            "class.");
  const Scratch ready;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(ready / (i < 3 ? "train" : "val"), std::to_string(i),
               plain(4, 4, static_cast<double>(i) / 51, i < 3 ? 0 : 1));
  }
  EXPECT_EQ(fault_of({.directory = ready.path()}),
            "the masks of the train split (3) show only class 0, class 0. There is nothing to learn; draw "
            "what is to be "
            "found, with another class.");
}

TEST(FolderFaults, SaysWhichFileHasChangedMeanwhile) {
  const Scratch scratch;
  write_plain(scratch.path(), 3);
  const Splits splits = folder({.directory = scratch.path(), .memory = 0});
  const Splits kept = folder({.directory = scratch.path()});
  for (const char* stem : {"1000", "1001", "1002"}) write_pair(scratch.path(), stem, plain(4, 5, 0, 1));
  EXPECT_TRUE(
      message_of<FileError>([&] { splits.train.sample(0); })
          .ends_with(".png or its mask has changed its size since it was first read, from 6 x 4 (width x "
                     "height). Start again, and leave the files alone meanwhile."));
  EXPECT_NO_THROW(checked_sample(kept.train, 0));
  for (const char* stem : {"1000", "1001", "1002"}) write_pair(scratch.path(), stem, plain(4, 6, 0, 2));
  EXPECT_TRUE(
      message_of<FileError>([&] { splits.train.sample(0); })
          .ends_with(".png has changed since it was first read: it now has number 2. Start again, and leave "
                     "the files alone meanwhile."));
}

}  // namespace
}  // namespace trous
