#include <array>
#include <limits>

#include <trous/core/text.h>

namespace trous {
namespace {

std::string in_digits(double value, int digits) {
  std::ostringstream stream;
  stream.precision(digits);
  stream << value;
  return stream.str();
}

}  // namespace

std::string scientific(double value) {
  std::ostringstream stream;
  stream.precision(1);
  stream << std::scientific << value;
  return stream.str();
}

std::string shortest_digits(double value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::pair<std::string, std::string> distinct_digits(double a, double b) {
  int digits = 6;
  const int max_digits = a == b ? digits : std::numeric_limits<double>::max_digits10;
  while (digits < max_digits && in_digits(a, digits) == in_digits(b, digits)) ++digits;
  return {in_digits(a, digits), in_digits(b, digits)};
}

}  // namespace trous
