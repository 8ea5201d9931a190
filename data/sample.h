// A sample of a data set: an image, its target, and the roles that their tensors have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// What a tensor of a sample shows. It decides the dtype, and how transforms move it.
enum class Role {
  image,    ///< float32 [h, w, channels], 0..1; moves with the pixels, 0 where nothing is known
  mask,     ///< int32 [h, w], the class of each pixel; moves with the pixels, `unknown_label` likewise
  points,   ///< float32 [n, 2], row and column as those of Warp; they move with the pixels, also out of sight
  label,    ///< int32 [], the class of the sample, or `unknown_label`; stays
  numbers,  ///< float32 of any shape; stay
};

/// "image", "mask", "points", "label", "numbers".
std::string_view name(Role role);

/// "images", "masks", "points", "labels", "numbers".
std::string_view in_plural(Role role);

/// Whether a tensor of this role has a value for each pixel of the image: those of images and masks.
bool lies_on_pixels(Role role);

/// float32, or int32 of masks and labels.
DType dtype_of(Role role);

/// What one tensor of every sample is.
struct SampleField {
  std::string name;  ///< such as "image", "mask" or "distance"
  Role role = Role::numbers;
  Shape shape = {};          ///< of one sample; that of a mask may be left out where it is the image's
  bool input = false;        ///< whether the network takes it, behind the image; a loss may read it anyway
  std::int64_t white = 255;  ///< of a target that is an image: as Dataset::white

  friend bool operator==(const SampleField&, const SampleField&) = default;
};

/// What a network sees and what it is to say of it, and whatever else network and loss need.
struct Sample {
  Tensor image;   ///< [h, w, channels], 0..1, or numbers of another rank; float32
  Tensor target;  ///< such as a mask int32 [h, w]: the class of each pixel, or `unknown_label`
  std::vector<Tensor> more = {};  ///< in the order of Dataset::more
};

/// The tensor of `sample` that is the field of this number in fields_of. Throws ShapeError where there is
/// none.
const Tensor& tensor_of(const Sample& sample, std::size_t field);
Tensor& tensor_of(Sample& sample, std::size_t field);

/// Throws ShapeError or DTypeError unless the tensors of `sample` are those of `fields`, as fields_of gives
/// them. The errors begin with `who`.
void check_sample(std::string_view who, const std::vector<SampleField>& fields, const Sample& sample);

}  // namespace trous
