#include <cmath>

#include <Eigen/QR>

#include <trous/layers/initializers.h>

namespace trous {

Initializer he_normal() {
  return {[](const ParameterSpec& spec, DType dtype, Key key) {
            return normal(spec.shape, dtype, key, 0, std::sqrt(2.0 / static_cast<double>(spec.fan_in)));
          },
          "he_normal"};
}

Initializer glorot_uniform() {
  return {[](const ParameterSpec& spec, DType dtype, Key key) {
            const double limit = std::sqrt(6.0 / static_cast<double>(spec.fan_in + spec.fan_out));
            return uniform(spec.shape, dtype, key, -limit, limit);
          },
          "glorot_uniform"};
}

Initializer orthogonal(double gain) {
  const auto draw = [gain](const ParameterSpec& spec, DType dtype, Key key) {
    const int rank = spec.shape.rank();
    const std::int64_t columns = rank > 0 ? spec.shape[rank - 1] : 1, rows = spec.shape.elements() / columns;
    using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Tensor random = normal({std::max(rows, columns), std::min(rows, columns)}, DType::float64, key);
    const Eigen::Map<const Matrix> tall(random.values<double>().data(), random.shape()[0], random.shape()[1]);
    const Eigen::HouseholderQR<Matrix> factors(tall);
    Matrix q = factors.householderQ() * Matrix::Identity(tall.rows(), tall.cols());
    for (std::int64_t c = 0; c < q.cols(); ++c) q.col(c) *= gain * (factors.matrixQR()(c, c) < 0 ? -1 : 1);
    Tensor result = Tensor::uninitialized(spec.shape, DType::float64);
    Eigen::Map<Matrix> out(result.mutable_values<double>().data(), rows, columns);
    if (rows >= columns) {
      out = q;
    } else {
      out = q.transpose();
    }
    return result.cast(dtype);
  };
  return {draw, gain == 1 ? "orthogonal" : ""};
}

Initializer zeros() {
  return {[](const ParameterSpec& spec, DType dtype, Key) { return Tensor::zeros(spec.shape, dtype); },
          "zeros"};
}

Initializer ones() {
  return {[](const ParameterSpec& spec, DType dtype, Key) { return Tensor::ones(spec.shape, dtype); },
          "ones"};
}

}  // namespace trous
