// The files that `trous data` writes: a picture of samples, and a folder of images that --data reads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>

namespace trous::cli {

/// The numbers of `count` samples of a split, or of all where it has fewer, in ascending order: the first
/// ones. Where targets are labels they are the first of each class, as many of each as there are, and at
/// least one of each, so that no class is left out. `on_progress` is called with the samples that are read
/// for that.
std::vector<std::int64_t> first_samples(const Dataset& split, std::int64_t count,
                                        const OnProgress& on_progress = nullptr);

/// A picture of samples, and what it shows.
struct Preview {
  Tensor picture;     ///< uint8 [H, W, 3]
  std::string words;  ///< "input | mask"
};

/// Draws samples of `split`: images beside their masks or target images, and where targets are labels a row
/// of images for each class that occurs, in the order of the classes. Of numbers the images alone. Throws
/// ArgumentError if there is no sample, ShapeError for images that have no picture.
Preview preview_of(const Dataset& split, std::span<const Sample> samples);

/// The samples of each of split_names().
using SplitIndices = std::array<std::vector<std::int64_t>, 3>;

/// Writes a folder for `trous train --data FOLDER` with the samples `indices` of `data`, in train/,
/// validation/ and test/, as PNG files of 8 bits, or of 16 where Dataset::white is above 255. By the role of
/// the targets each holds
///
///   masks      images/ and masks/, beside them classes.json
///   labels     a folder for each class, or images/ and labels.csv if a class has a name that no folder there
///              can have, as one with a slash; unknown labels are left out
///   images     images/ and targets/
///   numbers    images/ and labels.csv, whose columns are the names that the target has, or x1, x2 and so on
///
/// Values beyond 0..1 are clamped. A test split that is the validation split, as that of a folder without
/// test/ is, is not written again. Read again, the folder has the same samples, in their order but those of
/// labels, which are sorted by class. Throws FileError for what cannot be written.
void write_data_folder(const Splits& data, const SplitIndices& indices, const std::string& folder,
                       const OnProgress& on_progress = nullptr);

}  // namespace trous::cli
