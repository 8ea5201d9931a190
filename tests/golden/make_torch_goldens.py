#!/usr/bin/env python3
"""Writes data/torch.safetensors: values and gradients as PyTorch computes them, in float64.

    python3 tests/golden/make_torch_goldens.py

Written with Python 3.11, PyTorch 1.13.0 and numpy 1.24.2 (Debian 12: python3-torch). The tests only read the
file; they need no Python. Inputs are a formula that tests/ops/torch_goldens_test.cpp repeats, so only results
are stored: <case>/y, and <case>/g0, g1, ... the gradients of sum(y * cotangent) in the inputs.
"""
import json
import os
import struct

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
stored = {}


def numbers(shape, salt):
    """Element i is ((7919 i + 104729 salt) mod 2001 - 1000) / 1024: exact, and distinct for 2001 elements."""
    count = 1
    for extent in shape:
        count *= extent
    i = torch.arange(count, dtype=torch.int64)
    return (((7919 * i + 104729 * salt) % 2001 - 1000).to(torch.float64) / 1024).reshape(shape)


def case(name, function, *inputs):
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = function(*leaves)
    gradients = torch.autograd.grad((y * numbers(tuple(y.shape), 9)).sum(), leaves)
    stored[name + "/y"] = y.detach()
    for k, g in enumerate(gradients):
        stored[f"{name}/g{k}"] = g


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def begin_and_end(size, taps, stride, rate, padding):
    """The zeros before and after an axis of `size` pixels."""
    if padding == "valid":
        return 0, 0
    total = max(0, (-(-size // stride) - 1) * stride + (taps - 1) * rate + 1 - size)
    return total // 2, total - total // 2


def conv(x, f, stride, rate, padding):
    (top, bottom), (left, right) = (begin_and_end(x.shape[1 + a], f.shape[a], stride[a], rate[a], padding) for a in (0, 1))
    padded = F.pad(nchw(x), (left, right, top, bottom))
    return nhwc(F.conv2d(padded, f.permute(3, 2, 0, 1), stride=stride, dilation=rate))


def transposed(v, f, size, stride, rate, padding):
    """The natural result, cropped at the beginning, then cut or extended with zeros to `size`."""
    full = F.conv_transpose2d(nchw(v), f.permute(3, 2, 0, 1), stride=stride, dilation=rate)
    for a in (0, 1):
        begin, _ = begin_and_end(size[a], f.shape[a], stride[a], rate[a], padding)
        full = full.narrow(2 + a, begin, full.shape[2 + a] - begin)
    more = [max(0, size[a] - full.shape[2 + a]) for a in (0, 1)]
    return nhwc(F.pad(full, (0, more[1], 0, more[0]))[:, :, :size[0], :size[1]])


# The heart. One image [1, 7, 10, 2]; filters [3, 3, 2, 3] and [2, 4, 2, 3].
for taps in ((3, 3), (2, 4)):
    for rate in ((1, 1), (2, 2), (3, 3), (2, 1)):
        for padding in ("same", "valid"):
            name = f"{taps[0]}x{taps[1]}_rate{rate[0]}x{rate[1]}_{padding}"
            x, f = numbers((1, 7, 10, 2), 1), numbers((*taps, 2, 3), 2)
            case("atrous_conv2d/" + name, lambda x, f: conv(x, f, (1, 1), rate, padding), x, f)
            v = numbers((1, 5, 4, 3), 3)
            more = [0 if padding == "same" else (taps[a] - 1) * rate[a] for a in (0, 1)]
            size = (5 + more[0], 4 + more[1])
            case("atrous_conv2d_transpose/" + name, lambda v, f: transposed(v, f, size, (1, 1), rate, padding), v, f)

# Strided, at two output shapes of the transpose each.
for stride, rate in (((2, 2), (1, 1)), ((2, 3), (1, 1)), ((3, 2), (2, 1))):
    for padding in ("same", "valid"):
        name = f"stride{stride[0]}x{stride[1]}_rate{rate[0]}x{rate[1]}_{padding}"
        f = numbers((3, 2, 2, 3), 2)
        case("conv2d/" + name, lambda x, f: conv(x, f, stride, rate, padding), numbers((1, 7, 8, 2), 1), f)
        for less in (0, 1):
            low = [2 * stride[a] + 1 if padding == "same" else 2 * stride[a] + (f.shape[a] - 1) * rate[a] + 1 for a in (0, 1)]
            size = (low[0] + stride[0] - 1 - less, low[1] + less)
            case(f"conv2d_transpose/{name}_{size[0]}x{size[1]}",
                 lambda v, f: transposed(v, f, size, stride, rate, padding), numbers((1, 3, 3, 3), 3), f)

for stride, rate in (((1, 1), (2, 1)), ((2, 2), (1, 1))):
    def depthwise(x, f):
        (top, bottom), (left, right) = (begin_and_end(x.shape[1 + a], f.shape[a], stride[a], rate[a], "same") for a in (0, 1))
        w = f.permute(2, 3, 0, 1).reshape(-1, 1, f.shape[0], f.shape[1])
        return nhwc(F.conv2d(F.pad(nchw(x), (left, right, top, bottom)), w, stride=stride, dilation=rate, groups=f.shape[2]))
    case(f"depthwise_conv2d/stride{stride[0]}_rate{rate[0]}x{rate[1]}", depthwise, numbers((1, 5, 6, 3), 1), numbers((3, 2, 3, 2), 2))

logits = 4 * numbers((2, 3, 4, 5), 1)
labels = (torch.arange(24) * 7 % 5).reshape(2, 3, 4)
weights = torch.tensor([0.5, 1, 2, 0, 1.5], dtype=torch.float64)
case("cross_entropy/plain", lambda x: F.cross_entropy(nchw(x), labels), logits)
case("cross_entropy/weighted", lambda x: F.cross_entropy(nchw(x), labels, weight=weights), logits)
case("cross_entropy/weighted_ignored", lambda x: F.cross_entropy(nchw(x), labels, weight=weights, ignore_index=1), logits)


def dice(x, smooth, ignore):
    """Milletari's overlap with a linear denominator, class by class over the classes that occur."""
    kept = labels.flatten() != ignore
    p, t = x.reshape(-1, 5)[kept].softmax(1), F.one_hot(labels.flatten()[kept], 5).to(x.dtype)
    present = t.sum(0) > 0
    score = (2 * (p * t).sum(0) + smooth) / (p.sum(0) + t.sum(0) + smooth)
    return 1 - score[present].mean()


def focal(x, gamma, alpha, ignore):
    """Lin's loss of each pixel, from PyTorch's cross-entropy of each pixel."""
    kept = labels.flatten() != ignore
    x, t = x.reshape(-1, 5)[kept], labels.flatten()[kept]
    entropy = F.cross_entropy(x, t, reduction="none")
    return (alpha[t] * (1 - torch.exp(-entropy)) ** gamma * entropy).sum() / alpha[t].sum()


ones = torch.ones(5, dtype=torch.float64)
case("dice_loss/plain", lambda x: dice(x, 1, -1), logits)
case("dice_loss/ignored", lambda x: dice(x, 1, 1), logits)
case("dice_loss/ignored_smooth0", lambda x: dice(x, 0, 3), logits)
case("focal_loss/plain", lambda x: focal(x, 2, ones, -1), logits)
case("focal_loss/weighted", lambda x: focal(x, 2, weights, -1), logits)
case("focal_loss/weighted_ignored", lambda x: focal(x, 1.5, weights, 1), logits)
case("log_softmax/last", lambda x: F.log_softmax(x, -1), logits)
case("log_softmax/axis_1", lambda x: F.log_softmax(x, 1), logits)
case("batch_norm", lambda x, s, o: nhwc(F.batch_norm(nchw(x), None, None, s, o, training=True, eps=1e-5)),
     numbers((3, 4, 5, 2), 1), numbers((2,), 2), numbers((2,), 3))
image = numbers((2, 5, 7, 2), 1)
for height, width in ((10, 14), (3, 3), (8, 4), (1, 9)):
    case(f"resize_bilinear/{height}x{width}",
         lambda x: nhwc(F.interpolate(nchw(x), (height, width), mode="bilinear", align_corners=False)), image)
for window, stride, pad in (((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((3, 2), (1, 2), (1, 0))):
    name = f"{window[0]}x{window[1]}_stride{stride[0]}x{stride[1]}_pad{pad[0]}x{pad[1]}"
    case("max_pool2d/" + name, lambda x: nhwc(F.max_pool2d(nchw(x), window, stride, pad)), image)
    case("average_pool2d/" + name,
         lambda x: nhwc(F.avg_pool2d(nchw(x), window, stride, pad, count_include_pad=False)), image)

header, body = {"__metadata__": {"torch": torch.__version__}}, b""
for name, tensor in stored.items():
    data = struct.pack(f"<{tensor.numel()}d", *tensor.contiguous().flatten().tolist())
    header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
with open(os.path.join(folder, "torch.safetensors"), "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + body)
print(len(stored), "tensors,", 8 + len(text) + len(body), "bytes")
