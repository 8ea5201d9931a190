#include <algorithm>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/fast/filter_columns.h>

namespace trous::kernels::fast {
namespace {

// The columns begin(b) <= column < end(b) meet tap b, and the taps that a column meets are neighbours.
template <class Begin, class End>
std::vector<ColumnPart> parts_of(std::int64_t taps, std::int64_t columns, const Begin& begin,
                                 const End& end) {
  std::vector<std::int64_t> cuts{0, columns};
  for (std::int64_t b = 0; b < taps; ++b) {
    cuts.push_back(begin(b));
    cuts.push_back(std::max(begin(b), end(b)));
  }
  std::sort(cuts.begin(), cuts.end());
  std::vector<ColumnPart> parts;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    ColumnPart part{cuts[k], cuts[k + 1] - cuts[k], 0, 0};
    if (part.count == 0) continue;
    for (std::int64_t b = 0; b < taps; ++b) {
      if (begin(b) > part.first || end(b) <= part.first) continue;
      if (part.taps++ == 0) part.b = b;
    }
    if (part.taps > 0) parts.push_back(part);
  }
  return parts;
}

}  // namespace

std::vector<ColumnPart> column_parts(const WindowAxis& a) {
  const auto begin = [&](std::int64_t b) {
    const std::int64_t lack = a.before - b * a.rate;
    return std::clamp<std::int64_t>(lack <= 0 ? 0 : lack / a.stride + (lack % a.stride != 0), 0, a.out);
  };
  const auto end = [&](std::int64_t b) {
    const std::int64_t room = a.in - 1 + a.before - b * a.rate;
    return room < 0 ? std::int64_t{0} : std::min(a.out, room / a.stride + 1);
  };
  if (a.rate == 1) return parts_of(a.taps, a.out, begin, end);
  std::vector<ColumnPart> parts;
  for (std::int64_t b = 0; b < a.taps; ++b) {
    if (begin(b) < end(b)) parts.push_back({begin(b), end(b) - begin(b), b, 1});
  }
  return parts;
}

std::vector<ColumnPart> input_column_parts(const WindowAxis& a, std::int64_t max_taps) {
  std::vector<ColumnPart> parts;
  const auto begin = [&](std::int64_t b) { return std::clamp<std::int64_t>(b * a.rate - a.before, 0, a.in); };
  const auto end = [&](std::int64_t b) {
    return std::clamp<std::int64_t>(a.out + b * a.rate - a.before, 0, a.in);
  };
  for (const ColumnPart& whole : parts_of(a.taps, a.in, begin, end)) {
    const std::int64_t count = chunks(whole.taps, max_taps);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t first = whole.taps * i / count, last = whole.taps * (i + 1) / count;
      parts.push_back({whole.first, whole.count, whole.b + first, last - first});
    }
  }
  return parts;
}

}  // namespace trous::kernels::fast
