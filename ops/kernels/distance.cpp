#include <limits>

#include <trous/ops/kernels/distance.h>

namespace trous::kernels {
namespace {

constexpr double infinite_distance = std::numeric_limits<double>::infinity();

// d(q) = min over v of f(v) + (q - v)^2 along one line: the lower envelope of parabolas. `vertices` and
// `starts` are scratch: parabola k is lowest from starts[k] on.
class LineTransform {
 public:
  explicit LineTransform(std::int64_t length)
      : f_(static_cast<std::size_t>(length)), vertices_(f_.size()), starts_(f_.size()) {}

  // The elements of the line are those of `values` from `first` on, `stride` apart.
  void operator()(std::vector<double>& values, std::size_t first, std::size_t stride) {
    for (std::size_t q = 0; q < f_.size(); ++q) f_[q] = values[first + q * stride];
    const std::size_t parabolas = envelope();
    if (parabolas == 0) return;
    for (std::size_t q = 0, k = 0; q < f_.size(); ++q) {
      while (k + 1 < parabolas && starts_[k + 1] < static_cast<double>(q)) ++k;
      values[first + q * stride] = height(vertices_[k], static_cast<double>(q));
    }
  }

 private:
  double height(std::size_t vertex, double q) const {
    const double way = q - static_cast<double>(vertex);
    return f_[vertex] + way * way;
  }

  // Where the parabola at v falls below the one at u < v.
  double crossing(std::size_t u, std::size_t v) const {
    const auto a = static_cast<double>(u), b = static_cast<double>(v);
    return ((f_[v] + b * b) - (f_[u] + a * a)) / (2 * (b - a));
  }

  std::size_t envelope() {
    std::size_t count = 0;
    for (std::size_t v = 0; v < f_.size(); ++v) {
      if (f_[v] == infinite_distance) continue;
      while (count > 0 && crossing(vertices_[count - 1], v) <= starts_[count - 1]) --count;
      starts_[count] = count > 0 ? crossing(vertices_[count - 1], v) : -infinite_distance;
      vertices_[count++] = v;
    }
    return count;
  }

  std::vector<double> f_;
  std::vector<std::size_t> vertices_;
  std::vector<double> starts_;
};

}  // namespace

std::vector<double> squared_distances(std::span<const std::uint8_t> seeds, std::int64_t height,
                                      std::int64_t width) {
  std::vector<double> values(seeds.size());
  for (std::size_t i = 0; i < seeds.size(); ++i) values[i] = seeds[i] ? 0 : infinite_distance;
  const auto rows = static_cast<std::size_t>(height), columns = static_cast<std::size_t>(width);
  LineTransform along_row(width), along_column(height);
  for (std::size_t row = 0; row < rows; ++row) along_row(values, row * columns, 1);
  for (std::size_t column = 0; column < columns; ++column) along_column(values, column, columns);
  return values;
}

}  // namespace trous::kernels
