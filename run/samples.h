// The pictures of a run, in its folder samples/. The report shows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/run/results.h>
#include <trous/run/run_folder.h>
#include <trous/train/task.h>

namespace trous {

// The names of the files, below the folder of the run.
inline constexpr const char* fixed_picture = "samples/fixed.png";
/// The worst test images around their worst places, where images are too large to be shown whole.
inline constexpr const char* worst_place_picture = "samples/worst_place.png";
/// samples/step_000120.png for 120.
std::string step_picture(std::int64_t step);
/// samples/labels_000120.png for 120.
std::string labels_picture(std::int64_t step);
/// samples/best.png for "best".
std::string test_picture(const std::string& name);

/// The fixed validation images, by number: four samples of the split, or all of a smaller one, spread evenly
/// over it, since neighbours may be much alike.
std::vector<std::int64_t> fixed_samples(const Dataset& validation);

/// Writes the fixed validation images and their truth, once a run, where the targets are masks or images.
/// Images of more than 300 pixels a side are shrunk to panel_side(image, samples, 300), since the report
/// shows eight such pictures side by side.
void write_fixed_picture(const RunFolder& folder, const Dataset& validation);

/// Writes what was predicted of the fixed validation images after `step`: input, truth and prediction in one
/// file, and the predictions alone as an indexed PNG, of the same size as in write_fixed_picture.
///
/// predictions   one for each of fixed_samples, masks int32 [h, w], or images; nothing is written of others
void write_step_pictures(const RunFolder& folder, const Dataset& validation,
                         const std::vector<Tensor>& predictions, std::int64_t step);

/// Writes input, truth, prediction and errors of the chosen test images, or the input alone where targets and
/// predictions of `task` are neither masks nor images, a file for each of best, median and worst that names
/// an image. Where the images are too large to be shown whole, the worst are also shown around their worst
/// places, parts of 256 pixels a side at full size, and the places are framed in the pictures of the whole.
///
/// on_progress   called with the files that are written and the files to write, before each file and at the
///               end
/// returns       the middles of the worst places, one for each of chosen.worst; empty where all is shown
/// whole
std::vector<PixelPlace> write_test_pictures(const RunFolder& folder, const AnyLayer& net, const Task& task,
                                            const Dataset& test, const PictureFacts& chosen,
                                            const OnProgress& on_progress = nullptr);

}  // namespace trous
