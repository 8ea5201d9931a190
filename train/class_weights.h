// Weights that keep a loss from being won by the background alone.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

enum class ClassWeighting {
  none,          ///< 1
  inverse_sqrt,  ///< 1 / sqrt(f)
  enet           ///< 1 / ln(1.02 + f). Source: Paszke et al., arXiv:1606.02147
};

/// float32 [classes], from the number of pixels of each class, f being a class's share of them; scaled so
/// that the mean weight of a class that occurs is 1. A class that never occurs weighs 0: no label asks for
/// it. Throws ArgumentError where no pixel has a class.
Tensor class_weights(ClassWeighting weighting, const std::vector<std::int64_t>& pixels);

/// The weighting called `name`. Throws ArgumentError listing the names.
ClassWeighting parse_class_weighting(std::string_view name);

/// What `list` says: the name of a weighting, which then needs the `pixels`, or one number per class, 0 or
/// more, such as "0.2,1,1". Throws ArgumentError for anything else, and if the number of numbers is not that
/// of classes.
Tensor parse_class_weights(std::string_view list, const std::vector<std::int64_t>& pixels);

/// Throws what parse_class_weights would throw for any number of classes.
void check_class_weights(std::string_view list);

}  // namespace trous
