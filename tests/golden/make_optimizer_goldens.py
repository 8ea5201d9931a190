#!/usr/bin/env python3
"""Writes data/optimizers.safetensors: the weights after each of six steps of PyTorch's optimizers, and of
Lion and LAMB, which PyTorch has not, as loops written from their papers.

    python3 tests/golden/make_optimizer_goldens.py

Written with Python 3.11 and PyTorch 1.13.0 (Debian 12: python3-torch). The tests only read the file; they
need no Python. All is float64. First weights and gradients are a formula that
tests/train/optimizer_golden_test.cpp repeats, and the learning rate of step t = 0, 1, ... is
0.125 / (t + 1). <case>/<t>/<k> is weight k after step t. In the cases that end in _groups each weight is a
parameter group of its own, with the scales below on learning rate and decay.
"""
import json
import os
import struct

import torch

SHAPES = [(3, 2), (5,)]
STEPS = 6


def numbers(shape, salt):
    """Element i is ((7919 i + 104729 salt) mod 2001 - 1000) / 1024."""
    count = 1
    for extent in shape:
        count *= extent
    i = torch.arange(count, dtype=torch.int64)
    return (((7919 * i + 104729 * salt) % 2001 - 1000).to(torch.float64) / 1024).reshape(shape)


class Lion(torch.optim.Optimizer):
    """Chen et al., arXiv:2302.06675, algorithm 2."""

    def __init__(self, groups, lr, betas=(0.9, 0.99), weight_decay=0.1):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                m = self.state[theta].get("m", torch.zeros_like(theta))
                update = torch.sign(beta1 * m + (1 - beta1) * theta.grad)
                self.state[theta]["m"] = beta2 * m + (1 - beta2) * theta.grad
                theta -= group["lr"] * (update + group["weight_decay"] * theta)


class Lamb(torch.optim.Optimizer):
    """You et al., arXiv:1904.00962, algorithm 2, with phi the identity and a layer of each tensor."""

    def __init__(self, groups, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for x in group["params"]:
                t, m, v = self.state[x].get("tmv", (0, torch.zeros_like(x), torch.zeros_like(x)))
                t, m, v = t + 1, beta1 * m + (1 - beta1) * x.grad, beta2 * v + (1 - beta2) * x.grad**2
                self.state[x]["tmv"] = t, m, v
                r = (m / (1 - beta1**t)) / (torch.sqrt(v / (1 - beta2**t)) + group["eps"])
                update = r + group["weight_decay"] * x
                x -= group["lr"] * torch.linalg.vector_norm(x) / torch.linalg.vector_norm(update) * update


CASES = {
    "sgd": lambda w: torch.optim.SGD(w, lr=1),
    "momentum": lambda w: torch.optim.SGD(w, lr=1, momentum=0.9),
    "nesterov": lambda w: torch.optim.SGD(w, lr=1, momentum=0.75, nesterov=True, weight_decay=0.125),
    "adam": lambda w: torch.optim.Adam(w, lr=1),
    "adam_decay": lambda w: torch.optim.Adam(w, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.125),
    "adamw": lambda w: torch.optim.AdamW(w, lr=1),
    "adamw_decay": lambda w: torch.optim.AdamW(w, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.25),
    "rmsprop": lambda w: torch.optim.RMSprop(w, lr=1),
    "rmsprop_momentum": lambda w: torch.optim.RMSprop(
        w, lr=1, alpha=0.75, eps=1e-3, momentum=0.5, weight_decay=0.125
    ),
    "lion": lambda w: Lion(w, lr=1),
    "lion_decay": lambda w: Lion(w, lr=1, betas=(0.5, 0.75), weight_decay=0.25),
    "lamb": lambda w: Lamb(w, lr=1),
    "lamb_decay": lambda w: Lamb(w, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.25),
}

SCALES = [(0.5, 0.0), (2.0, 3.0)]  # of the learning rate and the decay
GROUPED = {
    "sgd_groups": lambda g: torch.optim.SGD(g, lr=1, momentum=0.75, nesterov=True, weight_decay=0.125),
    "adam_groups": lambda g: torch.optim.Adam(g, lr=1, weight_decay=0.125),
    "adamw_groups": lambda g: torch.optim.AdamW(g, lr=1, weight_decay=0.25),
    "rmsprop_groups": lambda g: torch.optim.RMSprop(g, lr=1, momentum=0.5, weight_decay=0.125),
    "lion_groups": lambda g: Lion(g, lr=1),
    "lamb_groups": lambda g: Lamb(g, lr=1),
}

stored = {}
for name, make in {**CASES, **GROUPED}.items():
    weights = [numbers(shape, k).requires_grad_() for k, shape in enumerate(SHAPES)]
    optimizer = make([{"params": [w]} for w in weights] if name in GROUPED else weights)
    scales = SCALES if name in GROUPED else [(1, 1)]
    for group, (_, by) in zip(optimizer.param_groups, scales):
        group["weight_decay"] *= by
    for t in range(STEPS):
        for k, weight in enumerate(weights):
            weight.grad = numbers(SHAPES[k], 10 * (t + 1) + k)
        for group, (by, _) in zip(optimizer.param_groups, scales):
            group["lr"] = 0.125 / (t + 1) * by
        optimizer.step()
        for k, weight in enumerate(weights):
            stored[f"{name}/{t}/{k}"] = weight.detach().clone()

header, data = {}, b""
for name, tensor in stored.items():
    raw = struct.pack(f"<{tensor.numel()}d", *tensor.flatten().tolist())
    offsets = [len(data), len(data) + len(raw)]
    header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": offsets}
    data += raw
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "optimizers.safetensors")
with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
