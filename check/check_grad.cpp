#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/check/detail/column.h>
#include <trous/check/detail/differences.h>
#include <trous/check/detail/explanation.h>
#include <trous/check/detail/kinks.h>
#include <trous/check/detail/phi.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using detail::Column;
using detail::Estimate;
using detail::Order;
using detail::Phi;
using detail::RoundOff;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unsure = 100;  // times what a sharp difference allows, is what another one does

// What a comparison shows: what is wrong comes before what cannot be told, and that before the rest.
enum class Sight { right, blurred, wrong };

struct Worst {
  std::size_t column = 0, number = 0;
  std::pair<Sight, double> how = {Sight::right, -1};  // and how badly, among those of one sight
};

double share(double part, double whole) { return whole > 0 ? part / whole : part > 0 ? infinity : 0; }

// The largest derivative in these columns, by rule or difference.
double largest_of(const std::vector<Column>& columns) {
  double largest = 0;
  for (const Column& c : columns) {
    if (c.on_kink) continue;
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double size = std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value));
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
  }
  return largest;
}

class Check {
 public:
  Check(Phi phi, const GradCheckOptions& options) : phi_(std::move(phi)), options_(options) {}

  std::vector<GradCheckRow> rows(int order) const;

 private:
  GradCheckRow row(const Order& order, int input) const;
  double negligible(int input) const {
    return options_.negligible.empty() ? 0 : options_.negligible[static_cast<std::size_t>(input)];
  }
  bool vanish(const std::vector<Column>& columns) const;
  std::pair<Sight, double> compare(const GradCheckRow& row, const Column& column, std::size_t p) const;
  Worst judge(GradCheckRow& row, const std::vector<Column>& columns) const;
  bool confine(GradCheckRow& row, Column& column) const;
  bool is_on_kink(GradCheckRow& row, Column& column, std::size_t number) const;
  void locate(GradCheckRow& row, const Column& column, std::size_t number) const;
  std::optional<GradCheckRow> unsteady(int order, const Phi::Gradients& gradients) const;

  Phi phi_;
  const GradCheckOptions& options_;
};

// Whether all that is left of either number is its round-off, which must be small itself: the derivative is
// zero.
bool Check::vanish(const std::vector<Column>& columns) const {
  for (const Column& c : columns) {
    if (c.on_kink) continue;
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double blur = detail::sure * c.error(p);
      const bool zero = std::abs(c.difference[p].value) <= blur && blur <= options_.sharpness &&
                        std::abs(c.rule[p]) <= detail::sure * (c.rule_round_off[p] + c.unseen(p));
      if (!zero) return false;
    }
  }
  return true;
}

std::pair<Sight, double> Check::compare(const GradCheckRow& row, const Column& c, std::size_t p) const {
  const bool blurred =
      !(detail::sure * c.error(p) <= std::max(options_.sharpness * row.largest, negligible(row.input)));
  const double allowed = options_.tolerance * std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value)) +
                         options_.tolerance_of_largest * row.largest + negligible(row.input) +
                         detail::sure * c.error(p);
  const bool known = std::isfinite(c.difference[p].error()), finite = std::isfinite(c.rule[p]);
  // Across kinks differences settle by accident, so one that is blurred condemns only what is far off, and
  // one whose error exceeds it nothing.
  const bool says_nothing = blurred && !(c.error(p) < std::abs(c.difference[p].value));
  const bool far = finite ? !says_nothing && c.gap(p) > (blurred ? unsure : 1) * allowed : !c.at_edge();
  if (known && far && !c.agrees_with_narrow(p)) return {Sight::wrong, share(c.gap(p), row.largest)};
  if (blurred || far || !finite) return {Sight::blurred, share(c.error(p), row.largest)};
  return {Sight::right, share(c.gap(p), allowed)};
}

