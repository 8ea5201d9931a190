#include <array>

#include <trous/core/named_table.h>
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

// The data sets of trous. A new one is its code and a row of this list.
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

NamedTable<NamedDataSet>& data_set_table() {
  static NamedTable<NamedDataSet> table("data set", data_sets);
  return table;
}

}  // namespace

std::span<const NamedDataSet> named_data_sets() { return data_set_table().rows(); }

void add_named_data_set(const NamedDataSet& data_set) {
  if (!data_set.open)
    throw ArgumentError(
        text("data set: \"", data_set.name, "\" has no open. Give the function that opens it."));
  data_set_table().add(data_set);
}

}  // namespace trous
