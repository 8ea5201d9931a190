#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <trous/autograd/grad_report.h>
#include <trous/core/error.h>

namespace trous {
namespace {

std::string scientific(double value) {
  std::ostringstream stream;
  stream << std::scientific << std::setprecision(1) << value;
  return stream.str();
}

constexpr std::array by_gravity{Verdict::wrong, Verdict::not_deterministic, Verdict::non_smooth,
                                Verdict::ill_conditioned};

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

Verdict GradReport::verdict() const {
  for (const Verdict verdict : by_gravity) {
    if (std::any_of(rows.begin(), rows.end(), [&](const GradCheckRow& r) { return r.verdict == verdict; }))
      return verdict;
  }
  return Verdict::pass;
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
      stream << ":\n  " << row.verdict << ". " << row.why << '\n';
      continue;
    }
    stream << ": rule " << row.rule << ", difference " << row.difference << ", relative error "
           << scientific(row.error) << (row.error > tolerance ? " > " : " <= ") << tolerance
           << ". float64, step " << scientific(row.step) << ", seed " << seed << ".\n  " << row.verdict
           << ". " << row.why << '\n';
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
