#include <algorithm>
#include <functional>
#include <optional>

#include <trous/check/detail/transpose_cause.h>
#include <trous/core/error.h>

namespace trous::detail {
namespace {

// A place in a tensor moved to another, or to none.
using Move = std::function<std::optional<std::size_t>(std::size_t)>;

// `change` alters a place; what leaves the shape is none.
Move moved(const Shape& shape, const std::function<void(Shape&)>& change) {
  const std::int64_t elements = shape.elements();
  std::vector<std::optional<std::size_t>> table;
  for (std::int64_t i = 0; i < elements; ++i) {
    Shape place = position(shape, i);
    change(place);
    bool inside = true;
    for (int axis = 0; axis < shape.rank(); ++axis)
      inside = inside && place[axis] >= 0 && place[axis] < shape[axis];
    table.push_back(inside ? std::optional(static_cast<std::size_t>(index_of(shape, place))) : std::nullopt);
  }
  return [table = std::move(table)](std::size_t i) { return table[i]; };
}

Move shifted(const Shape& shape, int axis, int by) {
  return moved(shape, [=](Shape& place) { place[axis] += by; });
}
Move flipped(const Shape& shape, int axis) {
  return moved(shape, [=](Shape& place) { place[axis] = shape[axis] - 1 - place[axis]; });
}
Move swapped(const Shape& shape, int one, int other) {
  return moved(shape, [=](Shape& place) { std::swap(place[one], place[other]); });
}

// Whether A^T would be A's transpose if its entries were moved so. Entries that a shift moves out of the map
// are not compared, if they are the smaller part.
bool explained(const ClaimedTranspose& m, const Move& in_y, const Move& in_x) {
  std::int64_t judged = 0, out = 0;
  for (std::size_t i = 0; i < m.rows; ++i) {
    for (std::size_t j = 0; j < m.columns; ++j) {
      const double is = m.b[i * m.columns + j];
      const bool counts = std::abs(is) > m.allowed;
      const std::optional<std::size_t> from_i = in_y ? in_y(i) : i, from_j = in_x ? in_x(j) : j;
      (from_i && from_j ? judged : out) += counts;
      if (from_i && from_j && !m.equal(m.a[*from_i * m.columns + *from_j], is)) return false;
    }
  }
  return judged > out;
}

std::string factor_cause(double factor) {
  if (factor == 0) return "A^T gives only zeros";
  if (std::abs(factor + 1) < 1e-9) return "A^T has the opposite sign";
  return text("A^T is ", factor, " times what it should be");
}

std::string scaled_cause(const ClaimedTranspose& m) {
  double products = 0, squares = 0;
  for (std::size_t k = 0; k < m.a.size(); ++k) {
    products += m.a[k] * m.b[k];
    squares += m.a[k] * m.a[k];
  }
  if (squares == 0) return "A gives only zeros";
  const double factor = products / squares;
  for (std::size_t k = 0; k < m.a.size(); ++k) {
    if (!m.equal(factor * m.a[k], m.b[k])) return {};
  }
  return factor_cause(factor);
}

std::string twice_cause(const ClaimedTranspose& m) {
  if (m.x != m.y) return {};
  for (std::size_t i = 0; i < m.rows; ++i) {
    for (std::size_t j = 0; j < m.columns; ++j) {
      if (!m.equal(m.a[j * m.columns + i], m.b[i * m.columns + j])) return {};
    }
  }
  return "A^T is A itself, as if transposed twice";
}

std::string moved_cause(const ClaimedTranspose& m) {
  const Shape &x = m.x, &y = m.y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    for (const int by : {1, -1}) {
      if (explained(m, nullptr, shifted(x, axis, -by)))
        return text("A^T is shifted by ", by, " along axis ", axis, " of x");
    }
  }
  for (int axis = 0; axis < y.rank(); ++axis) {
    for (const int by : {1, -1}) {
      if (explained(m, shifted(y, axis, -by), nullptr))
        return text("A^T is shifted by ", by, " along axis ", axis, " of y");
    }
  }
  const auto tried = [&](const Shape& shape, int one, int other) {
    return one == other ? flipped(shape, one) : swapped(shape, one, other);
  };
  // An axis with itself stands for a flip.
  for (int one = 0; one < std::max(x.rank(), y.rank()); ++one) {
    for (int other = one; other < std::max(x.rank(), y.rank()); ++other) {
      const auto fits = [&](const Shape& s) { return other < s.rank() && s[one] > 1 && s[one] == s[other]; };
      const std::string what =
          one == other ? text("flipped along axis ", one) : text("axes ", one, " and ", other, " swapped");
      const std::string has = one == other ? "A^T is " : "A^T has ";
      if (fits(x) && explained(m, nullptr, tried(x, one, other))) return has + what + " in x";
      if (fits(y) && explained(m, tried(y, one, other), nullptr)) return has + what + " in y";
      if (fits(x) && fits(y) && explained(m, tried(y, one, other), tried(x, one, other)))
        return has + what + " in x and y";
    }
  }
  return {};
}

// Names the axis if all wrong entries lie at its outermost places and all inner entries are right.
std::string border_cause(const ClaimedTranspose& m) {
  for (const bool in_x : {true, false}) {
    const Shape& shape = in_x ? m.x : m.y;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      bool only = shape[axis] > 2, start = false, end = false, inner = false;
      for (std::size_t k = 0; only && k < m.a.size(); ++k) {
        const std::size_t element = in_x ? k % m.columns : k / m.columns;
        const std::int64_t place = position(shape, static_cast<std::int64_t>(element))[axis];
        const bool first = place == 0, last = place == shape[axis] - 1;
        const bool wrong = !m.equal(m.a[k], m.b[k]);
        only = !wrong || first || last;
        start = start || (wrong && first);
        end = end || (wrong && last);
        inner = inner || (!first && !last && std::abs(m.a[k]) > m.allowed);
      }
      if (!only || !inner) continue;
      return text("A^T is wrong at the border only, where ", in_x ? "x" : "y", " is at the ",
                  start && end ? "start or the end"
                  : start      ? "start"
                               : "end",
                  " of axis ", axis);
    }
  }
  return {};
}

std::string missing_cause(const ClaimedTranspose& m) {
  bool in_a = true, in_b = true;
  for (std::size_t k = 0; k < m.a.size(); ++k) {
    if (m.equal(m.a[k], m.b[k])) continue;
    in_a = in_a && m.equal(m.a[k], 0);
    in_b = in_b && m.equal(m.b[k], 0);
  }
  if (in_b)
    return "A^T has 0 wherever it differs: something is left out, or written over where it should be added";
  if (in_a)
    return "A has 0 wherever it differs: something is left out, or written over where it should be added";
  return {};
}

}  // namespace

std::string cause_of(const ClaimedTranspose& m) {
  for (const auto& guess : {scaled_cause, twice_cause, moved_cause, border_cause, missing_cause}) {
    if (std::string cause = guess(m); !cause.empty()) return cause;
  }
  return {};
}

std::string cause_of(const std::vector<std::pair<double, double>>& sides) {
  const auto has = [&](double factor) {
    return std::all_of(sides.begin(), sides.end(), [factor](const auto& side) {
      return std::abs(side.second - factor * side.first) <= 1e-9 * std::abs(side.first);
    });
  };
  if (sides.size() < 2 || sides[0].first == 0) return {};
  const double factor = sides[0].second / sides[0].first;
  return has(factor) ? factor_cause(factor) : std::string();
}

}  // namespace trous::detail
