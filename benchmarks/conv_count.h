// How many multiply-adds a convolution needs: counted as trous does, in every program that is timed.
#pragma once

#include <trous/ops/multiply_adds.h>

namespace trous::benchmarks {

using trous::reads_inside;
using trous::reads_nominal;
using trous::WindowAxis;

}  // namespace trous::benchmarks
