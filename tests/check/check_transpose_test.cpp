// check_transpose: right pairs pass, and each way to be wrong is told with its place, its numbers and its
// cause.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include <trous/check/check_transpose.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

Domain f64(const Shape& shape) { return {shape, DType::float64}; }

/// A map of images [1, h, w, 1] written as a loop: y[i, j] = sum of taps[p][q] x[i + p - 1, j + q - 1], and
/// its transpose, each with a slip that can be asked for.
struct Correlation {
  Shape shape{1, 5, 4, 1};
  double taps[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  int moved = 0;         // along the width
  bool flipped = false;  // the filter, in height
  bool cut = false;      // the last column gets nothing

  double at(std::int64_t p, std::int64_t q) const { return taps[flipped ? 2 - p : p][q]; }

  Variable operator()(const Variable& x, bool transposed) const {
    return visit_floating("correlation", x.dtype(), [&]<class T> {
      Tensor y = Tensor::zeros(shape, x.dtype());
      const auto in = x.value().values<T>();
      const auto out = y.mutable_values<T>();
      const std::int64_t h = shape[1], w = shape[2];
      for (std::int64_t i = 0; i < h; ++i) {
        for (std::int64_t j = 0; j < w; ++j) {
          for (std::int64_t p = 0; p < 3; ++p) {
            for (std::int64_t q = 0; q < 3; ++q) {
              const std::int64_t row = i + p - 1, column = j + q - 1 + moved;
              if (row < 0 || row >= h || column < 0 || column >= w || (cut && column == w - 1)) continue;
              const auto here = static_cast<std::size_t>(i * w + j),
                         there = static_cast<std::size_t>(row * w + column);
              if (transposed) {
                out[there] += static_cast<T>(at(p, q)) * in[here];
              } else {
                out[here] += static_cast<T>(at(p, q)) * in[there];
              }
            }
          }
        }
      }
      return Variable(y);
    });
  }
};

LinearFunction forward(Correlation c = {}) {
  return [c](const Variable& x) { return c(x, false); };
}
LinearFunction backward(Correlation c = {}) {
  return [c](const Variable& x) { return c(x, true); };
}
const Domain image = f64({1, 5, 4, 1});

/// Row i of the matrix times x; `transposed`, column j times y.
LinearFunction matrix(std::vector<List> m, bool transposed = false) {
  return [m, transposed](const Variable& x) {
    List out(transposed ? m[0].size() : m.size());
    const auto in = x.value().cast(DType::float64).to_vector<double>();
    for (std::size_t i = 0; i < m.size(); ++i)
      for (std::size_t j = 0; j < m[0].size(); ++j)
        transposed ? out[j] += m[i][j] * in[i] : out[i] += m[i][j] * in[j];
    return Variable(vec(out).cast(x.dtype()));
  };
}

TEST(CheckTranspose, PassesARightPairAndCountsWhatItSaw) {
  const TransposeReport report =
      check_transpose("correlation", forward(), backward(), image, image, {.integers = true});
  EXPECT_TRUE(report.passed()) << report;
  EXPECT_EQ(report.failures(), "");
  ASSERT_EQ(report.rows.size(), 8U);
  std::vector<std::string> checks;
  for (const TransposeCheckRow& row : report.rows) {
    checks.push_back(row.check);
    EXPECT_NE(row.left, 0) << row.check << ": zeros prove nothing";
  }
  EXPECT_EQ(checks, (std::vector<std::string>{"dot test", "A adds", "A scales", "A^T adds", "A^T scales",
                                              "entries", "integers f32", "integers f64"}));
  EXPECT_EQ(report.rows[0].checked, 3);
  EXPECT_EQ(report.rows[1].checked, 3 * 20);
  EXPECT_EQ(report.rows[2].checked, 3 * 3 * 20);
  EXPECT_EQ(report.rows[5].checked, 400);
  EXPECT_EQ(report.rows[6].left, std::round(report.rows[6].left)) << "whole numbers";
  EXPECT_LT(std::abs(report.rows[6].left), 20 * 45 * 16 + 1);
}

TEST(CheckTranspose, PassesWhatTransposeMakes) {
  const LinearFunction f = [](const Variable& x) { return scale(sum_of({2, 3})(x), 0.3); };
  const TransposeReport report = check_transpose("sum", f, transpose(f, f64({2, 3})), f64({2, 3}), f64({}));
  EXPECT_TRUE(report.passed()) << report;
  EXPECT_EQ(report.rows.at(5).checked, 6);
}

TEST(CheckTranspose, PrintsATable) {
  const auto m = std::vector<List>{{1, 2}, {0, 0.5}, {4, 0}};
  const auto wrong = std::vector<List>{{1, 2}, {0, 0}, {4, 0}};
  const TransposeReport report = check_transpose("small", matrix(m), matrix(wrong, true), f64({2}), f64({3}));
  EXPECT_EQ(
      text(report),
      "small: A^T against A, x f64[2], y f64[3]\n"
      "  check          checked          left         right       gap     bound\n"
      "  dot test             3      -1.79612      -1.72885   6.7e-02   2.3e-12  FAIL  pair 2\n"
      "  A adds               9       2.17329       2.17329   0.0e+00   2.2e-12  pass  [0]\n"
      "  A scales            27    0.00036904    0.00036904   0.0e+00   3.7e-16  pass  [0], s = 0.000976562\n"
      "  A^T adds             6       -1.9151       -1.9151   0.0e+00   1.9e-12  pass  [0]\n"
      "  A^T scales          18    0.00122133    0.00122133   0.0e+00   1.2e-15  pass  [0], s = 0.000976562\n"
      "  entries              6           0.5             0   5.0e-01   4.0e-12  FAIL  [1, 1]\n"
      "check_transpose: small, dot test, pair 2: <A x, y> = -1.79612, <x, A^T y> = -1.72885, apart by 0.067 "
      "> 2.3e-12. float64, seed 7.\n"
      "check_transpose: small, entries: A[1, 1] = 0.5, A^T[1, 1] = 0. 1 of 6 entries differ. float64, seed "
      "7.\n"
      "check_transpose: small: it would be explained by this: A^T has 0 wherever it differs: something is "
      "left out, or written over where it should be added.\n");
}

TEST(CheckTranspose, NamesTheEntryByItsPlaces) {
  Correlation wrong;
  wrong.taps[0][2] = 3.5;
  const TransposeReport report = check_transpose("correlation", forward(), backward(wrong), image, image);
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(report.wrong_entries, 12);
  EXPECT_EQ(report.cause, "");
  const std::string lines = report.failures();
  EXPECT_NE(
      lines.find("check_transpose: correlation, entries: A[y [0, 1, 0, 0], x [0, 0, 1, 0]] = 3, "
                 "A^T[x [0, 0, 1, 0], y [0, 1, 0, 0]] = 3.5. 12 of 400 entries differ. float64, seed 7.\n"),
      std::string::npos)
      << lines;
}

TEST(CheckTranspose, TellsTheCause) {
  const auto cause = [](const LinearFunction& a, const LinearFunction& b, const Domain& domain,
                        const Domain& codomain) {
    const TransposeReport report = check_transpose("claimed", a, b, domain, codomain);
    EXPECT_FALSE(report.passed());
    return report.cause;
  };
  const auto of_image = [&](Correlation wrong) { return cause(forward(), backward(wrong), image, image); };
  EXPECT_EQ(cause(forward(), forward(), image, image), "A^T is A itself, as if transposed twice");
  const auto times = [](double k) {
    return [k](const Variable& y) { return scale(Correlation{}(y, true), k); };
  };
  EXPECT_EQ(cause(forward(), times(-1), image, image), "A^T has the opposite sign");
  EXPECT_EQ(cause(forward(), times(0.25), image, image), "A^T is 0.25 times what it should be");
  EXPECT_EQ(cause(forward(), times(0), image, image), "A^T gives only zeros");
  EXPECT_EQ(cause(times(0), backward(), image, image), "A gives only zeros");
  EXPECT_EQ(of_image({.moved = 1}), "A^T is shifted by 1 along axis 2 of x");
  EXPECT_EQ(of_image({.moved = -1}), "A^T is shifted by -1 along axis 2 of x");
  EXPECT_EQ(of_image({.flipped = true}), "A^T is flipped along axis 1 in x and y");
  EXPECT_EQ(of_image({.cut = true}), "A^T is wrong at the border only, where x is at the end of axis 2");

  const std::vector<List> m{{1, 2, 0}, {0, 5, 3}, {4, 0, 6}, {0, 7, 8}};
  const auto of_matrix = [&](const std::vector<List>& wrong) {
    return cause(matrix(m), matrix(wrong, true), f64({3}), f64({4}));
  };
  EXPECT_EQ(of_matrix({{0, 5, 3}, {4, 0, 6}, {0, 7, 8}, {0, 0, 0}}),
            "A^T is shifted by -1 along axis 0 of y");
  EXPECT_EQ(of_matrix({{0, 2, 1}, {3, 5, 0}, {6, 0, 4}, {8, 7, 0}}), "A^T is flipped along axis 0 in x");
  EXPECT_EQ(of_matrix({{1, 2, 0}, {0, 5, 0}, {4, 0, 0}, {0, 0, 8}}),
            "A^T has 0 wherever it differs: something is left out, or written over where it should be added");
  EXPECT_EQ(cause(matrix({{1, 2, 0}, {0, 5, 0}, {4, 0, 0}, {0, 0, 8}}), matrix(m, true), f64({3}), f64({4})),
            "A has 0 wherever it differs: something is left out, or written over where it should be added");
  EXPECT_EQ(of_matrix({{1, 2, 0}, {0, 5.5, 3}, {4, 0, 7}, {0, 7, 8}}), "")
      << "a guess that fits nothing is none";
  EXPECT_EQ(cause(matrix({{1}, {0}, {2}}), matrix({{1.5}, {0}, {2}}, true), f64({1}), f64({3})), "")
      << "where nothing lies within, all is border";
}

TEST(CheckTranspose, TellsAxesThatAreSwapped) {
  // x [2, 3, 3] times a weight each; the transpose takes the weights of [n, j, i].
  const Shape shape{2, 3, 3};
  const auto weighted = [shape](bool swap) {
    return [=](const Variable& x) {
      Tensor y = Tensor::zeros(shape, DType::float64);
      for (std::int64_t k = 0; k < 18; ++k) {
        const Shape p = position(shape, k);
        const std::int64_t from = swap ? (p[0] * 3 + p[2]) * 3 + p[1] : k;
        y.mutable_values<double>()[static_cast<std::size_t>(k)] =
            static_cast<double>(from + 1) * x.value().values<double>()[static_cast<std::size_t>(from)];
      }
      return Variable(y);
    };
  };
  const TransposeReport report =
      check_transpose("weights", weighted(false), weighted(true), f64(shape), f64(shape));
  EXPECT_EQ(report.cause, "A^T has axes 1 and 2 swapped in x");
}

TEST(CheckTranspose, OfALargeMapTellsSignAndFactor) {
  const auto f = [](const Variable& x) { return scale(x, 3); };
  const auto g = [](const Variable& x) { return scale(x, -3); };
  const auto h = [](const Variable& x) { return scale(x, 6); };
  const Domain large = f64({1000});
  EXPECT_TRUE(check_transpose("scale", f, f, large, large).passed());
  const TransposeReport report = check_transpose("scale", f, g, large, large);
  EXPECT_EQ(report.rows.size(), 5U) << "no entries";
  EXPECT_EQ(report.cause, "A^T has the opposite sign");
  EXPECT_EQ(check_transpose("scale", f, h, large, large).cause, "A^T is 2 times what it should be");
  const Tensor weights = uniform({1000}, DType::float64, Key{3}, 1, 2);
  const auto other = [&](const Variable& x) { return times(x, weights); };
  EXPECT_EQ(check_transpose("scale", f, other, large, large).cause, "");
  const TransposeCheckOptions all{.max_entries = 1000 * 1000};
  EXPECT_EQ(check_transpose("scale", f, g, large, large, all).wrong_entries, 1000);
}

TEST(CheckTranspose, FindsWhatIsNotLinear) {
  const Domain three = f64({3});
  const auto twice = [](const Variable& x) { return scale(x, 2); };
  const TransposeReport squares = check_transpose("square", square, twice, three, three);
  EXPECT_FALSE(squares.rows.at(1).passed);
  EXPECT_FALSE(squares.rows.at(2).passed);
  EXPECT_TRUE(squares.rows.at(3).passed) << "A^T is";
  EXPECT_EQ(squares.cause, "") << "it is no question of entries";
  EXPECT_NE(squares.failures().find("check_transpose: square, A adds, ["), std::string::npos);
  EXPECT_NE(squares.failures().find("A(x + x') = "), std::string::npos);

  // On the unit vectors and on positive numbers it is the identity.
  const auto magnitude = [](const Variable& x) {
    return Variable(map(x.value(), [](double v) { return std::abs(v); }));
  };
  const auto same = [](const Variable& x) { return x; };
  const TransposeReport other = check_transpose("magnitude", same, magnitude, three, three);
  EXPECT_TRUE(other.rows.at(5).passed) << "its entries are right";
  EXPECT_FALSE(other.rows.at(4).passed);
  EXPECT_NE(other.failures().find("A^T scales, ["), std::string::npos) << other;
  EXPECT_NE(other.failures().find("s = -2: A^T(s y) = "), std::string::npos) << other;

  // Linear below 100.
  const auto clipped = [](const Variable& x) {
    return Variable(map(x.value(), [](double v) { return std::min(v, 100.0); }));
  };
  const TransposeReport large = check_transpose("clipped", clipped, same, three, three);
  EXPECT_TRUE(large.rows.at(1).passed);
  EXPECT_FALSE(large.rows.at(2).passed) << large;
}

TEST(CheckTranspose, HoldsToTheBoundThatIsAskedFor) {
  const Domain three = f64({3});
  const auto exact = [](const Variable& x) { return scale(x, 3); };
  const auto close = [](const Variable& x) { return scale(x, 3 * (1 + 1e-10)); };
  EXPECT_FALSE(check_transpose("close", exact, close, three, three).passed());
  EXPECT_TRUE(check_transpose("close", exact, close, three, three, {.tolerance = 1e-9}).passed());
}

TEST(CheckTranspose, OnIntegersAsksForEquality) {
  const Domain three = f64({3});
  const auto exact = [](const Variable& x) { return scale(x, 3); };
  const auto close = [](const Variable& x) { return scale(x, 3 * (1 + 0x1p-50)); };
  const TransposeReport report = check_transpose("close", exact, close, three, three, {.integers = true});
  EXPECT_TRUE(report.rows.at(0).passed);
  EXPECT_TRUE(report.rows.at(6).passed) << "in float32 it is 3";
  EXPECT_FALSE(report.rows.at(7).passed);
  EXPECT_NE(report.failures().find("check_transpose: close, integers f64, pair "), std::string::npos)
      << report.failures();

  // Wrong in float32 alone.
  const auto single = [](const Variable& x) { return scale(x, x.dtype() == DType::float32 ? 4 : 3); };
  const TransposeReport f32 = check_transpose("single", exact, single, three, three, {.integers = true});
  EXPECT_FALSE(f32.rows.at(6).passed);
  EXPECT_TRUE(f32.rows.at(7).passed);
  EXPECT_NE(f32.failures().find(". float32, seed 7."), std::string::npos) << f32.failures();
}

TEST(CheckTranspose, ANaNIsNoAgreement) {
  const auto bad = [](const Variable& x) { return scale(x, std::numeric_limits<double>::quiet_NaN()); };
  const TransposeReport report = check_transpose("bad", bad, bad, f64({2}), f64({2}));
  EXPECT_FALSE(report.passed());
  for (const TransposeCheckRow& row : report.rows) EXPECT_FALSE(row.passed) << row.check;
  // The first element is good.
  const auto half = [](const Variable& x) {
    return times(x, vec({1, std::numeric_limits<double>::infinity()}));
  };
  for (const TransposeCheckRow& row : check_transpose("half", half, half, f64({2}), f64({2})).rows)
    EXPECT_FALSE(row.passed) << row.check;
}

// Only some of the pairs meet it, and not the first of either.
TEST(CheckTranspose, ANaNIsWorseThanAnyNumberBefore) {
  int later = 0;
  for (const bool below : {true, false}) {
    const auto f = [below](const Variable& x) {
      const bool bad = (x.value().values<double>()[1] < 0) == below;
      return scale(x, bad ? std::numeric_limits<double>::quiet_NaN() : 2);
    };
    const auto g = [](const Variable& y) { return scale(y, 2); };
    const TransposeCheckRow row = check_transpose("sometimes", f, g, f64({2}), f64({2})).rows.at(0);
    EXPECT_FALSE(row.passed);
    EXPECT_TRUE(std::isnan(row.left)) << row.at;
    EXPECT_EQ(row.gap, std::numeric_limits<double>::infinity());
    later += row.at != "pair 1";
  }
  EXPECT_GT(later, 0);
}

TEST(CheckTranspose, IsTheSameForOneSeedAndAnotherForAnother) {
  const auto m = std::vector<List>{{1, 2}, {0, 0.5}, {4, 0}};
  const auto run = [&](std::uint64_t seed) {
    return text(check_transpose("small", matrix(m), matrix(m, true), f64({2}), f64({3}), {.seed = seed}));
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

template <class E>
std::string refused(const LinearFunction& a, const LinearFunction& b, const Domain& domain,
                    const Domain& codomain, const TransposeCheckOptions& options = {}) {
  return thrown<E>([&] { check_transpose("pair", a, b, domain, codomain, options); });
}

TEST(CheckTranspose, RefusesFunctionsThatAreNoSuchMaps) {
  const Domain two = f64({2}), three = f64({3});
  const auto same = [](const Variable& x) { return x; };
  const auto m = std::vector<List>{{1, 2}, {0, 0.5}, {4, 0}};
  EXPECT_EQ(refused<ArgumentError>(nullptr, same, two, two),
            "check_transpose: pair: A is an empty function. Give one that can be called.");
  EXPECT_EQ(refused<ArgumentError>(same, nullptr, two, two),
            "check_transpose: pair: A^T is an empty function. Give one that can be called.");
  EXPECT_EQ(refused<ShapeError>(same, same, two, three),
            "check_transpose: pair: A gives [2] for a random x, [2], and the codomain is [3]. Both must say "
            "the same.");
  EXPECT_EQ(refused<ShapeError>(matrix(m), same, two, three),
            "check_transpose: pair: A^T gives [3] for a random y, [3], and the domain is [2]. Both must say "
            "the same.");
  const auto single = [](const Variable& x) { return Variable(x.value().cast(DType::float32)); };
  EXPECT_EQ(
      refused<DTypeError>(single, same, two, two),
      "check_transpose: pair: A gives float32 for a random x, float64. Compute in the argument's dtype.");
  const auto only_f64 = [](const Variable& x) { return Variable(x.value().cast(DType::float64)); };
  EXPECT_EQ(
      refused<DTypeError>(only_f64, same, two, two, {.integers = true}),
      "check_transpose: pair: A gives float64 for whole x 1, float32. Compute in the argument's dtype.");
  EXPECT_EQ(refused<ArgumentError>(
                same, [](const Variable&) -> Variable { throw std::runtime_error("no luck"); }, two, two),
            "check_transpose: pair: A^T throws for a random y, f64[2]. It says: no luck");
  const auto picky = [](const Variable& x) {
    if (x.value().values<double>()[1] == 1) throw 5;
    return x;
  };
  EXPECT_EQ(refused<ArgumentError>(picky, same, two, two),
            "check_transpose: pair: A throws for the unit vector at [1], f64[2]. It says: (nothing: it is no "
            "std::exception)");
  std::uint64_t calls = 0;
  const auto noisy = [&](const Variable& x) { return ++calls % 2 ? x : add_same_shape(x, vec({0, 1})); };
  const std::string message = refused<ArgumentError>(same, noisy, two, two);
  EXPECT_EQ(message.substr(0, 33), "check_transpose: pair: A^T gives ");
  EXPECT_NE(message.find(" at [1] for one y: it is not deterministic. Draw what is random before."),
            std::string::npos)
      << message;
}

TEST(CheckTranspose, RefusesDomainsAndOptionsThatItCannotUse) {
  const Domain two = f64({2});
  const auto same = [](const Variable& x) { return x; };
  EXPECT_EQ(
      refused<DTypeError>(same, same, {Shape{2}, DType::float32}, two),
      "check_transpose: pair: the domain is float32. The dot test needs float64; .integers = true looks at "
      "float32, too.");
  EXPECT_EQ(
      refused<DTypeError>(same, same, two, {Shape{2}, DType::int32}),
      "check_transpose: pair: the codomain is int32. The dot test needs float64; .integers = true looks at "
      "float32, too.");
  EXPECT_EQ(refused<ShapeError>(same, same, f64({0, 2}), two),
            "check_transpose: pair: the domain is [0, 2], which has no element to vary. Give a batch of 1 or "
            "more.");
  const auto options = [&](const TransposeCheckOptions& o) {
    return refused<ArgumentError>(same, same, two, two, o);
  };
  const std::string end = ". Pairs count from 1, the tolerance is a number above 0, entries are 0 or more.";
  EXPECT_EQ(options({.pairs = 0}),
            "check_transpose: pair: pairs 0, tolerance 1e-12, max_entries 65536" + end);
  EXPECT_EQ(options({.tolerance = 0}),
            "check_transpose: pair: pairs 3, tolerance 0, max_entries 65536" + end);
  EXPECT_EQ(options({.tolerance = std::nan("")}),
            "check_transpose: pair: pairs 3, tolerance nan, max_entries 65536" + end);
  EXPECT_EQ(options({.max_entries = -1}),
            "check_transpose: pair: pairs 3, tolerance 1e-12, max_entries -1" + end);
  EXPECT_EQ(options({.pairs = 1}), "(nothing was thrown)");
}

}  // namespace
}  // namespace trous
