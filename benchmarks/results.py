"""The results of one run of scripts/benchmark, as its JSON files have them."""

import json
import math
import statistics

PASSES = ["forward", "transpose", "filter gradient"]
LAYOUTS = ["libtorch NHWC", "libtorch NCHW"]


def load(path):
    return json.loads(path.read_text()) if path.exists() else None


class Shape:
    """One convolution: its three passes, by every library."""

    def __init__(self, line):
        self.line = line
        self.name, self.groups, self.dtype = line["name"], line["groups"], line["dtype"]
        self.inside = line["operations"] / line["nominal_operations"]
        self.figures = {p["pass"]: {e["engine"]: e for e in p["engines"]} for p in line["passes"]}
        self.peaks = {p["pass"]: p["peak"] for p in line["passes"]}
        self.refused = [(p["pass"], refused) for p in line["passes"] for refused in p["refused"]]

    def size(self):
        s = self.line
        kernel = "x".join(str(taps) for taps in s["kernel"])
        more = "".join(f", {key} {s[key]}" for key in ("rate", "stride") if s[key] != 1)
        if s["channel_groups"] == s["in"] > 1:
            more += ", depthwise"
        elif s["channel_groups"] > 1:
            more += f", {s['channel_groups']} groups"
        return f"{s['n']} x {s['h']} x {s['w']}, {s['in']}->{s['out']}, {kernel}{more}"

    def ours(self, of):
        """None where the answer was wrong, so that it was not timed."""
        return self.figures[of].get("trous")

    def ms(self, of):
        return self.ours(of)["ms"] if self.ours(of) else math.inf

    def share(self, of, which="share"):
        return self.ours(of)[which] if self.ours(of) else 0.0

    def peak_operations(self, of):
        """The operations of the peak in the time of a pass, so that a slower clock cancels."""
        return self.ms(of) / 1e3 * self.peaks[of]

    def torch(self, of, layout="libtorch"):
        """The best of libtorch's ways, in ms."""
        found = [e["ms"] for name, e in self.figures[of].items() if name.startswith(layout)]
        return min(found, default=None)

    def ratio(self, of):
        """Ours over libtorch's; None where libtorch was not asked."""
        if not self.ours(of):
            return math.inf
        return self.ms(of) / self.torch(of) if self.torch(of) else None

    def total_ratio(self):
        if not all(self.ours(of) for of in PASSES):
            return math.inf
        if not all(self.torch(of) for of in PASSES):
            return None
        return sum(self.ms(of) for of in PASSES) / sum(self.torch(of) for of in PASSES)


# The networks by name whose steps scripts/benchmark times.
STEP_NETS = ["unet", "mini-deeplab"]


class Steps:
    """Training steps of one kind, those of all rounds together."""

    def __init__(self, folder, pattern):
        files = [load(path) for path in sorted(folder.glob(pattern))]
        self.seconds = [s for file in files for s in file["seconds"]]
        self.memories = [file["memory_added"] for file in files]
        self.busy = [file["cpu_per_wall"] for file in files]
        self.losses = files[0]["losses"] if files else []
        self.operations = files[0]["operations"] if files else 0

    def __bool__(self):
        return bool(self.seconds)

    def ms(self):
        return 1e3 * statistics.median(self.seconds)

    def megabytes(self):
        return statistics.median(self.memories) / 1e6

    def gflops(self):
        return self.operations / self.ms() / 1e6


class Run:
    def __init__(self, folder):
        self.folder = folder
        self.conv = load(folder / "conv.json")
        self.avx2 = load(folder / "conv-avx2.json")
        self.overhead = load(folder / "overhead.json")
        self.footprint = load(folder / "footprint.json")
        self.profile = load(folder / "profile.json")
        self.shapes = [Shape(line) for line in self.conv["shapes"]] if self.conv else []
        self.by_name = {shape.name: shape for shape in self.shapes}
        self.ours = self.steps("[0-9]-trous")
        self.ours_one = self.steps("[0-9]-one-trous")
        self.nhwc = self.steps("[0-9]-torch-NHWC")
        self.nchw = self.steps("[0-9]-torch-NCHW")
        self.nhwc_one = self.steps("[0-9]-one-torch-NHWC")
        before_and_after = [load(path) for path in sorted(folder.glob("calibration-*.json"), reverse=True)]
        self.described = [file for file in [self.conv, *before_and_after] if file]
        self.calibrations = [figures for file in self.described for figures in file["calibration"]]

    def steps(self, name):
        return Steps(self.folder, f"step-{name}.json")

    def torch_layouts(self, net=None):
        """libtorch's steps of a network, the reference net where none is named, in each of its layouts."""
        if net is None:
            return [s for s in (self.nhwc, self.nchw) if s]
        return [s for s in (self.steps(f"{net}-[0-9]-torch-{layout}") for layout in ("NHWC", "NCHW")) if s]

    def group(self, name):
        return [shape for shape in self.shapes if name in shape.groups]

    def machine(self):
        if self.described:
            return self.described[0]["machine"]
        return json.loads(self.overhead["context"]["machine"]) if self.overhead else None

    def peak(self, dtype="float32"):
        figures = self.calibrations[0] if self.calibrations else None
        return figures["fma"][figures["instruction_set"]][dtype]["all"] if figures else None

    def overheads(self):
        """name -> {library: (ns, ops)}, medians of processor time."""
        found = {}
        for line in self.overhead["benchmarks"] if self.overhead else []:
            if line.get("aggregate_name") == "median":
                name, library = line["run_name"].rsplit("/", 1)
                found.setdefault(name, {})[library] = (line["cpu_time"], line["ops"])
        return found
