// Oracles of what works along axes: sums, extremes, softmax, products of matrices, and everything that moves
// elements to another place.
#include <algorithm>
#include <map>
#include <properties/oracles.h>
#include <string>

namespace trous::catalogue {
namespace {

std::int64_t& entry(Index& index, int axis) { return index[static_cast<std::size_t>(axis)]; }

// Elements added to where `to` sends their index.
template <class To>
Array summed(const Array& x, const Shape& shape, const To& to) {
  std::vector<Sum> sums(static_cast<std::size_t>(shape.elements()));
  Array result(shape);
  for_each_index(x.shape, [&](const Index& i) { sums[result.place(to(i))] += x.at(i); });
  std::copy(sums.begin(), sums.end(), result.values.begin());
  return result;
}

Array divided(Array x, std::int64_t by) {
  for (Rounded& v : x.values) v = v / Rounded(static_cast<double>(by));
  return x;
}

// The extreme along axis 1 of a matrix, or its place.
Array extreme(const Array& x, double sign, bool place, bool keep) {
  const Shape shape = keep ? Shape{x.extent(0), 1} : Shape{x.extent(0)};
  return made(shape, [&](const Index& i) {
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < x.extent(1); ++k) {
      if (Rounded(sign) * x.at({i[0], best}) < Rounded(sign) * x.at({i[0], k})) best = k;
    }
    return place ? Rounded(static_cast<double>(best)) : x.at({i[0], best});
  });
}

Array extreme_of_all(const Array& x, double sign) {
  Array result{Shape{}};
  result.values[0] = *std::max_element(x.values.begin(), x.values.end(), [&](Rounded a, Rounded b) {
    return Rounded(sign) * a < Rounded(sign) * b;
  });
  return result;
}

Array log_softmax(const Array& x, int axis) {
  return made(x.shape, [&](const Index& at) {
    Index i = at;
    const auto along = [&](std::int64_t k) { return entry(i, axis) = k, x.at(i); };
    Rounded most = along(0);
    for (std::int64_t k = 1; k < x.extent(axis); ++k) most = std::max(most, along(k));
    Sum sum;
    for (std::int64_t k = 0; k < x.extent(axis); ++k) sum += exp(along(k) - most);
    return x.at(at) - most - log(sum);
  });
}

Array softmax(const Array& x, int axis) {
  Array y = log_softmax(x, axis);
  for (Rounded& v : y.values) v = exp(v);
  return y;
}

Array permuted(const Array& x, const std::vector<int>& order) {
  std::vector<std::int64_t> extents;
  for (const int k : order) extents.push_back(x.extent(k));
  return made(extents, [&](const Index& at) {
    Index from(at.size());
    for (std::size_t k = 0; k < order.size(); ++k) entry(from, order[k]) = at[k];
    return x.at(from);
  });
}

Array concatenated(const Array& a, const Array& b, int axis) {
  Shape shape = a.shape;
  shape[axis] += b.extent(axis);
  return made(shape, [&](const Index& at) {
    Index i = at;
    if (entry(i, axis) < a.extent(axis)) return a.at(i);
    entry(i, axis) -= a.extent(axis);
    return b.at(i);
  });
}

// Element 0 of the new axis is from a, element 1 from b.
Array stacked(const Array& a, const Array& b, std::ptrdiff_t axis) {
  std::vector<std::int64_t> extents(a.shape.begin(), a.shape.end());
  extents.insert(extents.begin() + axis, 2);
  return made(extents, [&](Index i) {
    const std::int64_t which = *(i.begin() + axis);
    i.erase(i.begin() + axis);
    return which == 0 ? a.at(i) : b.at(i);
  });
}

// y[i] = x[i - before], and 0 where that is outside: padding, or with negative counts cropping.
Array moved(const Array& x, const Index& before, const Index& after) {
  Shape shape = x.shape;
  for (int k = 0; k < shape.rank(); ++k) {
    shape[k] += before[static_cast<std::size_t>(k)] + after[static_cast<std::size_t>(k)];
  }
  return made(shape, [&](Index i) {
    for (std::size_t k = 0; k < i.size(); ++k) {
      i[k] -= before[k];
      if (i[k] < 0 || i[k] >= x.extent(static_cast<int>(k))) return Rounded();
    }
    return x.at(i);
  });
}

// The axes before the last two broadcast.
Array matmul(const Array& a, const Array& b) {
  const int rank = std::max(a.shape.rank(), b.shape.rank());
  const auto extent = [rank](const Array& x, int axis) {
    const int missing = rank - x.shape.rank();
    return axis < missing ? 1 : x.extent(axis - missing);
  };
  // Element [row, column] of the matrix of x that the index i of the product lies in.
  const auto element = [&](const Array& x, const Index& i, std::int64_t row, std::int64_t column) {
    Index place;
    for (int axis = rank - x.shape.rank(); axis + 2 < rank; ++axis)
      place.push_back(extent(x, axis) == 1 ? 0 : i[static_cast<std::size_t>(axis)]);
    place.push_back(row);
    place.push_back(column);
    return x.at(place);
  };
  Shape shape = a.shape.rank() == rank ? a.shape : b.shape;
  for (int axis = 0; axis + 2 < rank; ++axis)
    shape[axis] = extent(a, axis) == 1 ? extent(b, axis) : extent(a, axis);
  shape[rank - 2] = extent(a, rank - 2);
  shape[rank - 1] = extent(b, rank - 1);
  return made(shape, [&](const Index& i) {
    Sum sum;
    for (std::int64_t k = 0; k < extent(a, rank - 1); ++k)
      sum += element(a, i, i[i.size() - 2], k) * element(b, i, k, i.back());
    return Rounded(sum);
  });
}

// letters[i] names the axes of x[i]; every index that `output` has not is summed.
Array einsum(const std::vector<std::string>& letters, const std::string& output, Arrays x) {
  std::map<char, std::int64_t> extents;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < letters[i].size(); ++k)
      extents[letters[i][k]] = x[i].extent(static_cast<int>(k));
  }
  std::vector<std::int64_t> shape;
  for (const char letter : output) shape.push_back(extents.at(letter));
  return made(Shape(shape), [&](const Index& i) {
    std::map<char, std::int64_t> at;
    for (const auto& [letter, extent] : extents) at[letter] = 0;
    for (std::size_t k = 0; k < output.size(); ++k) at[output[k]] = i[k];
    Sum sum;
    for (bool more = true; more;) {
      Rounded product(1);
      for (std::size_t o = 0; o < x.size(); ++o) {
        Index place;
        for (const char letter : letters[o]) place.push_back(at[letter]);
        product = product * x[o].at(place);
      }
      sum += product;
      more = false;
      for (auto& [letter, value] : at) {
        if (output.find(letter) != std::string::npos) continue;
        more = ++value < extents[letter];
        if (more) break;
        value = 0;
      }
    }
    return Rounded(sum);
  });
}

