#!/usr/bin/env python3
"""What a user's one-line program costs: seconds to compile, bytes on disk, with trous and with libtorch.

usage: benchmarks/footprint.py BUILD OUT [--quick]
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TROUS = """#include <trous/trous.h>
int main() { std::cout << trous::relu(trous::Tensor({2}, {-1.0F, 2.0F})) << '\\n'; }
"""
TORCH = """#include <torch/torch.h>
int main() { std::cout << torch::relu(torch::tensor({-1.0F, 2.0F})) << '\\n'; }
"""
TORCH_INCLUDE = Path("/usr/include/torch/csrc/api/include")


def compile_seconds(source, flags, out):
    begin = time.monotonic()
    subprocess.run(["c++", "-std=c++20", "-O2", "-c", source, "-o", out, *flags], check=True)
    return time.monotonic() - begin


def loaded(program):
    """The libraries that the program loads, without those of the C and C++ run time."""
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    paths = {os.path.realpath(path) for path in re.findall(r"=> (/\S+)", listed)}
    runtime = re.compile(r"/(libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|librt)\.so")
    return sorted(path for path in paths if not runtime.search(path))


def measure(name, source, flags, libraries, repetitions, folder):
    file, target, program = folder / f"{name}.cpp", folder / f"{name}.o", folder / name
    file.write_text("#include <iostream>\n" + source)
    seconds = [compile_seconds(file, flags, target) for _ in range(repetitions)]
    subprocess.run(["c++", target, "-o", program, "-s", *libraries], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    libraries = loaded(program)
    return {
        "name": name,
        "compile_seconds": seconds,
        "program_bytes": program.stat().st_size,
        "library_bytes": sum(os.path.getsize(path) for path in libraries),
        "libraries": len(libraries),
        "printed": printed,
    }


def main():
    build, out = Path(sys.argv[1]), Path(sys.argv[2])
    repetitions = 1 if "--quick" in sys.argv else 5
    wanted = "-lmd -ltbb -ltbbmalloc -lpng -ljpeg -lz -pthread".split()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = build / "libtrous.a"
        results = [measure("trous", TROUS, [f"-I{build}/include"], [archive, *wanted], repetitions, folder)]
        results[0]["archive_bytes"] = archive.stat().st_size
        if TORCH_INCLUDE.exists():
            libraries = ["-ltorch", "-ltorch_cpu", "-lc10"]
            results.append(measure("libtorch", TORCH, [f"-I{TORCH_INCLUDE}"], libraries, repetitions, folder))
    for result in results:
        size = (result["program_bytes"] + result["library_bytes"]) / 1e6
        print(f"{result['name']:10} compiles in {min(result['compile_seconds']):.2f} s, {size:.1f} MB to run")
    out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
