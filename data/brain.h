// A head in magnetic resonance: one real T1 volume and the atlas drawn into it, as coronal half-slices.
#pragma once

#include <cstdint>
#include <string>

#include <trous/data/dataset.h>

namespace trous {

struct BrainOptions {
  std::string directory = "/usr/share/mricron/templates";  ///< with ch2, ch2bet and aal
};

/// Colin27, the mean of 27 scans of one man's head at 1 mm, with ten classes made from the AAL atlas. Sample
/// i is half of coronal slice i, from the back of the head (0) to the face (216).
///
/// images    [96, 184, 1], 0..1. Row 0 is next to the plane between the hemispheres, row 89 at the volume's
///           side; column 0 is the neck, column 180 above the crown. Slices are 90 x 181; the padding after
///           them has image 0 and label `unknown_label`, since nothing was measured there.
/// classes   air, head, brain-other (white matter, ventricles, brain stem), frontal, parietal, temporal,
///           occipital, limbic (insula, cingulum), deep (hippocampus, amygdala, basal ganglia, thalamus),
///           cerebellum. Lobes as FreeSurfer groups the gyri: the paracentral lobule is frontal, the
///           fusiform gyrus temporal.
/// labels    the atlas where it has a region; else brain-other where the volume without the skull (ch2bet)
///           is above 0; else head where ch2 is above 20, closed by two steps to the six neighbours; else
///           air, which thick bone, dark as it is, remains too
/// splits    train has the left hemisphere, validation the mirrored right one; the plane between them is in
///           neither. There is no third set: **test is the same slices as validation**, and its `source`
///           says so.
///
/// This is one person, so a score does not generalise to other people. Slices are never split at random,
/// because a slice and its neighbour are nearly the same. A score must be compared with that of
/// brain_mirror_prediction, which has not seen the image: mIoU 0.752 over the ten classes, pixel accuracy
/// 0.920.
///
/// Throws FileError if a file is absent (it says which package has it) or is not what the package has.
/// Source: Holmes et al., J. Comput. Assist. Tomogr. 22, 1998 (Colin27); Tzourio-Mazoyer et al., NeuroImage
/// 15, 2002 (AAL).
Splits brain(const BrainOptions& options = {});

/// Predicts slice `index` of the mirrored right hemisphere from position alone: by the labels of the same
/// slice of the left one. int32 [96, 184], `unknown_label` in the padding. Where `ignoring` has hidden a
/// class of the left labels, and in the padding, it predicts that class: the padding is unknown on both
/// sides. Throws ArgumentError if there is no such slice.
Tensor brain_mirror_prediction(const Splits& splits, std::int64_t index);

}  // namespace trous
