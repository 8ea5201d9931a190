#!/usr/bin/env python3
"""Writes values and gradients as PyTorch computes them, for trous to judge. docs/vectors.md is the format.

    python3 examples/vectors_from_torch.py vectors.safetensors
    trous check --vectors vectors.safetensors
"""
import json
import struct
import sys

import torch
import torch.nn.functional as F

DTYPES = {torch.float64: ("F64", "d"), torch.float32: ("F32", "f"), torch.int32: ("I32", "i")}


class Vectors:
    """Cases to be written into one file; `notes` are strings for its metadata, such as a version."""

    def __init__(self, **notes):
        self.tensors, self.metadata = {}, notes

    def add(self, case, op, function, *inputs, constants=(), cotangent=lambda y: 2 * torch.rand_like(y) - 1):
        """What `op`, such as {"op": "atrous_conv2d", "rate": 2}, should give for these inputs: function(*inputs).
        Inputs that are integers, or whose number is in `constants`, have no gradient."""
        leaves = [x.detach().clone() for x in inputs]
        varied = [k for k, x in enumerate(leaves) if x.is_floating_point() and k not in constants]
        for k in varied:
            leaves[k].requires_grad_()
        value = function(*leaves)
        c = cotangent(value.detach())
        gradients = torch.autograd.grad((value * c).sum(), [leaves[k] for k in varied])
        self.metadata[case] = json.dumps(op)
        for k, x in enumerate(leaves):
            self.tensors[f"{case}/input.{k}"] = x
        self.tensors[f"{case}/value"] = value
        self.tensors[f"{case}/cotangent"] = c
        for k, gradient in zip(varied, gradients):
            self.tensors[f"{case}/gradient.{k}"] = gradient

    def write(self, path):
        """A safetensors file: the length of a JSON header, the header, and the numbers, all little-endian."""
        header, body = {"__metadata__": self.metadata}, b""
        for name, tensor in self.tensors.items():
            dtype, letter = DTYPES[tensor.dtype]
            data = struct.pack(f"<{tensor.numel()}{letter}", *tensor.detach().flatten().tolist())
            place = [len(body), len(body) + len(data)]
            header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": place}
            body += data
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + body)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def main(path):
    torch.manual_seed(1)
    vectors = Vectors(torch=torch.__version__)
    # trous' images are [batch, height, width, channels], its filters [height, width, in, out].
    x, f = torch.rand(1, 6, 5, 2, dtype=torch.float64), torch.rand(3, 3, 2, 4, dtype=torch.float64)
    vectors.add("dilated", {"op": "atrous_conv2d", "rate": 2, "padding": "SAME"},
                lambda x, f: nhwc(F.conv2d(nchw(x), f.permute(3, 2, 0, 1), dilation=2, padding=2)), x, f)
    logits, labels = torch.randn(2, 3, 4, 5), torch.randint(5, (2, 3, 4), dtype=torch.int32)
    vectors.add("loss, float32", {"op": "softmax_cross_entropy", "ignore_index": 1},
                lambda x, t: F.cross_entropy(nchw(x), t.long(), ignore_index=1), logits, labels)
    vectors.write(path)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python3 examples/vectors_from_torch.py FILE.safetensors")
    main(sys.argv[1])
