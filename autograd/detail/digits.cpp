#include <limits>
#include <sstream>

#include <trous/autograd/detail/digits.h>

namespace trous::detail {

std::pair<std::string, std::string> distinct_digits(double a, double b) {
  const auto printed = [](double v, int digits) {
    std::ostringstream stream;
    stream.precision(digits);
    stream << v;
    return stream.str();
  };
  int digits = 6;
  const int most = a == b ? digits : std::numeric_limits<double>::max_digits10;
  while (digits < most && printed(a, digits) == printed(b, digits)) ++digits;
  return {printed(a, digits), printed(b, digits)};
}

}  // namespace trous::detail
