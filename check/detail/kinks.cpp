#include <algorithm>
#include <cmath>
#include <optional>

#include <trous/autograd/recording.h>
#include <trous/check/detail/kinks.h>
#include <trous/check/detail/pieces.h>
#include <trous/core/error.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

std::vector<Piece> pieces_at(const Line& line, double t) {
  const Recording scope(Recording::everything);
  std::vector<Variable> xs;
  for (const Tensor& x : line.at(t)) xs.push_back(track(x));
  const std::vector<Variable> ys = line.f.results(line.order, xs);
  return pieces(ys, xs, line.f.cotangents(line.order, ys));
}

// The smallest step that still moves the input: some spacings of its largest element.
double min_step(const Tensor& x) { return 0x1p-50 * std::max(1.0, largest_magnitude(x)); }

}  // namespace

SmoothPart smooth_part(const Line& line, double h) {
  const std::vector<Piece> here = pieces_at(line, 0);
  const double smallest = min_step(line.moving_input());
  const auto change_at = [&](double t) -> std::optional<PieceChange> {
    try {
      return first_change(here, pieces_at(line, t));
    } catch (const Error&) {  // f throws there, so whether it is smooth is unknown
      return {};
    }
  };
  std::string kink;
  for (; h > smallest; h /= 4) {
    auto change = change_at(h);
    if (!change) change = change_at(-h);
    if (!change) return {h, kink};
    kink = change->where;
  }
  if (kink.empty()) return {h, kink};  // no step that moves the inputs shows a kink
  const auto far = change_at(0x1p28 * smallest), near = change_at(0x1p20 * smallest);
  return {0, kink, far && near && far->piece == near->piece && near->size < far->size / 16};
}

std::string one_sided_slopes(const Line& line, std::size_t p, double h, double noise) {
  constexpr int min_alike = 4;  // steps, each an eighth of the one before, over which the slopes stay apart
  const double middle = line.values(0)[p];
  double up = 0, down = 0;
  std::vector<double> apart;
  for (; apart.size() < 16; h /= 8) {
    up = (line.values(h)[p] - middle) / h;
    down = (middle - line.values(-h)[p]) / h;
    if (!(std::abs(up - down) > 100 * noise / h)) break;  // round-off is all there is
    apart.push_back(std::abs(up - down));
  }
  if (apart.size() < min_alike) return {};
  // Of a smooth function the two differ by h f'': by an eighth from step to step.
  const auto [smallest, largest] = std::minmax_element(apart.end() - min_alike, apart.end());
  if (*smallest < 0.9 * *largest) return {};
  return text("The slope is ", down, " from below and ", up, " from above, however small the step");
}

}  // namespace trous::detail
