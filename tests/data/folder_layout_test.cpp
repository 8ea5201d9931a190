// Which layout a folder has, and that it is opened accordingly.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_layout.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

const std::string all_layouts =
    "images/ with masks/ (a PNG mask of the same name for each image), "
    "images/ with targets/ (an image of the same name and size for each), "
    "images/ with labels.csv (a line for each image), "
    "or a folder of images for each class; all of them also inside train/, validation/ and test/.";

std::string layout_fault(const std::string& directory) {
  return only_fault(directory, message_of<FileError>([&] { folder_layout(directory); }));
}

TEST(FolderLayout, IsThatOfItsNames) {
  for (const char* part : {"", "/train", "/val", "/test"}) {
    const auto layout = [&](const std::string& entry) {
      const Scratch scratch;
      const std::string at = scratch.path() + part;
      make_directories(at + "/images");
      write_grey(at + "/images/1.png", 1);
      entry.ends_with(".csv") ? spill(at + entry, {}) : make_directories(at + entry);
      return folder_layout(scratch.path());
    };
    EXPECT_EQ(layout("/masks"), FolderLayout::masks) << part;
    EXPECT_EQ(layout("/targets"), FolderLayout::targets) << part;
    EXPECT_EQ(layout("/labels.csv"), FolderLayout::table) << part;
    const Scratch classes;
    write_grey(classes.path() + part + "/boot/1.png", 1);
    EXPECT_EQ(folder_layout(classes.path()), FolderLayout::class_folders) << part;
  }
}

TEST(FolderLayout, RefusesWhatFitsNoneOrTwo) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  EXPECT_EQ(layout_fault(at),
            at + " has no images that could be learned from. Make one of these layouts: " + all_layouts);
  EXPECT_EQ(layout_fault(at + "/none"),
            at + "/none does not exist. Give a directory with one of these layouts: " + all_layouts);
  spill(at + "/file", {});
  EXPECT_EQ(layout_fault(at + "/file"),
            at + "/file is no directory. Give a directory with one of these layouts: " + all_layouts);
  write_grey(at + "/images/1.png", 1);
  EXPECT_EQ(
      layout_fault(at),
      at + " has images/ and nothing that says what they show. Make one of these layouts: " + all_layouts);
  make_directories(at + "/masks");
  spill(at + "/labels.csv", {});
  EXPECT_EQ(layout_fault(at),
            at +
                " has masks/ and labels.csv, so it could be read in several ways. Keep one of "
                "these layouts: " +
                all_layouts);
}

TEST(FolderLayout, OpensEach) {
  const Scratch scratch;
  write_plain(scratch / "masks", 4);
  for (std::uint8_t i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i) + ".png";
    write_grey(scratch / ("classes/" + std::string(i % 2 ? "a/" : "b/") + name), i);
    for (const char* place : {"table/images/", "targets/images/", "targets/targets/"})
      write_grey(scratch / (place + name), i);
  }
  spill(scratch / "table/labels.csv", bytes_of("image,x\n0.png,0\n1.png,1\n2.png,2\n3.png,3\n"));
  const auto role = [&](const char* name) {
    return open_folder({.directory = scratch / name}).train.target.role;
  };
  EXPECT_EQ(role("masks"), Role::mask);
  EXPECT_EQ(role("classes"), Role::label);
  EXPECT_EQ(role("table"), Role::numbers);
  EXPECT_EQ(role("targets"), Role::image);
  EXPECT_EQ(
      message_of<ArgumentError>([&] { open_folder({.directory = scratch / "table", .mask_threshold = 9}); }),
      "folder: mask_threshold 9 is for masks, and " + scratch / "table" + " has labels.csv. Leave it out.");
}

}  // namespace
}  // namespace trous
