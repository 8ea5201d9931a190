#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <trous/check/detail/diagnosis.h>
#include <trous/core/error.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

using Arrays = std::vector<Tensor>;

// Relative to the largest element: a guess need not be sharper, and the differences have errors.
constexpr double alike = 1e-5;

double at(const Tensor& x, std::int64_t i) { return x.values<double>()[static_cast<std::size_t>(i)]; }

double largest(const Arrays& arrays) {
  double found = 0;
  for (const Tensor& x : arrays) found = std::max(found, largest_magnitude(x));
  return found;
}

// Whether a = f(b), element by element; f(tensor, index) gives what b should be there.
template <class F>
bool equal(const Arrays& a, const Arrays& b, F f) {
  const double bound = alike * std::max(largest(a), largest(b));
  for (std::size_t p = 0; p < a.size(); ++p) {
    for (std::int64_t i = 0; i < a[p].elements(); ++i) {
      if (!(std::abs(at(a[p], i) - f(b[p], i)) <= bound)) return false;
    }
  }
  return true;
}

bool same_shapes(const Arrays& a, const Arrays& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](const Tensor& x, const Tensor& y) { return x.shape() == y.shape(); });
}

// The factor by which `rule` exceeds `difference` everywhere.
std::optional<double> common_factor(const WrongGradient& w) {
  double products = 0, squares = 0;
  for (std::size_t p = 0; p < w.rule.size(); ++p) {
    for (std::int64_t i = 0; i < w.rule[p].elements(); ++i) {
      products += at(w.rule[p], i) * at(w.difference[p], i);
      squares += at(w.difference[p], i) * at(w.difference[p], i);
    }
  }
  const double k = products / squares;
  const bool fits =
      std::isfinite(k) && k != 0 &&
      equal(w.rule, w.difference, [k](const Tensor& d, std::int64_t i) { return k * at(d, i); });
  return fits ? std::optional(k) : std::nullopt;
}

bool close(double a, double b) { return std::abs(a - b) <= alike * std::abs(b); }

std::string of_factor(const WrongGradient& w, double k) {
  const std::string fact = text("The rule is ", k, " times the difference everywhere");
  if (close(k, -1)) return fact + ": a sign.";
  if (k < 0) return fact + ": a sign and a factor.";
  const std::pair<std::string, double> numbers[] = {
      {"the batch", static_cast<double>(w.batch)},
      {"the number of elements of the input", static_cast<double>(w.rule[0].elements())},
      {"the number of elements of the result", static_cast<double>(w.result_elements)}};
  for (const auto& [what, n] : numbers) {
    if (n < 3) continue;
    if (close(k, n)) return text(fact, ", which is ", what, ": a mean whose 1/", n, " is missing?");
    if (close(k, 1 / n)) return text(fact, ", 1 / ", what, ": a mean where a sum is due?");
  }
  if (close(k, 2)) return fact + ": a cotangent that is added twice, or a factor left over?";
  for (int uses = 2; uses <= 4; ++uses) {
    if (close(k, 1 - 1.0 / uses))
      return text(fact, ": one of ", uses, " uses of the input whose cotangent is missing, or a factor?");
  }
  return fact + ": a factor.";
}

std::optional<std::string> reversed(const WrongGradient& w) {
  const Shape& shape = w.rule[0].shape();
  for (unsigned axes = 1; axes < 1U << shape.rank(); ++axes) {
    const auto mirror = [&](const Tensor& d, std::int64_t i) {
      Shape p = position(shape, i);
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (axes >> axis & 1U) p[axis] = shape[axis] - 1 - p[axis];
      }
      return at(d, index_of(shape, p));
    };
    if (!equal(w.rule, w.difference, mirror)) continue;
    std::string list;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axes >> axis & 1U) list += text(list.empty() ? "" : " and ", axis);
    }
    return text("The rule is the gradient in reverse along axis ", list, " of ", shape, ": a flip.");
  }
  return {};
}

// Checks for exchanged axes: g[.., j, .., i, ..] in the place of g[.., i, .., j, ..]. If the two extents
// differ, the elements of the exchanged tensor are read in its own order.
std::optional<std::string> swapped(const WrongGradient& w) {
  const Shape& shape = w.rule[0].shape();
  for (int a = 0; a < shape.rank(); ++a) {
    for (int b = a + 1; b < shape.rank(); ++b) {
      Shape other = shape;
      std::swap(other[a], other[b]);
      const auto exchanged = [&](const Tensor& d, std::int64_t i) {
        Shape p = position(other, i);
        std::swap(p[a], p[b]);
        return at(d, index_of(shape, p));
      };
      if (equal(w.rule, w.difference, exchanged))
        return text("The rule is the gradient with axes ", a, " and ", b, " of ", shape, " exchanged.");
    }
  }
  return {};
}

