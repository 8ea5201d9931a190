// The report of a run: one HTML file for eyes, made from the files of the run folder alone.
#pragma once

#include <string>
#include <vector>

#include <trous/core/on_progress.h>

namespace trous {

/// The page of a run: its score beside the baselines, curves, classes, confusions, pictures, model, data and
/// how to do it again; or that of a learning rate range test: its curve and its suggestion. It loads nothing,
/// needs no script, and is well-formed XML as well as HTML; the same folder always gives the same bytes. An
/// unfinished run shows what there is.
///
/// Calls `on_progress` with the sections that are made. Throws FileError as read_run, and for a picture in
/// samples/ that is no PNG file.
std::string report_html(const std::string& run_folder, const OnProgress& on_progress = nullptr);

/// One page for several runs: their scores, the options in which they differ, and their curves together.
/// Calls `on_progress` with the runs that are read. Throws FileError as read_run, ArgumentError if there is
/// no run.
std::string comparison_html(const std::vector<std::string>& run_folders,
                            const OnProgress& on_progress = nullptr);

/// Writes report_html to `run_folder`/report.html. Throws FileError as report_html and write_file do.
void write_report(const std::string& run_folder);

}  // namespace trous
