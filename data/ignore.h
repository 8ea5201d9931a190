// A data set in which one class does not count: its pixels where targets are masks, its images where they are
// labels.
#pragma once

#include <trous/data/dataset.h>

namespace trous {

/// Returns the data set with every label `index` replaced by `unknown_label`, so that neither losses nor
/// scores count these pixels or images, and with `index` in `ignored`, so that the class has no score and no
/// part in any mean. Predicting the class where another one is true remains a mistake. The classes keep their
/// numbers and names. `unknown_label` itself is ignored anyway.
///
/// Throws ArgumentError unless index is `unknown_label` or the targets have classes and it is one of them.
Dataset ignoring(Dataset dataset, std::int64_t index);

/// Applies `ignoring` to each split.
Splits ignoring(Splits splits, std::int64_t index);

}  // namespace trous
