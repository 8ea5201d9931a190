// A data set of parts of large images, to be scored often.
#pragma once

#include <cstdint>

#include <trous/data/augmentation.h>
#include <trous/data/dataset.h>

namespace trous {

/// Returns a data set of `count` windows of the samples of `data`: window k is of sample k modulo the size of
/// `data`, at a place that `key` and k draw, as crops are placed. A third of the windows hold a pixel of a
/// class that counts and is not the background, if their sample has one. Each window costs what it shows,
/// where `data` can read parts of samples.
///
/// Throws ArgumentError if `data` is empty, `count` is below 1, or as check for the window.
Dataset windows_of(const Dataset& data, const Window& window, std::int64_t count, Key key);

}  // namespace trous
