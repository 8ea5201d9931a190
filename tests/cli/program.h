// Runs the real program as a user would, from a shell, in a folder of its own; and small data to run it on.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <string>
#include <sys/wait.h>
#include <vector>

#include <nlohmann/json.hpp>

#include <trous/data/shapes.h>

#include "data/folder_writer.h"
#include "data/scratch.h"

namespace trous {

struct Finished {
  int code;         ///< what the program returned; -1 where a signal ended it
  std::string out;  ///< all of stdout
  std::string err;  ///< all of stderr
};

inline std::string slurp_text(const std::string& path) {
  const Bytes bytes = slurp(path);
  return {bytes.begin(), bytes.end()};
}

/// Runs `command` in `folder` by the shell, both outputs redirected to files elsewhere.
inline Finished shell_in(const std::string& folder, const std::string& command) {
  const Scratch outputs;
  const std::string line = "cd '" + folder + "' && { " + command + "; } > '" + outputs.path() + "/out' 2> '" +
                           outputs.path() + "/err' < /dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp_text(outputs / "out"),
          slurp_text(outputs / "err")};
}

/// Runs `trous <arguments>` in `folder`. The shell splits `arguments`; `environment` is such as "NO_COLOR=1".
inline Finished trous_in(const std::string& folder, const std::string& arguments,
                         const std::string& environment = "") {
  return shell_in(folder, environment + " '" TROUS_PROGRAM "' " + arguments);
}

/// Names of all files below `folder`, sorted.
inline std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Redirected output is for files and pagers: no carriage return, no escape, no other control character.
inline void expect_plain(const std::string& output) {
  for (const char c : output) {
    ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << "byte " << static_cast<int>(c) << " in\n" << output;
  }
}

inline bool has_line(const std::string& output, const std::string& pattern) {
  return std::regex_search(output, std::regex("(^|\n)" + pattern + "\n"));
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Every line of `text` as JSON; a line that is none fails the test.
inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> all;
  for (const std::string& line : lines_of(text)) {
    all.push_back(nlohmann::json::parse(line, nullptr, false));
    EXPECT_TRUE(all.back().is_object()) << line;
  }
  return all;
}

inline nlohmann::json json_in(const std::string& path) { return nlohmann::json::parse(slurp_text(path)); }

/// The classes and 8 + 4 + 4 samples of the generated shapes, 32 pixels a side, as a folder that is split.
inline void write_small_set(const std::string& folder) {
  const Splits splits = shapes({.size = 32, .train = 8, .validation = 4, .test = 4});
  write_folder(folder + "/train", splits.train, 8);
  write_folder(folder + "/validation", splits.validation, 4);
  write_folder(folder + "/test", splits.test, 4);
  write_classes(folder, splits.train);
}

/// A scratch folder with that set in `set`.
class SmallSet : public testing::Test {
 protected:
  SmallSet() { write_small_set(scratch_ / "set"); }

  /// `trous <arguments>` in the scratch folder.
  Finished run(const std::string& arguments, const std::string& environment = "") const {
    return trous_in(scratch_.path(), arguments, environment);
  }
  /// Trains into `name`; what it prints is returned.
  Finished train(const std::string& name, const std::string& more = "") const {
    const Finished done = run(short_run + more + " --out " + name);
    EXPECT_EQ(done.code, 0) << done.err;
    return done;
  }
  /// Runs, and expects this end: an exit code, this text on stderr, nothing on stdout, and no file made or
  /// changed in number.
  void expect(const std::string& arguments, int code, const std::string& err) const {
    const std::vector<std::string> before = files_below(scratch_.path());
    const std::size_t entries = scratch_.files();
    const Finished done = run(arguments);
    EXPECT_EQ(done.code, code) << arguments;
    EXPECT_EQ(done.err, err) << arguments;
    EXPECT_EQ(done.out, "") << arguments;
    EXPECT_EQ(files_below(scratch_.path()), before) << arguments;
    EXPECT_EQ(scratch_.files(), entries) << arguments;
  }
  Bytes file(const std::string& name) const { return slurp(scratch_ / name); }

  Scratch scratch_;
  const std::string short_run = "train --data set --width 2 --steps 4 --batch 2 --validate-every 2 --seed 3 ";
};

}  // namespace trous
