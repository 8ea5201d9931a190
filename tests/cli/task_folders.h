// Small folders whose targets are labels, numbers and images, and runs on them.
#pragma once

#include <filesystem>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/data/png.h>

#include "cli/program.h"

namespace trous {

/// A grey image with noise that differs from every other; its number of bright rows says what it is.
inline Tensor striped(std::int64_t number, std::int64_t bright_rows) {
  constexpr std::int64_t side = 16;
  Random random(fold_in(Key{11}, static_cast<std::uint64_t>(number)));
  Bytes pixels;
  for (std::int64_t row = 0; row < side; ++row) {
    for (std::int64_t column = 0; column < side; ++column)
      pixels.push_back(static_cast<std::uint8_t>((row < bright_rows ? 180 : 20) + random.below(40)));
  }
  return Tensor({side, side, 1}, pixels);
}

inline void write_at(const std::string& path, const Tensor& image) {
  make_directories(std::filesystem::path(path).parent_path().string());
  write_png(path, image);
}

class TaskFolders : public testing::Test {
 protected:
  TaskFolders() {
    std::string table = "image,rows\n";
    for (std::int64_t i = 0; i < 24; ++i) {
      const std::string stem = "/" + std::to_string(100 + i) + ".png";
      write_at((scratch_ / (i % 2 ? "classes/tall" : "classes/low")) + stem, striped(i, i % 2 ? 12 : 3));
      write_at(scratch_ / "table/images" + stem, striped(i, i % 12 + 2));
      table += stem.substr(1) + ',' + std::to_string(i % 12 + 2) + '\n';
      write_at(scratch_ / "pairs/images" + stem, striped(i, 5));
      write_at(scratch_ / "pairs/targets" + stem, striped(i + 1000, 5));
    }
    spill(scratch_ / "table/labels.csv", bytes_of(table));
  }

  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }
  Finished train(const std::string& folder, const std::string& name, const std::string& more = "") const {
    return run("train --data " + folder + " --width 4 --steps 8 --batch 4 --validate-every 4 --out " + name +
               ' ' + more);
  }

  Scratch scratch_;
};

}  // namespace trous
