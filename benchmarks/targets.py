"""What trous is held to, and whether one run met it: rows of (what, target, figure, met or None)."""

import statistics

from results import PASSES, STEP_NETS, Shape


def percent(share):
    return f"{100 * share:.0f} %"


def at_least(what, bound, shares):
    if not shares:
        return (what, f">= {percent(bound)}", "", None)
    return (what, f">= {percent(bound)}", percent(min(shares)), min(shares) >= bound)


def at_most(what, bound, ratio):
    if ratio is None:
        return (what, f"<= {bound}", "", None)
    return (what, f"<= {bound}", f"{ratio:.2f}", ratio <= bound)


def all_of(what, ratios, bound):
    """Every ratio below the bound."""
    ratios = [ratio for ratio in ratios if ratio is not None]
    if not ratios:
        return (what, "all", "", None)
    good = sum(ratio < bound for ratio in ratios)
    return (what, "all", f"{good} of {len(ratios)}", good == len(ratios))


def shares(run):
    for of in PASSES:
        found = run.group("peak")
        median = [statistics.median(shape.share(of) for shape in found)] if found else []
        yield at_least(f"3x3, any rate: {of}, median share of the peak", 0.85, median)
        least = [shape.share(of, "best_share") for shape in found]
        yield at_least(f"3x3, any rate: {of}, least share in the best repetition", 0.7, least)
    for name, bound in (("ref-stem", 0.45), ("ref-down1", 0.6), ("ref-down2", 0.7)):
        shape = run.by_name.get(name)
        found = [shape.share(of) for of in PASSES] if shape else []
        yield at_least(f"{name}: least share of its three passes", bound, found)


def rates(run):
    for channels in (32, 64, 128):
        near, far = (run.by_name.get(f"valid-c{channels}-r{rate}") for rate in (1, 16))
        for of in PASSES:
            both = near and far and near.ours(of)
            ratio = far.peak_operations(of) / near.peak_operations(of) if both else None
            what = f"{channels} channels, VALID: {of}, time at rate 16 / at rate 1, in operations of the peak"
            yield at_most(what, 1.05, ratio)


def rivals(run):
    each = [shape.ratio(of) for shape in run.group("small-channels") for of in PASSES]
    yield all_of("few or odd channels and heads: passes ahead of libtorch's better way", each, 1)
    each = [shape.ratio(of) for shape in run.group("grouped") for of in PASSES]
    yield all_of("depthwise, the 1x1 behind it, and grouped: passes ahead of libtorch's better way", each, 1)
    together = [shape.total_ratio() for shape in run.group("rivals")]
    yield all_of("forward and both gradients: shapes ahead of libtorch's better way", together, 1)
    transposes = [shape.ratio("transpose") for shape in run.group("holes")]
    yield all_of("strided or dilated transposes: at half libtorch's time or below", transposes, 0.5)


def steps(run):
    def against_torch(what, ours, theirs, slowest, largest):
        both = ours and theirs
        time = ours.ms() / min(s.ms() for s in theirs) if both else None
        memory = ours.megabytes() / min(s.megabytes() for s in theirs) if both else None
        yield at_most(f"training step{what} / libtorch's better layout", slowest, time)
        yield at_most(f"memory that the steps{what} add / libtorch's", largest, memory)

    yield from against_torch("", run.ours, run.torch_layouts(), 0.45, 0.5)
    for net in STEP_NETS:
        yield from against_torch(f" of {net}", run.steps(f"{net}-[0-9]-trous"), run.torch_layouts(net), 1, 1)
    what = "training step: one thread's time / all threads'"
    if run.ours and run.ours_one:
        speedup = run.ours_one.ms() / run.ours.ms()
        yield (what, ">= 1.8", f"{speedup:.2f}", speedup >= 1.8)
    else:
        yield (what, ">= 1.8", "", None)


def float64(run):
    for shape in run.group("float64"):
        twin = run.by_name.get(shape.name.removeprefix("f64-"))
        # Of rates that a clock which stands still would give.
        peaks = run.peak("float64") / run.peak()
        found = [peaks * shape.share(of) / twin.share(of) for of in PASSES if twin.ours(of)] if twin else []
        yield at_least(f"{shape.name}: least share of float32's rate", 0.45, found)


def avx2(run):
    shapes = [Shape(line) for line in run.avx2["shapes"]] if run.avx2 else []
    found = [shape.share(of) for shape in shapes if "avx2" in shape.groups for of in PASSES]
    yield at_least("3x3, 64 channels or more, AVX2 alone: least share of AVX2's peak", 0.65, found)


def tiny(run):
    overheads = run.overheads()
    for name in ("conv_bias_relu/1x1x1", "conv_bias_relu/16x16x16", "add_chain/100x1"):
        found = overheads.get(name, {})
        if "libtorch" in found:
            ratio = found["trous"][0] / found["libtorch"][0]
            yield (f"{name}: the whole / libtorch's", "< 1", f"{ratio:.2f}", ratio < 1)
        # What a larger tensor takes is arithmetic.
        if "trous" in found and "16x16" not in name:
            ns = found["trous"][0] / found["trous"][1]
            yield (f"{name}: per recorded op, forward and backward", "< 2000 ns", f"{ns:.0f} ns", ns < 2000)


def targets(run):
    for part in (shares, rates, rivals, steps, float64, avx2, tiny):
        yield from part(run)
