#!/usr/bin/env python3
"""Prints what tests/data/brain_test.cpp and nifti_test.cpp expect of the volumes in Debian's mricron-data, made
with nibabel, NumPy and SciPy: sums of the files, class counts and checksums of the half-slices, the baseline.

    apt-get install mricron-data python3-nibabel python3-numpy python3-scipy
    python3 tests/golden/print_brain_figures.py
"""
import nibabel
import numpy
from scipy.ndimage import binary_closing

folder = "/usr/share/mricron/templates/"


def load(name):
    return numpy.asanyarray(nibabel.load(folder + name + ".nii.gz").dataobj)


scan, inside, atlas = load("ch2"), load("ch2bet"), load("aal")
for name, volume in [("ch2", scan), ("ch2bet", inside), ("aal", atlas)]:
    print(name, volume.shape, volume.dtype, "sum", volume.sum(dtype=numpy.int64),
          "voxels", volume[60, 100, 90], volume[120, 80, 70], volume[90, 30, 45])

# Classes by the numbers of the regions, which tests and code take from names.
classes = numpy.zeros(256, numpy.uint8)
for first, last, label in [(1, 28, 3), (29, 36, 7), (37, 42, 8), (43, 54, 6), (55, 56, 5), (57, 68, 4), (69, 70, 3),
                           (71, 78, 8), (79, 90, 5), (91, 116, 9)]:
    classes[first:last + 1] = label
head = binary_closing(numpy.pad(scan > 20, 3), iterations=2)[3:-3, 3:-3, 3:-3]
labels = head.astype(numpy.uint8)
labels[inside > 0] = 2
labels[atlas > 0] = classes[atlas[atlas > 0]]
print("shares of all voxels in %", (100 * numpy.bincount(labels.ravel()) / labels.size).round(2))


def halves(volume, padding):
    left, right = volume[:90][::-1], volume[91:]
    return [numpy.pad(half.transpose(1, 0, 2), ((0, 0), (0, 6), (0, 3)), constant_values=padding).astype(numpy.int64)
            for half in (left, right)]


def checksum(values):  # where each value stands counts, too
    return int((values.ravel() * (numpy.arange(values.size) % 65521 + 1)).sum())


masks = halves(labels, 255)
for name, mask, image in zip(("left", "right"), masks, halves(scan, 0)):
    print(name, mask.shape, "classes", numpy.bincount(mask.ravel())[:10].tolist(), "checksums of mask and image",
          checksum(mask), checksum(image))

known = masks[0] != 255
matrix = numpy.bincount(masks[1][known] * 10 + masks[0][known], minlength=100).reshape(10, 10)
right = numpy.diag(matrix)
iou = right / (matrix.sum(0) + matrix.sum(1) - right)
print("the left labels said of the right: mIoU %.6f, pixel accuracy %.6f, IoU" % (iou.mean(), right.sum() / matrix.sum()),
      iou.round(4).tolist())
