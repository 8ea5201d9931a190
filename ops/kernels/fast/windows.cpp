#include <algorithm>
#include <utility>

#include <trous/ops/kernels/fast/windows.h>

namespace trous::kernels::fast {
namespace {

// Cuts phase `number` where a tap begins or ends to reach into the image.
void add_spans(const Phase& phase, std::int64_t number, std::int64_t width, std::vector<ColumnSpan>& spans) {
  std::vector<std::int64_t> cuts{0, phase.count};
  for (const ColumnTap& tap : phase.taps) {
    const Reach reach = reach_of(phase, tap.shift, width);
    if (reach.begin < reach.end) cuts.insert(cuts.end(), {reach.begin, reach.end});
  }
  std::sort(cuts.begin(), cuts.end());
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    if (cuts[k] == cuts[k + 1]) continue;
    ColumnSpan span{number, cuts[k], cuts[k + 1] - cuts[k], {}};
    for (const ColumnTap& tap : phase.taps) {
      const Reach reach = reach_of(phase, tap.shift, width);
      if (reach.begin <= cuts[k] && cuts[k] < reach.end) span.taps.push_back(tap);
    }
    spans.push_back(std::move(span));
  }
}

WindowPlan with_spans(Gather gather) {
  WindowPlan plan{std::move(gather), {}};
  for (std::size_t q = 0; q < plan.phases.size(); ++q)
    add_spans(plan.phases[q], static_cast<std::int64_t>(q), plan.in_width, plan.columns);
  return plan;
}

// A gather knows the images of both sides, not how their channels meet.
ConvGeometry images_of(const DepthwiseGeometry& g) {
  return {g.batch, g.channels, g.channels * g.multiplier, g.height, g.width};
}

}  // namespace

WindowPlan windows_forward(const DepthwiseGeometry& g) { return with_spans(gather_forward(images_of(g))); }

WindowPlan windows_transposed(const DepthwiseGeometry& g) {
  return with_spans(gather_transposed(images_of(g)));
}

}  // namespace trous::kernels::fast
