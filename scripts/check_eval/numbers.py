"""Numbers and images: a table of truths and predictions, or an array of each image.

Sums are added in the order of the samples and their elements, as eval does, so all numbers but the SSIM are
the same to the last bit (see labels.py on compilers and C libraries).

The SSIM is computed from its definition: Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image
Processing 13 (2004) 600, equations 13 to 16, with a Gaussian window of 11 x 11 pixels and standard deviation
1.5 that lies inside the image, C1 = 0.01^2, C2 = 0.03^2, each channel by itself. Sums are exact (fsum).

ERROR bounds how far eval may be from it. With u = 2^-53 and all numbers at most M, M >= 1: a mean under the
window, two passes of 11 products and sums, is off by 22 u M there and 4 u M here, a mean of squares or
products by at most 60 u M^2, so m_t m_p by 53 u M^2, m_t^2 + m_p^2 by 108 u M^2, the variances by 170 u M^2
and the covariance by 82 u M^2. As |2 m_t m_p + C1| and |2 s_tp + C2| are at most the factors below them,
which are at least C1 and C2, S is off by at most
((110 + 110) / C1 + (168 + 174) / C2) u M^2 < 2.6e6 u M^2. The mean of n
windows adds n u.
"""

import ast
import csv
import math
import struct

from check_eval.common import judge_row, single

REACH, DEVIATION = 5, 1.5
C1, C2 = 0.01 * 0.01, 0.03 * 0.03
ERROR = 2.6e6 * 2.0**-53
SHOWN = (
    ("mse", "MSE", 5),
    ("psnr", "PSNR in dB", 2),
    ("ssim", "SSIM", 4),
    ("mae", "MAE", 5),
    ("r2", "R\u00b2", 4),
    ("rmse", "RMSE", 5),
)


def read_npy(path):
    """The shape and the numbers of an array of float32. Source: numpy.lib.format."""
    data = path.read_bytes()
    if data[:8] != b"\x93NUMPY\x01\x00":
        raise SystemExit(f"{path}: no npy file of version 1.0.")
    end = 10 + struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:end].decode("latin-1"))
    if header["descr"] != "<f4" or header["fortran_order"]:
        raise SystemExit(f"{path}: {header}; this reads float32 in C order.")
    numbers = [number for (number,) in struct.iter_unpack("<f", data[end:])]
    if len(numbers) != math.prod(header["shape"]):
        raise SystemExit(f"{path}: {len(numbers)} numbers for the shape {header['shape']}.")
    return header["shape"], numbers


def read_table(folder):
    """Truths and predictions of each sample."""
    with open(folder / "predictions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    names = [heading.removeprefix("truth of ") for heading in rows[0][1::2]]
    if rows[0][2::2] != [f"prediction of {name}" for name in names]:
        raise SystemExit(f"check-eval: the columns of predictions.csv are {rows[0]}.")
    return [([single(cell) for cell in row[1::2]], [single(cell) for cell in row[2::2]]) for row in rows[1:]]


def scores_of(pairs):
    """The scores of pairs (truth, prediction), with the deviations of Welford, Technometrics 4 (1962) 419."""
    count, squares, distances, average, deviations = 0, 0.0, 0.0, 0.0, 0.0
    for truth, prediction in pairs:
        error, apart = prediction - truth, truth - average
        count += 1
        squares += error * error
        distances += abs(error)
        average += apart / count
        deviations += apart * (truth - average)
    if count == 0:
        return dict.fromkeys(("mse", "mae", "rmse", "r2"))
    mse = squares / count
    return {
        "mse": mse,
        "mae": distances / count,
        "rmse": math.sqrt(mse),
        "r2": 1 - squares / deviations if deviations else None,
    }


def gaussian():
    weights = [math.exp(-(i / DEVIATION) * (i / DEVIATION) / 2) for i in range(-REACH, REACH + 1)]
    total = 0.0
    for weight in weights:
        total += weight
    return [weight / total for weight in weights]


def window_means(image, weights):
    """Means of rows of numbers under each window inside."""
    down = [
        [math.fsum(w * image[y + k][x] for k, w in enumerate(weights)) for x in range(len(image[0]))]
        for y in range(len(image) - 2 * REACH)
    ]
    return [
        [math.fsum(w * row[x + k] for k, w in enumerate(weights)) for x in range(len(row) - 2 * REACH)]
        for row in down
    ]


def similarity(truth, prediction):
    """The S of each window of two channels, rows of numbers."""
    weights = gaussian()

    def means(function):
        pairs = zip(truth, prediction)
        return window_means([[function(t, p) for t, p in zip(*rows)] for rows in pairs], weights)

    for rows in zip(means(lambda t, p: t), means(lambda t, p: p), means(lambda t, p: t * t),
                    means(lambda t, p: p * p), means(lambda t, p: t * p)):
        for m_t, m_p, tt, pp, tp in zip(*rows):
            s_t, s_p, s_tp = tt - m_t * m_t, pp - m_p * m_p, tp - m_t * m_p
            yield ((2 * m_t * m_p + C1) * (2 * s_tp + C2)
                   / ((m_t * m_t + m_p * m_p + C1) * (s_t + s_p + C2)))


def ssim_of(samples, shape):
    """The mean over the samples of the mean over windows and channels, and the bound of its error."""
    height, width, channels = shape
    total, largest, windows = [], 1.0, 0
    for truth, prediction in samples:
        largest = max(largest, max(map(abs, truth)), max(map(abs, prediction)))
        values = []
        for c in range(channels):
            row = width * channels
            planes = [
                [numbers[y * row + c : (y + 1) * row : channels] for y in range(height)]
                for numbers in (truth, prediction)
            ]
            values += similarity(*planes)
        windows = len(values)
        total.append(math.fsum(values) / windows)
    bound = ERROR * largest * largest + (windows + len(samples)) * 2.0**-53
    return math.fsum(total) / len(total), bound


def check(judge, folder, printed, details):
    """Compares all scores; returns the number of samples and what the files do not tell."""
    result, shape = details["scores"], None
    if (folder / "predictions.csv").exists():
        samples = read_table(folder)
    else:
        samples = []
        for path in sorted(folder.glob("truth_*.npy")):
            shape, truth = read_npy(path)
            other, prediction = read_npy(path.with_name(path.name.replace("truth", "prediction")))
            judge.same("shapes of predictions", path.name, shape, other)
            samples.append((truth, prediction))
    ours = scores_of(pair for truth, prediction in samples for pair in zip(truth, prediction))
    bounds = {}
    if shape:
        ours["psnr"] = 20 * math.log10(1) - 10 * math.log10(ours["mse"]) if ours["mse"] else math.inf
        if min(shape[:2]) > 2 * REACH:
            ours["ssim"], bounds["ssim"] = ssim_of(samples, shape)
    for key, label, digits in SHOWN:
        if key in ours:
            judge.shown(label, printed, label, ours[key], digits, bounds.get(key, 0.0))
        kind = f"{label}, JSON" + (f", to {bounds[key]:.0e}" if key in bounds else "")
        if key in bounds:
            judge.near(kind, key, ours[key], result.get(key), bounds[key])
        else:
            judge.same(kind, key, ours.get(key), result.get(key))
    shown = [(ours[key], digits) for key, _, digits in SHOWN if key in ours][:3]
    judge_row(judge, printed, "this network", shown)
    return len(samples), ", ".join(one["name"] for one in details["baselines"])
