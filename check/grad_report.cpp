#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <trous/check/grad_report.h>
#include <trous/core/error.h>

namespace trous {
namespace {

constexpr std::array by_gravity{Verdict::pass, Verdict::ill_conditioned, Verdict::non_smooth,
                                Verdict::not_deterministic, Verdict::wrong};

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::wrong:
      return "WRONG";
    case Verdict::non_smooth:
      return "NON-SMOOTH";
    case Verdict::ill_conditioned:
      return "ILL-CONDITIONED";
    case Verdict::not_deterministic:
      break;
  }
  return "NOT DETERMINISTIC";
}

std::ostream& operator<<(std::ostream& stream, Verdict verdict) { return stream << name(verdict); }

Verdict more_severe(Verdict a, Verdict b) {
  const auto gravity = [](Verdict v) { return std::find(by_gravity.begin(), by_gravity.end(), v); };
  return gravity(a) < gravity(b) ? b : a;
}

Verdict GradReport::verdict() const {
  Verdict worst = Verdict::pass;
  for (const GradCheckRow& row : rows) worst = more_severe(worst, row.verdict);
  return worst;
}

std::int64_t GradReport::checked() const {
  std::int64_t count = 0;
  for (const GradCheckRow& row : rows) count += row.checked;
  return count;
}

double GradReport::error() const {
  double largest = 0;
  for (const GradCheckRow& row : rows) largest = std::max(largest, row.error);
  return largest;
}

std::string GradReport::input(int i) const {
  const auto at = static_cast<std::size_t>(i);
  return at < inputs.size() ? inputs[at] : text("input ", i);
}

std::string GradReport::failures() const {
  std::ostringstream stream;
  for (const GradCheckRow& row : rows) {
    if (row.passed()) continue;
    stream << "check_grad: " << name << ", " << input(row.input) << ", order " << row.order;
    if (!row.where.empty()) stream << ", " << row.where;
    if (row.verdict == Verdict::not_deterministic) {
      stream << ":\n  " << row.verdict << ". " << row.explanation << '\n';
      continue;
    }
    const bool wrong = row.verdict == Verdict::wrong;
    const auto [rule, difference] = distinct_digits(row.rule, row.difference);
    stream << ": rule " << (wrong ? rule : text(row.rule)) << ", difference "
           << (wrong ? difference : text(row.difference));
    if (wrong) {
      const double size = std::max(std::abs(row.rule), std::abs(row.difference));
      const double error = std::isfinite(row.rule) ? std::abs(row.rule - row.difference) / size : INFINITY;
      stream << ", relative error " << scientific(error) << " > " << tolerance;
    }
    stream << ". float64, step " << scientific(row.step) << ", seed " << seed << ".\n  " << row.verdict
           << ". " << row.explanation << '\n';
  }
  return stream.str();
}

std::ostream& operator<<(std::ostream& stream, const GradReport& report) {
  int width = 8;
  for (const GradCheckRow& row : report.rows)
    width = std::max(width, static_cast<int>(report.input(row.input).size()) + 2);
  std::ostringstream table;
  table << report.name << ": rules against differences, float64\n"
        << "  order  " << std::left << std::setw(width) << "input" << std::right
        << "checked          rule    difference       largest     error  verdict\n"
        << std::setprecision(6);
  for (const GradCheckRow& row : report.rows) {
    table << std::setw(7) << row.order << "  " << std::left << std::setw(width) << report.input(row.input)
          << std::right << std::setw(7) << row.checked << std::setw(14) << row.rule << std::setw(14)
          << row.difference << std::setw(14) << row.largest << std::setw(10) << scientific(row.error) << "  "
          << row.verdict << '\n';
  }
  return stream << table.str() << report.failures();
}

}  // namespace trous
