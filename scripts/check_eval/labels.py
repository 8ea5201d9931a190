"""Labels: a table with truth, prediction, probabilities and logits of each image.

Sums are added in the order of the images and, in them, of the classes, as eval does. So all numbers are the
same to the last bit, if Python's exp and log are those of the program's C library, and the compiler did not
contract products and sums into one rounding, which for x86-64 it does only if asked.
"""

import csv
import math

from check_eval.common import Scores, judge_class_json, judge_class_table, judge_row, single

BINS = 15
SHOWN = (
    ("accuracy", "accuracy"),
    ("top_accuracy", "top-5 accuracy"),
    ("mean_class_accuracy", "mean class accuracy"),
    ("negative_log_likelihood", "negative log-likelihood"),
    ("brier", "Brier score"),
    ("expected_calibration_error", "expected calibration error"),
)


def read_table(folder, names):
    """(truth or None, prediction, probabilities, logits) of each image."""
    with open(folder / "predictions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    expected = ["image", "truth", "prediction"]
    expected += [f"probability of {name}" for name in names] + [f"logit of {name}" for name in names]
    if rows[0] != expected:
        raise SystemExit(f"check-eval: the columns of predictions.csv are {rows[0]}, not {expected}.")
    count, samples = len(names), []
    for row in rows[1:]:
        truth = names.index(row[1]) if row[1] else None
        probabilities = [float(cell) for cell in row[3 : 3 + count]]
        logits = [single(cell) for cell in row[3 + count :]]
        samples.append((truth, names.index(row[2]), probabilities, logits))
    return samples


def softmax(logits):
    largest = max(logits)
    powers = [math.exp(z - largest) for z in logits]
    total = 0.0
    for power in powers:
        total += power
    return [power / total for power in powers], total


class Measures:
    """The scores of samples, from Brier 1950 and Guo et al. 2017, section 2."""

    def __init__(self, samples, classes, ignored):
        matrix = [[0] * classes for _ in range(classes)]
        counted, in_top, nll, brier = 0, 0, 0.0, 0.0
        bins = [[0, 0, 0.0] for _ in range(BINS)]  # samples, right ones, sum of confidences
        for truth, prediction, _, logits in samples:
            if truth is None or truth in ignored:
                continue
            probabilities, total = softmax(logits)
            counted += 1
            matrix[truth][prediction] += 1
            for c, p in enumerate(probabilities):
                gap = p - (1 if c == truth else 0)
                brier += gap * gap
            nll += math.log(total) - (logits[truth] - max(logits))
            own = logits[truth]
            in_top += sum(z > own or (z == own and c < truth) for c, z in enumerate(logits)) < 5
            confidence = 1 / total
            edge = math.ceil(confidence * BINS)
            one = bins[max(edge, 1) - 1]
            one[0] += 1
            one[1] += prediction == truth
            one[2] += confidence
        self.table = Scores(matrix, ignored)
        gaps = 0.0
        for _, right, confidences in bins:
            gaps += abs(right - confidences)
        self.means = {
            "accuracy": self.table.pixel_accuracy,
            "mean_class_accuracy": self.table.mean_class_accuracy,
            "negative_log_likelihood": nll / counted if counted else None,
            "brier": brier / counted if counted else None,
            "expected_calibration_error": gaps / counted if counted else None,
        }
        if classes > 5:  # else each label is among the five likeliest
            self.means["top_accuracy"] = in_top / counted if counted else None
        self.calibration = [
            {
                "count": count,
                "confidence": confidences / count if count else None,
                "accuracy": right / count if count else None,
            }
            for count, right, confidences in bins
        ]


def check(judge, folder, printed, details):
    """Compares all scores; returns the number of images and what the table does not tell."""
    result = details["scores"]
    names, ignored = [one["name"] for one in result["classes"]], result["ignored"]
    samples = read_table(folder, names)
    for i, (_, prediction, probabilities, logits) in enumerate(samples):
        judge.same("predictions, of the logits", f"image {i}", logits.index(max(logits)), prediction)
        judge.same("probabilities, of the logits", f"image {i}", softmax(logits)[0], probabilities)
    ours = Measures(samples, len(names), ignored)
    judge_class_table(judge, printed, names, ignored, ours.table)
    judge_class_json(judge, result, ours.table)
    for key, label in SHOWN:
        if key in ours.means:
            judge.shown(label, printed, label, ours.means[key], 4)
        judge.same("means, JSON", key, ours.means.get(key), result.get(key))
    judge.same("means, JSON", "foreground_mean_dice", ours.table.foreground_mean_dice,
               result["foreground_mean_dice"])
    judge.same("calibration, JSON", "", ours.calibration, result["calibration"])
    shown = [key for key, _ in SHOWN if key in ours.means][:3]
    judge_row(judge, printed, "this network", [(ours.means[key], 4) for key in shown])
    return len(samples), ", ".join(one["name"] for one in details["baselines"])
