// Softmax cross-entropy over contiguous [pixels, classes].
#pragma once

#include <cstdint>

namespace trous::kernels::fast {

template <class T>
struct LabelledLogits {
  const T* logits;
  std::int64_t pixels, classes;
  const std::int32_t* label;
  const T* weight;  // of each pixel; 0 where it does not count
};

/// log_sum[i] = log sum exp(logit - the largest) of pixel i. Returns the sum of
/// weight (log_sum + the largest - logit of the label).
double cross_entropy_value(const LabelledLogits<float>& l, float* log_sum);
double cross_entropy_value(const LabelledLogits<double>& l, double* log_sum);

/// out[i, c] = by weight[i] (softmax[i, c] - [c is the label]), and 0 where the weight is 0.
void cross_entropy_grad(const LabelledLogits<float>& l, const float* log_sum, float by, float* out);
void cross_entropy_grad(const LabelledLogits<double>& l, const double* log_sum, double by, double* out);

}  // namespace trous::kernels::fast
