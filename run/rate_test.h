// find_rate.json of a learning rate range test, written and read here.
#pragma once

#include <string>

#include <trous/train/find_rate.h>

namespace trous {

/// A range test and what was asked of it.
struct RateTest {
  FindRateOptions range;
  RateCurve curve;
};

/// The contents of find_rate.json.
std::string to_json(const RateTest& test);

/// Writes find_rate.json into `folder`. Throws FileError if it cannot be written.
void write_rate_test(const std::string& folder, const RateTest& test);

/// Whether `folder` is that of a range test, and not of a run.
bool is_rate_test(const std::string& folder);

/// Reads find_rate.json in `folder`. Throws FileError naming the place that is damaged.
RateTest read_rate_test(const std::string& folder);

}  // namespace trous
