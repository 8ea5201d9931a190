#!/usr/bin/env python3
"""Writes JPEG, .npy and NIfTI files in data/ with Pillow, NumPy and nibabel, and what they hold.

    apt-get install python3-pil python3-numpy python3-nibabel
    python3 tests/golden/make_image_goldens.py
"""
import gzip
import io
import os
import struct

import nibabel
import numpy
from PIL import Image, ImageOps

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


def save(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def jpeg(image, **options):
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


# 24 wide, 17 high: no multiple of a block. A quarter of one colour, gradients elsewhere.
y, x = numpy.mgrid[0:17, 0:24]
pixels = numpy.stack([10 * x, 15 * y, 255 - 5 * x - 7 * y], axis=-1).astype(numpy.uint8)
pixels[:8, :12] = (200, 30, 60)
color = Image.fromarray(pixels)
grey = Image.fromarray(pixels[:, :, 1])
for name, data in {
    "color.jpg": jpeg(color, quality=90, subsampling=2),
    "progressive.jpg": jpeg(color, quality=90, subsampling=0, progressive=True),
    "grey.jpg": jpeg(grey, quality=90),
}.items():
    save(name, data)
    Image.open(io.BytesIO(data)).save(os.path.join(folder, name + ".png"), optimize=True)
save("cmyk.jpg", jpeg(color.convert("CMYK"), quality=90))


# The tag 0x0112, orientation, as the second entry of the first directory.
def exif(order, value):
    entries = [struct.pack(order + "HHII", 0x0100, 4, 1, 24), struct.pack(order + "HHIHH", 0x0112, 3, 1, value, 0)]
    start = b"II*\0" if order == "<" else b"MM\0*"
    return b"Exif\0\0" + start + struct.pack(order + "IH", 8, 2) + b"".join(entries) + bytes(4)


turned = []
for value in range(1, 9):
    data = jpeg(grey, quality=90, exif=exif("<", value))
    turned.append(numpy.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))).ravel())
    save("turned.jpg", data)  # the last one; the test writes the other values into it
save("turned_big_endian.jpg", jpeg(grey, quality=90, exif=exif(">", 6)))
numpy.save(os.path.join(folder, "turned.npy"), numpy.stack(turned))

# .npy: one of each dtype, and the shapes whose headers differ.
for name, array in {
    "f4.npy": numpy.array([[1.5, -2, 0.1], [3e38, numpy.inf, numpy.nan]], numpy.float32),
    "f8.npy": numpy.array(1 / 3),
    "i4.npy": numpy.array([-7, 0, 2**31 - 1], numpy.int32),
    "u1.npy": numpy.arange(24, dtype=numpy.uint8).reshape(2, 3, 4),
    "empty.npy": numpy.zeros((0, 4), numpy.float32),
    "long_shape.npy": numpy.ones((3, 1, 1, 1, 1, 1, 1, 1), numpy.uint8),
    "fortran.npy": numpy.asfortranarray(numpy.arange(6, dtype=numpy.float32).reshape(2, 3)),
    "i8.npy": numpy.arange(3),
}.items():
    numpy.save(os.path.join(folder, name), array)
with open(os.path.join(folder, "version2.npy"), "wb") as file:
    numpy.lib.format.write_array(file, numpy.array([1, 2], numpy.int32), version=(2, 0))


# NIfTI: voxel [x, y, z] = x + 10 y + 100 z of 3 x 4 x 5, halved as uint8 and floats, plus 60000 as uint16, else
# minus 300.
def nifti(name, dtype, big=False, compressed=False, slope=None):
    x, y, z = numpy.mgrid[0:3, 0:4, 0:5]
    values = x + 10 * y + 100 * z
    if dtype == numpy.uint8:
        values = values // 2
    elif dtype == numpy.uint16:
        values = values + 60000
    elif numpy.issubdtype(dtype, numpy.signedinteger):
        values = values - 300
    elif numpy.issubdtype(dtype, numpy.floating):
        values = values / 2
    header = nibabel.Nifti1Header(endianness=">" if big else "<")
    header.set_data_dtype(dtype)
    image = nibabel.Nifti1Image(values, numpy.diag([2, 1.5, 0.5, 1]), header, dtype=dtype)
    image.header.set_xyzt_units("mm")
    data = bytearray(image.to_bytes())
    if slope:  # nibabel would choose its own
        struct.pack_into((">" if big else "<") + "2f", data, 112, *slope)
    save(name, gzip.compress(data, mtime=0) if compressed else data)


nifti("u1.nii", numpy.uint8)
nifti("i2_big_endian.nii.gz", numpy.int16, big=True, compressed=True, slope=(0.5, -10))
nifti("u2.nii.gz", numpy.uint16, compressed=True)
nifti("i4.nii.gz", numpy.int32, compressed=True)
nifti("f4.nii.gz", numpy.float32, compressed=True)
nifti("f8_big_endian.nii.gz", numpy.float64, big=True, compressed=True)
