#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>

#include <trous/autograd/recording.h>
#include <trous/check/check_transpose.h>
#include <trous/check/detail/transpose_cause.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double length(const Tensor& x) { return std::sqrt(dot(x, x)); }

// One of the two functions, with its domain and codomain.
struct Side {
  const LinearFunction& f;
  const char* label;
  const char *argument, *result;
  Domain from, to;
};

class Check {
 public:
  Check(const LinearFunction& a, const LinearFunction& a_transpose, TransposeReport& report)
      : report_(report),
        o_(report.options),
        a_{a, "A", "x", "codomain", report.domain, report.codomain},
        b_{a_transpose, "A^T", "y", "domain", report.codomain, report.domain} {}

  void run();

 private:
  Tensor apply(const Side& side, const Tensor& argument, const std::string& which) const;
  Tensor random(const Domain& domain, std::uint64_t stream, int pair) const;
  void twice(const Side& side) const;
  void dot_test();
  void integers(DType dtype);
  void linear(const Side& side);
  void compare(TransposeCheckRow& row, const std::string& at, double left, double right, double bound) const;
  void elements(TransposeCheckRow& row, const std::string& at, const Tensor& left, const Tensor& right) const;
  void entries();
  void count(const detail::ClaimedTranspose& claimed, TransposeCheckRow& row);

  TransposeReport& report_;
  const TransposeCheckOptions& o_;
  const Side a_, b_;
  std::vector<std::pair<double, double>> sides_;  // of the dot test
};

// Returns the function's value, checked to be deterministic and of its codomain.
Tensor Check::apply(const Side& side, const Tensor& argument, const std::string& which) const {
  const std::string who = text("check_transpose: ", report_.name, ": ", side.label);
  const auto failed = [&](const std::string& what) {
    return ArgumentError(text(who, " throws for ", which, ", ", short_name(argument.dtype()),
                              argument.shape(), ". It says: ", what));
  };
  Tensor value = [&] {
    try {
      return side.f(argument).value();
    } catch (const std::exception& error) {
      throw failed(error.what());
    } catch (...) {
      throw failed("(nothing: it is no std::exception)");
    }
  }();
  if (value.shape() != side.to.shape) {
    throw ShapeError(text(who, " gives ", value.shape(), " for ", which, ", ", argument.shape(), ", and the ",
                          side.result, " is ", side.to.shape, ". Both must say the same."));
  }
  if (value.dtype() != argument.dtype()) {
    throw DTypeError(text(who, " gives ", value.dtype(), " for ", which, ", ", argument.dtype(),
                          ". Compute in the argument's dtype."));
  }
  return value;
}

// Multiples of 2^-20, whose sums are exact.
Tensor Check::random(const Domain& domain, std::uint64_t stream, int pair) const {
  const Key key = fold_in(fold_in(Key{o_.seed}, stream), static_cast<std::uint64_t>(pair));
  return map(uniform(domain.shape, DType::float64, key, -1, 1),
             [](double v) { return std::round(v * 0x1p20) * 0x1p-20; });
}

void Check::twice(const Side& side) const {
  const Tensor argument = random(side.from, 1, 0);
  const std::string which = text("a random ", side.argument);
  const Tensor first = apply(side, argument, which), second = apply(side, argument, which);
  if (same_bits(first, second)) return;
  const auto bits = [](const Tensor& tensor, std::size_t i) {  // 0 and -0 differ in them
    return std::bit_cast<std::uint64_t>(tensor.values<double>()[i]);
  };
  std::size_t i = 0;
  while (bits(first, i) == bits(second, i)) ++i;
  const auto [one, other] = distinct_digits(first.values<double>()[i], second.values<double>()[i]);
  throw ArgumentError(text("check_transpose: ", report_.name, ": ", side.label, " gives ", one, " and then ",
                           other, " at ", position(side.to.shape, static_cast<std::int64_t>(i)), " for one ",
                           side.argument, ": it is not deterministic. Draw what is random before."));
}

double distance(double left, double right) {
  return std::isfinite(left - right) ? std::abs(left - right) : infinity;
}

