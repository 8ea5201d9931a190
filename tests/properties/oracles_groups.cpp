// Oracles of the normalisations of groups of channels and of pixels.
#include <properties/oracles.h>

namespace trous::catalogue {
namespace {

// Which numbers are normalised together: those of a cell, which is a group of channels of a sample.
struct Cells {
  std::size_t pixels, channels, groups;
  std::size_t count;  // of cells
  Rounded values;     // of a cell

  Cells(const Array& x, std::size_t groups_of_x, bool of_pixels) : groups(groups_of_x) {
    channels = static_cast<std::size_t>(x.extent(-1));
    const auto samples = static_cast<std::size_t>(x.shape[0]);
    const std::size_t rows = x.values.size() / channels;
    pixels = of_pixels || samples == 0 ? 1 : rows / samples;
    count = rows / pixels * groups;
    values = Rounded(static_cast<double>(pixels * (channels / groups)));
  }
  std::size_t of(std::size_t e) const {
    return e / (pixels * channels) * groups + e % channels / (channels / groups);
  }
};

struct CellMoments {
  std::vector<Rounded> mean, factor;  // factor = 1 / sqrt(variance + epsilon)
};

CellMoments cell_moments(const Array& x, const Cells& cells) {
  std::vector<Sum> sums(cells.count), squares(cells.count);
  for (std::size_t e = 0; e < x.values.size(); ++e) sums[cells.of(e)] += x.values[e];
  CellMoments m;
  for (const Sum& sum : sums) m.mean.push_back(sum / cells.values);
  for (std::size_t e = 0; e < x.values.size(); ++e) {
    const Rounded centred = x.values[e] - m.mean[cells.of(e)];
    squares[cells.of(e)] += centred * centred;
  }
  for (const Sum& sum : squares) m.factor.push_back(Rounded(1) / sqrt(sum / cells.values + Rounded(1e-5)));
  return m;
}

// What the lines of one op have in common.
struct GroupOracle {
  std::size_t groups;
  bool of_pixels, rectified;

  // x slope + (offset - mean slope): the bound covers every order of these steps.
  Array value(Arrays x) const {
    const Cells cells(x[0], groups, of_pixels);
    const CellMoments m = cell_moments(x[0], cells);
    Array y(x[0].shape);
    for (std::size_t e = 0; e < y.values.size(); ++e) {
      const std::size_t c = e % cells.channels, cell = cells.of(e);
      const Rounded slope = x[1].values[c] * m.factor[cell];
      y.values[e] = x[0].values[e] * slope + (x[2].values[c] - m.mean[cell] * slope);
      if (rectified && y.values[e] < Rounded()) y.values[e].value = 0;
    }
    return y;
  }

  std::vector<Array> gradients(Arrays x, Array g) const {
    const Cells cells(x[0], groups, of_pixels);
    const CellMoments m = cell_moments(x[0], cells);
    const Array y = value(x);
    std::vector<Sum> plain(cells.channels), with_x(cells.channels), in_cell(cells.count),
        in_cell_with_x(cells.count);
    Array standard(x[0].shape), of_x(x[0].shape), of_scale(x[1].shape), of_offset(x[1].shape);
    for (std::size_t e = 0; e < g.values.size(); ++e) {
      const std::size_t c = e % cells.channels, cell = cells.of(e);
      if (rectified && y.values[e].value == 0) g.values[e] = Rounded();
      standard.values[e] = (x[0].values[e] - m.mean[cell]) * m.factor[cell];
      plain[c] += g.values[e];
      with_x[c] += g.values[e] * standard.values[e];
      in_cell[cell] += x[1].values[c] * g.values[e];
      in_cell_with_x[cell] += x[1].values[c] * g.values[e] * standard.values[e];
    }
    for (std::size_t e = 0; e < g.values.size(); ++e) {
      const std::size_t cell = cells.of(e);
      Sum terms;
      terms += x[1].values[e % cells.channels] * g.values[e];
      terms += -(in_cell[cell] / cells.values);
      terms += -(standard.values[e] * (in_cell_with_x[cell] / cells.values));
      of_x.values[e] = m.factor[cell] * terms;
    }
    of_scale.values.assign(with_x.begin(), with_x.end());
    of_offset.values.assign(plain.begin(), plain.end());
    return {of_x, of_scale, of_offset};
  }
};

const std::map<std::string, GroupOracle>& group_table() {
  static const std::map<std::string, GroupOracle> table{
      {"group_norm_two_groups", {2, false, false}},   {"group_norm_one_group", {1, false, false}},
      {"group_norm_each_channel", {3, false, false}}, {"group_norm_relu_two_groups", {2, false, true}},
      {"layer_norm_images", {1, true, false}},        {"layer_norm_relu_images", {1, true, true}},
  };
  return table;
}

}  // namespace

std::vector<Array> group_norm_gradients(const Line& line, Arrays x, const Array& seed) {
  const auto found = group_table().find(line.name());
  return found == group_table().end() ? std::vector<Array>() : found->second.gradients(x, seed);
}

Oracles group_oracles() {
  Oracles result;
  for (const auto& [name, oracle] : group_table())
    result.emplace(name, [o = oracle](Arrays x) { return o.value(x); });
  return result;
}

}  // namespace trous::catalogue
