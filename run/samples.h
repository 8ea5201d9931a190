// The pictures of a run, in its folder samples/. The report shows them.
#pragma once

#include <cstdint>
#include <string>

#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/run/results.h>
#include <trous/run/run_folder.h>

namespace trous {

// The names of the files, below the folder of the run.
inline constexpr const char* fixed_picture = "samples/fixed.png";
/// samples/step_000120.png for 120.
std::string step_picture(std::int64_t step);
/// samples/labels_000120.png for 120.
std::string labels_picture(std::int64_t step);
/// samples/best.png for "best".
std::string test_picture(const std::string& name);

/// Writes the fixed validation images and their truth, once a run. They are four samples of the split, spread
/// evenly over it, since neighbours may be much alike.
void write_fixed_picture(const RunFolder& folder, const Dataset& validation);

/// Writes what `net` predicts of the fixed validation images after `step`: input, truth and prediction in one
/// file, and the predictions alone as an indexed PNG.
void write_step_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& validation,
                         std::int64_t step);

/// Writes input, truth, prediction and errors of the chosen test images, a file for each of best, median and
/// worst that names an image.
void write_test_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& test,
                         const PictureFacts& chosen);

}  // namespace trous
