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

std::vector<Piece> pieces_at(const Phi& phi, int order, const std::vector<Tensor>& at) {
  const Recording scope(Recording::everything);
  std::vector<Variable> xs;
  for (const Tensor& x : at) xs.push_back(track(x));
  const std::vector<Variable> ys = phi.results(order, xs);
  return pieces(ys, xs, phi.cotangents(order, ys));
}

// The least step that still moves the input: some spacings of its largest element.
double least_step(const Tensor& x) { return 0x1p-50 * std::max(1.0, largest_magnitude(x)); }

}  // namespace

SmoothPart smooth_part(const Phi& phi, int order, int input, const Tensor& u, double h) {
  const std::vector<Piece> here = pieces_at(phi, order, phi.inputs());
  const double least = least_step(phi.inputs()[static_cast<std::size_t>(input)]);
  const auto change_at = [&](double t) -> std::optional<PieceChange> {
    try {
      return first_change(here, pieces_at(phi, order, phi.moved(input, u, t)));
    } catch (const Error&) {  // f throws there: nothing is known of it
      return {};
    }
  };
  std::string kink;
  for (; h > least; h /= 4) {
    auto change = change_at(h);
    if (!change) change = change_at(-h);
    if (!change) return {h, kink};
    kink = change->where;
  }
  if (kink.empty()) return {h, kink};  // no step that moves the inputs shows a kink
  const auto far = change_at(0x1p28 * least), near = change_at(0x1p20 * least);
  return {0, kink, far && near && far->piece == near->piece && near->size < far->size / 16};
}

std::string one_sided(const Phi& phi, int order, int input, const Tensor& u, double h, std::size_t which,
                      double noise) {
  constexpr int alike = 4;  // steps, each an eighth of the one before, over which the slopes stay apart
  const double middle = phi.values(order, phi.inputs())[which];
  double up = 0, down = 0;
  std::vector<double> apart;
  for (; apart.size() < 16; h /= 8) {
    up = (phi.values(order, phi.moved(input, u, h))[which] - middle) / h;
    down = (middle - phi.values(order, phi.moved(input, u, -h))[which]) / h;
    if (!(std::abs(up - down) > 100 * noise / h)) break;  // round-off is all there is
    apart.push_back(std::abs(up - down));
  }
  if (apart.size() < alike) return {};
  // Of a smooth function the two differ by h f'': by an eighth from step to step.
  const auto [least, most] = std::minmax_element(apart.end() - alike, apart.end());
  if (*least < 0.9 * *most) return {};
  return text("The slope is ", down, " from below and ", up, " from above, however small the step");
}

}  // namespace trous::detail