// Blocks of 2 x 3: image (p 3 + q) n + b of the batch holds the pixels (2 i + p, 3 j + q) of image b.
Array space_to_batch_2x3(const Array& x, std::int64_t top, std::int64_t right) {
  const std::int64_t n = x.extent(0);
  return made({6 * n, (x.extent(1) + top) / 2, (x.extent(2) + right) / 3, x.extent(3)}, [&](const Index& i) {
    const std::int64_t p = i[0] / n / 3, q = i[0] / n % 3, row = 2 * i[1] + p - top, column = 3 * i[2] + q;
    const bool inside = row >= 0 && column < x.extent(2);
    return inside ? x.at({i[0] % n, row, column, i[3]}) : Rounded();
  });
}

Array batch_to_space_2x3(const Array& x, std::int64_t bottom, std::int64_t left) {
  const std::int64_t n = x.extent(0) / 6;
  return made({n, 2 * x.extent(1) - bottom, 3 * x.extent(2) - left, x.extent(3)}, [&](const Index& i) {
    const std::int64_t row = i[1], column = i[2] + left;
    return x.at({(row % 2 * 3 + column % 3) * n + i[0], row / 2, column / 3, i[3]});
  });
}

}  // namespace

Oracles axis_oracles() {
  return {
      {"matmul", [](Arrays x) { return matmul(x[0], x[1]); }},
      {"einsum_batches",
       [](Arrays x) {
         return einsum({"nij", "njk"}, "nki", x);
       }},
      {"einsum_summed_alone",
       [](Arrays x) {
         return einsum({"nsj", "ajc"}, "nc", x);
       }},
      {"einsum_outer",
       [](Arrays x) {
         return einsum({"bi", "k"}, "bik", x);
       }},
      {"einsum_one", [](Arrays x) { return einsum({"nijk"}, "nkj", x); }},
      {"einsum_three",
       [](Arrays x) {
         return einsum({"ni", "ij", "jk"}, "nk", x);
       }},
      {"sum_all", [](Arrays x) { return summed(x[0], {}, [](const Index&) { return Index{}; }); }},
      {"sum_axes_0_2",
       [](Arrays x) { return summed(x[0], {x[0].extent(1)}, [](const Index& i) { return Index{i[1]}; }); }},
      {"mean_all",
       [](Arrays x) {
         return divided(summed(x[0], {}, [](const Index&) { return Index{}; }), x[0].shape.elements());
       }},
      {"mean_axis_1_kept",
       [](Arrays x) {
         const auto row = [](const Index& i) { return Index{i[0], 0}; };
         return divided(summed(x[0], {x[0].extent(0), 1}, row), x[0].extent(1));
       }},
      {"mean_axes_1_2",
       [](Arrays x) {
         const auto image = [](const Index& i) { return Index{i[0], i[3]}; };
         return divided(summed(x[0], {x[0].extent(0), x[0].extent(3)}, image),
                        x[0].extent(1) * x[0].extent(2));
       }},
      {"sum_to_ends",
       [](Arrays x) {
         return summed(x[0], {3, 1}, [](const Index& i) { return Index{i[1], 0}; });
       }},
      {"max_all", [](Arrays x) { return extreme_of_all(x[0], 1); }},
      {"max_axis_1", [](Arrays x) { return extreme(x[0], 1, false, false); }},
      {"min_all", [](Arrays x) { return extreme_of_all(x[0], -1); }},
      {"min_axis_1", [](Arrays x) { return extreme(x[0], -1, false, true); }},
      {"argmax", [](Arrays x) { return extreme(x[0], 1, true, false); }},
      {"broadcast_to_middle",
       [](Arrays x) {
         return made({x[0].extent(0), 4, 3}, [&](const Index& i) { return x[0].broadcast_at(i); });
       }},
      {"broadcast_to_front",
       [](Arrays x) {
         return made({2, 4, 3}, [&](const Index& i) { return x[0].broadcast_at(i); });
       }},
      {"log_softmax", [](Arrays x) { return log_softmax(x[0], x[0].shape.rank() - 1); }},
      {"log_softmax_middle", [](Arrays x) { return log_softmax(x[0], 1); }},
      {"softmax_last", [](Arrays x) { return softmax(x[0], x[0].shape.rank() - 1); }},
      {"softmax_middle", [](Arrays x) { return softmax(x[0], 1); }},
      {"reshape_derived",
       [](Arrays x) {
         Array y({x[0].shape.elements() / 12, 4, 3});
         y.values = x[0].values;
         return y;
       }},
      {"permute_inner",
       [](Arrays x) {
         return permuted(x[0], {0, 2, 1});
       }},
      {"permute_cycle",
       [](Arrays x) {
         return permuted(x[0], {2, 0, 1});
       }},
      {"concat_axis_1", [](Arrays x) { return concatenated(x[0], x[1], 1); }},
      {"concat_axis_0", [](Arrays x) { return concatenated(x[0], x[1], 0); }},
      {"stack_last", [](Arrays x) { return stacked(x[0], x[1], 2); }},
      {"stack_first", [](Arrays x) { return stacked(x[0], x[1], 0); }},
      {"slice_steps",
       [](Arrays x) {
         return made({x[0].extent(0), 3, 2}, [&](const Index& i) {
           return x[0].at({i[0], 1 + 2 * i[1], 2 + i[2]});
         });
       }},
      {"pad_sides",
       [](Arrays x) {
         return moved(x[0], {0, 1, 2}, {0, 2, 0});
       }},
      {"crop_sides",
       [](Arrays x) {
         return moved(x[0], {0, -1, -2}, {0, -2, 0});
       }},
      {"gather_axis_1",
       [](Arrays x) {
         return made(x[1].shape, [&](const Index& i) {
           return x[0].at({i[0], static_cast<std::int64_t>(x[1].at(i).value), i[2]});
         });
       }},
      {"scatter_add_axis_1",
       [](Arrays x) {
         return summed(x[0], {x[0].extent(0), 4, x[0].extent(2)}, [&](const Index& i) {
           return Index{i[0], static_cast<std::int64_t>(x[1].at(i).value), i[2]};
         });
       }},
      {"space_to_batch_2x3", [](Arrays x) { return space_to_batch_2x3(x[0], 1, 1); }},
      {"batch_to_space_2x3", [](Arrays x) { return batch_to_space_2x3(x[0], 1, 1); }},
  };
}

}  // namespace trous::catalogue