// Returns by how much a case exceeds its bound; NaN counts as most.
double excess(double gap, double bound) { return std::isfinite(gap + bound) ? gap - bound : infinity; }

// Keeps the worst case.
void Check::compare(TransposeCheckRow& row, const std::string& at, double left, double right,
                    double bound) const {
  const double gap = distance(left, right);
  const double out = excess(gap, bound);
  row.passed = row.passed && out <= 0;
  if (row.checked++ > 0 && !(out > excess(row.gap, row.bound))) return;
  row.at = at;
  row.left = left;
  row.right = right;
  row.gap = gap;
  row.bound = bound;
}

TransposeCheckRow empty_row(std::string check, std::string left_name, std::string right_name) {
  return {.check = std::move(check),
          .checked = 0,
          .at = {},
          .left_name = std::move(left_name),
          .right_name = std::move(right_name),
          .left = 0,
          .right = 0,
          .gap = 0,
          .bound = 0,
          .passed = true};
}

void Check::dot_test() {
  TransposeCheckRow row = empty_row("dot test", "<A x, y>", "<x, A^T y>");
  for (int pair = 1; pair <= o_.pairs; ++pair) {
    const Tensor x = random(a_.from, 1, pair), y = random(b_.from, 2, pair);
    const Tensor ax = apply(a_, x, text("random x ", pair)), aty = apply(b_, y, text("random y ", pair));
    const double left = dot(ax, y), right = dot(x, aty);
    compare(row, text("pair ", pair), left, right, o_.tolerance * length(ax) * length(y));
    sides_.emplace_back(left, right);
  }
  report_.rows.push_back(row);
}

void Check::integers(DType dtype) {
  TransposeCheckRow row = empty_row(text("integers ", short_name(dtype)), "<A x, y>", "<x, A^T y>");
  const auto whole = [&](const Domain& domain, std::uint64_t stream, int pair) {
    return map(random(domain, stream, pair), [](double v) { return std::round(v * 4.5); }).cast(dtype);
  };
  for (int pair = 1; pair <= o_.pairs; ++pair) {
    const Tensor x = whole(a_.from, 3, pair), y = whole(b_.from, 4, pair);
    const Tensor ax = apply(a_, x, text("whole x ", pair)), aty = apply(b_, y, text("whole y ", pair));
    compare(row, text("pair ", pair), dot(ax, y), dot(x, aty), 0);
  }
  report_.rows.push_back(row);
}

void Check::elements(TransposeCheckRow& row, const std::string& at, const Tensor& left,
                     const Tensor& right) const {
  const std::span<const double> l = left.values<double>(), r = right.values<double>();
  std::size_t worst = 0;
  double furthest = -1;
  for (std::size_t i = 0; i < l.size(); ++i) {
    const double gap = distance(l[i], r[i]);
    if (!(gap > furthest)) continue;
    furthest = gap;
    worst = i;
  }
  compare(row, text(position(left.shape(), static_cast<std::int64_t>(worst)), at), l[worst], r[worst],
          o_.tolerance * std::max(largest_magnitude(left), largest_magnitude(right)));
  row.checked += left.elements() - 1;
}

void Check::linear(const Side& side) {
  const std::string f = side.label, x = side.argument;
  TransposeCheckRow adds =
      empty_row(f + " adds", text(f, "(", x, " + ", x, "')"), text(f, ' ', x, " + ", f, ' ', x, "'"));
  TransposeCheckRow scales = empty_row(f + " scales", text(f, "(s ", x, ')'), text("s ", f, ' ', x));
  const auto plus = [](double a, double b) { return a + b; };
  for (int pair = 1; pair <= o_.pairs; ++pair) {
    const Tensor one = random(side.from, 5, pair), other = random(side.from, 6, pair);
    const Tensor value = apply(side, one, text("random ", x, ' ', pair));
    const Tensor more = apply(side, other, text("random ", x, "' ", pair));
    elements(adds, "", apply(side, zip(one, other, plus), text("the sum of two random ", x)),
             zip(value, more, plus));
    for (const double s : {-2.0, 0x1p-10, 0x1p10}) {
      const auto times = [s](double v) { return s * v; };
      elements(scales, text(", s = ", s), apply(side, map(one, times), text(s, " times a random ", x)),
               map(value, times));
    }
  }
  report_.rows.push_back(adds);
  report_.rows.push_back(scales);
}

