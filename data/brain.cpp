#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/brain.h>
#include <trous/data/file.h>
#include <trous/data/nifti.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

constexpr std::int64_t extent_x = 181, extent_y = 217,
                       extent_z = 181;  // x from left to right, y to the front
constexpr std::int64_t middle = 90;     // x of the plane between hemispheres
constexpr std::int64_t height = 96, width = 184;
constexpr std::uint8_t threshold = 20;
constexpr std::int64_t closing = 2;

enum Class : std::uint8_t {
  air,
  head,
  other,
  frontal,
  parietal,
  temporal,
  occipital,
  limbic,
  deep,
  cerebellum
};

struct Group {
  std::string_view start;  // of the names of its regions
  Class label;
};
constexpr Group groups[]{
    {"Precentral_", frontal},     {"Frontal_", frontal},      {"Rolandic_Oper_", frontal},
    {"Olfactory_", frontal},      {"Rectus_", frontal},       {"Supp_Motor_Area_", frontal},
    {"Postcentral_", parietal},   {"Parietal_", parietal},    {"Paracentral_Lobule_", frontal},
    {"SupraMarginal_", parietal}, {"Angular_", parietal},     {"Precuneus_", parietal},
    {"Heschl_", temporal},        {"Temporal_", temporal},    {"Fusiform_", temporal},
    {"Calcarine_", occipital},    {"Cuneus_", occipital},     {"Lingual_", occipital},
    {"Occipital_", occipital},    {"Insula_", limbic},        {"Cingulum_", limbic},
    {"Hippocampus_", deep},       {"ParaHippocampal_", deep}, {"Amygdala_", deep},
    {"Caudate_", deep},           {"Putamen_", deep},         {"Pallidum_", deep},
    {"Thalamus_", deep},          {"Cerebelum_", cerebellum}, {"Vermis_", cerebellum},
};

std::string existing(const std::string& directory, const std::string& name) {
  std::string path = directory + "/" + name;
  if (access(path.c_str(), F_OK) != 0) {
    throw FileError(
        text("brain: ", path,
             " does not exist. Colin27 and the AAL atlas come as a Debian package: apt-get install "
             "mricron-data, or give the directory that holds its templates."));
  }
  return path;
}

Tensor read_part(const std::string& directory, const std::string& name) {
  const std::string path = existing(directory, name);
  Tensor voxels = read_nifti(path).voxels;
  const Shape shape{extent_z, extent_y, extent_x};
  if (voxels.shape() != shape || voxels.dtype() != DType::uint8) {
    throw FileError(text("brain: ", path, " has ", voxels.dtype(), " voxels, [z, y, x] = ", voxels.shape(),
                         ". Colin27 has uint8 ", shape, ". Install mricron-data again."));
  }
  return voxels;
}

using ClassOfRegion = std::array<Class, 256>;  // air: there is no such region

// From lines "37 Hippocampus_L 4101".
ClassOfRegion read_regions(const std::string& directory) {
  const std::string path = existing(directory, "aal.nii.txt");
  const std::vector<std::uint8_t> bytes = read_file(path);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  ClassOfRegion classes{};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty()) continue;
    std::istringstream words(line);
    int region = 0;
    std::string name;
    words >> region >> name;
    const Group* group = std::find_if(std::begin(groups), std::end(groups),
                                      [&](const Group& known) { return name.starts_with(known.start); });
    if (region < 1 || region > 255 || group == std::end(groups)) {
      throw FileError(text("brain: ", path, ", line ", number, " names no region of the AAL atlas: ",
                           line.substr(0, 80), ". Install mricron-data again."));
    }
    classes[static_cast<std::size_t>(region)] = group->label;
  }
  return classes;
}

// A volume of 0 and 1 with empty voxels around, so that what is closed may reach beyond the image: at its
// border, too, a closing only adds.
class Foreground {
 public:
  explicit Foreground(const std::uint8_t* values) : voxels_(static_cast<std::size_t>(nx * ny * nz)) {
    for (std::int64_t z = 0; z < extent_z; ++z) {
      for (std::int64_t y = 0; y < extent_y; ++y) {
        for (std::int64_t x = 0; x < extent_x; ++x) voxels_[place(z, y, x)] = *values++ > threshold;
      }
    }
  }

  // Every voxel with a neighbour, of six, that has `value` takes it.
  void grow(std::uint8_t value) {
    std::vector<std::uint8_t> grown = voxels_;
    parallel_for(nz - 2, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t z = begin + 1; z < end + 1; ++z) {
        for (std::int64_t y = 1; y < ny - 1; ++y) {
          const std::uint8_t* row = voxels_.data() + (z * ny + y) * nx;
          std::uint8_t* out = grown.data() + (z * ny + y) * nx;
          for (std::int64_t x = 1; x < nx - 1; ++x) {
            const bool near = row[x - 1] == value || row[x + 1] == value || row[x - nx] == value ||
                              row[x + nx] == value || row[x - nx * ny] == value || row[x + nx * ny] == value;
            if (near) out[x] = value;
          }
        }
      }
    });
    voxels_ = std::move(grown);
  }

  bool at(std::int64_t z, std::int64_t y, std::int64_t x) const { return voxels_[place(z, y, x)] != 0; }

 private:
  static constexpr std::int64_t around = closing + 1;  // the outermost voxels stay empty
  static constexpr std::int64_t nx = extent_x + 2 * around, ny = extent_y + 2 * around,
                                nz = extent_z + 2 * around;
  static std::size_t place(std::int64_t z, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>(((z + around) * ny + y + around) * nx + x + around);
  }
  std::vector<std::uint8_t> voxels_;
};