// The comparison that fits worst; the row gets its numbers, and its verdict so far.
Worst Check::judge(GradCheckRow& row, const std::vector<Column>& columns) const {
  row.largest = largest_of(columns);
  Worst worst;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].on_kink) continue;
    for (std::size_t p = 0; p < columns[i].rule.size(); ++p) {
      const auto how = compare(row, columns[i], p);
      if (how > worst.how) worst = {i, p, how};
    }
  }
  const bool zero = vanish(columns);
  const Sight sight = zero ? Sight::right : worst.how.first;
  row.verdict = sight == Sight::wrong     ? Verdict::wrong
                : sight == Sight::blurred ? Verdict::ill_conditioned
                                          : Verdict::pass;
  const Column& column = columns[worst.column];
  const Estimate& difference = column.difference[worst.number];
  const double rule = column.rule[worst.number];
  row.rule = std::isnan(rule) ? std::abs(rule) : rule;  // that of 0 times infinity has a sign
  row.rule_round_off = column.rule_round_off[worst.number];
  row.difference = difference.value;
  row.truncation = difference.truncation;
  row.round_off = difference.round_off + column.unseen(worst.number);
  row.step = difference.step;
  row.error = zero || row.largest <= negligible(row.input) ? 0 : share(column.gap(worst.number), row.largest);
  return worst;
}

// Takes the differences again inside the smooth part around the inputs; false, and a verdict, where there is
// none.
bool Check::confine(GradCheckRow& row, Column& column) const {
  const double widest = detail::widest_step(phi_, options_, row.input, column.u);
  const detail::SmoothPart smooth = detail::smooth_part(phi_, row.order, row.input, column.u, widest);
  column.confined = true;
  column.kink = smooth.kink;
  if (smooth.moves) {
    row.verdict = Verdict::wrong;
    row.why = text("It is declared locally constant, and its value moves with the input: ", smooth.kink,
                   ". Such an op has a derivative: give it a rule.");
    return false;
  }
  if (smooth.radius == 0) {
    row.verdict = Verdict::non_smooth;
    row.why =
        text("The inputs lie on a kink of ", smooth.kink, ". Move them off it, by another seed for example.");
    if (!std::isfinite(row.rule)) row.why += detail::not_finite_cause(phi_, row.order);
    return false;
  }
  // Round-off, too, was looked at where kinks may be: between them it may be less.
  if (smooth.radius < widest || row.verdict == Verdict::ill_conditioned) {
    double t = std::min(detail::noise_step, smooth.radius / 4);
    for (const Estimate& e : column.difference) {
      if (std::isfinite(e.error())) t = std::min(t, e.step / 64);
    }
    const RoundOff inside = detail::round_off(phi_, row.order, t, [&](int line, double place) {
      return phi_.moved(row.input, column.u, (line + 1) * place / detail::noise_lines);
    });
    detail::differentiate(column, phi_, options_, row.order, row.input, inside, smooth.radius);
  }
  return true;
}

// Whether slopes on both sides show a kink that no tape tells of.
bool Check::is_on_kink(GradCheckRow& row, Column& column, std::size_t number) const {
  const std::string kink =
      detail::one_sided(phi_, row.order, row.input, column.u, row.step, number, column.noise[number]);
  if (kink.empty()) return false;
  row.verdict = Verdict::non_smooth;
  row.why = kink + ". Move the inputs off the kink; no op on the tape tells which one it is.";
  return true;
}

// Says which derivative the row's numbers are.
void Check::locate(GradCheckRow& row, const Column& column, std::size_t number) const {
  row.where = detail::by_coordinates(phi_, options_, row.input)
                  ? text("element ", position(column.u.shape(), column.which))
                  : text("direction ", column.which);
  const std::string place = row.passed() ? std::string() : phi_.place(row.order, number);
  if (!place.empty()) row.where += text(", ", place);
}

GradCheckRow Check::row(const Order& order, int input) const {
  GradCheckRow row{.order = order.number, .input = input};
  std::vector<Column> columns;
  const std::int64_t count =
      std::min(phi_.inputs()[static_cast<std::size_t>(input)].elements(), options_.max_coordinates);
  for (std::int64_t which = 0; which < count; ++which)
    columns.push_back(detail::column(phi_, options_, order, input, which));
  row.checked = count * static_cast<std::int64_t>(order.gradients.size());
  std::optional<GradCheckRow> on_kink;  // along one direction: along the others there are derivatives
  while (true) {
    const Worst worst = judge(row, columns);
    Column& column = columns[worst.column];
    if (!row.passed() && !column.confined && confine(row, column)) continue;
    if (!row.passed() && row.why.empty() && !column.steep.contains(worst.number) &&
        detail::approach(column, phi_, options_, order, input, worst.number)) {
      continue;
    }
    const bool kink = row.verdict == Verdict::non_smooth ||
                      (!row.passed() && row.why.empty() && is_on_kink(row, column, worst.number));
    locate(row, column, worst.number);
    if (!kink) {
      if (row.verdict == Verdict::ill_conditioned)
        row.why = detail::doubt(phi_, row, column, worst.number, options_.step);
      if (row.verdict == Verdict::wrong && row.why.empty()) {
        row.why = text(detail::cause(phi_, options_, row, order, columns), " The difference may be off by ",
                       scientific(row.truncation + row.round_off), '.');
      }
      return on_kink && graver(row.verdict, on_kink->verdict) == on_kink->verdict ? *on_kink : row;
    }
    if (!on_kink) on_kink = row;
    column.on_kink = true;
    if (std::all_of(columns.begin(), columns.end(), [](const Column& c) { return c.on_kink; }))
      return *on_kink;
    row.why.clear();
  }
}

