"""Masks: indexed PNG files of truth and prediction."""

import struct
import sys
import zlib
from collections import Counter

from check_eval.common import Scores, judge_class_json, judge_class_table, judge_row, mean, ratio

UNKNOWN = 255


def read_indexed_png(path):
    """Rows of stored numbers of a PNG file of 8-bit palette indices. Source: ISO/IEC 15948."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit(f"{path}: no PNG file.")
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]:
            sys.exit(f"{path}: the chunk {kind.decode()} has a wrong checksum.")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    width, height, depth, color, _, _, interlace = header
    if (depth, color, interlace) != (8, 3, 0):
        sys.exit(f"{path}: depth {depth}, colour type {color}, interlace {interlace}; this reads 8, 3, 0.")
    raw = zlib.decompress(packed)
    rows, above = [], bytes(width)
    for y in range(height):
        kind, line = raw[y * (width + 1)], raw[y * (width + 1) + 1 : (y + 1) * (width + 1)]
        rows.append(above := unfiltered(kind, line, above))
    return rows


def unfiltered(kind, line, above):
    """A scanline of one byte a pixel; filters: none, sub, up, average, Paeth."""
    if kind == 0:
        return line
    row = bytearray()
    for x, byte in enumerate(line):
        left = row[x - 1] if x else 0
        corner = above[x - 1] if x else 0
        up = above[x]
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            estimate = left + up - corner
            guess = min((left, up, corner), key=lambda value: abs(estimate - value))
        row.append((byte + guess) & 255)
    return bytes(row)


def band(labels, truth):
    """Places of the pixels that have a 4-neighbour of another label, as if unknown truth were outside."""
    places = set()
    height = len(labels)
    for y, row in enumerate(labels):
        for x in range(len(row) - 1):
            if row[x] != row[x + 1] and truth[y][x] != UNKNOWN != truth[y][x + 1]:
                places.update(((y, x), (y, x + 1)))
        if y + 1 < height and row != labels[y + 1]:
            for x, (one, other) in enumerate(zip(row, labels[y + 1])):
                if one != other and truth[y][x] != UNKNOWN != truth[y + 1][x]:
                    places.update(((y, x), (y + 1, x)))
    return places


def measure(folder, classes, ignored):
    """The scores, the scores of all background, and the boundary IoU of each class."""
    counts, both, either = Counter(), Counter(), Counter()
    images = sorted(folder.glob("truth_*.png"))
    for path in images:
        truth = read_indexed_png(path)
        guess = read_indexed_png(path.with_name(path.name.replace("truth", "prediction")))
        for row, answer in zip(truth, guess):
            counts.update(zip(row, answer))
        in_truth, in_guess = band(truth, truth), band(guess, truth)
        for c in range(classes):
            t = {(y, x) for y, x in in_truth if truth[y][x] == c}
            p = {(y, x) for y, x in in_guess if guess[y][x] == c}
            both[c] += len(t & p)
            either[c] += len(t | p)
    if any(counts[c, p] for c in ignored for p in range(classes)):
        sys.exit(f"check-eval: the masks show pixels of a class that is ignored, of {ignored}.")
    matrix = [[counts[t, p] for p in range(classes)] for t in range(classes)]
    background = [[sum(row)] + [0] * (classes - 1) for row in matrix]
    boundary = [None if c in ignored else ratio(both[c], either[c]) for c in range(classes)]
    return len(images), Scores(matrix, ignored), Scores(background, ignored), mean(boundary[1:])


def check(judge, folder, printed, details):
    """Compares all scores; returns the number of images and what the files do not tell."""
    result = details["scores"]
    names, ignored = [one["name"] for one in result["classes"]], result["ignored"]
    images, scores, background, boundary = measure(folder, len(names), ignored)
    beside = {one["name"]: one for one in details["baselines"]}
    judge_text(judge, printed, names, ignored, scores, background, boundary)
    judge_json(judge, result, beside.pop("all background"), scores, background, boundary)
    return images, ", ".join(beside)


def judge_text(judge, printed, names, ignored, scores, background, boundary):
    judge_class_table(judge, printed, names, ignored, scores)
    for label, value in (
        ("mIoU of the foreground", scores.foreground_mean_iou),
        ("mIoU with the background", scores.mean_iou),
        ("pixel accuracy", scores.pixel_accuracy),
        ("mean class accuracy", scores.mean_class_accuracy),
        ("mean Dice of the foreground", scores.foreground_mean_dice),
        ("boundary IoU of the foreground, 1 px", boundary),
    ):
        judge.shown(label, printed, label, value, 4)
    for label, one in (("all background", background), ("this network", scores)):
        judge_row(judge, printed, label,
                  [(one.foreground_mean_iou, 3), (one.mean_iou, 3), (one.pixel_accuracy, 3)])


def judge_json(judge, result, printed_background, scores, background, boundary):
    judge_class_json(judge, result, scores)
    means = ("mean_iou", "foreground_mean_iou", "pixel_accuracy", "mean_class_accuracy",
             "foreground_mean_dice")
    for key in means:
        judge.same("means, JSON", key, getattr(scores, key), result[key])
        judge.same("all background, JSON", key, getattr(background, key), printed_background[key])
    judge.same("means, JSON", "boundary_iou", boundary, result["boundary_iou"])
