// Oracles of ops about order and shape, and of reductions that are not linear.
#include <algorithm>
#include <cmath>
#include <properties/oracles.h>
#include <utility>

namespace trous::catalogue {
namespace {

// The elements of x that are reduced to one result of `shape`: those whose index `to` sends to `at`.
template <class To>
std::vector<Rounded> reduced_to(const Array& x, const Index& at, const To& to) {
  std::vector<Rounded> elements;
  for_each_index(x.shape, [&](const Index& i) {
    if (to(i) == at) elements.push_back(x.at(i));
  });
  return elements;
}

Rounded added(const std::vector<Rounded>& terms) {
  Sum sum;
  for (const Rounded term : terms) sum += term;
  return sum;
}

Rounded log_sum_exp(const std::vector<Rounded>& x) {
  const Rounded largest = *std::max_element(x.begin(), x.end());
  Sum sum;
  for (const Rounded v : x) sum += exp(v - largest);
  return largest + log(sum);
}

Rounded euclidean(const std::vector<Rounded>& x) {
  Sum squares;
  for (const Rounded v : x) squares += v * v;
  return sqrt(squares);
}

Rounded variance(const std::vector<Rounded>& x, std::size_t correction) {
  const Rounded mean = added(x) / Rounded(static_cast<double>(x.size()));
  Sum squares;
  for (const Rounded v : x) squares += (v - mean) * (v - mean);
  return Rounded(squares) / Rounded(static_cast<double>(x.size() - correction));
}

template <class F>
Oracle over_middle(F f) {
  return [f](Arrays x) {
    return made({x[0].extent(0), x[0].extent(2)}, [&](const Index& at) {
      return f(reduced_to(x[0], at, [](const Index& i) { return Index{i[0], i[2]}; }));
    });
  };
}

template <class F>
Oracle over_all_but_the_batch(F f) {
  return [f](Arrays x) {
    const int rank = x[0].shape.rank();
    std::vector<std::int64_t> extents(static_cast<std::size_t>(rank), 1);
    extents[0] = x[0].extent(0);
    return made(extents, [&](const Index& at) {
      return f(reduced_to(x[0], at, [](Index i) {
        std::fill(i.begin() + 1, i.end(), 0);
        return i;
      }));
    });
  };
}

// The same numbers in the same order.
Array under(const Array& x, const Shape& shape) {
  Array y(shape);
  y.values = x.values;
  return y;
}

Array tiled(const Array& x, const std::vector<std::int64_t>& repeats) {
  Shape shape = x.shape;
  for (int k = 0; k < shape.rank(); ++k) shape[k] *= repeats[static_cast<std::size_t>(k)];
  return made(shape, [&](Index i) {
    for (std::size_t k = 0; k < i.size(); ++k) i[k] %= x.extent(static_cast<int>(k));
    return x.at(i);
  });
}

// Where a place outside 0 .. extent - 1 is mirrored to, about the ends themselves.
std::int64_t mirrored(std::int64_t place, std::int64_t extent) {
  while (place < 0 || place >= extent) place = place < 0 ? -place : 2 * (extent - 1) - place;
  return place;
}

template <class Inside>
Array bordered(const Array& x, const Index& before, const Index& after, const Inside& inside) {
  Shape shape = x.shape;
  for (int k = 0; k < shape.rank(); ++k)
    shape[k] += before[static_cast<std::size_t>(k)] + after[static_cast<std::size_t>(k)];
  return made(shape, [&](Index i) {
    for (std::size_t k = 0; k < i.size(); ++k) i[k] = inside(i[k] - before[k], x.extent(static_cast<int>(k)));
    return x.at(i);
  });
}

Array running_sums(const Array& x, bool exclusive, bool reverse) {
  return made(x.shape, [&](const Index& at) {
    Sum sum;
    for (std::int64_t k = 0; k < x.extent(1); ++k) {
      const bool counts = k == at[1] ? !exclusive : reverse ? k > at[1] : k < at[1];
      Index i = at;
      i[1] = k;
      if (counts) sum += x.at(i);
    }
    return Rounded(sum);
  });
}

// The element of axis 1 that so many others come before, or its place; no two are equal.
Array in_order(const Array& x, std::int64_t count, bool descending, bool place) {
  Shape shape = x.shape;
  shape[1] = count;
  return made(shape, [&](const Index& at) {
    for (std::int64_t k = 0; k < x.extent(1); ++k) {
      Index own = at;
      own[1] = k;
      std::int64_t others = 0;
      for (std::int64_t j = 0; j < x.extent(1); ++j) {
        Index other = at;
        other[1] = j;
        others += descending ? x.at(own) < x.at(other) : x.at(other) < x.at(own);
      }
      if (others == at[1]) return place ? Rounded(static_cast<double>(k)) : x.at(own);
    }
    return Rounded(std::nan(""));
  });
}

Array depth_to_space_2x3(const Array& x) {
  const std::int64_t c = x.extent(3) / 6;
  return made({x.extent(0), 2 * x.extent(1), 3 * x.extent(2), c}, [&](const Index& i) {
    return x.at({i[0], i[1] / 2, i[2] / 3, (i[1] % 2 * 3 + i[2] % 3) * c + i[3]});
  });
}

Array space_to_depth_2x3(const Array& x) {
  const std::int64_t c = x.extent(3);
  return made({x.extent(0), x.extent(1) / 2, x.extent(2) / 3, 6 * c}, [&](const Index& i) {
    const std::int64_t part = i[3] / c;
    return x.at({i[0], 2 * i[1] + part / 3, 3 * i[2] + part % 3, i[3] % c});
  });
}

}  // namespace

Oracles order_oracles() {
  const auto around = [](std::int64_t shift) {
    return [shift](Arrays x) {
      return made(x[0].shape, [&](Index i) {
        const std::int64_t n = x[0].extent(1);
        i[1] = ((i[1] - shift) % n + n) % n;
        return x[0].at(i);
      });
    };
  };
  const auto sums = [](bool exclusive, bool reverse) {
    return [=](Arrays x) { return running_sums(x[0], exclusive, reverse); };
  };
  const auto sorted = [](bool descending, bool place) {
    return [=](Arrays x) { return in_order(x[0], x[0].extent(1), descending, place); };
  };
  return {
      {"logsumexp_middle", over_middle(log_sum_exp)},
      {"logsumexp_last_two_kept", over_all_but_the_batch(log_sum_exp)},
      {"var_unbiased", over_middle([](const std::vector<Rounded>& x) { return variance(x, 1); })},
      {"var_population_kept",
       over_all_but_the_batch([](const std::vector<Rounded>& x) { return variance(x, 0); })},
      {"norm_middle", over_middle(euclidean)},
      {"norm_last_kept", over_all_but_the_batch(euclidean)},
      {"squeeze",
       [](Arrays x) {
         return under(x[0], {x[0].extent(0), x[0].extent(2)});
       }},
      {"unsqueeze_inner",
       [](Arrays x) {
         return under(x[0], {x[0].extent(0), 1, x[0].extent(1)});
       }},
      {"unsqueeze_last",
       [](Arrays x) {
         return under(x[0], {x[0].extent(0), x[0].extent(1), 1});
       }},
      {"flip_inner",
       [](Arrays x) {
         return made(x[0].shape, [&](const Index& i) {
           return x[0].at({i[0], x[0].extent(1) - 1 - i[1], i[2]});
         });
       }},
      {"flip_batch_and_last",
       [](Arrays x) {
         return made(x[0].shape, [&](const Index& i) {
           return x[0].at({x[0].extent(0) - 1 - i[0], i[1], x[0].extent(2) - 1 - i[2]});
         });
       }},
      {"roll_forth", around(2)},
      {"roll_back_beyond_the_end", around(-7)},
      {"tile_inner",
       [](Arrays x) {
         return tiled(x[0], {1, 2, 3});
       }},
      {"tile_batch",
       [](Arrays x) {
         return tiled(x[0], {3, 1});
       }},
      {"split",
       [](Arrays x) {
         return made({x[0].extent(0), 3, x[0].extent(2)}, [&](const Index& i) {
           return x[0].at({i[0], 1 + i[1], i[2]});
         });
       }},
      {"pad_reflect",
       [](Arrays x) {
         return bordered(x[0], {0, 3, 1}, {0, 2, 2}, mirrored);
       }},
      {"pad_edge",
       [](Arrays x) {
         return bordered(x[0], {0, 4, 1}, {0, 2, 0}, [](std::int64_t place, std::int64_t extent) {
           return std::clamp<std::int64_t>(place, 0, extent - 1);
         });
       }},
      {"one_hot",
       [](Arrays x) {
         return made({x[0].extent(0), x[0].extent(1), 4}, [&](const Index& i) {
           return Rounded(x[0].at({i[0], i[1]}).value == static_cast<long double>(i[2]) ? 1 : 0);
         });
       }},
      {"cumsum_middle", sums(false, false)},
      {"cumsum_exclusive", sums(true, false)},
      {"cumsum_reverse", sums(false, true)},
      {"cumsum_exclusive_reverse", sums(true, true)},
      {"argsort_ascending", sorted(false, true)},
      {"argsort_descending", sorted(true, true)},
      {"sort_ascending", sorted(false, false)},
      {"sort_descending", sorted(true, false)},
      {"topk", [](Arrays x) { return in_order(x[0], 2, true, false); }},
      {"pixel_shuffle", [](Arrays x) { return depth_to_space_2x3(x[0]); }},
      {"pixel_unshuffle", [](Arrays x) { return space_to_depth_2x3(x[0]); }},
  };
}

}  // namespace trous::catalogue
