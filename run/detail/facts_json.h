// The parts of results.json, each written and read by a pair of functions that stand side by side. Readers
// throw FileError naming the place.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/core/detail/json.h>
#include <trous/run/data_facts.h>
#include <trous/run/model_facts.h>
#include <trous/train/metrics.h>

namespace trous::detail {

/// Rows [truth] of counts [prediction].
Json json_of(const ConfusionMatrix& scores);
/// The matrix of `classes` classes. Its sum is at most 2^53, so that a double holds every sum of its counts;
/// ignored classes have no pixels.
ConfusionMatrix confusion_from(const JsonPlace& rows, std::size_t classes,
                               const std::vector<std::int32_t>& ignored);

/// The numbers of the classes that do not count.
Json ignored_json(const ConfusionMatrix& scores);
std::vector<std::int32_t> ignored_from(const JsonPlace& numbers, std::size_t classes);

Json json_of(const ModelFacts& facts);
ModelFacts model_from(const JsonPlace& model);

Json json_of(const CoverageFacts& facts);
/// Of an image whose extents `input` [n, h, w, c] gives.
CoverageFacts coverage_from(const JsonPlace& coverage, const JsonPlace& input);

Json json_of(const DataFacts& facts);
DataFacts data_from(const JsonPlace& data, std::size_t classes);

}  // namespace trous::detail
