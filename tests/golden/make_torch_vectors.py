#!/usr/bin/env python3
"""Writes data/torch.safetensors, values and gradients as PyTorch computes them in float64: docs/vectors.md.

    python3 tests/golden/make_torch_vectors.py [FILE]

Written with Python 3.11 and PyTorch 1.13.0 (Debian 12: python3-torch). The tests only read the file; they need
no Python. `scripts/crosscheck` writes it again and compares.
"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "examples"))
sys.dont_write_bytecode = True

import torch
import torch.nn.functional as F
from vectors_from_torch import Vectors, nchw, nhwc

torch.set_num_threads(1)
vectors = Vectors(torch=torch.__version__)


def numbers(shape, salt):
    """Element i is ((7919 i + 104729 salt) mod 2001 - 1000) / 1024: exact, and distinct for 2001 elements."""
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    return (((7919 * i + 104729 * salt) % 2001 - 1000).to(torch.float64) / 1024).reshape(shape)


def case(name, attributes, function, *inputs, constants=()):
    """`name` begins with the op's."""
    vectors.add(name, {"op": name.split("/")[0], **attributes}, function, *inputs, constants=constants,
                cotangent=lambda y: numbers(y.shape, 9))


def begin_and_end(size, taps, stride, rate, padding):
    """The zeros before and after an axis of `size` pixels."""
    if padding == "VALID":
        return 0, 0
    total = max(0, (-(-size // stride) - 1) * stride + (taps - 1) * rate + 1 - size)
    return total // 2, total - total // 2


def margins(size, f, stride, rate, padding):
    """[top, bottom, left, right]; an explicit padding is that already."""
    if not isinstance(padding, str):
        return padding
    return [zeros for a in (0, 1) for zeros in begin_and_end(size[a], f.shape[a], stride[a], rate[a], padding)]


def padded(x, f, stride, rate, padding):
    top, bottom, left, right = margins(x.shape[1:3], f, stride, rate, padding)
    return F.pad(nchw(x), (left, right, top, bottom))


def conv(x, f, stride, rate, padding):
    return nhwc(F.conv2d(padded(x, f, stride, rate, padding), f.permute(3, 2, 0, 1), stride=stride, dilation=rate))


def depthwise(x, f, stride, rate, padding):
    w = f.permute(2, 3, 0, 1).reshape(-1, 1, f.shape[0], f.shape[1])
    return nhwc(F.conv2d(padded(x, f, stride, rate, padding), w, stride=stride, dilation=rate, groups=f.shape[2]))


def transposed(v, f, size, stride, rate, padding):
    """The natural result, cropped at the beginning, then cut or extended with zeros to `size`."""
    full = F.conv_transpose2d(nchw(v), f.permute(3, 2, 0, 1), stride=stride, dilation=rate)
    top, _, left, _ = margins(size, f, stride, rate, padding)
    full = full[:, :, top:, left:]
    more = [max(0, size[a] - full.shape[2 + a]) for a in (0, 1)]
    return nhwc(F.pad(full, (0, more[1], 0, more[0]))[:, :, :size[0], :size[1]])


def filter_grad(x, g, shape, stride, rate, padding):
    """As a function of both, which PyTorch differentiates once more."""
    f = torch.zeros(shape, dtype=x.dtype, requires_grad=True)
    return torch.autograd.grad((conv(x, f, stride, rate, padding) * g).sum(), f, create_graph=True)[0]


def window(stride, rate, padding):
    return {"stride": stride, "rate": rate, "padding": padding}


# The heart, with filters [3, 3, 2, 3] and [2, 4, 2, 3]; images as small as their windows allow.
for taps in ((3, 3), (2, 4)):
    for rate in ((1, 1), (2, 2), (3, 3), (2, 1)):
        for padding in ("SAME", "VALID"):
            name = f"{taps[0]}x{taps[1]}_rate{rate[0]}x{rate[1]}_{padding}"
            attributes = {"rate": rate, "padding": padding}
            reach = [0 if padding == "SAME" else (taps[a] - 1) * rate[a] for a in (0, 1)]
            small, large = ((5, 4), (5, 4)) if padding == "SAME" else ((2, 3), (2 + reach[0], 3 + reach[1]))
            x, v, f = numbers((1, *large, 2), 1), numbers((1, *small, 3), 3), numbers((*taps, 2, 3), 2)
            case("atrous_conv2d/" + name, attributes, lambda x, f: conv(x, f, (1, 1), rate, padding), x, f)
            case("atrous_conv2d_transpose/" + name, attributes,
                 lambda v, f: transposed(v, f, large, (1, 1), rate, padding), v, f)
            if rate in ((2, 2), (2, 1)):
                case("atrous_conv2d_filter_grad/" + name, {"filter_shape": f.shape, **attributes},
                     lambda x, g: filter_grad(x, g, f.shape, (1, 1), rate, padding), x, v)

# Strided, at two output shapes of the transpose each.
for stride, rate in (((2, 2), (1, 1)), ((2, 3), (1, 1)), ((3, 2), (2, 1))):
    for padding in ("SAME", "VALID"):
        name = f"stride{stride[0]}x{stride[1]}_rate{rate[0]}x{rate[1]}_{padding}"
        x, f = numbers((2, 7, 6, 2), 1), numbers((3, 2, 2, 3), 2)
        case("conv2d/" + name, window(stride, rate, padding), lambda x, f: conv(x, f, stride, rate, padding), x, f)
        for less in (0, 1):
            low = [stride[a] + 1 if padding == "SAME" else stride[a] + (f.shape[a] - 1) * rate[a] + 1 for a in (0, 1)]
            size = (low[0] + stride[0] - 1 - less, low[1] + less)
            case(f"conv2d_transpose/{name}_{size[0]}x{size[1]}",
                 {"output_shape": [2, *size, 2], **window(stride, rate, padding)},
                 lambda v, f: transposed(v, f, size, stride, rate, padding), numbers((2, 2, 2, 3), 3), f)
    g = numbers(conv(x, f, stride, rate, "SAME").shape, 3)
    case("conv2d_filter_grad/" + name.replace("VALID", "SAME"), {"filter_shape": f.shape, **window(stride, rate, "SAME")},
         lambda x, g: filter_grad(x, g, f.shape, stride, rate, "SAME"), x, g)

# Other zeros on each side.
sides = [2, 0, 1, 3]
x, v, f = numbers((1, 5, 4, 2), 1), numbers((1, 3, 6, 3), 3), numbers((3, 2, 2, 3), 2)
case("conv2d/explicit", window((2, 1), (1, 2), sides), lambda x, f: conv(x, f, (2, 1), (1, 2), sides), x, f)
case("conv2d_transpose/explicit", {"output_shape": [1, 5, 4, 2], **window((2, 1), (1, 2), sides)},
     lambda v, f: transposed(v, f, (5, 4), (2, 1), (1, 2), sides), v, f)

for stride, rate, padding in (((1, 1), (2, 1), "SAME"), ((2, 2), (1, 1), "SAME"), ((2, 1), (2, 2), "VALID")):
    case(f"depthwise_conv2d/stride{stride[0]}x{stride[1]}_rate{rate[0]}x{rate[1]}_{padding}", window(stride, rate, padding),
         lambda x, f: depthwise(x, f, stride, rate, padding), numbers((1, 5, 6, 3), 1), numbers((3, 2, 3, 2), 2))

logits = 4 * numbers((2, 3, 2, 5), 1)
labels = (torch.arange(12) * 7 % 5).reshape(2, 3, 2).to(torch.int32)
weights = torch.tensor([0.5, 1, 2, 0, 1.5], dtype=torch.float64)
ignore = {"ignore_index": 1}


def cross_entropy(x, t, w=None, **ignored):
    return F.cross_entropy(nchw(x), t.long(), weight=w, **ignored)


def counted(x, t, ignored):
    """Logits and labels of the pixels that count, and the labels as a matrix of 0 and 1."""
    kept = t.flatten() != ignored
    x, t = x.reshape(-1, 5)[kept], t.flatten()[kept].long()
    return x, t, F.one_hot(t, 5).to(x.dtype)


def dice(x, t, smooth, ignored):
    """Milletari's overlap with a linear denominator, class by class over the classes that occur."""
    x, _, truth = counted(x, t, ignored)
    p = x.softmax(1)
    present = truth.sum(0) > 0
    score = (2 * (p * truth).sum(0) + smooth) / (p.sum(0) + truth.sum(0) + smooth)
    return 1 - score[present].mean()


def focal(x, t, alpha, gamma, ignored):
    """Lin's loss of each pixel, from PyTorch's cross-entropy of each pixel."""
    x, t, _ = counted(x, t, ignored)
    entropy = F.cross_entropy(x, t, reduction="none")
    return (alpha[t] * (1 - torch.exp(-entropy)) ** gamma * entropy).sum() / alpha[t].sum()


case("softmax_cross_entropy/plain", {}, cross_entropy, logits, labels)
case("softmax_cross_entropy/weighted", {}, cross_entropy, logits, labels, weights, constants=(2,))
case("softmax_cross_entropy/weighted_ignored", ignore, lambda x, t, w: cross_entropy(x, t, w, ignore_index=1), logits,
     labels, weights, constants=(2,))
case("dice_loss/plain", {}, lambda x, t: dice(x, t, 1, -1), logits, labels)
case("dice_loss/ignored", ignore, lambda x, t: dice(x, t, 1, 1), logits, labels)
case("dice_loss/ignored_smooth0", {"ignore_index": 3, "smooth": 0}, lambda x, t: dice(x, t, 0, 3), logits, labels)
case("focal_loss/plain", {}, lambda x, t: focal(x, t, torch.ones_like(weights), 2, -1), logits, labels)
case("focal_loss/weighted", {}, lambda x, t, w: focal(x, t, w, 2, -1), logits, labels, weights, constants=(2,))
case("focal_loss/weighted_ignored", {"gamma": 1.5, **ignore}, lambda x, t, w: focal(x, t, w, 1.5, 1), logits, labels,
     weights, constants=(2,))
for axis, name in ((-1, "last"), (1, "axis_1")):
    case("log_softmax/" + name, {"axis": axis}, lambda x: F.log_softmax(x, axis), logits)
    case("softmax/" + name, {"axis": axis}, lambda x: F.softmax(x, axis), logits)

x, scale, offset = numbers((3, 2, 4, 2), 1), numbers((2,), 2), numbers((2,), 3)
mean, variance = numbers((2,), 4), numbers((2,), 5) ** 2 + 0.25
case("batch_norm/training", {}, lambda x, s, o: nhwc(F.batch_norm(nchw(x), None, None, s, o, training=True)), x, scale, offset)
case("batch_norm/epsilon", {"epsilon": 0.01},
     lambda x, s, o: nhwc(F.batch_norm(nchw(x), None, None, s, o, training=True, eps=0.01)), x, scale, offset)
case("batch_norm_inference/given", {}, lambda x, s, o, m, v: nhwc(F.batch_norm(nchw(x), m, v, s, o)), x, scale, offset,
     mean, variance, constants=(3, 4))

image = numbers((2, 4, 5, 2), 1)
for height, width in ((8, 10), (3, 3), (7, 2), (1, 9)):
    size, attributes = f"{height}x{width}", {"height": height, "width": width}
    case("resize_bilinear/" + size, attributes,
         lambda x: nhwc(F.interpolate(nchw(x), (height, width), mode="bilinear", align_corners=False)), image)
    case("resize_nearest/" + size, attributes,
         lambda x: nhwc(F.interpolate(nchw(x), (height, width), mode="nearest-exact")), image)
for taps, stride, pad in (((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((3, 2), (1, 2), (1, 0))):
    name = f"{taps[0]}x{taps[1]}_stride{stride[0]}x{stride[1]}_pad{pad[0]}x{pad[1]}"
    attributes = {"window": taps, "stride": stride, "padding": [pad[0], pad[0], pad[1], pad[1]]}
    case("max_pool2d/" + name, attributes, lambda x: nhwc(F.max_pool2d(nchw(x), taps, stride, pad)), image)
    case("average_pool2d/" + name, attributes,
         lambda x: nhwc(F.avg_pool2d(nchw(x), taps, stride, pad, count_include_pad=False)), image)

a, b, positive = numbers((3, 4), 1), numbers((4, 2), 2), numbers((3, 4), 6) ** 2 + 0.125
case("matmul/3x4x2", {}, torch.matmul, a, b)
for op in (torch.exp, torch.tanh, torch.sigmoid, torch.relu, torch.abs):
    case(f"{op.__name__}/plain", {}, op, a)
for op in (torch.log, torch.sqrt):
    case(f"{op.__name__}/positive", {}, op, positive)
for op in (torch.add, torch.sub, torch.mul):
    case(f"{op.__name__}/broadcast", {}, op, numbers((2, 3, 1), 3), a)
case("div/broadcast", {}, torch.div, numbers((2, 3, 1), 3), positive)

path = sys.argv[1] if len(sys.argv) > 1 else HERE / "data" / "torch.safetensors"
vectors.write(path)
print(len(vectors.tensors), "tensors,", Path(path).stat().st_size, "bytes")
