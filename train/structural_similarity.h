// How alike two images look.
#pragma once

#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// The structural similarity (SSIM) of each image to its truth, in -1 to 1; 1 where the two are equal.
///
///   S = (2 m_t m_p + C1) (2 s_tp + C2) / ((m_t^2 + m_p^2 + C1) (s_tt + s_pp + C2)),
///
/// with m_t, m_p the means of truth and prediction under a window, s_tt, s_pp, s_tp their variances and
/// covariance there (sum of weights 1, no correction), C1 = (0.01 peak)^2 and C2 = (0.03 peak)^2. The window
/// is a Gaussian of standard deviation 1.5 on 11x11 pixels. S is averaged over the windows that lie inside
/// the image, and over the channels, each by itself. scikit-image's structural_similarity with
/// gaussian_weights, sigma 1.5 and use_sample_covariance False averages the same windows: it reflects at the
/// border, and then leaves out the 5 outer rows and columns.
///
/// truth, prediction   [n, h, w, c]  float32 or float64, of one shape; h and w 11 or more
/// peak                the distance from the least possible number to the largest
/// returns             n numbers, so that a mean over a data set does not depend on its batches
///
/// Computed in float64. Throws ShapeError or DTypeError if they do not fit, ArgumentError unless peak is
/// above 0 and finite.
/// Source: Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image Processing 13 (2004) 600.
std::vector<double> structural_similarity(const Tensor& truth, const Tensor& prediction, double peak = 1);

}  // namespace trous
