#include <trous/data/file.h>
#include <trous/run/rate_test.h>
#include <trous/run/report.h>
#include <trous/run/report/sections.h>

namespace trous {

std::string report_html(const std::string& run_folder, const OnProgress& on_progress) {
  if (is_rate_test(run_folder)) return report::rate_test_page(read_rate_test(run_folder));
  ProgressCount progress(on_progress, 10);
  const RunRecord run = read_run(run_folder);
  std::string content;
  const auto add = [&](const std::string& section) {
    content += section;
    progress.add_one();
  };
  const auto of_results = [&](std::string (*section)(const RunResults&)) {
    return run.results ? section(*run.results) : std::string();
  };
  add(report::headline(run));
  add(report::curves(run));
  add(of_results(report::per_class));
  add(of_results(report::confusion));
  add(of_results(report::calibration));
  add(of_results(report::predictions));
  add(report::pictures(run));
  add(of_results(report::model));
  add(of_results(report::data));
  add(report::reproduce(run));
  return report::page(report::title_of(run), content);
}

void write_report(const std::string& run_folder) {
  write_text(run_folder + "/report.html", report_html(run_folder));
}

}  // namespace trous
