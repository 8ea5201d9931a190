#include <trous/core/error.h>
#include <trous/core/pixels.h>

namespace trous {
namespace {

constexpr WindowAxis one_pixel{.in = 1, .out = 1, .taps = 1, .stride = 1, .rate = 1, .before = 0};

bool counts_from_one(const WindowAxis& axis) { return axis.taps > 0 && axis.stride > 0 && axis.rate > 0; }

std::string no_windows(const WindowAxis& axis) {
  return text("its windows have ", axis.taps, " taps, stride ", axis.stride, " and rate ", axis.rate,
              ", which count from 1");
}

// The sizes of a map that has sizes.
struct Sizes {
  HeightWidth from, to;
};

std::optional<Sizes> sizes_of(const Pixels& pixels) {
  if (const auto* resized = std::get_if<Pixels::Resized>(&pixels.map))
    return Sizes{resized->from, resized->to};
  const Windows* const w = pixels.windows();
  if (!w) return std::nullopt;
  const HeightWidth in{w->height.in, w->width.in}, out{w->height.out, w->width.out};
  return std::holds_alternative<Pixels::Scattered>(pixels.map) ? Sizes{out, in} : Sizes{in, out};
}

}  // namespace

Pixels Pixels::product(std::int64_t rows, std::int64_t inner, std::int64_t columns) {
  return {Same{.every_input = false}, ConvGeometry{rows, inner, columns, one_pixel, one_pixel}};
}

Pixels Pixels::transposed() const {
  if (const auto* gathered = std::get_if<Gathered>(&map)) return {Scattered{gathered->windows}, form};
  if (const auto* scattered = std::get_if<Scattered>(&map)) return {Gathered{scattered->windows}, form};
  if (std::holds_alternative<Same>(map) || std::holds_alternative<Reshaped>(map)) return *this;
  return {Unknown{}, form};
}

Pixels Pixels::of_weights() const {
  const auto* const same = std::get_if<Same>(&map);
  return same && same->every_input ? *this : Pixels{Unknown{}, form};
}

Pixels Pixels::of_gradient() const { return form == no_form ? mixed() : Pixels{}; }

const Windows* Pixels::windows() const {
  if (const auto* gathered = std::get_if<Gathered>(&map)) return &gathered->windows;
  const auto* const scattered = std::get_if<Scattered>(&map);
  return scattered ? &scattered->windows : nullptr;
}

std::optional<std::int64_t> Pixels::multiply_adds(Taps taps) const {
  if (!form) return std::nullopt;
  const auto reads = taps == Taps::all ? reads_nominal : reads_inside;
  return form->batch * (form->in_channels / form->groups) * form->out_channels * reads(form->height) *
         reads(form->width);
}

std::string Pixels::contradiction(const Shape& input, const Shape& result) const {
  if (const Windows* const w = windows()) {
    if (!counts_from_one(w->height)) return no_windows(w->height);
    if (!counts_from_one(w->width)) return no_windows(w->width);
  }
  const auto sizes = sizes_of(*this);
  if (!sizes) return {};
  const auto& [from, to] = *sizes;
  const auto has = [](const Shape& shape, HeightWidth size) {
    return shape.rank() == 4 && HeightWidth{shape[1], shape[2]} == size;
  };
  // The places that a maximum pool makes stand in a row, [n, h w, c].
  if (has(input, from) && (result.rank() != 4 || has(result, to))) return {};
  return text("its pixels go from ", from.height, 'x', from.width, " to ", to.height, 'x', to.width,
              ", the input is ", input, ", the result ", result);
}

}  // namespace trous
