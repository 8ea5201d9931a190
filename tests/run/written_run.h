// A small run folder for the tests of what reads one: every file a text that a test may change.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/scratch.h"

namespace trous {

/// Three classes, the second with a name that would be markup, the third in neither truth nor prediction.
struct WrittenRun {
  std::string config = R"({"model": "tiny", "data": "toys", "steps": 40, "learning_rate": 0.008, "seed": 7,
 "nested": {"list": [1, "two"]}})";
  std::string environment =
      R"({"trous": "0.1.0", "commit": "0123456789abcdef", "command": "trous train --out 'a & b'",
 "files": [{"path": "toys.gz", "sha256": "00ff"}]})";
  std::string metrics =
      "step,train_loss,validation_loss,mean_iou,foreground_iou,pixel_accuracy,learning_rate,seconds,"
      "images_per_second,best\n"
      "20,1.5,1.25,0.4,0.25,0.7,0.004,10.5,30,1\n"
      "40,0.75,nan,0.6,0.5,0.8,0.0001,21,31.5,1\n";
  std::string events = R"({"event":"begin","step":0,"time":"2026-01-31T12:00:00Z"}
{"event":"step","step":1,"loss":2.5,"learning_rate":0.008,"gradient_norm":1.5,"seconds":0.1,"waited":0}
{"event":"step","step":2,"loss":2.25,"learning_rate":0.007,"gradient_norm":null,"seconds":0.1,"waited":0}
{"event":"stopped","step":40,"why":"all steps <done>"}
)";
  std::optional<std::string> results = R"({
 "split": "test", "step": 40, "steps": 40, "stopped": "all steps done",
 "classes": ["background", "<b>bold</b> & \"co\"", "nowhere"],
 "scores": {"confusion": [[80, 20, 0], [10, 30, 0], [0, 0, 0]]},
 "baselines": [{"name": "all background", "confusion": [[100, 0, 0], [40, 0, 0], [0, 0, 0]]}],
 "image_scores": [0.5, null],
 "pictures": {"best": [0], "median": [0], "worst": [1]},
 "model": {"name": "tiny", "input": [1, 6, 9, 1], "parameters": 1234, "multiply_adds": 56789,
  "receptive_field": [7, 5],
  "layers": [{"path": "head", "kind": "conv2d", "output": [1, 6, 9, 3], "parameters": 1234,
   "multiply_adds": 56789, "receptive_field": null}],
  "graph": [{"name": "input", "ops": [], "output": [1, 6, 9, 1], "from": []},
   {"name": "<i>body", "ops": ["atrous_conv2d rate 2x2", "a & b"], "output": [1, 6, 9, 1], "from": [0]},
   {"name": "", "ops": ["add"], "output": [1, 6, 9, 1], "from": [0, 1]},
   {"name": "head", "ops": ["conv2d"], "output": [1, 6, 9, 3], "from": [2]}]},
 "coverage": {"pixel": [3, 4], "top": 1, "left": 2, "height": 5, "width": 5, "share": 0.36,
  "map": ["#.#.#", ".....", "#.#.#", ".....", "#.#.#"]},
 "data": {"name": "toys", "source": "made up, see https://example.org/<toys>", "image": [6, 9, 1],
  "train": {"samples": 12, "class_pixels": [500, 100, 48], "images_with_class": [12, 9, 3]},
  "validation": {"samples": 3, "class_pixels": [100, 62, 0], "images_with_class": [3, 2, 0]},
  "test": {"samples": 2, "class_pixels": [100, 40, 0], "images_with_class": [2, 2, 0]},
  "shared": {"train_validation": 0, "train_test": 0, "validation_test": 0}},
 "seconds": 21, "peak_bytes": 3145728
})";

  /// Writes the files to `path`, over what is there.
  void write(const std::string& path) const {
    std::filesystem::create_directories(path + "/samples");
    spill(path + "/config.json", bytes_of(config));
    spill(path + "/environment.json", bytes_of(environment));
    spill(path + "/metrics.csv", bytes_of(metrics));
    spill(path + "/events.jsonl", bytes_of(events));
    if (results) {
      spill(path + "/results.json", bytes_of(*results));
    } else {
      std::filesystem::remove(path + "/results.json");
    }
  }
};

/// As spill, of a text over what is there. The old file goes first: some file systems flush a file that is
/// cut and written again, which would make a loop over many versions slow.
inline void rewrite(const std::string& path, const std::string& text) {
  std::filesystem::remove(path);
  spill(path, bytes_of(text));
}

/// Puts `with` in the place of the first `what`, which must be there.
inline void change(std::string& text, const std::string& what, const std::string& with) {
  const std::size_t place = text.find(what);
  ASSERT_NE(place, std::string::npos) << what;
  text.replace(place, what.size(), with);
}

}  // namespace trous
