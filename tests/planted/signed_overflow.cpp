// A planted fault: the product of two extents that no 64 bits hold. A build with the undefined-behaviour
// sanitizer must stop here.
#include <cstdint>

int main() {
  const volatile std::int64_t extent = std::int64_t{1} << 40;
  const volatile std::int64_t product = extent * extent;
  return product == 1;
}
