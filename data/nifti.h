// NIfTI-1: the volumes of medical imaging.
#pragma once

#include <array>
#include <string>

#include <trous/core/tensor.h>

namespace trous {

struct NiftiVolume {
  /// [z, y, x]: x, the file's first axis, is fastest. uint8, int32, float32 or float64: as stored, with int8,
  /// int16 and uint16 widened to int32.
  Tensor voxels;
  std::array<double, 3> spacing;  ///< size of a voxel along x, y and z in mm; taken for mm without a unit
  double slope, intercept;        ///< measured is slope * voxel + intercept; 1 and 0 where none is given
};

/// Reads a volume in one NIfTI-1 file (.nii), plain or compressed by gzip, which the content decides, of
/// either byte order. The orientation of the axes in the body (qform, sform) is not read.
///
/// Throws FileError, with path and numbers, if the file is absent, no NIfTI-1 file, one of a pair of header
/// and image, of another data type, of more than three axes longer than 1, or if header and size disagree;
/// the header is checked before voxels are allocated. Source: NIfTI-1 Data Format Specification, nifti1.h.
NiftiVolume read_nifti(const std::string& path);

}  // namespace trous
