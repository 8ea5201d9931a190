#include <array>

#include <trous/data/brain.h>
#include <trous/data/fashion.h>
#include <trous/data/fashion_labels.h>
#include <trous/data/mosaics.h>
#include <trous/data/named_data_sets.h>
#include <trous/data/shapes.h>

namespace trous {
namespace {

// `open` with the files of `directory`, or where Debian puts them.
template <class Options, Splits (*open)(const Options&)>
Splits from_files(const std::string& directory) {
  Options options;
  if (!directory.empty()) options.directory = directory;
  return open(options);
}

// The only list of data sets.
constexpr std::array data_sets{
    NamedDataSet{.name = "fashion",
                 .open = from_files<FashionOptions, fashion>,
                 .reads_files = true,
                 .recipe = {"small-dilated", "none", 3200, 16}},
    NamedDataSet{.name = "fashion-labels",
                 .open = from_files<FashionLabelsOptions, fashion_labels>,
                 .reads_files = true,
                 .recipe = {"small-classifier", "flip", 3000, 64}},
    NamedDataSet{.name = "fashion-noisy",
                 .open = from_files<FashionNoisyOptions, fashion_noisy>,
                 .reads_files = true,
                 .recipe = {"small-dilated", "none", 1500, 32}},
    NamedDataSet{
        .name = "brain",
        .open = from_files<BrainOptions, brain>,
        .reads_files = true,
        .recipe = {"deep-dilated", "scale=1.15,rotate=10,shift=0.06,contrast=0.2,noise=0.02", 1500, 8},
        // Sample i of either side is the same slice.
        .predictor = {"the mirrored atlas", brain_mirror_prediction}},
    NamedDataSet{.name = "mosaics",
                 .open = from_files<MosaicsOptions, mosaics>,
                 .reads_files = true,
                 .recipe = {"small-dilated", "none", 1000, 8}},
    NamedDataSet{.name = "shapes",
                 .open = [](const std::string&) { return shapes(); },
                 .reads_files = false,
                 .recipe = {"small-dilated", "none", 400, 16}},
};

}  // namespace

std::span<const NamedDataSet> named_data_sets() { return data_sets; }

}  // namespace trous
