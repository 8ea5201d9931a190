#!/usr/bin/env python3
"""Writes data/schedules.safetensors: learning rates as PyTorch's schedulers set them, in float64.

    python3 tests/golden/make_schedule_goldens.py

Written with Python 3.11 and PyTorch 1.13.0 (Debian 12: python3-torch). The tests only read the file; they
need no Python. one_cycle/<steps> is the rate of every step of a run, from a base of 0.375. For a case
plateau/<name>, scores are what the validations say, rates the rate after each, and options factor, patience
and threshold.
"""
import json
import os
import struct

import torch
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

stored = {}


def store(name, values):
    stored[name] = [float(v) for v in values]


def sgd(rate):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)


for steps in (1, 2, 3, 4, 7, 10, 100, 333):
    optimizer = sgd(0.375)
    scheduler = OneCycleLR(optimizer, max_lr=0.375, total_steps=steps, cycle_momentum=False)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < steps:
            scheduler.step()
    store(f"one_cycle/{steps}", rates)

SCORES = [0.1, 0.3, 0.2, 0.25, 0.3, 0.31, 0.1, 0.1, 0.1, 0.1, 0.32, 0.315, float("nan"), 0.4, 0.41, 0.42, 0.43, 0.44,
          0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44]
for name, factor, patience, threshold in (("plain", 0.5, 5, 0), ("impatient", 0.25, 0, 0),
                                          ("patient", 0.1, 2, 0), ("demanding", 0.5, 2, 0.05)):
    optimizer = sgd(1.0)
    scheduler = ReduceLROnPlateau(optimizer, mode="max", factor=factor, patience=patience, threshold=threshold,
                                  threshold_mode="abs", eps=0)
    rates = []
    for score in SCORES:
        scheduler.step(score)
        rates.append(optimizer.param_groups[0]["lr"])
    store(f"plateau/{name}/scores", SCORES)
    store(f"plateau/{name}/rates", rates)
    store(f"plateau/{name}/options", [factor, patience, threshold])

header, data = {}, b""
for name, values in stored.items():
    raw = struct.pack(f"<{len(values)}d", *values)
    header[name] = {"dtype": "F64", "shape": [len(values)], "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "schedules.safetensors")
with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
