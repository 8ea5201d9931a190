// Data sets that no file holds, on which forecasts of memory run a network.
#pragma once

#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>

namespace trous::detail {

/// What `net` gives for images [n, h, w, c], if it can be scored beside targets of the role `target`: logits
/// [n, h, w, classes] for masks, [n, classes] for labels, [n, h, w, channels] for images, and any numbers of
/// each image else. Throws ShapeError for other outputs.
Shape output_shape(const AnyLayer& net, const Shape& images, Role target);

/// n samples for a network that gives `output` for images [n, h, w, c]. The pixels of the image differ, so
/// that no statistic of a batch is 0, and a mask has pixels of all classes. All samples share one image and
/// one target, so that the threads that stack them take no memory.
Dataset made_up_data(const Shape& images, const Shape& output, Role target);

}  // namespace trous::detail
