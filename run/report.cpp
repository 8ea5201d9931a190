#include <trous/data/file.h>
#include <trous/run/report.h>
#include <trous/run/report/sections.h>

namespace trous {

std::string report_html(const std::string& run_folder) {
  const RunRecord run = read_run(run_folder);
  std::string content = report::headline(run) + report::curves(run);
  if (run.results) content += report::per_class(*run.results) + report::confusion(*run.results);
  content += report::pictures(run);
  if (run.results) content += report::model(*run.results) + report::data(*run.results);
  return report::page(report::title_of(run), content + report::reproduce(run));
}

void write_report(const std::string& run_folder) {
  write_text(run_folder + "/report.html", report_html(run_folder));
}

}  // namespace trous
