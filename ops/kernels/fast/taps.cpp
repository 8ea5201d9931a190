#include <algorithm>
#include <utility>

#include <trous/ops/kernels/fast/taps.h>

namespace trous::kernels::fast {
namespace {

// Every row has room for all taps, so that it is allocated once.
std::vector<std::vector<RowTap>> empty_rows(std::int64_t count, std::int64_t taps) {
  std::vector<std::vector<RowTap>> rows(static_cast<std::size_t>(count));
  for (std::vector<RowTap>& row : rows) row.reserve(static_cast<std::size_t>(taps));
  return rows;
}

std::vector<std::vector<RowTap>> rows_transposed(const WindowAxis& h) {
  auto rows = empty_rows(h.in, std::min(h.taps, h.out));
  for (std::int64_t a = 0; a < h.taps; ++a) {
    for (std::int64_t k = 0; k < h.out; ++k) {
      const std::int64_t i = k * h.stride + a * h.rate - h.before;
      if (i >= 0 && i < h.in) rows[static_cast<std::size_t>(i)].push_back({a, k});
    }
  }
  return rows;
}

std::vector<Phase> phase_forward(const WindowAxis& w) {
  Phase phase{.first = 0, .step_out = 1, .count = w.out, .step_in = w.stride, .taps = {}};
  for (std::int64_t b = 0; b < w.taps; ++b) phase.taps.push_back({b, b * w.rate - w.before});
  return {phase};
}

std::vector<Phase> phases_transposed(const WindowAxis& w) {
  std::vector<Phase> phases;
  for (std::int64_t first = 0; first < std::min(w.stride, w.in); ++first) {
    Phase phase{.first = first,
                .step_out = w.stride,
                .count = (w.in - 1 - first) / w.stride + 1,
                .step_in = 1,
                .taps = {}};
    for (std::int64_t b = w.taps; b-- > 0;) {
      const std::int64_t place = first + w.before - b * w.rate;
      if (place % w.stride == 0) phase.taps.push_back({b, place / w.stride});
    }
    phases.push_back(std::move(phase));
  }
  return phases;
}

// The images of one side of the form.
struct Images {
  std::int64_t height, width, channels;
};

Gather gather(const ConvGeometry& g, const Images& in, const Images& out,
              std::vector<std::vector<RowTap>> rows, std::vector<Phase> phases) {
  return {.batch = g.batch,
          .in_height = in.height,
          .in_width = in.width,
          .in_channels = in.channels,
          .out_height = out.height,
          .out_width = out.width,
          .out_channels = out.channels,
          .kernel_height = g.height.taps,
          .kernel_width = g.width.taps,
          .rows = std::move(rows),
          .phases = std::move(phases)};
}

}  // namespace

std::vector<std::vector<RowTap>> rows_forward(const WindowAxis& h) {
  auto rows = empty_rows(h.out, std::min(h.taps, h.in));
  for (std::int64_t i = 0; i < h.out; ++i) {
    for (std::int64_t a = 0; a < h.taps; ++a) {
      const std::int64_t row = i * h.stride + a * h.rate - h.before;
      if (row >= 0 && row < h.in) rows[static_cast<std::size_t>(i)].push_back({a, row});
    }
  }
  return rows;
}

Gather gather_forward(const ConvGeometry& g) {
  return gather(g, {g.height.in, g.width.in, g.in_channels}, {g.height.out, g.width.out, g.out_channels},
                rows_forward(g.height), phase_forward(g.width));
}

Gather gather_transposed(const ConvGeometry& g) {
  return gather(g, {g.height.out, g.width.out, g.out_channels}, {g.height.in, g.width.in, g.in_channels},
                rows_transposed(g.height), phases_transposed(g.width));
}

Reach reach_of(const Phase& phase, std::int64_t shift, std::int64_t width) {
  const std::int64_t s = phase.step_in;
  const std::int64_t begin = shift >= 0 ? 0 : -shift / s + (-shift % s != 0);
  const std::int64_t end = shift >= width ? 0 : (width - 1 - shift) / s + 1;
  return {std::min(begin, phase.count), std::clamp<std::int64_t>(end, 0, phase.count)};
}

}  // namespace trous::kernels::fast
