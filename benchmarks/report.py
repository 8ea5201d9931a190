#!/usr/bin/env python3
"""Writes the page of benchmarks from the JSON files of one run. No figure on it is typed by hand.

usage: benchmarks/report.py RESULTS PAGE
"""

import json
import statistics
import sys
from pathlib import Path

PASSES = ["forward", "transpose", "filter gradient"]
TORCH = ["libtorch NHWC", "libtorch NCHW"]


def load(path):
    return json.loads(path.read_text()) if path.exists() else None


def percent(share):
    return f"{100 * share:.0f} %"


def table(head, rows):
    if not rows:
        return ["Not measured.", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def verdict(ok):
    return "not measured" if ok is None else "met" if ok else "**missed**"


class Shape:
    """One line of conv.json."""

    def __init__(self, line):
        self.__dict__.update({key: line[key] for key in ("name", "net", "layer", "groups", "dtype", "operations")})
        self.line = line
        self.figures = {p["pass"]: {e["engine"]: e for e in p["engines"]} for p in line["passes"]}
        self.refused = [(p["pass"], r) for p in line["passes"] for r in p["refused"]]

    def size(self):
        s = self.line
        kernel = "x".join(str(k) for k in s["kernel"])
        more = "".join(f", {key} {s[key]}" for key in ("rate", "stride") if s[key] != 1)
        return f"{s['n']} x {s['h']} x {s['w']}, {s['in']}->{s['out']}, {kernel}{more}"

    def ours(self, of):
        return self.figures[of].get("trous")

    def torch(self, of):
        """The better of libtorch's ways, in ms."""
        found = [e["ms"] for name, e in self.figures[of].items() if name.startswith("libtorch")]
        return min(found) if found else None

    def ratio(self, of):
        ours, theirs = self.ours(of), self.torch(of)
        return ours["ms"] / theirs if ours and theirs else None

    def total_ratio(self):
        if any(self.ratio(p) is None for p in PASSES):
            return None
        return sum(self.ours(p)["ms"] for p in PASSES) / sum(self.torch(p) for p in PASSES)


class Steps:
    """All files of one kind of steps: the runs of every round together."""

    def __init__(self, folder, pattern):
        files = [load(path) for path in sorted(folder.glob(pattern))]
        self.seconds = [s for file in files for s in file["seconds"]]
        self.memory = [file["memory_added"] for file in files]
        self.busy = [file["cpu_per_wall"] for file in files]
        self.losses = files[0]["losses"] if files else []
        self.operations = files[0]["operations"] if files else 0

    def __bool__(self):
        return bool(self.seconds)

    def ms(self):
        return 1e3 * statistics.median(self.seconds)

    def cells(self):
        if not self:
            return ["", "", "", "", "", ""]
        spread = f"{1e3 * min(self.seconds):.1f} .. {1e3 * max(self.seconds):.1f}"
        busy, memory = statistics.mean(self.busy), statistics.median(self.memory) / 1e6
        rate = self.operations / self.ms() / 1e6
        return [f"{self.ms():.1f}", spread, len(self.seconds), f"{rate:.1f}", f"{busy:.2f}", f"{memory:.0f}"]


class Run:
    """All results of one run of scripts/benchmark."""

    def __init__(self, folder):
        self.folder = folder
        self.conv = load(folder / "conv.json")
        self.avx2 = load(folder / "conv-avx2.json")
        self.overhead = load(folder / "overhead.json")
        self.footprint = load(folder / "footprint.json")
        self.shapes = [Shape(line) for line in self.conv["shapes"]] if self.conv else []
        self.by_name = {shape.name: shape for shape in self.shapes}
        self.best = {
            "trous": Steps(folder, "step-[0-9]-trous.json"),
            "NHWC": Steps(folder, "step-[0-9]-torch-NHWC.json"),
            "NCHW": Steps(folder, "step-[0-9]-torch-NCHW.json"),
        }
        self.one = {
            "trous": Steps(folder, "step-[0-9]-one-trous.json"),
            "NHWC": Steps(folder, "step-[0-9]-one-torch-NHWC.json"),
        }
        calibrations = [load(path) for path in sorted(folder.glob("calibration-*.json"))]
        described = [self.conv] + calibrations
        self.described = [d for d in described if d]
        self.calibrations = [c for d in self.described for c in d["calibration"]]

    def group(self, name):
        return [shape for shape in self.shapes if name in shape.groups]

    def torch_step(self):
        found = [self.best[k] for k in ("NHWC", "NCHW") if self.best[k]]
        return min(found, key=lambda steps: steps.ms()) if found else None


# The targets: each gives lines of (what, target, figure, met or None).


def share_targets(run):
    rows = []
    for of in PASSES:
        found = [s.ours(of) for s in run.group("peak") if s.ours(of)]
        if not found:
            rows.append((f"3x3, any rate: {of}, median share of peak", ">= 85 %", "", None))
            continue
        median = statistics.median(f["share"] for f in found)
        least = min(f["best_share"] for f in found)
        rows.append((f"3x3, any rate: {of}, median share of peak", ">= 85 %", percent(median), median >= 0.85))
        rows.append((f"3x3, any rate: {of}, least share, best repetition", ">= 70 %", percent(least), least >= 0.7))
    for name, bound in (("ref-stem", 0.45), ("ref-down1", 0.6), ("ref-down2", 0.7)):
        shape = run.by_name.get(name)
        shares = [shape.ours(of)["share"] for of in PASSES if shape.ours(of)] if shape else []
        what = f"{name}: least share of the three passes"
        figure, met = (percent(min(shares)), min(shares) >= bound) if shares else ("", None)
        rows.append((what, f">= {percent(bound)}", figure, met))
    return rows


def rate_targets(run):
    rows = []
    for channels in (32, 64, 128):
        one, far = (run.by_name.get(f"valid-c{channels}-r{rate}") for rate in (1, 16))
        if not one or not far:
            continue
        for of in PASSES:
            if one.ours(of) and far.ours(of):
                ratio = far.ours(of)["ms"] / one.ours(of)["ms"]
                what = f"{channels} channels, VALID: {of}, time at rate 16 / rate 1"
                rows.append((what, "<= 1.05", f"{ratio:.2f}", ratio <= 1.05))
    return rows


def rival_targets(run):
    rows = []
    ratios = [(shape.ratio(of), shape.name) for shape in run.group("small-channels") for of in PASSES]
    ratios = [pair for pair in ratios if pair[0] is not None]
    ahead = sum(ratio < 1 for ratio, _ in ratios)
    figure, met = (f"{ahead} of {len(ratios)}", ahead == len(ratios)) if ratios else ("", None)
    rows.append(("small channels: passes ahead of libtorch's better way", "all", figure, met))

    totals = [(shape.total_ratio(), shape.name) for shape in run.group("rivals")]
    totals = [pair for pair in totals if pair[0] is not None]
    ahead = sum(ratio < 1 for ratio, _ in totals)
    figure, met = (f"{ahead} of {len(totals)}", ahead == len(totals)) if totals else ("", None)
    rows.append(("forward and both gradients: shapes ahead of libtorch", "all", figure, met))

    holes = [(shape.ratio("transpose"), shape.name) for shape in run.group("holes")]
    holes = [pair for pair in holes if pair[0] is not None]
    ahead = sum(ratio <= 0.5 for ratio, _ in holes)
    figure, met = (f"{ahead} of {len(holes)}", ahead == len(holes)) if holes else ("", None)
    rows.append(("strided or dilated transposes at half libtorch's time or less", "all", figure, met))
    return rows


def step_targets(run):
    rows, ours, theirs = [], run.best["trous"], run.torch_step()
    both = ours and theirs
    ratio = ours.ms() / theirs.ms() if both else None
    rows.append(("training step / libtorch's best", "<= 0.45", f"{ratio:.2f}" if both else "", ratio <= 0.45 if both else None))
    lists = [run.best[k].memory for k in ("NHWC", "NCHW") if run.best[k]]
    if ours and lists:
        memory = statistics.median(ours.memory) / min(statistics.median(l) for l in lists)
        rows.append(("memory that the steps add / libtorch's", "<= 0.5", f"{memory:.2f}", memory <= 0.5))
    else:
        rows.append(("memory that the steps add / libtorch's", "<= 0.5", "", None))
    if ours and run.one["trous"]:
        speedup = run.one["trous"].ms() / ours.ms()
        rows.append(("all threads / one thread", ">= 1.8", f"{speedup:.2f}", speedup >= 1.8))
    return rows


def float64_targets(run):
    rows = []
    for shape in (s for s in run.shapes if s.dtype == "float64"):
        twin = run.by_name.get(shape.name.removeprefix("f64-"))
        found = twin and [twin.ours(p)["ms"] / shape.ours(p)["ms"] for p in PASSES if twin.ours(p) and shape.ours(p)]
        if found:
            rows.append((f"{shape.name}: least share of float32's rate", ">= 45 %", percent(min(found)), min(found) >= 0.45))
    return rows


def avx2_targets(run):
    if not run.avx2:
        return [("3x3, 64 channels or more, AVX2 only: least share of AVX2's peak", ">= 65 %", "", None)]
    shapes = [Shape(line) for line in run.avx2["shapes"] if "avx2" in line["groups"]]
    shares = [shape.ours(of)["share"] for shape in shapes for of in PASSES if shape.ours(of)]
    figure = f"{percent(min(shares))}, median {percent(statistics.median(shares))}"
    return [("3x3, 64 channels or more, AVX2 only: least share of AVX2's peak", ">= 65 %", figure, min(shares) >= 0.65)]


def overhead_lines(run):
    """name -> {library: (ns, ops)}, medians."""
    found = {}
    for line in run.overhead["benchmarks"] if run.overhead else []:
        if line.get("aggregate_name") == "median":
            name, library = line["run_name"].rsplit("/", 1)
            found.setdefault(name, {})[library] = (line["cpu_time"], line["ops"])
    return found


def overhead_targets(run):
    rows = []
    for name, found in overhead_lines(run).items():
        if name not in ("conv_bias_relu/1x1x1", "add_chain/100x1"):
            continue
        ours = found["trous"][0] / found["trous"][1]
        rows.append((f"{name}: per recorded op, forward and backward", "< 2000 ns", f"{ours:.0f} ns", ours < 2000))
        if "libtorch" in found:
            ratio = found["trous"][0] / found["libtorch"][0]
            rows.append((f"{name}: the whole / libtorch's", "< 1", f"{ratio:.2f}", ratio < 1))
    return rows


# The page.


def machine_section(run):
    machine = run.described[0]["machine"] if run.described else json.loads(run.overhead["context"]["machine"]) if run.overhead else None
    if not machine:
        return []
    where = f"{machine['processor']} (family {machine['family']}, model {machine['model']})"
    lines = ["## The machine", "", f"- {where}, {machine['cores']} cores, {machine['memory']} of memory"]
    if machine["hypervisor"]:
        lines.append("- a virtual machine: another guest may slow it down for a while")
    lines.append(f"- {machine['system']}; {machine['trous']}")
    setting = ", ".join(f"{k}={v}" for k, v in machine["environment"].items() if v)
    lines += [f"- settings of the environment: {setting or 'none'}; load before the run: {machine.get('load', 0):.2f}", ""]
    rows, disturbed = [], False
    for number, figures in enumerate(run.calibrations):
        for name, types in figures["fma"].items():
            cells = [number + 1, name]
            for dtype in ("float32", "float64"):
                f = types[dtype]
                disturbed |= f["all_by_wall"] < 0.9 * f["all"]
                cells += [f"{f['all'] / 1e9:.0f}", f"{f['one'] / 1e9:.0f}"]
            rows.append(cells + [f"{figures['copy']['all'] / 1e9:.1f}"])
    lines += table(["measurement", "instructions", "float32 GFLOP/s", "one thread", "float64 GFLOP/s", "one thread", "copy GB/s"], rows)
    lines += ["Peaks are multiply-adds on registers alone, all threads at once; the copy counts bytes read and written. The first",
              "measurement, of the widest instructions, is what the shares below are shares of.", ""]
    if disturbed:
        lines += ["**Other programs ran on this machine at the same time.** The peaks are computed from the time that their threads",
                  "had a core; the times below were not corrected. Read the ratios, and these with care.", ""]
    return lines


def targets_section(run):
    lines = ["## Targets", ""]
    parts = [share_targets, rate_targets, rival_targets, step_targets, float64_targets, avx2_targets, overhead_targets]
    rows = [(what, target, figure, verdict(met)) for part in parts for what, target, figure, met in part(run)]
    return lines + table(["what", "target", "figure", ""], rows)


def wins_section(run):
    ratios = [(s.ratio(of), s.name, of, s.ours(of)["ms"], s.torch(of)) for s in run.shapes for of in PASSES if s.ratio(of)]
    if not ratios:
        return []
    ratios.sort()
    wins, losses = [r for r in ratios if r[0] < 1], [r for r in reversed(ratios) if r[0] >= 1]
    lines = ["## Wins and losses", "", f"Of {len(ratios)} passes over all shapes, {len(wins)} are faster than libtorch's better way and "
             f"{len(losses)} are not; the median of ours / theirs is {statistics.median(r[0] for r in ratios):.2f}.", ""]
    head = ["shape", "pass", "ours ms", "theirs ms", "ours / theirs"]
    for title, found in (("Where the lead is largest:", wins[:12]), ("Where we lose most:", losses[:12])):
        rows = [(name, of, f"{ours:.3f}", f"{theirs:.3f}", f"{ratio:.2f}") for ratio, name, of, ours, theirs in found]
        lines += [title, ""] + (table(head, rows) if rows else ["Nowhere.", ""])
    return lines


def conv_row(shape, of):
    ours, figures = shape.ours(of), shape.figures[of]
    cells = [shape.name, of]
    if ours:
        cells += [f"{ours['ms']:.3f}", f"{ours['gflops']:.1f}", percent(ours["share"]), percent(ours["best_share"]), f"{ours['cpu_per_wall']:.2f}"]
    else:
        cells += ["WRONG", "", "", "", ""]
    for name in TORCH:
        ways = [e["ms"] for other, e in figures.items() if other.startswith(name)]
        cells.append(f"{min(ways):.3f}" if ways else "")
    one = figures.get("oneDNN")
    cells.append(f"{one['ms']:.3f} + {one['reorder_ms']:.3f}" if one else "")
    eigen = figures.get("Eigen im2col")
    cells.append(f"{eigen['ms']:.3f}" if eigen else "")
    ratio = shape.ratio(of)
    return cells + [f"{ratio:.2f}" if ratio else ""]


def conv_section(run):
    if not run.shapes:
        return []
    lines = ["## Convolutions", "",
             "ms are medians. GFLOP/s count multiply-adds whose input lies inside the image, twice each; the share is of the",
             "measured peak, by the median and by the best repetition; c/w is processor time over wall time. libtorch's transpose",
             "is the better of its gradient and its layer conv_transpose2d. oneDNN's second number is what moving data to its own",
             "layouts and back takes, which its time leaves out. The last column is ours over libtorch's better layout.", ""]
    head = ["shape", "pass", "ms", "GFLOP/s", "share", "best", "c/w", *TORCH, "oneDNN", "Eigen", "ratio"]
    shown = set()
    for group in ("peak", "rate", "first-layers", "small-channels", "holes", "float64", "tiny", "huge", "rivals"):
        shapes = [s for s in run.group(group) if s.name not in shown]
        if not shapes:
            continue
        shown |= {s.name for s in shapes}
        lines += [f"### {group}", ""]
        lines += table(head, [conv_row(s, of) for s in shapes for of in PASSES])
    lines += ["What the shapes are:", ""]
    lines += table(["shape", "net", "layer", "size", "inside the image"],
                   [(s.name, s.net, s.layer, s.size(), percent(s.operations / s.line["nominal_operations"])) for s in run.shapes])
    refused = [(s.name, of, r["engine"], f"{r['difference']:.1e}") for s in run.shapes for of, r in s.refused]
    if refused:
        lines += ["Not timed, because the result was wrong:", ""] + table(["shape", "pass", "library", "difference"], refused)
    return lines


def step_section(run):
    if not run.best["trous"]:
        return []
    rows = [("trous", "all", *run.best["trous"].cells()), ("trous", "1", *run.one["trous"].cells())]
    default = Steps(run.folder, "step-default-torch-NCHW.json")
    named = [("libtorch NHWC, bound threads", "all", run.best["NHWC"]), ("libtorch NCHW, bound threads", "all", run.best["NCHW"]),
             ("libtorch NHWC, bound thread", "1", run.one["NHWC"]), ("libtorch NCHW, as it comes", "all", default)]
    rows += [(name, threads, *steps.cells()) for name, threads, steps in named if steps]
    lines = ["## A training step of the reference net", "", "8 x 128 x 128 x 3; forward, backward and Adam; a process each, in turns. Memory is the highest resident size less that",
             "just before the first step. GFLOP/s count the multiply-adds of the convolutions inside the image, "
             f"{run.best['trous'].operations / 1e9:.2f} GFLOP a step.", ""]
    lines += table(["", "threads", "ms, median", "least .. most", "steps", "GFLOP/s", "c/w", "MB added"], rows)
    if run.best["NHWC"]:
        pairs = list(zip(run.best["trous"].losses, run.best["NHWC"].losses))
        apart = [abs(a - b) / abs(b) for a, b in pairs]
        lines += [f"The losses of the first step differ by {apart[0]:.1e} of their value, those of the first {len(apart)} steps by {max(apart):.1e} at most.", ""]
    rows = []
    for what, values in (("size", (32, 64, 256)), ("batch", (1, 2, 4, 16))):
        for value in values:
            ours = Steps(run.folder, f"step-{what}-{value}-trous.json")
            theirs = Steps(run.folder, f"step-{what}-{value}-torch-NHWC.json")
            if ours:
                more = (f"{theirs.ms():.1f}", f"{ours.ms() / theirs.ms():.2f}", f"{statistics.median(theirs.memory) / 1e6:.0f}") if theirs else ("", "", "")
                rows.append((f"{what} {value}", f"{ours.ms():.1f}", *more[:2], f"{statistics.median(ours.memory) / 1e6:.0f}", more[2]))
    if rows:
        lines += ["How it grows (the rest as above):", ""] + table(["", "ours ms", "libtorch NHWC ms", "ours / theirs", "ours MB", "theirs MB"], rows)
    return lines


def overhead_section(run):
    found = overhead_lines(run)
    if not found:
        return []
    rows = []
    for name, libraries in sorted(found.items()):
        cells = [name]
        for library in ("trous", "libtorch"):
            ns, ops = libraries.get(library, (None, None))
            cells += [f"{ns / 1e3:.2f}", f"{ops:.0f}", f"{ns / ops:.0f}"] if ns else ["", "", ""]
        ratio = libraries["trous"][0] / libraries["libtorch"][0] if "libtorch" in libraries else None
        rows.append((*cells, f"{ratio:.2f}" if ratio else ""))
    lines = ["## Tiny tensors", "", "Forward and backward on one thread, processor time, medians of interleaved repetitions. conv_bias_relu ends in a sum; its size is",
             "height x width x channels. add_chain is length x elements. An op is a node that the library records.", ""]
    return lines + table(["", "trous us", "ops", "ns per op", "libtorch us", "ops", "ns per op", "ours / theirs"], rows)


def footprint_section(run):
    if not run.footprint:
        return []
    rows = [(r["name"], f"{min(r['compile_seconds']):.2f}", f"{r['program_bytes'] / 1e6:.2f}", r["libraries"], f"{(r['program_bytes'] + r['library_bytes']) / 1e6:.1f}")
            for r in run.footprint]
    archive = run.footprint[0]["archive_bytes"] / 1e6
    lines = ["## What a user's one-line program costs", "", f"Compiled with -O2 from the header of everything. trous is linked statically ({archive:.1f} MB of archive).", ""]
    return lines + table(["", "compile s", "program MB", "libraries loaded", "MB in all"], rows)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip().splitlines()[-1])
    run = Run(Path(sys.argv[1]))
    lines = ["# Benchmarks", "", "Written by `scripts/benchmark` from the results of one run; the shapes are those of `benchmarks/shapes.json`.",
             "Contestants take turns, so that noise hits all; a loss is printed like a win.", ""]
    for section in (machine_section, targets_section, wins_section, conv_section, step_section, overhead_section, footprint_section):
        lines += section(run)
    Path(sys.argv[2]).write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