Tensor make_labels(const BrainOptions& options, const Tensor& scan) {
  const Tensor brain_alone = read_part(options.directory, "ch2bet.nii.gz");
  const Tensor atlas = read_part(options.directory, "aal.nii.gz");
  const ClassOfRegion classes = read_regions(options.directory);
  Foreground foreground(scan.values<std::uint8_t>().data());
  for (std::int64_t step = 0; step < closing; ++step) foreground.grow(1);
  for (std::int64_t step = 0; step < closing; ++step) foreground.grow(0);

  Tensor labels = Tensor::uninitialized(scan.shape(), DType::uint8);
  std::uint8_t* out = labels.mutable_values<std::uint8_t>().data();
  const std::uint8_t* region = atlas.values<std::uint8_t>().data();
  const std::uint8_t* inside = brain_alone.values<std::uint8_t>().data();
  for (std::int64_t z = 0; z < extent_z; ++z) {
    for (std::int64_t y = 0; y < extent_y; ++y) {
      for (std::int64_t x = 0; x < extent_x; ++x, ++out, ++region, ++inside) {
        *out = *region ? classes[*region] : *inside ? other : foreground.at(z, y, x) ? head : air;
        if (*region && *out == air) {
          throw FileError(text("brain: ", options.directory, "/aal.nii.gz has region ", int{*region},
                               ", which aal.nii.txt does not name. Install mricron-data again."));
        }
      }
    }
  }
  return labels;
}

enum class Side { left, right };

Sample half_slice(const Tensor& scan, const Tensor& labels, Side side, std::int64_t y) {
  Sample sample{.image = Tensor::zeros({height, width, 1}, DType::float32),
                .target = Tensor::full({height, width}, DType::int32, unknown_label)};
  float* image = sample.image.mutable_values<float>().data();
  std::int32_t* mask = sample.target.mutable_values<std::int32_t>().data();
  const std::uint8_t* values = scan.values<std::uint8_t>().data();
  const std::uint8_t* classes = labels.values<std::uint8_t>().data();
  for (std::int64_t row = 0; row < middle; ++row) {
    const std::int64_t x = side == Side::left ? middle - 1 - row : middle + 1 + row;
    for (std::int64_t z = 0; z < extent_z; ++z) {
      const std::int64_t voxel = (z * extent_y + y) * extent_x + x;
      image[row * width + z] = static_cast<float>(values[voxel]) / 255.0F;
      mask[row * width + z] = classes[voxel];
    }
  }
  return sample;
}

Dataset make_split(const char* name, const char* part, Side side, const Tensor& scan, const Tensor& labels) {
  return {.name = text("brain/", name),
          .source =
              text("Colin27 T1 (Holmes et al. 1998) and AAL atlas (Tzourio-Mazoyer et al. 2002), from Debian "
                   "package mricron-data, coronal slices 0 to ",
                   extent_y - 1, ", ", part),
          .classes = {"air", "head", "brain-other", "frontal", "parietal", "temporal", "occipital", "limbic",
                      "deep", "cerebellum"},
          .size = extent_y,
          .image_shape = {height, width, 1},
          .sample = [=](std::int64_t i) { return half_slice(scan, labels, side, i); }};
}

}  // namespace

Splits brain(const BrainOptions& options) {
  std::vector<std::string> files;
  for (const char* name : {"ch2.nii.gz", "ch2bet.nii.gz", "aal.nii.gz", "aal.nii.txt"})
    files.push_back(options.directory + "/" + name);
  const Tensor scan = read_part(options.directory, "ch2.nii.gz");
  const Tensor labels = make_labels(options, scan);
  return {.train = make_split("train", "left hemisphere", Side::left, scan, labels),
          .validation = make_split("validation",
                                   "mirrored right hemisphere of the same person: this says nothing about "
                                   "other people",
                                   Side::right, scan, labels),
          .test = make_split("test",
                             "mirrored right hemisphere of the same person: the very slices of validation, "
                             "since there is no third set",
                             Side::right, scan, labels),
          .files = std::move(files)};
}

Tensor brain_mirror_prediction(const Splits& splits, std::int64_t index) {
  Tensor labels = checked_sample(splits.train, index).target;
  if (splits.train.ignored.empty()) return labels;
  std::vector<std::int32_t> prediction = labels.to_vector<std::int32_t>();
  std::replace(prediction.begin(), prediction.end(), std::int32_t{unknown_label},
               splits.train.ignored.front());
  return Tensor(labels.shape(), prediction);
}

}  // namespace trous
