#include <cmath>
#include <limits>
#include <optional>

#include <trous/autograd/recording.h>
#include <trous/benchmarks/conv_engine.h>
#include <trous/core/random.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/reshape.h>

namespace trous::benchmarks {
namespace {

// Ours, through the public ops.
class TrousJob : public ConvJob {
 public:
  TrousJob(const ConvShape& shape, ConvPass pass, const ConvData& data)
      : options_(shape.options()),
        pass_(pass),
        x_(data.x),
        w_(data.w),
        y_(data.y),
        filter_shape_(shape.w_shape()),
        image_shape_(shape.x_shape()) {}

  void run() override {
    const Recording evaluation(Recording::nothing);
    switch (pass_) {
      case ConvPass::forward:
        last_ = conv2d(x_, w_, options_);
        break;
      case ConvPass::transpose:
        last_ = conv2d_transpose(y_, w_, image_shape_, options_);
        break;
      case ConvPass::filter_grad:
        last_ = conv2d_filter_grad(x_, y_, filter_shape_, options_);
        break;
    }
  }
  Tensor result() override { return last_->value(); }

 private:
  Conv2dOptions options_;
  ConvPass pass_;
  Variable x_, w_, y_;
  Shape filter_shape_, image_shape_;
  std::optional<Variable> last_;
};

// One group for each channel, through the op made for it. Its filters [kh, kw, in, 1] have the memory of
// conv2d's [kh, kw, 1, out].
class DepthwiseJob : public ConvJob {
 public:
  DepthwiseJob(const ConvShape& shape, ConvPass pass, const ConvData& data)
      : form_(depthwise_conv2d_form(shape.x_shape(), filter_shape(shape), ungrouped(shape), shape.dtype)),
        slots_{data.x, reshape(data.w, filter_shape(shape)), data.y},
        result_shape_(shape.w_shape()),
        pass_(pass) {
    slots_[pass == ConvPass::forward ? 2 : pass == ConvPass::transpose ? 0 : 1].reset();
  }

  void run() override {
    const Recording evaluation(Recording::nothing);
    last_ = form_(slots_);
  }
  Tensor result() override {
    return pass_ == ConvPass::filter_grad ? reshape(*last_, result_shape_).value() : last_->value();
  }

 private:
  static Shape filter_shape(const ConvShape& shape) {
    return {shape.kernel.height, shape.kernel.width, shape.in, shape.out / shape.in};
  }
  static Conv2dOptions ungrouped(const ConvShape& shape) {
    Conv2dOptions options = shape.options();
    options.groups = 1;
    return options;
  }

  TrilinearForm form_;
  TrilinearForm::Slots slots_;
  Shape result_shape_;
  ConvPass pass_;
  std::optional<Variable> last_;
};

class TrousEngine : public ConvEngine {
 public:
  std::string name() const override { return "trous"; }
  std::unique_ptr<ConvJob> prepare(const ConvShape& shape, ConvPass pass, const ConvData& data) override {
    if (shape.channel_groups > 1 && shape.channel_groups == shape.in)
      return std::make_unique<DepthwiseJob>(shape, pass, data);
    return std::make_unique<TrousJob>(shape, pass, data);
  }
};

// Row-major elements as doubles.
class Elements {
 public:
  explicit Elements(const Tensor& tensor) : tensor_(tensor), wide_(tensor.dtype() == DType::float64) {}
  double at(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) const {
    const Shape& s = tensor_.shape();
    const auto i = static_cast<std::size_t>(((a * s[1] + b) * s[2] + c) * s[3] + d);
    return wide_ ? tensor_.values<double>()[i] : static_cast<double>(tensor_.values<float>()[i]);
  }

 private:
  const Tensor& tensor_;
  bool wide_;
};

struct Sum {
  double value = 0, squares = 0;
  void add(double a, double b) {
    value += a * b;
    squares += a * a * b * b;
  }
};

// Along one axis, element `out` of y meets element `in` of x by a tap of w.
struct Meeting {
  std::int64_t out, in, tap;
};

std::vector<Meeting> meetings(const WindowAxis& axis) {
  std::vector<Meeting> all;
  for (std::int64_t tap = 0; tap < axis.taps; ++tap) {
    for (std::int64_t out = 0; out < axis.out; ++out) {
      const std::int64_t in = out * axis.stride + tap * axis.rate - axis.before;
      if (in >= 0 && in < axis.in) all.push_back({out, in, tap});
    }
  }
  return all;
}

// y[n, i, j, o], x[n, u, v, c] and w[a, b, c, o] of the form's three contractions, each by looking for all
// products that belong to it. The c of w counts within the group of o.
class Definition {
 public:
  Definition(const ConvShape& shape, const ConvData& data)
      : s_(shape),
        rows_(meetings(shape.height())),
        columns_(meetings(shape.width())),
        x_(data.x),
        w_(data.w),
        y_(data.y) {}

