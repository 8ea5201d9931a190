#include <trous/core/error.h>
#include <trous/core/range.h>

namespace trous {

std::string outside(const WholeRange& range) {
  return text("not a whole number from ", range.min, " to ", range.max);
}

std::string outside(const NumberRange& range) {
  if (std::isinf(range.max)) return text("not a number of ", range.min, " or more");
  return text("not a number from ", range.min, " to below ", range.max);
}

std::string outside(const PositiveRange& /*range*/) { return "not a number above 0"; }

}  // namespace trous
