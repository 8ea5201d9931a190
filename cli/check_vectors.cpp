#include <iostream>

#include <trous/cli/check_vectors.h>
#include <trous/cli/tables.h>
#include <trous/core/build_info.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const VectorResult& one) {
  Json gradients = Json::array();
  for (const GradCheckRow& row : one.gradients.rows) {
    gradients.push_back({{"gradient", one.gradients.input(row.input)},
                         {"verdict", name(row.verdict)},
                         {"checked", row.checked},
                         {"error", row.error},
                         {"where", row.where},
                         {"claimed", row.rule},
                         {"difference", row.difference},
                         {"why", row.explanation}});
  }
  return {{"event", "vector"},
          {"case", one.name},
          {"op", one.op},
          {"verdict", name(one.verdict())},
          {"value_error", one.value.error ? Json(*one.value.error) : Json()},
          {"value_fault", one.value.explanation},
          {"tolerance", one.tolerance},
          {"gradients", gradients}};
}

void print(const std::string& path, const VectorReport& report, const OutputStyle& style) {
  if (style.prints_text()) {
    std::cout << "trous " << build_info().version << "  check --vectors " << path
              << ": claims against trous' values and differences, float64\n\n"
              << report << '\n';
  }
  std::cout << report.failures() << report.verdict() << "  " << report.passed() << " of "
            << report.cases.size() << (report.cases.size() == 1 ? " case is right\n" : " cases are right\n");
}

}  // namespace

ExitCode check_vector_file(const std::string& path, VectorCheckOptions options, const OutputStyle& style) {
  if (style.json) options.on_case = [&](const VectorResult& one) { print_event(style, json_of(one)); };
  const VectorReport report = check_vectors(path, options);
  if (!style.json) print(path, report, style);
  return report.verdict() == Verdict::pass ? ExitCode::ok : ExitCode::failed;
}

}  // namespace trous::cli
