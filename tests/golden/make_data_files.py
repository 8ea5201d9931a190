#!/usr/bin/env python3
"""Writes the files in data/ with nothing but Python's library: what trous reads was not written by trous.

    python3 tests/golden/make_data_files.py
"""
import gzip
import json
import os
import struct
import zlib

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
os.makedirs(folder, exist_ok=True)


def save(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


# Wider elements first, header in another order: the layout that write_safetensors promises.
tensors = {  # name: (dtype, shape, offset, bytes)
    "bytes": ("U8", [3], 40, bytes([0, 128, 255])),
    "größe": ("F64", [2], 0, struct.pack("<2d", 1 / 3, float("-inf"))),
    "layer/weight": ("F32", [2, 2], 16, struct.pack("<4f", 1.5, -2, 0.1, 3e38)),
    "scalar": ("I32", [], 32, struct.pack("<i", -7)),
    "empty": ("I32", [0, 4], 36, b""),
    "step": ("I32", [1], 36, struct.pack("<i", 2**31 - 1)),
}
header = {"__metadata__": {"author": "a \"quoted\" name", "seed": "18446744073709551615"}}
for name, (dtype, shape, offset, data) in tensors.items():
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
text += b" " * (-len(text) % 8)
body = b"".join(data for _, _, _, data in sorted(tensors.values(), key=lambda t: (t[2], len(t[3]))))
save("python.safetensors", struct.pack("<Q", len(text)) + text + body)

# IDX, uint8 [2, 3, 4], element i = 7 i.
idx = struct.pack(">4B3I", 0, 0, 8, 3, 2, 3, 4) + bytes(7 * i for i in range(24))
save("cube.idx", idx)
save("cube.idx.gz", gzip.compress(idx, mtime=0))
save("two_members.idx.gz", gzip.compress(idx[:9], mtime=0) + gzip.compress(idx[9:], mtime=0))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, width, height, depth, color, rows, interlace=0, extra=b""):
    save(name, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, color, 0, 0, interlace))
         + extra + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


# Grey, 16 bits: 0x0000, 0x8000, 0xffff, which are 0, 128 and 255 in 8 bits.
png("grey16.png", 3, 1, 16, 0, [struct.pack(">3H", 0, 0x8000, 0xFFFF)])
# Palette of four colours, 2 bits a pixel: indices 0 1 2 3 / 3 2 1 0.
palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]))
png("palette.png", 4, 2, 2, 3, [bytes([0b00011011]), bytes([0b11100100])], extra=palette)
# RGB, Adam7 interlaced, 5 x 6: pixel (x, y) is (10 x, 10 y, x + y).
rows = []
for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
    if x0 < 5:
        rows += [bytes(v for x in range(x0, 5, dx) for v in (10 * x, 10 * y, x + y)) for y in range(y0, 6, dy)]
png("adam7.png", 5, 6, 8, 2, rows, interlace=1)
# A header that promises 30000 x 30000 RGB pixels, and next to no data.
png("promise.png", 30000, 30000, 8, 2, [b""])
png("promise_grey.png", 30000, 30000, 8, 0, [b""])
# Wider than any that is read.
png("wide.png", 40000, 1, 8, 0, [bytes(40000)])

# One mask of 3 rows of 5, in every coding that PNG has for it. In RGB class 0 is #000000, 1 #ff0000, 2 #00ff00
# and 3 #1020f0; 255, unknown, is #ffffff.
mask = [[0, 0, 1, 2, 3], [1, 1, 3, 0, 255], [2, 255, 0, 3, 2]]
colors = {0: (0, 0, 0), 1: (255, 0, 0), 2: (0, 255, 0), 3: (16, 32, 240), 255: (255, 255, 255)}
small = [[number % 4 for number in row] for row in mask]  # 255 has no place below 8 bits: it becomes 3


def packed(row, depth):
    bits = "".join(format(number, f"0{depth}b") for number in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


greys = chunk(b"PLTE", bytes(value for i in range(256) for value in (i, i, 255 - i)))
png("mask_palette.png", 5, 3, 8, 3, [bytes(row) for row in mask], extra=greys)
png("mask_grey.png", 5, 3, 8, 0, [bytes(row) for row in mask])
png("mask_grey_alpha.png", 5, 3, 8, 4, [bytes(v for n in row for v in (n, 77)) for row in mask])
png("mask_rgb.png", 5, 3, 8, 2, [bytes(v for n in row for v in colors[n]) for row in mask])
png("mask_rgba.png", 5, 3, 8, 6, [bytes(v for n in row for v in (*colors[n], 77)) for row in mask])
png("mask_grey_in_rgb.png", 5, 3, 8, 2, [bytes(v for n in row for v in (n, n, n)) for row in mask])
png("mask_grey2.png", 5, 3, 2, 0, [packed(row, 2) for row in small])
png("mask_grey4.png", 5, 3, 4, 0, [packed(row, 4) for row in small])
png("mask_rgb16.png", 5, 3, 16, 2, [struct.pack(">15H", *(257 * v for n in row for v in colors[n])) for row in mask])
