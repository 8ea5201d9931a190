// Two numbers in a message that says that they differ.
#pragma once

#include <string>
#include <utility>

namespace trous::detail {

/// Both numbers as a stream prints them, in six digits or in as many as it takes for the two texts to differ.
std::pair<std::string, std::string> distinct_digits(double a, double b);

}  // namespace trous::detail
