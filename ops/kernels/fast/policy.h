// The policy of the fast kernels: every cost and every size of a task that is a choice, and what chose it.
//
// "No figure is recorded" means that neither the history nor docs/benchmarks.md has a measurement of the
// number; the sentence before it then names what the number balances. "The prototype" was written and
// measured before these kernels; it is not in this repository. No value depends on the number of threads, but
// a change of a value changes bits where it cuts sums: parts, chunks, and the choice of a strategy.
//
// What follows from the registers of an instruction set (pixels of a tile, channels of an outer product) is
// computed beside the tile that it sizes: tile-inl.h, dot_tile-inl.h, outer_tile-inl.h, windows-inl.h,
// depthwise-inl.h.
#pragma once

#include <cstdint>

namespace trous::kernels::fast::policy {

/// Bytes of input rows that one task keeps in reach. They balance copies that neighbouring tasks make twice
/// against the second-level cache of one core, of which they take a part. No figure is recorded.
constexpr std::int64_t l2_bytes = 1 << 18;

// --- Convolutions and matrix products as gathers: gather_conv-inl.h, output_tiles-inl.h -------------------

/// Multiply-adds of a group of output rows, those of empty lanes included. A quarter of it was the first
/// choice; larger groups share the copies of their input rows. No figure is recorded.
constexpr double gather_task_work = 4e6;

/// Multiply-adds of a group of columns, into which rows are cut where there are few of them. Columns share no
/// copies, so that the smaller task balances threads better. No figure is recorded.
constexpr double gather_column_task_work = 1e6;

/// Multiply-adds below which a convolution or a filter gradient stays on the calling thread. A convolution of
/// 1 x 16 x 16 x 16 takes 10 to 15 microseconds on one thread and 20 to 30 on two (the prototype's
/// measurement). Empty lanes count in a gather, because a 1x1 head from 32 to 5 channels has few
/// multiply-adds but keeps a core busy for 33 microseconds.
constexpr double dense_threads_work = 1.5e6;

/// Tasks that a gather is cut into at least, if its shapes allow it: many more than the threads of the
/// machines that were measured, so that none waits long for the last task. No figure is recorded.
constexpr std::int64_t min_gather_tasks = 32;

/// Whole tiles that a group of columns holds at least, which bounds the share of narrow tiles at its end. No
/// figure is recorded.
constexpr std::int64_t min_tiles_of_columns = 4;

/// Packed numbers from which on filters are packed by several threads. It balances the start of tasks against
/// a copy of that many numbers. No figure is recorded.
constexpr std::int64_t packing_threads_numbers = 100000;

/// Numbers of the filters of those groups that one task packs. It balances the start of tasks against one
/// thread that packs alone. No figure is recorded.
constexpr std::int64_t packing_task_numbers = 50000;

/// Bytes of the results, of all groups, of the output rows of one task of a grouped convolution: each group
/// writes its part of each pixel, so that all of them should stay in the second-level cache. With it and the
/// constant above 8 x 14 x 14 from 512 to 512 channels in 32 groups take 1.31 ms instead of 1.47 (Zen 4, two
/// threads).
constexpr std::int64_t grouped_result_bytes = 1 << 18;

/// Columns that both parts of a cut row keep at least, unless a tap reaches less than half of the row. The
/// prototype chose 8: narrower parts make narrow tiles, wider ones multiply more zeros.
constexpr std::int64_t min_segment_columns = 8;

/// Cost of the sum of the lanes of one dot, in multiply-adds of vectors. With it the gradient of a first
/// layer (16 to 3 channels, 128 x 128) takes 0.86 ms instead of 2.9, and a 1x1 head from 64 to 2 channels 1.6
/// instead of 2.0.
constexpr double dot_sum_cost = 5;

/// Cost of one halving when the channels of a group are added at the end of a tile, in multiply-adds of
/// vectors. With groups a 1x1 head from 16 to 5 channels takes 0.7 of the time.
constexpr double group_halving_cost = 3;

/// Cost of a multiply-add whose broadcast belongs to a group and is not shared, where a shared one costs 1.
/// Without it a convolution from 16 to 3 channels chose groups, although dots are faster there.
constexpr double group_broadcast_cost = 1.4;

// --- Filter gradients: filter_grad-inl.h ----------------------------------------------------------------

/// Tasks that the cuts of a filter gradient aim at, by parts of the rows, blocks of channels and row taps;
/// the shapes may make more or fewer. Every part has partial sums that must be added: with 256 to 256
/// channels at 8 x 8 pixels 2 parts reached 81 % of the peak and 8 parts 51 % (the prototype's measurement).
constexpr std::int64_t filter_grad_tasks = 16;

/// Pixels of y that a part has at least. It balances the sums within a part against adding its partial sums.
/// No figure is recorded.
constexpr std::int64_t min_pixels_of_a_part = 512;

/// Pixels of y over which sums stay in registers before they are added to memory: six rows of 32 pixels. In
/// the prototype they were part of a change, with the cut of columns at borders, that raised filter gradients
/// from 77-84 to 85-91 % of the peak.
constexpr std::int64_t register_pixels = 192;

/// Pixels of a row into which the rows of a^T b are cut, at least; with fewer the product is one row. No
/// figure is recorded.
constexpr std::int64_t min_matmul_row = 32;

/// Sums that a loop needs side by side: the result of a multiply-add comes several steps after its start, so
/// that a loop with fewer sums waits, and one to three output channels cost as much as four. With the choice
/// that rests on it a 1x1 head from 16 to 5 channels takes 0.13 ms instead of 0.75, and a 3x3 from 16 to 5
/// channels 1.0 instead of 3.5.
constexpr std::int64_t min_sums_side_by_side = 4;

/// Channels of x from which on three column taps share each broadcast: that takes 0.82 to 0.89 of the time.
/// With fewer channels the sums side by side are too few.
constexpr std::int64_t min_channels_for_shared_taps = 4;

// --- Depthwise convolutions and pooling: windows-inl.h, depthwise-inl.h, pool.cpp -----------------------

/// Multiply-adds of a task of output rows. It balances the start of tasks against waiting for the last one.
/// No figure is recorded.
constexpr double window_task_work = 2e5;

/// Multiply-adds below which windows stay on the calling thread. It balances the start of a second thread
/// against work that reads a number for each multiply-add, and so takes longer than that of a convolution. No
/// figure is recorded.
constexpr double window_threads_work = 4e5;

/// Tasks that windows are cut into at least, if there are as many rows. No figure is recorded.
constexpr std::int64_t min_window_tasks = 32;

/// Parts of the rows of a depthwise filter gradient, each with partial sums of its own, and the pixels that a
/// part has at least. No figure is recorded.
constexpr std::int64_t max_depthwise_parts = 16;
constexpr std::int64_t min_pixels_of_a_depthwise_part = 64;

/// Channels from which on a row is copied with whole vectors, and not with vectors of 16 bytes, of which less
/// is written twice. No figure is recorded.
constexpr std::int64_t min_channels_for_whole_vectors = 16;

/// Channels from which on the gradient of max pooling gathers from its windows. With fewer the preparation of
/// a row costs more than vectors gain, and a scatter was measured to be faster; no figure is recorded.
constexpr std::int64_t min_channels_for_max_pool_gather = 8;

// --- Batch norm, cross-entropy, resampling ---------------------------------------------------------------

/// Numbers of a chunk of batch norm: 64 or 128 KiB, which the moments read twice from the cache. Sums within
/// a chunk are of the tensor's type, so that a smaller chunk is more exact. No figure is recorded.
constexpr std::int64_t batch_norm_chunk = 1 << 14;

/// Pixels of a chunk of cross-entropy, each with one partial loss. No figure is recorded.
constexpr std::int64_t cross_entropy_chunk = 1024;

/// Pixels that are turned into [classes, pixels] at once, and the classes up to which they are; with more
/// classes a single vector of pixels is turned, so that the block stays in the first-level cache. No figure
/// is recorded.
constexpr std::int64_t cross_entropy_pixels = 64;
constexpr std::int64_t max_classes_of_wide_blocks = 64;

/// Numbers of the large image that a task of resampling makes. No figure is recorded.
constexpr std::int64_t resize_task_numbers = 1 << 15;

}  // namespace trous::kernels::fast::policy