  Sum forward(std::int64_t n, std::int64_t i, std::int64_t j, std::int64_t o) const {
    Sum sum;
    visit(&Meeting::out, i, j, [&](const Meeting& row, const Meeting& column) {
      for (std::int64_t c = 0; c < group_in_; ++c)
        sum.add(x_.at(n, row.in, column.in, o / group_out_ * group_in_ + c),
                w_.at(row.tap, column.tap, c, o));
    });
    return sum;
  }

  Sum transpose(std::int64_t n, std::int64_t u, std::int64_t v, std::int64_t c) const {
    Sum sum;
    visit(&Meeting::in, u, v, [&](const Meeting& row, const Meeting& column) {
      const std::int64_t first = c / group_in_ * group_out_;
      for (std::int64_t o = first; o < first + group_out_; ++o)
        sum.add(y_.at(n, row.out, column.out, o), w_.at(row.tap, column.tap, c % group_in_, o));
    });
    return sum;
  }

  Sum filter_grad(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t o) const {
    Sum sum;
    for (std::int64_t n = 0; n < s_.n; ++n) {
      visit(&Meeting::tap, a, b, [&](const Meeting& row, const Meeting& column) {
        sum.add(x_.at(n, row.in, column.in, o / group_out_ * group_in_ + c),
                y_.at(n, row.out, column.out, o));
      });
    }
    return sum;
  }

 private:
  // Calls f(row, column) for the meetings whose `place`, one of the three, is this one.
  template <class F>
  void visit(std::int64_t Meeting::*place, std::int64_t at_row, std::int64_t at_column, F&& f) const {
    for (const Meeting& row : rows_) {
      if (row.*place != at_row) continue;
      for (const Meeting& column : columns_) {
        if (column.*place == at_column) f(row, column);
      }
    }
  }

  const ConvShape& s_;
  std::int64_t group_in_ = s_.in / s_.channel_groups, group_out_ = s_.out / s_.channel_groups;
  std::vector<Meeting> rows_, columns_;
  Elements x_, w_, y_;
};

}  // namespace

std::string name(ConvPass pass) {
  switch (pass) {
    case ConvPass::forward:
      return "forward";
    case ConvPass::transpose:
      return "transpose";
    case ConvPass::filter_grad:
      return "filter gradient";
  }
  return {};
}

ConvData make_data(const ConvShape& shape, std::uint64_t seed) {
  const auto draw = [&](const Shape& of, std::uint64_t which) {
    return uniform(of, shape.dtype, fold_in(Key{seed}, which), -1, 1);
  };
  return {draw(shape.x_shape(), 0), draw(shape.w_shape(), 1), draw(shape.y_shape(), 2)};
}

ConvEngines trous_engines() {
  ConvEngines engines;
  engines.push_back(std::make_unique<TrousEngine>());
  return engines;
}

double difference(const Tensor& a, const Tensor& b) {
  constexpr double never = std::numeric_limits<double>::infinity();
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return never;
  const auto largest = [&]<class T>(std::span<const T> p, std::span<const T> q) {
    double apart = 0, scale = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double d = std::abs(static_cast<double>(p[i]) - static_cast<double>(q[i]));
      if (!(d <= std::numeric_limits<double>::max())) return never;
      apart = std::max(apart, d);
      scale = std::max(scale, std::abs(static_cast<double>(q[i])));
    }
    return apart == 0 ? 0 : apart / scale;
  };
  if (a.dtype() == DType::float64) return largest(a.values<double>(), b.values<double>());
  return largest(a.values<float>(), b.values<float>());
}

double difference_from_definition(const ConvShape& shape, ConvPass pass, const ConvData& data,
                                  const Tensor& result) {
  const Definition definition(shape, data);
  const Elements elements(result);
  const Shape& s = result.shape();
  Random random(Key{17});
  double worst = 0;
  for (int sample = 0; sample < 24; ++sample) {
    // The first and last element, then any.
    std::int64_t at[4];
    for (int axis = 0; axis < 4; ++axis)
      at[axis] = sample == 0 ? 0 : sample == 1 ? s[axis] - 1 : random.below(s[axis]);
    const Sum sum = pass == ConvPass::forward     ? definition.forward(at[0], at[1], at[2], at[3])
                    : pass == ConvPass::transpose ? definition.transpose(at[0], at[1], at[2], at[3])
                                                  : definition.filter_grad(at[0], at[1], at[2], at[3]);
    const double apart = std::abs(elements.at(at[0], at[1], at[2], at[3]) - sum.value);
    if (!(apart <= std::numeric_limits<double>::max())) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, apart == 0 ? 0 : apart / std::sqrt(sum.squares));
  }
  return worst;
}

}  // namespace trous::benchmarks
