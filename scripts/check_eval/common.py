"""What all checks share: scores of a confusion matrix, and the comparison with what eval printed."""

import re
import struct


def single(digits):
    """The float32 that these digits spell."""
    return struct.unpack("<f", struct.pack("<f", float(digits)))[0]


def ratio(part, whole):
    return part / whole if whole else None


def mean(values):
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else None


class Scores:
    """All scores of a matrix [truth][prediction] of pixels; a class that is ignored has none."""

    def __init__(self, matrix, ignored):
        classes = range(len(matrix))

        def counted(values):
            return [None if c in ignored else value for c, value in enumerate(values)]

        self.matrix = matrix
        self.pixels = [sum(matrix[c]) for c in classes]
        called = [sum(matrix[t][c] for t in classes) for c in classes]
        hit = [matrix[c][c] for c in classes]
        self.iou = counted(ratio(hit[c], self.pixels[c] + called[c] - hit[c]) for c in classes)
        self.dice = counted(ratio(2 * hit[c], self.pixels[c] + called[c]) for c in classes)
        self.precision = counted(ratio(hit[c], called[c]) for c in classes)
        self.recall = counted(ratio(hit[c], self.pixels[c]) for c in classes)
        self.foreground_mean_iou = mean(self.iou[1:])
        self.mean_iou = mean(self.iou)
        self.pixel_accuracy = ratio(sum(hit), sum(self.pixels))
        self.mean_class_accuracy = mean(self.recall)
        self.foreground_mean_dice = mean(self.dice[1:])


class Judge:
    """Counts comparisons by kind, and prints those that differ."""

    def __init__(self):
        self.kinds, self.different = {}, 0

    def same(self, kind, what, ours, printed):
        self._count(kind, what, ours, printed, ours == printed)

    def near(self, kind, what, ours, printed, bound):
        """For a number that cannot be computed to the last bit; `bound` is the largest rounding error."""
        good = printed is not None and abs(ours - printed) <= bound if ours is not None else printed is None
        self._count(kind, what, ours, printed, good)

    def shown(self, kind, printed, label, value, digits, bound=0.0):
        """The line of one number; a rounding error of up to `bound` may turn its last digit."""
        found = re.search(rf"^  {re.escape(label)} +(\S+)$", printed, re.M)
        self.digits(kind, label, value, found and found[1], digits, bound)

    def digits(self, kind, what, value, printed, digits, bound=0.0):
        right = {written(value if value is None else value + error, digits) for error in (-bound, 0, bound)}
        self._count(kind, what, written(value, digits), printed, printed in right)

    def _count(self, kind, what, ours, printed, good):
        self.kinds.setdefault(kind, [0, 0])[0] += 1
        if not good:
            self.kinds[kind][1] += 1
            self.different += 1
            print(f"  DIFFERENT {kind}, {what}: eval says {printed}, the files say {ours}")

    def verdict(self):
        for kind, (number, wrong) in self.kinds.items():
            print(f"  {kind:<40}{number:>5} numbers  {'all the same' if not wrong else f'{wrong} DIFFERENT'}")


def written(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def judge_class_table(judge, printed, names, ignored, scores):
    """The table of IoU, Dice, precision, recall and support of each class."""
    lines = printed.splitlines()
    table = lines.index(next(line for line in lines if line.split()[:2] == ["class", "IoU"]))
    for c, name in enumerate(names):
        line = lines[table + 1 + c]
        if line.strip()[: len(name)] != name:
            raise SystemExit(f"check-eval: no row of class {name} where it should be: {line}")
        cells = line.strip()[len(name) :].split()
        columns = (("IoU", scores.iou), ("Dice", scores.dice), ("precision", scores.precision),
                   ("recall", scores.recall))
        for (kind, values), cell in zip(columns, cells):
            judge.same(kind + " of each class", name, written(values[c], 3), cell)
        judge.same("support of each class", name, str(scores.pixels[c]), cells[4])
        judge.same("which classes are ignored", name, c in ignored, cells[5:] == ["ignored"])


def judge_class_json(judge, result, scores):
    judge.same("confusion matrix, JSON", "", scores.matrix, result["confusion"])
    for c, one in enumerate(result["classes"]):
        for key in ("iou", "dice", "precision", "recall", "pixels"):
            judge.same("scores of classes, JSON", f"{one['name']} {key}", getattr(scores, key)[c], one[key])


def judge_row(judge, printed, label, cells):
    """A row of the table of predictors: pairs of a value and the digits that are shown of it."""
    row = re.search(rf"^  {re.escape(label)}((?: +\S+){{{len(cells)}}})$", printed, re.M)
    shown = row[1].split() if row else [None] * len(cells)
    for i, ((value, digits), cell) in enumerate(zip(cells, shown)):
        judge.digits(f"row \"{label}\"", f"column {i + 1}", value, cell, digits)
