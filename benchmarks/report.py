#!/usr/bin/env python3
"""Writes the page of benchmarks from the JSON files of one run. No figure on it is typed by hand.

usage: benchmarks/report.py RESULTS PAGE
"""

import statistics
import sys
from pathlib import Path

from results import LAYOUTS, PASSES, STEP_NETS, Run
from targets import percent, targets


def table(head, rows):
    rows = list(rows)
    if not rows:
        return ["Not measured.", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def ms(value):
    return "" if value is None else f"{value:.3f}"


def ratio(value):
    return "" if value is None else f"{value:.2f}"


def machine_section(run):
    machine = run.machine()
    if not machine:
        return []
    settings = ", ".join(f"{name}={value}" for name, value in machine["environment"].items() if value)
    lines = [
        "## The machine",
        "",
        f"- {machine['processor']} (family {machine['family']}, model {machine['model']}), "
        f"{machine['cores']} cores, {machine['memory']} of memory",
        *(["- a virtual machine: what else its host runs may slow it down"] if machine["hypervisor"] else []),
        f"- {machine['system']}; {machine['trous']}",
        *([f"- {machine['rivals']}"] if machine.get("rivals") else []),
        f"- environment: {settings or 'nothing set'}; load before the run {machine.get('load', 0):.2f}",
        "",
    ]
    rows, disturbed = [], False
    for number, figures in enumerate(run.calibrations, 1):
        for name, types in figures["fma"].items():
            cells = [f"{number}. {name}"]
            for one in types.values():
                disturbed |= one["all_by_wall"] < 0.9 * one["all"]
                cells += [f"{one['all'] / 1e9:.0f}", f"{one['one'] / 1e9:.0f}"]
            rows.append([*cells, f"{figures['copy']['all'] / 1e9:.1f}"])
    head = ["measurement", "float32 GFLOP/s", "one thread", "float64 GFLOP/s", "one thread", "copy GB/s"]
    lines += table(head, rows)
    lines += [
        "Peaks are multiply-adds on registers alone, on all threads at once; the copy counts bytes read and bytes",
        "written. This is the machine at its best. Training steps are held to the first measurement's widest",
        "instructions, convolutions to a peak that is measured beside them.",
        "",
    ]
    if disturbed:
        lines += [
            "**Other programs ran at the same time.** The peaks are computed from the time that their threads had a",
            "core; the times below are as they were. Read ratios rather than times, and these with care.",
            "",
        ]
    return lines


def targets_section(run):
    words = {None: "not measured", True: "met", False: "**missed**"}
    rows = [(what, target, figure, words[met]) for what, target, figure, met in targets(run)]
    return ["## Targets", "", *table(["what", "target", "figure", ""], rows)]


def wins_section(run):
    pairs = [(shape, of) for shape in run.shapes for of in PASSES if shape.torch(of)]
    found = [(shape.ratio(of), shape.name, of, shape.ms(of), shape.torch(of)) for shape, of in pairs]
    if not found:
        return []
    found.sort()
    wins = [line for line in found if line[0] < 1]
    losses = [line for line in reversed(found) if line[0] >= 1]
    middle = statistics.median(line[0] for line in found)
    lines = [
        "## Wins and losses",
        "",
        f"Of {len(found)} passes, {len(wins)} are faster than libtorch's better way and {len(losses)} are not; the",
        f"median of ours / theirs is {middle:.2f}.",
        "",
    ]
    head = ["shape", "pass", "ours ms", "theirs ms", "ours / theirs"]
    for title, some in (("Where the lead is largest:", wins[:12]), ("Where the loss is largest:", losses[:12])):
        rows = [(name, of, ms(ours), ms(theirs), ratio(r)) for r, name, of, ours, theirs in some]
        lines += [title, "", *(table(head, rows) if rows else ["Nowhere.", ""])]
    return lines


def conv_row(shape, of):
    ours, others = shape.ours(of), shape.figures[of]
    cells = ["WRONG", "", "", "", "", ""]
    if ours:
        cells = [
            ms(ours["ms"]),
            f"{ours['gflops']:.1f}",
            f"{shape.peaks[of] / 1e9:.0f}",
            percent(ours["share"]),
            percent(ours["best_share"]),
            f"{ours['cpu_per_wall']:.2f}",
        ]
    dnnl, eigen = others.get("oneDNN"), others.get("Eigen im2col")
    return [
        shape.name,
        of,
        *cells,
        *(ms(shape.torch(of, layout)) for layout in LAYOUTS),
        f"{ms(dnnl['ms'])} + {ms(dnnl['reorder_ms'])}" if dnnl else "",
        ms(eigen["ms"]) if eigen else "",
        ratio(shape.ratio(of)) if shape.torch(of) else "",
    ]


def conv_section(run):
    if not run.shapes:
        return []
    lines = [
        "## Convolutions",
        "",
        "Times are medians in ms. GFLOP/s count multiply-adds whose input lies inside the image, two operations each.",
        "The peak is what multiply-adds on registers alone reached in turns with the contestants, on our threads; shares",
        "are of it, by medians and by best repetitions. c/w is processor time over wall time. libtorch's transpose is the",
        "faster of its gradient and its layer conv_transpose2d. What oneDNN needs to bring data to its own layouts and",
        "back stands behind the plus and is in no ratio. The last column is ours over libtorch's better way.",
        "",
    ]
    head = ["shape", "pass", "ms", "GFLOP/s", "peak", "share", "best", "c/w", *LAYOUTS, "oneDNN", "Eigen", "ratio"]
    shown = set()
    order = ["peak", "rate", "first-layers", "small-channels", "grouped", "holes", "float64", "tiny", "huge", "rivals"]
    for group in order:
        shapes = [shape for shape in run.group(group) if shape.name not in shown]
        shown |= {shape.name for shape in shapes}
        if shapes:
            rows = [conv_row(shape, of) for shape in shapes for of in PASSES]
            lines += [f"### {group}", "", *table(head, rows)]
    rows = [(s.name, s.line["net"], s.line["layer"], s.size(), percent(s.inside)) for s in run.shapes]
    lines += ["What the shapes are, and how much of their multiply-adds lies inside the image:", ""]
    lines += table(["shape", "net", "layer", "size", "inside"], rows)
    refused = [(s.name, of, r["engine"], f"{r['difference']:.1e}") for s in run.shapes for of, r in s.refused]
    if refused:
        lines += ["Not timed, since the result was wrong:", ""]
        lines += table(["shape", "pass", "library", "difference"], refused)
    return lines


def step_row(run, name, threads, steps):
    spread = f"{1e3 * min(steps.seconds):.1f} .. {1e3 * max(steps.seconds):.1f}"
    share = percent(1e9 * steps.gflops() / run.peak()) if run.peak() and threads == "all" else ""
    busy = f"{statistics.mean(steps.busy):.2f}"
    memory = f"{steps.megabytes():.0f}"
    rate = f"{steps.gflops():.1f}"
    return (name, threads, f"{steps.ms():.1f}", spread, len(steps.seconds), rate, share, busy, memory)


def growth_rows(run):
    for what, values in (("size", (32, 64, 256)), ("batch", (1, 2, 4, 16))):
        for value in values:
            ours, theirs = run.steps(f"{what}-{value}-trous"), run.steps(f"{what}-{value}-torch-NHWC")
            if not ours:
                continue
            row = [f"{what} {value}", f"{ours.ms():.1f}", "", "", f"{ours.megabytes():.0f}", ""]
            if theirs:
                row[2:4] = [f"{theirs.ms():.1f}", ratio(ours.ms() / theirs.ms())]
                row[5] = f"{theirs.megabytes():.0f}"
            yield row


def network_rows(run):
    for net in STEP_NETS:
        ours, theirs = run.steps(f"{net}-[0-9]-trous"), run.torch_layouts(net)
        if not ours:
            continue
        row = [net, f"{ours.ms():.1f}", "", "", f"{ours.megabytes():.0f}", "", ""]
        if theirs:
            best = min(s.ms() for s in theirs)
            row[2:4] = [f"{best:.1f}", ratio(ours.ms() / best)]
            row[5] = f"{min(s.megabytes() for s in theirs):.0f}"
            row[6] = f"{abs(ours.losses[0] / theirs[0].losses[0] - 1):.1e}"
        yield row


def profile_rows(run):
    whole = run.profile["seconds"]
    for op in run.profile["ops"]:
        if op["seconds"] < 0.005 * whole:
            continue
        rate = op["operations"] / op["seconds"]
        figures = [f"{rate / 1e9:.0f}", percent(rate / run.peak()) if run.peak() else ""] if rate else ["", ""]
        yield [op["op"], op["phase"], op["calls"], ms(1e3 * op["seconds"]), percent(op["seconds"] / whole), *figures]
    for phase, seconds in run.profile["outside_ops"].items():
        yield ["outside ops", phase, "", ms(1e3 * seconds), percent(seconds / whole), "", ""]


def step_section(run):
    if not run.ours:
        return []
    named = [
        ("trous", "all", run.ours),
        ("trous", "one", run.ours_one),
        ("libtorch NHWC, bound threads", "all", run.nhwc),
        ("libtorch NHWC, bound thread", "one", run.nhwc_one),
        ("libtorch NCHW, bound threads", "all", run.nchw),
        ("libtorch NHWC, free threads", "all", run.steps("default-torch-NHWC")),
        ("libtorch NCHW, as it comes", "all", run.steps("default-torch-NCHW")),
    ]
    lines = [
        "## A training step of the reference net",
        "",
        "8 x 128 x 128 x 3: forward, backward and Adam, a process each, in turns. Memory is the highest resident size",
        "less that just before the first step. GFLOP/s count what the convolutions need inside the image,",
        f"{run.ours.operations / 1e9:.2f} GFLOP a step.",
        "",
    ]
    head = ["", "threads", "ms", "least .. most", "steps", "GFLOP/s", "share", "c/w", "MB added"]
    lines += table(head, (step_row(run, *line) for line in named if line[2]))
    if run.nhwc:
        apart = [abs(a - b) / abs(b) for a, b in zip(run.ours.losses, run.nhwc.losses)]
        lines += [
            f"The losses of both first steps differ by {apart[0]:.1e} of their value, those of {len(apart)} steps by "
            f"{max(apart):.1e} at most.",
            "",
        ]
    if run.profile:
        head = ["op", "pass", "calls", "ms", "of the step", "GFLOP/s", "share"]
        lines += ["Where ours goes, kinds of op below half a percent left out:", "", *table(head, profile_rows(run))]
    rows = list(network_rows(run))
    if rows:
        head = ["", "ours ms", "libtorch ms", "ours / theirs", "ours MB", "theirs MB", "first losses apart"]
        lines += ["Networks by name, all else as above, beside libtorch's better layout:", "", *table(head, rows)]
    rows = list(growth_rows(run))
    if rows:
        head = ["", "ours ms", "libtorch NHWC ms", "ours / theirs", "ours MB", "theirs MB"]
        lines += ["With other sizes and batches, all else as above:", "", *table(head, rows)]
    return lines


def overhead_section(run):
    rows = []
    for name, libraries in sorted(run.overheads().items()):
        cells = [name]
        for library in ("trous", "libtorch"):
            ns, ops = libraries.get(library, (None, None))
            cells += [f"{ns / 1e3:.2f}", f"{ops:.0f}", f"{ns / ops:.0f}"] if ns else ["", "", ""]
        both = len(libraries) == 2
        rows.append([*cells, ratio(libraries["trous"][0] / libraries["libtorch"][0]) if both else ""])
    if not rows:
        return []
    lines = [
        "## Tiny tensors",
        "",
        "Forward and backward on one thread: processor time, medians of interleaved repetitions. conv_bias_relu ends in",
        "a sum, its size is height x width x channels; add_chain is length x elements. An op is a node that the library",
        "records.",
        "",
    ]
    head = ["", "trous us", "ops", "ns per op", "libtorch us", "ops", "ns per op", "ours / theirs"]
    return lines + table(head, rows)


def footprint_section(run):
    if not run.footprint:
        return []
    rows = []
    for one in run.footprint:
        together = (one["program_bytes"] + one["library_bytes"]) / 1e6
        seconds, program = min(one["compile_seconds"]), one["program_bytes"] / 1e6
        rows.append((one["name"], f"{seconds:.2f}", f"{program:.2f}", one["libraries"], f"{together:.1f}"))
    archive = run.footprint[0]["archive_bytes"] / 1e6
    lines = [
        "## What a user's one-line program costs",
        "",
        f"Compiled with -O2, the header of everything included. trous is linked statically, from {archive:.1f} MB.",
        "",
    ]
    return lines + table(["", "compile s", "program MB", "libraries loaded", "MB in all"], rows)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip().splitlines()[-1])
    run = Run(Path(sys.argv[1]))
    lines = [
        "# Benchmarks",
        "",
        "Written by `scripts/benchmark` from the results of one run over `benchmarks/shapes.json`. Contestants take",
        "turns, so that noise hits all. A loss is printed like a win.",
        "",
    ]
    sections = [machine_section, targets_section, wins_section, conv_section, step_section]
    for section in (*sections, overhead_section, footprint_section):
        lines += section(run)
    Path(sys.argv[2]).write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