// "[3, 7]" for lists, otherwise "[y [0, 1, 2, 0], x [0, 3, 1, 0]]".
std::string entry(const char* to, const Shape& to_shape, std::size_t i, const char* from,
                  const Shape& from_shape, std::size_t j) {
  const Shape row = position(to_shape, static_cast<std::int64_t>(i));
  const Shape column = position(from_shape, static_cast<std::int64_t>(j));
  if (row.rank() == 1 && column.rank() == 1) return text('[', row[0], ", ", column[0], ']');
  return text('[', to, ' ', row, ", ", from, ' ', column, ']');
}

// The entries that differ, and the cause that would explain them.
void Check::count(const detail::ClaimedTranspose& claimed, TransposeCheckRow& row) {
  std::size_t worst = 0;
  double furthest = -1;
  for (std::size_t k = 0; k < claimed.a.size(); ++k) {
    const double left = claimed.a[k], right = claimed.b[k];
    const double gap = distance(left, right);
    report_.wrong_entries += !claimed.equal(left, right);
    if (!(gap > furthest)) continue;
    furthest = gap;
    worst = k;
  }
  const std::size_t i = worst / claimed.columns, j = worst % claimed.columns;
  row.left_name = "A" + entry("y", claimed.y, i, "x", claimed.x, j);
  row.right_name = "A^T" + entry("x", claimed.x, j, "y", claimed.y, i);
  compare(row, row.left_name.substr(1), claimed.a[worst], claimed.b[worst], claimed.allowed);
  row.checked = static_cast<std::int64_t>(claimed.a.size());
}

// A column by each unit vector of x, a row by each of y.
void Check::entries() {
  const auto columns = static_cast<std::size_t>(a_.from.shape.elements());
  const auto rows = static_cast<std::size_t>(b_.from.shape.elements());
  detail::ClaimedTranspose claimed{a_.from.shape, b_.from.shape, rows, columns, {}, {}, 0};
  claimed.a.resize(rows * columns);
  claimed.b.resize(rows * columns);
  const auto unit = [](const Side& side, std::size_t k) {
    Tensor e = Tensor::zeros(side.from.shape, DType::float64);
    e.mutable_values<double>()[k] = 1;
    return e;
  };
  const auto which = [](const Side& side, std::size_t k) {
    return text("the unit vector at ", position(side.from.shape, static_cast<std::int64_t>(k)));
  };
  double most = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    const Tensor column = apply(a_, unit(a_, j), which(a_, j));
    most = std::max(most, largest_magnitude(column));
    for (std::size_t i = 0; i < rows; ++i) claimed.a[i * columns + j] = column.values<double>()[i];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const Tensor row = apply(b_, unit(b_, i), which(b_, i));
    most = std::max(most, largest_magnitude(row));
    std::copy_n(row.values<double>().begin(), columns,
                claimed.b.begin() + static_cast<std::ptrdiff_t>(i * columns));
  }
  claimed.allowed = o_.tolerance * most;
  TransposeCheckRow row = empty_row("entries", {}, {});
  count(claimed, row);
  report_.rows.push_back(row);
  if (report_.wrong_entries > 0) report_.cause = detail::cause_of(claimed);
}

void Check::run() {
  twice(a_);
  twice(b_);
  dot_test();
  linear(a_);
  linear(b_);
  const bool are_linear = std::all_of(report_.rows.begin() + 1, report_.rows.end(),
                                      [](const TransposeCheckRow& row) { return row.passed; });
  std::int64_t size = 0;
  const bool overflows = __builtin_mul_overflow(a_.from.shape.elements(), a_.to.shape.elements(), &size);
  if (!overflows && size <= o_.max_entries) {
    entries();
  } else if (!report_.rows[0].passed) {
    report_.cause = detail::cause_of(sides_);
  }
  if (!are_linear) report_.cause.clear();
  if (!o_.integers) return;
  integers(DType::float32);
  integers(DType::float64);
}

