// The facts of a data set in the results of a run: sizes, classes, and images that two splits share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/data/survey.h>

namespace trous {

/// A data set as results.json describes it.
struct DataFacts {
  std::string name, source;
  std::vector<std::int64_t> image;  ///< [height, width, channels]
  SplitFacts train, validation, test;
  std::int64_t train_validation, train_test, validation_test;  ///< samples that are in both
};

/// The facts of `data`, which `survey` has counted.
DataFacts data_facts(const Splits& data, const Survey& survey);

}  // namespace trous