// Two calls with the same inputs must give the same bits, and so must two walks backwards.
std::optional<GradCheckRow> Check::unsteady(int order, const Phi::Gradients& gradients) const {
  GradCheckRow row{.order = order, .verdict = Verdict::not_deterministic};
  const auto differ = [&](double a, double b, const char* what) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return false;
    const auto [one, other] = distinct_digits(a, b);
    row.why = text("Two ", what, " with the same inputs gave ", one, " and ", other,
                   ". Let what is random take a key or a seed that stays the same.");
    return true;
  };
  const std::vector<double> first = phi_.values(order, phi_.inputs());
  const std::vector<double> second = phi_.values(order, phi_.inputs());
  const Phi::Gradients again = phi_.gradients(order);
  for (std::size_t p = 0; p < first.size(); ++p) {
    if (!differ(first[p], second[p], "calls")) continue;
    row.where = phi_.place(order, p);
    return row;
  }
  for (std::size_t p = 0; p < again.size(); ++p) {
    for (std::size_t i = 0; i < again[p].size(); ++i) {
      const Tensor &a = gradients[p][i], &b = again[p][i];
      for (std::int64_t k = 0; k < a.elements(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (!differ(a.values<double>()[at], b.values<double>()[at], "gradients")) continue;
        row.input = static_cast<int>(i);
        row.where = text("element ", position(a.shape(), k));
        return row;
      }
    }
  }
  return {};
}

std::vector<GradCheckRow> Check::rows(int order) const {
  const Phi::Gradients gradients = phi_.gradients(order);
  if (const auto row = unsteady(order, gradients)) return {*row};
  const Order prepared{order, gradients,
                       detail::round_off(phi_, order, detail::noise_step,
                                         [&](int line, double t) { return phi_.beside(line, t); })};
  std::vector<GradCheckRow> rows;
  for (int input = 0; input < static_cast<int>(phi_.inputs().size()); ++input)
    rows.push_back(row(prepared, input));
  return rows;
}

void check_options(std::string_view name, std::size_t inputs, const GradCheckOptions& options) {
  if (options.order < 1 || options.max_coordinates < 1 || !(options.step > 0) ||
      !std::isfinite(options.step) || !(options.tolerance >= 0) || !(options.tolerance_of_largest >= 0) ||
      !(options.sharpness > 0)) {
    throw ArgumentError(text("check_grad: ", name, ": order ", options.order, ", max_coordinates ",
                             options.max_coordinates, ", step ", options.step, ", tolerance ",
                             options.tolerance, " and ", options.tolerance_of_largest,
                             " of the largest, sharpness ", options.sharpness,
                             ". Orders and coordinates count from 1, step and sharpness are above 0, "
                             "tolerances 0 or more."));
  }
  const std::vector<double>& negligible = options.negligible;
  if (!negligible.empty() && negligible.size() != inputs) {
    throw ArgumentError(text("check_grad: ", name, ": negligible has ", negligible.size(), " numbers for ",
                             inputs, " inputs. Give one for each, or none."));
  }
  for (const double v : negligible) {
    if (!(v >= 0)) throw ArgumentError(text("check_grad: ", name, ": negligible ", v, ". Give 0 or more."));
  }
}

}  // namespace

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  check_options(name, inputs.size(), options);
  const Recording scope(Recording::needed);
  GradReport report{.name = std::string(name), .tolerance = options.tolerance, .seed = options.seed};
  const Check check(Phi(report.name, f, inputs, options.seed, options.max_coordinates), options);
  for (int order = 1; order <= options.order; ++order) {
    for (GradCheckRow& row : check.rows(order)) report.rows.push_back(std::move(row));
    if (report.verdict() == Verdict::not_deterministic) break;
  }
  return report;
}

}  // namespace trous