void check_arguments(const std::string& who, const LinearFunction& a, const LinearFunction& a_transpose,
                     const Domain& domain, const Domain& codomain, const TransposeCheckOptions& o) {
  if (!a || !a_transpose) {
    throw ArgumentError(
        text(who, ": ", a ? "A^T" : "A", " is an empty function. Give one that can be called."));
  }
  if (o.pairs < 1 || !(o.tolerance > 0) || !std::isfinite(o.tolerance) || o.max_entries < 0) {
    throw ArgumentError(
        text(who, ": pairs ", o.pairs, ", tolerance ", o.tolerance, ", max_entries ", o.max_entries,
             ". Pairs count from 1, the tolerance is a number above 0, entries are 0 or more."));
  }
  for (const auto& [word, one] : {std::pair("domain", &domain), std::pair("codomain", &codomain)}) {
    if (one->dtype != DType::float64) {
      throw DTypeError(text(who, ": the ", word, " is ", one->dtype,
                            ". The dot test needs float64; .integers = true looks at float32, too."));
    }
    check_tensor_shape(one->shape, sizeof(double));
    if (one->shape.elements() == 0) {
      throw ShapeError(text(who, ": the ", word, " is ", one->shape,
                            ", which has no element to vary. Give a batch of 1 or more."));
    }
  }
}

}  // namespace

bool TransposeReport::passed() const {
  return std::all_of(rows.begin(), rows.end(), [](const TransposeCheckRow& row) { return row.passed; });
}

std::string TransposeReport::failures() const {
  std::ostringstream stream;
  const std::string who = text("check_transpose: ", name);
  for (const TransposeCheckRow& row : rows) {
    if (row.passed) continue;
    const bool entry = row.check == "entries";
    const auto [left, right] = distinct_digits(row.left, row.right);
    stream << who << ", " << row.check << (entry ? "" : ", " + row.at) << ": " << row.left_name << " = "
           << left << ", " << row.right_name << " = " << right;
    if (entry) {
      stream << ". " << wrong_entries << " of " << row.checked << " entries differ";
    } else {
      stream << ", apart by " << std::setprecision(2) << row.gap << " > " << row.bound;
    }
    stream << ". " << (row.check == "integers f32" ? DType::float32 : DType::float64) << ", seed "
           << options.seed << ".\n";
  }
  if (!cause.empty()) stream << who << ": it would be explained by this: " << cause << ".\n";
  return stream.str();
}

std::ostream& operator<<(std::ostream& stream, const TransposeReport& report) {
  std::ostringstream table;
  table << report.name << ": A^T against A, x " << short_name(report.domain.dtype) << report.domain.shape
        << ", y " << short_name(report.codomain.dtype) << report.codomain.shape << '\n'
        << "  check          checked          left         right       gap     bound\n";
  for (const TransposeCheckRow& row : report.rows) {
    table << "  " << std::left << std::setw(14) << row.check << std::right << std::setw(8) << row.checked
          << std::setprecision(6) << std::setw(14) << row.left << std::setw(14) << row.right
          << std::scientific << std::setprecision(1) << std::setw(10) << row.gap << std::setw(10) << row.bound
          << std::defaultfloat << (row.passed ? "  pass" : "  FAIL") << "  " << row.at << '\n';
  }
  return stream << table.str() << report.failures();
}

TransposeReport check_transpose(std::string_view name, const LinearFunction& a,
                                const LinearFunction& a_transpose, const Domain& domain,
                                const Domain& codomain, const TransposeCheckOptions& options) {
  check_arguments(text("check_transpose: ", name), a, a_transpose, domain, codomain, options);
  const Recording scope(Recording::needed);
  TransposeReport report{.name = std::string(name),
                         .options = options,
                         .domain = domain,
                         .codomain = codomain,
                         .rows = {},
                         .wrong_entries = 0,
                         .cause = {}};
  Check(a, a_transpose, report).run();
  return report;
}

}  // namespace trous