std::optional<std::string> shifted(const WrongGradient& w) {
  const Shape& shape = w.rule[0].shape();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    for (std::int64_t by = 1; by <= std::min<std::int64_t>(4, shape[axis] - 1); ++by) {
      for (const std::int64_t way : {by, -by}) {
        for (const bool around : {false, true}) {
          const auto moved = [&](const Tensor& d, std::int64_t i) {
            Shape p = position(shape, i);
            p[axis] -= way;
            if (around) p[axis] = (p[axis] + shape[axis]) % shape[axis];
            return p[axis] < 0 || p[axis] >= shape[axis] ? 0 : at(d, index_of(shape, p));
          };
          if (equal(w.rule, w.difference, moved)) {
            return text("The rule is the gradient shifted by ", way, " along axis ", axis, " of ", shape,
                        around ? ", around the end." : ", zeros moving in.");
          }
        }
      }
    }
  }
  return {};
}

// Lists the elements that are wrong, if some are right.
std::string wrong_elements(const WrongGradient& w) {
  const Shape& shape = w.rule[0].shape();
  const double bound = alike * std::max(largest(w.rule), largest(w.difference));
  std::vector<std::set<std::int64_t>> indices(static_cast<std::size_t>(shape.rank()));
  std::set<std::int64_t> wrong;
  bool border = true;
  for (std::size_t p = 0; p < w.rule.size(); ++p) {
    for (std::int64_t i = 0; i < w.rule[p].elements(); ++i) {
      if (std::abs(at(w.rule[p], i) - at(w.difference[p], i)) <= bound) continue;
      if (!wrong.insert(i).second) continue;
      const Shape where = position(shape, i);
      bool here = false;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        indices[static_cast<std::size_t>(axis)].insert(where[axis]);
        const bool spatial = shape.rank() < 3 || (axis > 0 && axis < shape.rank() - 1);
        here = here || (spatial && shape[axis] > 2 && (where[axis] == 0 || where[axis] == shape[axis] - 1));
      }
      border = border && here;
    }
  }
  const std::int64_t all = w.rule[0].elements();
  if (static_cast<std::int64_t>(wrong.size()) == all) return text("All ", all, " elements differ.");
  std::string found = text(wrong.size(), " of ", all, " elements of ", shape, " differ");
  if (border) return found + ", all of them on the border.";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto& seen = indices[static_cast<std::size_t>(axis)];
    if (seen.size() == 1 && shape[axis] > 1)
      return text(found, ", all of them at index ", *seen.begin(), " of axis ", axis, '.');
  }
  return found + '.';
}

// Describes a rule that is nearly right: wrong in the last digits, or in elements that are small beside
// others.
std::string nearly_right(const WrongGradient& w) {
  std::set<std::int64_t> wrong;
  double worst = 0;
  for (std::size_t p = 0; p < w.rule.size(); ++p) {
    for (std::int64_t i = 0; i < w.rule[p].elements(); ++i) {
      const double r = at(w.rule[p], i), d = at(w.difference[p], i),
                   size = std::max(std::abs(r), std::abs(d));
      if (std::abs(r - d) <= 1e-8 * size) continue;
      wrong.insert(i);
      worst = std::max(worst, std::abs(r - d) / size);
    }
  }
  if (wrong.empty())
    return "Element by element no difference is seen: the directions add up what is below that.";
  return text("The rule is right to ", alike, " of the largest derivative, but ", wrong.size(), " of ",
              w.rule[0].elements(), " elements are off, by up to ", worst, " of themselves.");
}

}  // namespace

std::string diagnosis(const WrongGradient& w) {
  if (w.rule.empty() || w.rule[0].elements() == 0) return {};
  if (std::any_of(w.rule.begin(), w.rule.end(), [](const Tensor& x) { return !all_finite(x); })) {
    return "The rule gives numbers that are not finite.";
  }
  if (largest(w.rule) == 0)
    return "The rule gives zero: does every use of the input reach the result through ops that are recorded?";
  const auto same_place = [](const Tensor& d, std::int64_t i) { return at(d, i); };
  const bool known = !w.difference.empty();
  if (known && equal(w.rule, w.difference, same_place)) return nearly_right(w);
  for (const auto& [what, gradient] : w.others) {
    if (same_shapes(w.rule, gradient) && equal(w.rule, gradient, same_place))
      return text("The rule is ", what, '.');
  }
  if (!known) return {};
  if (const auto k = common_factor(w)) return of_factor(w, *k);
  for (const auto slip : {reversed, swapped, shifted}) {
    if (const auto found = slip(w)) return *found;
  }
  return wrong_elements(w);
}

}  // namespace trous::detail
