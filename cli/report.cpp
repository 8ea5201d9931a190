// trous report: the report of one run made anew, or a page that compares several.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/options.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/tables.h>
#include <trous/data/file.h>
#include <trous/run/report.h>

namespace trous::cli {
namespace {

struct ReportCommand {
  std::vector<std::string> runs;
  std::string out;
  OutputStyle style;
};

std::string page_of(const ReportCommand& command) {
  const bool one = command.runs.size() == 1;
  Phase writing("report", command.style, one ? "writing" : "reading", one ? "sections" : "runs");
  return one ? report_html(command.runs[0], writing.on_progress())
             : comparison_html(command.runs, writing.on_progress());
}

ExitCode run(const ReportCommand& command) {
  const bool one = command.runs.size() == 1;
  const std::string out = !command.out.empty() ? command.out
                          : one                ? command.runs[0] + "/report.html"
                                               : "comparison.html";
  if (!command.out.empty()) check_file(out, "--out");
  heed_interrupts();
  const std::string page = page_of(command);
  write_text(out, page);
  print_event(command.style, {{"event", "report"}, {"runs", command.runs}, {"report", out}});
  if (command.style.prints_text()) std::cout << out << '\n';
  return ExitCode::ok;
}

}  // namespace

void add_report(CLI::App& app, ExitCode& code) {
  const auto command = std::make_shared<ReportCommand>();
  CLI::App* const report =
      app.add_subcommand("report", "Makes the HTML report of a run anew, or one that compares runs.");
  report->add_option("RUN", command->runs, "folders of runs")->required()->check(not_empty());
  report->add_option("--out", command->out, "file; RUN/report.html, or comparison.html for several runs")
      ->check(not_empty());
  add_output_style(*report, command->style);
  report->callback([command, report, &code] {
    check_pairs(GivenOptions(*report));
    code = run(*command);
  });
}

}  // namespace trous::cli
